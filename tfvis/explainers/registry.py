"""The names of the methods that can be compared, known before any library is imported."""

from __future__ import annotations

import re

from tfvis.utils.errors import unknown

OPTIMISED = ("guided inversion, step 1", "guided inversion", "extremal perturbation")
"""Masks that are found by optimising them, which takes seconds or minutes an image."""

ACTIVATIONS = ", activation"
"""Ends the names of the paper's maps, weighted activations cut at their 85 % quantile."""

_FEATURES = ("all groups", "best group", "every group", "best channel", "every channel")

METHODS = (
    *_FEATURES,
    *(f"{name}{ACTIVATIONS}" for name in _FEATURES),
    "layer integrated gradients",
    "Grad-CAM",
    "Grad-CAM, cut",
    "Grad-CAM, last layer",
    "uniform",
    *OPTIMISED,
)
"""The maps that are compared: those of groups and of channels, made of attributions or as in the
paper; the attributions of all channels together, without any grouping; Grad-CAM, as it is and cut
at its 85 % quantile; and masks. Where a method gives several maps for an object, each is scored on
its own."""


def method_name(text: str) -> str:
    """The method that is meant, whatever the case, and with spaces, dashes or commas between words.

    Raises:
        InputError: there is none.
    """
    names = {_key(name): name for name in METHODS}
    if _key(text) not in names:
        raise unknown("method", text, METHODS)
    return names[_key(text)]


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold().replace("_", " ")))
