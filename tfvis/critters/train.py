"""`python -m tfvis.critters.train`: see `tfvis.critters.training.command`."""

import sys

from .training.command import main

if __name__ == "__main__":
    sys.exit(main())
