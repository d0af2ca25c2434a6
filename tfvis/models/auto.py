"""Which network `auto` means on this machine."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import NamedTuple

from utils.progress import Progress, silent

from ..startup import start_tensorflow
from .registry import ModelSpec, spec_of
from .weights import DIRECTORY_VARIABLE, DownloadError, cache_directory, download, find

AUTO = "auto"
PREFERRED, FALLBACK = "googlenet", "critters"

TIMEOUT = 5.0
"""Seconds to wait for an answer when a download is only tried."""


class Choice(NamedTuple):
    """A network's name, and a line that says why it was chosen and how to get the other."""

    name: str
    reason: str


def choose(*, weights: str | Path | None = None, progress: Progress = silent) -> Choice:
    """GoogLeNet if its weights are on this machine or can be downloaded, else critters.

    Args:
        weights: a file or folder of GoogLeNet's weights; with it there is no other choice.
        progress: called during a download with bytes done and bytes in all.

    Raises:
        InputError: `weights` or `$TFVIS_WEIGHTS_DIR` is named but not there.
    """
    spec = spec_of(PREFERRED)
    file = find(spec.weights, weights, warn=False)
    if file is None:
        try:
            file = download(
                spec.url,
                cache_directory() / spec.weights[-1],
                check=_check,
                timeout=TIMEOUT,
                progress=progress,
            )
        except DownloadError as error:
            place = f"save {spec.url} as {spec.weights[-1]} in a folder and name that with"
            return Choice(
                FALLBACK,
                "Using the bundled network, critters, which knows rendered scenes only: "
                "GoogLeNet's weights are not on this machine and cannot be downloaded "
                f"({error.reason}). To have them, {place} --weights or "
                f"${DIRECTORY_VARIABLE}{_searched(spec)}.",
            )
    return Choice(
        PREFERRED,
        f"Using GoogLeNet, whose weights are in {str(file)!r}; --model {FALLBACK} takes the "
        "bundled network.",
    )


def _searched(spec: ModelSpec) -> str:
    """A reminder if the variable is set to a folder that lacks the files."""
    own = os.environ.get(DIRECTORY_VARIABLE)
    return f" (now {own!r}, without {' or '.join(spec.weights)})" if own else ""


def _check(file: Path) -> None:
    # Only for a file that has arrived: this imports TensorFlow.
    start_tensorflow()
    importlib.import_module(f".{spec_of(PREFERRED).module}", __package__).read_weights(file)
