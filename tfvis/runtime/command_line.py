"""The command line that a run was started with: what repeats the run.

`tfvis.cli` sets it, whoever writes results reads it. Without a command line there is none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tfvis.utils.file_names import as_text

__all__ = ["CommandLine", "current", "resolve", "running"]


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """A command line.

    Attributes:
        words: as they were typed, the program's name first.
        command: the command that is run, such as "explain".
        options: by their names in a configuration file, those that were set, in the command line
            or in a file, and those that tfvis has chosen; None for one that is left open.

    Example:
        >>> line = CommandLine(words=("tfvis", "explain"), command="explain", options={"seed": 5})
        >>> print(line.config_text.splitlines()[-1])
        seed = 5
    """

    words: tuple[str, ...]
    command: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config_text(self) -> str:
        """The configuration file that repeats the run.

        A file's name that is not UTF-8 has its bytes as surrogates, as it has in Python.
        """
        import tomli_w  # only where something is written

        head = (
            f"# `tfvis {self.command} --config config.toml` repeats the run. Relative paths\n"
            "# begin at the folder in which the command is started.\n"
        )
        told = {name: _as_toml(own) for name, own in self.options.items() if own is not None}
        return head + tomli_w.dumps({"command": self.command, **told})


def _as_toml(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_as_toml(part) for part in value]
    return as_text(str(value)) if isinstance(value, str | Path) else value


_running: ContextVar[CommandLine | None] = ContextVar("tfvis command line", default=None)


@contextlib.contextmanager
def running(line: CommandLine | None) -> Iterator[None]:
    """Have a command line as the current one until the block ends."""
    token = _running.set(line)
    try:
        yield
    finally:
        _running.reset(token)


def current() -> CommandLine | None:
    """The command line that is being run; None in a program that uses tfvis as a library."""
    return _running.get()


def resolve(**options: Any) -> None:
    """Note what tfvis has chosen for options that were left open; nothing without a command line.

    Args:
        **options: by their names in a configuration file.
    """
    line = current()
    if line is not None:
        _running.set(replace(line, options={**line.options, **options}))
