#!/usr/bin/env python
"""Show which groups of features of a network speak for or against the classes of an image.

    python GroupClassDiscVis.py --image photo.jpg --classes "Egyptian cat" "golden retriever"

Group visualization of class-discriminative features (Shi, Du, Fan 2020). The same program as
`tfvis explain`; `--help` lists its options. With `--experiments` it runs two of the paper's
experiments.
"""

import sys

try:
    from tfvis.__main__ import run
except ModuleNotFoundError as error:
    sys.stderr.write(
        f"GroupClassDiscVis.py: error: this Python lacks {error.name}. Run "
        "`. .venv/bin/activate` first, or `make demo`, which installs what is needed into .venv.\n"
    )
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(run(prog="GroupClassDiscVis.py", command="explain"))
