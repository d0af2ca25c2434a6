"""The table of what was found."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence

from .comparisons import PEERS, Comparison
from .rounds import Outcome, Timing

HEADER = (
    "what", "tfvis", "peer", "seconds, tfvis", "seconds, peer", "peer / tfvis",
    "first run, s", "memory, MiB", "found",
)  # fmt: skip

_TOLD = {"objective": "objective {:.3g}", "gap": "gap {:.2%}", "standard_error": "error {:.2g}"}
_COUNTED = ("steps", "orders", "groups", "concepts")


def lines(rows: Sequence[Outcome | tuple[Comparison, str]]) -> Iterator[str]:
    """Lines of a Markdown table: outcomes, and comparisons that failed with the reason."""
    for cells in (HEADER, ["---"] * len(HEADER), *map(_cells, rows)):
        yield f"| {' | '.join(cells)} |"


def _cells(row: Outcome | tuple[Comparison, str]) -> list[str]:
    if not isinstance(row, Outcome):
        comparison, reason = row
        return [*_names(comparison), *["–"] * 5, f"not run: {reason}".replace("|", "/")]
    ours, theirs = row.ours, row.theirs
    found = f"{_told(ours)}; {_told(theirs)}".strip("; ")
    if row.correlation is not None:
        found += f"{'; ' * bool(found)}correlation {row.correlation:.3f}"
    return [
        *_names(row.comparison),
        seconds(ours.seconds),
        seconds(theirs.seconds),
        ratio(row.ratios),
        f"{seconds(ours.first)}, {seconds(theirs.first)}",
        f"{ours.peak_mib:.0f}, {theirs.peak_mib:.0f}",
        found,
    ]


def _names(comparison: Comparison) -> list[str]:
    peer, _ = PEERS[comparison.peer]
    return [comparison.title, comparison.ours.does, f"{peer}: {comparison.theirs.does}"]


def ratio(ratios: Sequence[float]) -> str:
    """The median, and from which to which the rounds' ratios went.

    Example:
        >>> ratio([2.0, 2.5, 4.0])
        '2.5 (2.0 to 4.0)'
    """
    shown = [f"{value:.2g}" if value < 1 else f"{value:.1f}"
             for value in (statistics.median(ratios), min(ratios), max(ratios))]  # fmt: skip
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def seconds(value: float) -> str:
    """Seconds with two or three digits that count."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _told(timing: Timing) -> str:
    numbers: Mapping = timing.numbers
    parts = [f"{numbers[name]} {name}" for name in _COUNTED if name in numbers]
    parts += [form.format(numbers[name]) for name, form in _TOLD.items() if name in numbers]
    return ", ".join(parts)
