"""Means and their bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from tfvis.utils.errors import InputError

__all__ = ["Estimate", "estimate_of_images", "estimate_of_mean"]

_RESAMPLES = 9999
_AT_ONCE = 5_000_000
"""Values that are resampled at once; bounds the memory."""


@dataclass(frozen=True)
class Estimate:
    """A mean and the bounds of its interval; NaN bounds where there is one value only."""

    mean: float
    low: float
    high: float


def estimate_of_mean(values: np.ndarray, *, seed: int = 0, confidence: float = 0.95) -> Estimate:
    """The mean of independent values, and its bootstrap interval.

    Percentiles; Efron, Tibshirani 1993, chapter 13.

    Args:
        values: (n,).
        seed: random seed of the resamples.
        confidence: in (0, 1).

    Example:
        >>> estimate_of_mean([1.0, 1.0, 1.0])
        Estimate(mean=1.0, low=1.0, high=1.0)
    """
    if not 0 < confidence < 1:
        raise InputError(f"Expected confidence between 0 and 1, received {confidence!r}.")
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or not len(values):
        raise InputError(f"Expected at least one value, received {values.shape}.")
    if len(values) == 1:
        return Estimate(float(values[0]), np.nan, np.nan)
    interval = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=_RESAMPLES,
        batch=max(1, min(1000, _AT_ONCE // len(values))),
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Estimate(float(values.mean()), float(interval.low), float(interval.high))


def estimate_of_images(
    values: np.ndarray, images: np.ndarray, *, seed: int = 0, confidence: float = 0.95
) -> Estimate:
    """The mean over images of values of which an image may have several; see `estimate_of_mean`.

    Images are resampled, not values, since the values of an image depend on each other.

    Args:
        values: (n,), NaN where there is none.
        images: of each value the number of its image, (n,).
        seed: random seed of the resamples.
        confidence: in (0, 1).

    Raises:
        InputError: there is no value.

    Example:
        >>> import numpy as np
        >>> estimate_of_images([1.0, 3.0, 2.0, np.nan], [0, 0, 1, 1]).mean
        2.0
    """
    values, images = np.asarray(values, np.float64), np.asarray(images)
    known = ~np.isnan(values)
    _, places = np.unique(images[known], return_inverse=True)
    own = np.bincount(places, values[known]) / np.bincount(places)
    return estimate_of_mean(own, seed=seed, confidence=confidence)
