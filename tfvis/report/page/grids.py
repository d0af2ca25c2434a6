"""Maps at a layer's positions, as the program of a page reads them."""

from __future__ import annotations

import numpy as np


def in_cells(maps: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """Maps in cells so large that the page does not have too many numbers; sums are kept.

    Args:
        maps: (n, h, w).
        most: so many numbers at most, all maps together.

    Returns:
        float32 (n, cells down, cells across), and how many positions a cell is wide.

    Example:
        >>> import numpy as np
        >>> from tfvis.report.page.grids import in_cells
        >>> cells, width = in_cells(np.ones((1, 4, 6)), 6)
        >>> cells.shape, width, float(cells.sum())
        ((1, 2, 3), 2, 24.0)
    """
    found, cell = np.asarray(maps, np.float32), 1
    while found.size > most and max(found.shape[1:]) > 1:
        n, height, width = found.shape
        padded = np.pad(found, ((0, 0), (0, height % 2), (0, width % 2)))
        blocks = padded.reshape(n, (height + 1) // 2, 2, (width + 1) // 2, 2)
        found, cell = blocks.sum(axis=(2, 4), dtype=np.float32), cell * 2
    return found, cell
