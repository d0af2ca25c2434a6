"""Ways of getting a `Network`."""

from __future__ import annotations

import importlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from utils.progress import Progress, silent

from .auto import AUTO, PREFERRED, choose
from .registry import SPECS, ModelSpec, spec_of

if TYPE_CHECKING:
    from utils.network import Network

__all__ = ["AUTO", "SPECS", "ModelSpec", "choose", "load_model", "spec_of"]

logger = logging.getLogger(__name__)


def load_model(
    name: str = AUTO, *, weights: str | Path | None = None, progress: Progress = silent
) -> Network:
    """A network with its trained weights, ready to be cut at its layers.

    Args:
        name: one of `tfvis.models.SPECS`; or "auto": GoogLeNet if its weights are on this machine
            or can be downloaded, else the bundled network; a log message says which and why.
        weights: a file, or a folder that holds one. If left out: GoogLeNet's are looked for in
            `$TFVIS_WEIGHTS_DIR` and the cache, then downloaded into the cache; those of critters
            come with tfvis.
        progress: called during a download with bytes done and bytes in all.

    Raises:
        InputError: the name is unknown, or the weights cannot be had or are damaged.

    Example:
        >>> net = load_model("googlenet")
        >>> net.logits(images).shape
        (1, 1000)
    """
    if name == AUTO:
        name, reason = choose(weights=weights, progress=progress)
        logger.log(logging.INFO if name == PREFERRED else logging.WARNING, "%s", reason)
    spec = spec_of(name)
    module = importlib.import_module(f"{__name__}.{spec.module}")
    return module.load(spec, weights=weights, progress=progress)
