"""The names of the methods that can be compared, known before any library is imported."""

from __future__ import annotations

import re

from utils.errors import unknown

OPTIMISED = ("guided inversion, step 1", "guided inversion", "extremal perturbation")
"""Masks that are found by optimising them, which takes seconds or minutes an image."""

METHODS = (
    "all groups",
    "best group",
    "every group",
    "best channel",
    "every channel",
    "Grad-CAM",
    "Grad-CAM, cut",
    "Grad-CAM, last layer",
    "uniform",
    *OPTIMISED,
)
"""The maps that are compared: heat maps of groups and of channels, which are cut at their 85 %
quantile, Grad-CAM, as it is and cut in the same way, and masks. Where a method gives several maps
for an object, each is scored on its own."""


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
