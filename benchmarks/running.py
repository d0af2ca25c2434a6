"""How a benchmark ends that cannot run."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tfvis.utils.errors import InputError


def in_one_line(run: Callable[[], None]) -> None:
    """Run a benchmark; input that cannot be used ends it with one line and status 2."""
    try:
        run()
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
