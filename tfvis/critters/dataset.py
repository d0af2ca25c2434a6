"""Many scenes at once, for training and for tests: which classes, which seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.progress import Progress, silent

from .scene import CLASSES, MAXIMUM_OBJECTS, render_scene

TRAINING_SEED = 0
"""Training draws its scenes from here on, and tests from `TEST_SEED` on: they share none."""
TEST_SEED = 1_900_000_000


class Scenes(NamedTuple):
    """Rendered scenes.

    Attributes:
        images: uint8 (N, size, size, 3).
        present: which classes each holds, float32 (N, classes), 0 or 1.
    """

    images: np.ndarray
    present: np.ndarray


def composition(seed: int, shares: Sequence[float]) -> tuple[str, ...]:
    """The classes of one scene, all different.

    Args:
        seed: of the scene.
        shares: how often a scene has one object, two, three, four.

    Raises:
        InputError: more than four shares, a negative one, or none above 0.
    """
    if not (len(shares) <= MAXIMUM_OBJECTS and min(shares, default=0) >= 0 and sum(shares) > 0):
        raise InputError(
            f"Expected up to {MAXIMUM_OBJECTS} shares of at least 0, not all of them 0; "
            f"received {tuple(shares)!r}."
        )
    # `render_scene` uses streams of two numbers.
    rng = np.random.RandomState([seed, 0, 1])
    n = 1 + int(np.searchsorted(np.cumsum(shares), rng.uniform() * sum(shares)))
    return tuple(CLASSES[k] for k in rng.permutation(len(CLASSES))[:n])


def _render(seed: int, shares: Sequence[float], size: int) -> tuple[np.ndarray, list[int]]:
    classes = composition(seed, shares)
    image = render_scene(classes, seed=seed, size=size).image
    return np.rint(image * 255).astype(np.uint8), [CLASSES.index(name) for name in classes]


def render_scenes(
    n: int,
    *,
    first_seed: int,
    shares: Sequence[float],
    size: int = 224,
    jobs: int = -1,
    progress: Progress = silent,
) -> Scenes:
    """`n` scenes with seeds from `first_seed` on.

    Args:
        n: how many.
        first_seed: of the first; each scene has its own.
        shares: how often a scene has one object, two, three, four.
        size: side in pixels.
        jobs: processes; −1 for one a core.
        progress: called with scenes done and scenes in all.
    """
    from joblib import Parallel, delayed

    images = np.empty((n, size, size, 3), np.uint8)
    present = np.zeros((n, len(CLASSES)), np.float32)
    together: Any = 32 if n > 64 else 1  # joblib's own annotation says "auto"
    rendered: Any = Parallel(n_jobs=jobs, return_as="generator", batch_size=together)(
        delayed(_render)(first_seed + k, shares, size) for k in range(n)
    )
    for k, (image, classes) in enumerate(rendered):
        images[k] = image
        present[k, classes] = 1
        progress(k + 1, n)
    return Scenes(images, present)
