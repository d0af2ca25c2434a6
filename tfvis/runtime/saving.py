"""What results have in common: they are saved, compared by value, and shown.

They stand below the report, which is looked up when it is needed.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import images, plots
from tfvis.utils.equality import same

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    """A result that a picture shows at a glance, and a notebook by itself.

    As the last line of a cell a result shows its page, which answers clicks; where a notebook
    shows no pages it shows `sheet()`.
    """

    def sheet(self) -> np.ndarray:
        """The picture: float32 (height, width, 3) in [0, 1]."""
        raise NotImplementedError

    def plot(self) -> Figure:
        """The same as a figure of matplotlib, without the state of pyplot.

        Example:
            >>> import numpy as np
            >>> from tfvis import ClassMap
            >>> found = ClassMap(map=np.ones((8, 8)), image=np.zeros((8, 8, 3)), class_index=0,
            ...                  label="cat", method="mine")
            >>> height, width = found.sheet().shape[:2]
            >>> (found.plot().get_size_inches() * 100).round() == (width, height)
            array([ True,  True])
        """
        return plots.figure(self.sheet())

    def _repr_png_(self) -> bytes:
        """The picture as a notebook shows it."""
        return images.png_bytes(self.sheet())

    def _repr_html_(self) -> str | None:
        """The page as a notebook shows it; None where the picture is all that there is."""
        return importlib.import_module("tfvis.report.page.frames").framed(self)
