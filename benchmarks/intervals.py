"""What a benchmark prints: shares and means with 95 % intervals, and Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import stats

from tfvis.evaluation.estimates import estimate_of_mean


def share(hits: Sequence[bool] | np.ndarray) -> str:
    """How often something was so, with Wilson's interval: "0.95 [0.91, 0.97]"."""
    found = stats.binomtest(int(np.sum(hits)), len(hits))
    low, high = found.proportion_ci(0.95, method="wilson")
    return f"{found.statistic:.3f} [{low:.3f}, {high:.3f}]"


def mean(values: Sequence[float] | np.ndarray, *, seed: int = 0) -> str:
    """A mean with its bootstrap interval, of percentiles: "0.52 [0.47, 0.58]"."""
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        return f"{values.mean():.3f}"
    found = estimate_of_mean(values, seed=seed)
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a Markdown table."""
    for row in (header, ["---"] * len(header), *rows):
        yield f"| {' | '.join(row)} |"


def show(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table between two blank lines."""
    print("", *markdown(header, rows), "", sep="\n", flush=True)
