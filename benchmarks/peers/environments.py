"""Virtual environments of the peers, made from pinned lists."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tfvis.utils.errors import InputError

LISTS = Path(__file__).parent / "requirements"
OURS = "tfvis"
"""The environment in which this command runs."""

BUILT_OF = "built_of.txt"
"""The list that an environment was made from, written when it is whole."""


def interpreter(name: str, folder: Path, say: Callable[[str], None]) -> Path:
    """The Python of an environment, which is made if it is not there or its list has changed.

    Args:
        name: of a list in `requirements`, or `OURS`.
        folder: where environments lie.
        say: told what takes long.

    Raises:
        InputError: packages cannot be installed.
    """
    if name == OURS:
        return Path(sys.executable)
    home, wanted = folder / name, (LISTS / f"{name}.txt").read_text(encoding="utf-8")
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    mark = home / BUILT_OF
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return python
    say(f"making the environment {home} …")
    _do([sys.executable, "-m", "venv", "--clear", str(home)], name)
    # The lists are whole: what packages ask for beside them, such as GPU libraries, is not needed.
    install = ["install", "--quiet", "--no-cache-dir", "--no-deps"]
    _do([str(python), "-m", "pip", *install, "-r", str(LISTS / f"{name}.txt")], name)
    mark.write_text(wanted, encoding="utf-8")
    return python


def _do(words: list[str], name: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        last = (lines or done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise InputError(f"Cannot make the environment of {name}: {last}")
