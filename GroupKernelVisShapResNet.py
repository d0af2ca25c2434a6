#!/usr/bin/env python
"""Show which groups of features of a residual network speak for the classes of an image.

    python GroupKernelVisShapResNet.py --image photo.jpg --classes "Egyptian cat" tabby

The program GroupClassDiscVis.py with ResNet-50 where its weights can be had, else with the bundled
residual network; in the first blocks of its last two stages. `--help` lists its options.
"""

import sys

try:
    from tfvis.__main__ import run
except ModuleNotFoundError as error:
    sys.stderr.write(
        f"GroupKernelVisShapResNet.py: error: this Python lacks {error.name}. Run "
        "`. .venv/bin/activate` first, or `make demo`, which installs what is needed into .venv.\n"
    )
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(run(prog="GroupKernelVisShapResNet.py", command="explain", family="residual"))
