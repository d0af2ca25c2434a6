"""Arguments and progress on a terminal."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, NoReturn

from tfvis.utils.errors import closest
from tfvis.utils.progress import Progress, silent

from .config_files import OPTION, configure, named_file, require_whole_pairs, set_options

EXAMPLES = "Examples:\n"
"""What a paragraph of a help text begins with whose lines are shown as they are."""


class HelpFormatter(argparse.HelpFormatter):
    """Formats help as argparse does, but for examples, whose lines stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = [
            part if part.startswith(EXAMPLES) else super(HelpFormatter, self)._fill_text(
                part, width, indent
            )
            for part in text.split("\n\n")
        ]  # fmt: skip
        return "\n\n".join(paragraphs)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, and name the closest choice.

    One with an option `--config` takes defaults from the file that it names. The arguments that it
    has parsed have the attribute `set_options` then; see `config_files.set_options`.
    """

    _given: Sequence[str] = ()
    _flags: Sequence[str] = ()

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        settings.setdefault("formatter_class", HelpFormatter)
        super().__init__(*arguments, **settings)

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        """See `argparse.ArgumentParser`."""
        action = super().add_argument(*names, **settings)
        if action.help != argparse.SUPPRESS:
            self._flags = (*self._flags, *action.option_strings)
        return action

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        hint = _dash_hint(message) if any(map(_is_dashed, self._given)) else ""
        hint = hint or _closest_choice(message)
        self.exit(2, f"{self.prog}: error: {message}{hint} (see --help)\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments; those that are not known are an error of the command that got them."""
        self._given = list(sys.argv[1:] if args is None else args)
        file = named_file(self, self._given)
        if file is not None:
            configure(self, file)
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._closest_flags(unknown)}")
        if file is not None:
            require_whole_pairs(self, found)
        if OPTION in self._option_string_actions:
            found.set_options = set_options(self, found)
        return found, unknown

    def _closest_flags(self, unknown: Sequence[str]) -> str:
        """The options that are spelt most like the unknown ones."""
        names = [name.partition("=")[0].lstrip("-") for name in unknown if name.startswith("-")]
        known = [flag[2:] for flag in self._flags if flag.startswith("--")]
        return _hint([f"--{near}" for name in names for near in closest(name, known, 1, 0.6)])

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write help, which argparse would drop without a word where it cannot be written."""
        if message and file is sys.stdout:
            for line in message.rstrip("\n").split("\n"):
                say(line)
        elif message:
            tell(message.rstrip("\n"))


class CommandParser(Parser):
    """The parser of one of several commands, filled when its options are needed.

    A program's help, and a run of one command, import no other command's module.

    Args:
        module: returns the command's module, with `DESCRIPTION`, `EPILOG` and `add_arguments`.
        **settings: see `Parser`.
    """

    def __init__(self, *, module: Callable[[], ModuleType], **settings: Any) -> None:
        super().__init__(**settings)
        self._module = module
        self._filled = False

    def fill(self) -> None:
        """Add what the module says, once."""
        if not self._filled:
            self._filled = True
            module = self._module()
            self.description, self.epilog = module.DESCRIPTION, module.EPILOG
            module.add_arguments(self)

    def format_help(self) -> str:
        """See `argparse.ArgumentParser`."""
        self.fill()
        return super().format_help()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """See `Parser.parse_known_args`."""
        self.fill()
        return super().parse_known_args(args, namespace)


_NO_ARGUMENT = re.compile(r"argument (?:-\w, )?(--[\w-]+).*: expected (?:at least )?one argument")


def _dash_hint(message: str) -> str:
    """How a value that begins with a dash is given to an option, where that may be what is meant.

    argparse takes a value such as `-dash.jpg` for an option.
    """
    found = _NO_ARGUMENT.match(message)
    return "" if found is None else f"; for a value that begins with a dash write {found[1]}=-…"


_INVALID_CHOICE = re.compile(r"invalid choice: (?P<given>.+) \(choose from (?P<choices>.+)\)")


def _closest_choice(message: str) -> str:
    """The choice that is spelt most like the one that was given, where there are some."""
    found = _INVALID_CHOICE.search(message)
    if found is None:
        return ""
    choices = [choice.strip("'\"") for choice in found["choices"].split(", ")]
    return _hint(closest(found["given"].strip("'\""), choices, 1, 0.6))


def _hint(names: Sequence[str]) -> str:
    return f". Closest: {', '.join(dict.fromkeys(names))}" if names else ""


def _is_dashed(argument: str) -> bool:
    """Whether an argument may be a value that argparse takes for a short option."""
    return re.match(r"-[^-]", argument) is not None and argument != "-h"


_DIRECTION = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROL = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    for code in (*range(32), *range(127, 160), 0x2028, 0x2029, *_DIRECTION)
}
"""What would end a line, move the cursor, change colours or turn the direction of the text."""


def printable(line: str) -> str:
    """A line with control characters written as codes: names from files may hold anything.

    Line breaks and tabs are among them, so that no name begins a line of its own.

    Example:
        >>> print(printable("\\x1b[2Jcat\\nDone."))
        \\x1b[2Jcat\\x0aDone.
    """
    return line.translate(_CONTROL)


class PrintableFormatter(logging.Formatter):
    """Formats records as `printable` text, with options as they are written on the command line.

    A record's attribute `options` has the names of those that its message mentions: `icon_steps`
    becomes `--icon-steps`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        text = super().format(record)
        for name in getattr(record, "options", ()):
            text = text.replace(name, f"--{name.replace('_', '-')}")
        return printable(text)


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
    """How far the current stage of some work is, on stderr: a bar on a terminal, else lines.

    A log would keep each of a bar's redraws. It gets a line when a stage ends, and one now and then
    while it takes long. There is one stage at a time; asking for a new one ends the last.

    Args:
        quiet: show nothing.
        every: seconds between two lines of a stage.
    """

    def __init__(self, quiet: bool, every: float = 60.0) -> None:
        self._quiet, self._every = quiet, every
        self._shown: _Bar | _Lines | None = None

    def __call__(self, stage: str, unit: str = "it") -> Progress:
        """A `Progress` that shows how far `stage` is, from its first call on."""
        self.close()
        if self._quiet:
            return silent
        stage, on_terminal = printable(stage), sys.stderr.isatty()
        self._shown = _Bar(stage, unit) if on_terminal else _Lines(stage, unit, self._every)
        return self._shown

    def close(self) -> None:
        """End the stage, if there is one."""
        if self._shown is not None:
            self._shown.close()
            self._shown = None


class _Bar:
    """A stage as a bar, which appears with its first step and ends with its last."""

    def __init__(self, stage: str, unit: str) -> None:
        self._stage, self._unit = stage, unit
        self._bar, self._ended = None, False

    def __call__(self, done: int, total: int) -> None:
        from tqdm import tqdm

        if self._ended:
            return
        if self._bar is None:
            self._bar = tqdm(
                desc=self._stage, total=total or None, unit=self._unit,
                unit_scale=self._unit == "B", dynamic_ncols=True,
            )  # fmt: skip
        self._bar.update(done - self._bar.n)
        if total and done >= total:
            self.close()

    def close(self) -> None:
        """End the bar."""
        self._ended = True
        if self._bar is not None:
            self._bar.close()


class _Lines:
    """A stage as lines: one at its end, and one each `every` seconds until then."""

    def __init__(self, stage: str, unit: str, every: float) -> None:
        self._stage, self._unit, self._every = stage, unit, every
        self._start = self._told = time.monotonic()
        self._done, self._total = 0, 0
        self._begun = self._ended = False

    def __call__(self, done: int, total: int) -> None:
        if self._ended:
            return
        self._begun, self._done, self._total = True, done, total
        now = time.monotonic()
        if total and done >= total:
            self.close()
        elif now - self._told >= self._every:
            self._told = now
            share = f" ({done / total:.0%})".replace("%", " %") if total else ""
            tell(f"{self._stage} … {self._amount()}{share}")

    def close(self) -> None:
        """Say how far the stage has come, if it has begun."""
        if self._begun and not self._ended:
            tell(f"{self._stage}: {self._amount()} in {_duration(time.monotonic() - self._start)}")
        self._ended = True

    def _amount(self) -> str:
        """How much is done, such as "41 of 128 iterations"."""
        counts = (self._done, self._total) if self._total else (self._done,)
        if self._unit == "B":
            return f"{' of '.join(f'{count / 1e6:.1f}' for count in counts)} MB"
        unit = "" if self._unit == "it" else f" {self._unit}{'s' * (counts[-1] != 1)}"
        return " of ".join(map(str, counts)) + unit


def _duration(seconds: float) -> str:
    """A time as people say it, such as "31 s" or "5 min"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


@contextlib.contextmanager
def progress_bars(quiet: bool) -> Iterator[Bars]:
    """Bars, or lines, that are ended however the block ends."""
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
