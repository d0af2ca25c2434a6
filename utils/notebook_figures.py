"""A figure that a notebook shows by itself."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

__all__ = ["NotebookFigure"]


class NotebookFigure(Figure):
    """A matplotlib figure that is shown where it is the last line of a notebook's cell.

    A notebook shows other figures only once pyplot has made one, or after `%matplotlib inline`.

    Example:
        >>> from tfvis.utils.notebook_figures import NotebookFigure
        >>> NotebookFigure(figsize=(1, 1))._repr_png_()[1:4]
        b'PNG'
    """

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format="png")
        return stream.getvalue()
