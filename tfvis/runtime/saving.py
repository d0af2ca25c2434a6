"""What results have in common: they are saved, compared by value, and shown.

They stand below the report, which is looked up when it is needed.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from tfvis.utils import plots
from tfvis.utils.equality import same

__all__ = ["Saved", "Shown"]


class Saved:
    """A result that can be saved and compared; a base of frozen dataclasses with `eq=False`."""

    def save(self, output: str | Path = ".", *, name: str | None = None) -> Path:
        """Write the result folder; `tfvis.load_result` reads it back.

        Args:
            output: the folder above all.
            name: what the image, the table or the scenes are called, in the result folder's path
                and in the provenance. If left out it is the file's name, or else that of the kind
                of result.

        Returns:
            The result folder.

        Raises:
            InputError: the folder cannot be written, or holds something else, results of another
                image of the same name among it.
        """
        return importlib.import_module("tfvis.report").write(self, Path(output), name)

    def __eq__(self, other: object) -> bool:
        """Whether all fields and arrays are the same, but for fields left out of comparisons."""
        return same(self, other) if type(other) is type(self) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


class Shown(Saved):
    """A result that a picture shows at a glance."""

    def sheet(self) -> np.ndarray:
        """The picture: float32 (height, width, 3) in [0, 1]."""
        raise NotImplementedError

    def plot(self) -> Any:
        """The same as a `matplotlib.figure.Figure`, which a notebook shows."""
        return plots.figure(self.sheet())
