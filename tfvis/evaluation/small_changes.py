"""What is changed to see whether an explanation stays: the image a little, or one option."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tfvis.utils import images as image_files

from ..explainers.base import Explainer

__all__ = ["CROP_SIDE", "cropped", "has_option", "noisy", "with_options"]

CROP_SIDE = 0.9
"""Of a crop, as a share of the image's."""


def noisy(image: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """An image with Gaussian noise of a standard deviation, for colours from 0 to 1."""
    changed = image + deviation * rng.standard_normal(image.shape)
    return np.clip(changed, 0, 1).astype(np.float32)


def cropped(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random part of an image at the image's size."""
    height, width = image.shape[:2]
    h, w = (max(round(CROP_SIDE * side), 1) for side in (height, width))
    top, left = rng.integers(height - h + 1), rng.integers(width - w + 1)
    return image_files.resize(image[top : top + h, left : left + w], (height, width))


def has_option(explainer: Any, name: str) -> bool:
    """Whether an option of an explainer can be changed by `with_options`."""
    return hasattr(getattr(explainer, "options", None), name) and hasattr(explainer, "net")


def with_options(explainer: Any, **changes: object) -> Explainer:
    """The same explainer with other options.

    Args:
        explainer: has `net` and `options`, a dataclass, and is made from both.
        **changes: of fields of `options`.
    """
    return type(explainer)(explainer.net, replace(explainer.options, **changes))
