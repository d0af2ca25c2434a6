"""`python -m tfvis`: the same as the console script `tfvis`."""

import sys

from .cli import main

sys.exit(main())
