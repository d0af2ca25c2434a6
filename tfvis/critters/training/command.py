"""Train a bundled network from nothing: `python -m tfvis.critters.train --output DIR`.

Writes the weights, a training curve, sample scenes and a model card.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from tfvis.utils import images
from tfvis.utils.errors import InputError, require_count

from ...runtime.interruption import Finished, finishing, interruptible, report_interruption
from ...runtime.startup import start_tensorflow
from ...runtime.terminal import Bars, Parser, progress_bars

if TYPE_CHECKING:
    from ...models.keras_network import KerasNetwork

_NETWORKS = {"inception": "critters", "resnet": "critters_resnet"}
_DTYPES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def _parser() -> Parser:
    parser = Parser(
        prog="python -m tfvis.critters.train",
        description="Train a bundled network on rendered scenes, from nothing. Without options: "
        "critters as it was, in under an hour on two CPU cores.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--output", type=Path, default=Path("critters"), metavar="DIR",
                        help="where to write; the folder is made")  # fmt: skip
    parser.add_argument("--architecture", default="inception", choices=_NETWORKS,
                        help="inception: GoogLeNet in small, critters; resnet: ResNet in small, "
                        "critters_resnet")  # fmt: skip
    parser.add_argument("--share", type=float, default=1.0, metavar="SHARE",
                        help="of the scenes of the full training, for a shorter one")  # fmt: skip
    parser.add_argument("--tests", type=int, default=1600, metavar="N",
                        help="scenes that it is tested on afterwards, of each kind")  # fmt: skip
    parser.add_argument("--dtype", default="bfloat16", choices=_DTYPES,
                        help="what the network computes in; on processors without bfloat16 take "
                        "float32")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and augmentation")
    parser.add_argument("--quiet", action="store_true", help="print only errors")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Train; returns the exit status."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        if not 0 < arguments.share <= 1:
            raise InputError(f"Expected --share in (0, 1], received {arguments.share:g}.")
        require_count("--tests", arguments.tests)
        require_count("--seed", arguments.seed, 0)
        if arguments.seed >= 2**31:
            raise InputError(f"Expected --seed below 2147483648, received {arguments.seed}.")
        _require_writable(arguments.output)
        with (
            interruptible(),
            start_tensorflow(None),
            progress_bars(arguments.quiet) as progress,
            finishing(arguments.output, files=5) as finished,
        ):
            _train(arguments, arguments.output, finished, progress)
    except InputError as error:
        sys.stderr.write(f"{parser.prog}: error: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{parser.prog}: error: The system refused: {error}\n")
        return 2
    except KeyboardInterrupt as error:
        return report_interruption(error, parser.prog)
    return 0


def _require_writable(folder: Path) -> None:
    """Make the folder; an `InputError` if it cannot hold files: rather now than in an hour."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"Cannot write to {str(folder)!r}: {error.strerror or error}.") from None


def _train(arguments: argparse.Namespace, folder: Path, finished: Finished, progress: Bars) -> None:
    from ...models import critters, load_model
    from ...models.keras_layers import folded
    from . import card, evaluation
    from . import loop as training

    name = _NETWORKS[arguments.architecture]
    recipe = training.scaled(
        replace(training.RECIPES[name], dtype=_DTYPES[arguments.dtype], seed=arguments.seed),
        arguments.share,
    )
    start = time.perf_counter()
    trained, history = training.train(
        lambda: critters.build(name, batch_normalization=True), recipe, progress=progress
    )
    seconds = {"rendering and training": time.perf_counter() - start}
    file = folder / f"{name}.npz"
    sha256 = critters.save_weights(file, folded(trained, critters.kernels(trained)))
    finished.add("files")
    net = cast("KerasNetwork", load_model(name, weights=file))
    accuracy = evaluation.evaluate(
        net, singles=arguments.tests, pairs=arguments.tests, progress=progress
    )
    with images.replacing(folder / "history.json") as temporary:
        temporary.write_text(json.dumps(history, indent=1) + "\n", encoding="utf-8")
    finished.add("files")
    images.save(folder / "training.png", card.training_curve(history) / np.float32(255))
    finished.add("files")
    images.save(folder / "scenes.jpg", card.sample_scenes())
    finished.add("files")
    text = card.model_card(
        name, recipe, accuracy, parameters=net.count_params(), sha256=sha256, seconds=seconds
    )
    with images.replacing(folder / "README.md") as temporary:
        temporary.write_text(text, encoding="utf-8")
    finished.add("files")
    if not arguments.quiet:
        print(f"One object: {accuracy.single:.1%} right; two: {accuracy.double:.1%}.")  # noqa: T201
        print(f"SHA-256 of {file}: {sha256}")  # noqa: T201
