"""`python -m tfvis`, and the console script `tfvis`."""

from __future__ import annotations

import sys
from typing import Any


def run(**options: Any) -> int:
    """Run the command line.

    What it takes to begin is imported here, so that Ctrl-C ends the program cleanly in that time.

    Args:
        **options: see `tfvis.cli.main`.

    Returns:
        The exit status.
    """
    try:
        from .cli import main
        from .runtime.startup import keep_imports

        keep_imports()
        return main(**options)
    except KeyboardInterrupt:
        sys.stderr.write(f"{options.get('prog', 'tfvis')}: interrupted; nothing was finished.\n")
        return 130


if __name__ == "__main__":
    sys.exit(run())
