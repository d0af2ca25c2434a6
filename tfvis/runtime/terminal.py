"""Arguments and progress on a terminal."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from tfvis.utils.progress import Progress, silent


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    _given: Sequence[str] = ()

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        hint = _dash_hint(message) if any(map(_is_dashed, self._given)) else ""
        self.exit(2, f"{self.prog}: error: {message}{hint} (see --help)\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """See `argparse.ArgumentParser`."""
        self._given = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write help, which argparse would drop without a word where it cannot be written."""
        if message and file is sys.stdout:
            say(message.rstrip("\n"))
        elif message:
            tell(message.rstrip("\n"))


_NO_ARGUMENT = re.compile(r"argument (?:-\w, )?(--[\w-]+).*: expected (?:at least )?one argument")


def _dash_hint(message: str) -> str:
    """How a value that begins with a dash is given to an option, where that may be what is meant.

    argparse takes a value such as `-dash.jpg` for an option.
    """
    found = _NO_ARGUMENT.match(message)
    return "" if found is None else f"; for a value that begins with a dash write {found[1]}=-…"


def _is_dashed(argument: str) -> bool:
    """Whether an argument may be a value that argparse takes for a short option."""
    return re.match(r"-[^-]", argument) is not None and argument != "-h"


_CONTROL = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    for code in (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(code) not in "\n\t"
}
"""What would move the cursor, change colours or turn the direction of the text."""


def printable(text: str) -> str:
    """A text with control characters written as codes: names from files may hold anything.

    Example:
        >>> print(printable("\\x1b[2Jcat"))
        \\x1b[2Jcat
    """
    return text.translate(_CONTROL)


class PrintableFormatter(logging.Formatter):
    """Formats records as `printable` text."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        return printable(super().format(record))


class OutputError(Exception):
    """Standard output cannot be written to, for a reason other than that its reader has gone."""


def say(line: str) -> None:
    """Write a line to standard output at once, as `printable` text.

    Raises:
        BrokenPipeError: whoever read it has gone.
        OutputError: it cannot be written to: the disk is full, for example.
    """
    try:
        print(printable(line), flush=True)  # noqa: T201
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"Cannot write to standard output: {reason}.") from None


def tell(line: str) -> None:
    """Write a line to stderr, as `printable` text, if it can be written to."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{printable(line)}\n")
        sys.stderr.flush()


def abandon_output() -> None:
    """Keep Python from writing what is left to standard output when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_streams() -> None:
    """Give a process that was started without standard output or stderr one that goes nowhere.

    The next file that it opens would take the place of the missing one, and be written into by
    whatever writes messages.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:  # free
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
        setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115


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
