"""`python -m tfvis.guided_inversion` is `tfvis invert`."""

import sys

from ..cli import main

sys.exit(main(prog="python -m tfvis.guided_inversion", command="invert"))
