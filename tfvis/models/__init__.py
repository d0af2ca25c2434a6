"""Ways of getting a `Network`."""

from __future__ import annotations

import importlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError, unknown
from tfvis.utils.progress import Progress, silent

from ..runtime.lazy_names import lazy_names
from .auto import AUTO, FAMILIES, choose
from .hub import is_address
from .preprocessing import Preprocessing
from .registry import SPECS, ModelSpec, spec_of

if TYPE_CHECKING:
    import keras

    from tfvis.utils.network import Network

    from .graph_network import GraphNetwork
    from .keras_network import KerasNetwork

__all__ = [
    "AUTO",
    "FAMILIES",
    "SPECS",
    "GraphNetwork",
    "KerasNetwork",
    "ModelSpec",
    "Preprocessing",
    "choose",
    "is_address",
    "is_name",
    "load_model",
    "spec_of",
]

logger = logging.getLogger(__name__)


# Their modules import TensorFlow.
_HOME = {"GraphNetwork": "graph_network", "KerasNetwork": "keras_network"}


__getattr__, __dir__ = lazy_names(__name__, _HOME, __all__)


def is_name(model: str | Path) -> bool:
    """Whether a string is meant as a name of the registry, not as a file, folder or address."""
    text = str(model)
    if isinstance(model, Path) or "/" in text or os.sep in text:
        return False
    return text in (AUTO, *SPECS) or not (Path(text).suffix or os.path.exists(text))  # noqa: PTH110


def load_model(
    model: str | Path | keras.Model = AUTO,
    *,
    weights: str | Path | None = None,
    progress: Progress = silent,
    **description: Any,
) -> Network:
    """A network with its trained weights, ready to be cut at its layers.

    Args:
        model: one of

            - a name of `tfvis.models.SPECS`, or "auto": GoogLeNet if its weights are on this
              machine or can be downloaded, else the bundled network; a warning in the log says
              which and why
            - a `keras.Model`: functional or Sequential, nested or not, with its own preprocessing
              layers or without, ending in logits or in probabilities
            - a `.keras` or `.h5` file, which Keras loads in safe mode
            - a frozen graph, a `.pb` file
            - the folder of a SavedModel, or the address of a module of TensorFlow Hub: both are
              programs, and loading one runs what its author wrote

        weights: of a network of the registry: a file, or a folder that holds one. If left out,
            `$TFVIS_WEIGHTS_DIR` and the caches are searched, then they are downloaded; those of
            critters come with tfvis.
        progress: called during a download with bytes done and bytes in all.
        **description: what no file says of a network that is not in the registry: `value_range`,
            `channel_order`, `mean`, `std`, `input_size`, `layers`, `default_layers`, `labels`,
            `logits`, `signature`, `icon_options`; see `tfvis.models.custom.Description`. Without
            `value_range` the usual ones are tried on photographs, and a log message says which
            fits best, and that it was taken.

    Raises:
        InputError: there is no such network, its weights cannot be had or are damaged, it cannot
            be used, or what was said of it is not so.

    Example:
        >>> import numpy as np
        >>> from tfvis import load_model
        >>> net = load_model("critters")
        >>> net.logits(np.zeros((1, 224, 224, 3))).shape
        (1, 16)
    """
    if isinstance(model, str | Path) and is_name(model):
        if description:
            raise InputError(
                f"Expected {', '.join(description)} for a network of your own only: what "
                f"{str(model)!r} takes is known."
            )
        return _registered(str(model), weights, progress)
    if weights is not None:
        raise InputError(
            "Expected weights for a network of the registry only, received "
            f"{str(weights)!r}: a model of your own has its weights."
        )
    custom = importlib.import_module(f"{__name__}.custom")
    names = custom.Description.__dataclass_fields__
    for name in description:
        if name not in names:
            raise unknown("keyword", name, names)
    return custom.load(model, custom.Description(**description))


def _registered(name: str, weights: str | Path | None, progress: Progress) -> Network:
    if name == AUTO:
        choice = choose(weights=weights, progress=progress)
        name, reason = choice.name, choice.reason
        # A choice that was made for the user is to be seen: Python shows warnings only.
        logger.warning("%s", reason)
    if name not in SPECS:
        raise unknown("model", name, (AUTO, *SPECS))
    spec = spec_of(name)
    module = importlib.import_module(f"{__name__}.{spec.module}")
    return module.load(spec, weights=weights, progress=progress)
