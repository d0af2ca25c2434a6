"""Example images, put together from photographs that scikit-image brings along (both CC0)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from utils.errors import unknown
from utils.images import resize


def _cat_coffee(size: tuple[int, int]) -> np.ndarray:
    """A cat beside a cup of coffee, each in one half."""
    from skimage import data

    height, width = size
    left = width // 2
    cat = _half(data.chelsea(), centre=(0.51, 0.5), size=(height, left))
    coffee = _half(data.coffee(), centre=(0.53, 0.5), size=(height, width - left))
    return np.concatenate([cat, coffee], axis=1)


def _half(photograph: np.ndarray, centre: tuple[float, float], size: tuple[int, int]) -> np.ndarray:
    """The largest part of a photograph around `centre` (x, y as shares) with size's shape."""
    height, width = photograph.shape[:2]
    scale = min(height / size[0], width / size[1])
    rows, columns = round(size[0] * scale), round(size[1] * scale)
    top = int(np.clip(round(centre[1] * height - rows / 2), 0, height - rows))
    left = int(np.clip(round(centre[0] * width - columns / 2), 0, width - columns))
    part = photograph[top : top + rows, left : left + columns]
    return resize(np.float32(part) / 255, size)


EXAMPLES: dict[str, Callable[[tuple[int, int]], np.ndarray]] = {"cat_coffee": _cat_coffee}


def example_image(name: str, size: tuple[int, int] = (224, 224)) -> np.ndarray:
    """An example image by name, float32 (height, width, 3) in [0, 1].

    Args:
        name: "cat_coffee", a cat beside a cup of coffee.
        size: (height, width).
    """
    if name not in EXAMPLES:
        raise unknown("example image", name, EXAMPLES)
    return EXAMPLES[name](size)
