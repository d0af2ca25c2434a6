"""Arguments and progress on a terminal."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator, Sequence
from typing import NoReturn

from tfvis.utils.progress import Progress, silent


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: error: {message} (see --help)\n")


class Bars:
    """One tqdm bar at a time; asking for a new one ends the last."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._bar = None

    def __call__(self, stage: str, unit: str = "it") -> Progress:
        """A `Progress` that draws a bar named `stage`, from its first call on."""
        self.close()
        if self._quiet:
            return silent

        ended = False

        def progress(done: int, total: int) -> None:
            from tqdm import tqdm

            nonlocal ended
            if ended:
                return
            if self._bar is None:
                self._bar = tqdm(
                    desc=stage, total=total or None, unit=unit, unit_scale=unit == "B",
                    dynamic_ncols=True,
                )  # fmt: skip
            self._bar.update(done - self._bar.n)
            if total and done >= total:
                self.close()
                ended = True

        return progress

    def close(self) -> None:
        """End the bar, if there is one."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextlib.contextmanager
def progress_bars(quiet: bool) -> Iterator[Bars]:
    """Bars that are ended however the block ends."""
    bars = Bars(quiet)
    try:
        yield bars
    finally:
        bars.close()


def aligned(rows: Sequence[Sequence[str]], *, numbers: bool = False) -> Iterator[str]:
    """The lines of a table: columns begin below each other, or end so if they are numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = map(str.rjust if numbers else str.ljust, row, widths)
        yield "  ".join(cells).rstrip()
