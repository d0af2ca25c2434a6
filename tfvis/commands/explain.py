"""`tfvis explain`: the groups of features that speak for, or against, the classes of an image."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from utils import images
from utils.errors import InputError
from utils.names import AUMANN_SHAPLEY, SHAPLEY

from ..settings import DEFAULT_ITERATIONS, Settings
from ..startup import start_tensorflow
from .progress import progress_bars

if TYPE_CHECKING:
    import numpy as np

    from utils.attribution import ChannelAttribution
    from utils.network import Network

    from ..experiments import StageProgress
    from ..report import RunFolder

HELP = "show which groups of features speak for or against a class"
DESCRIPTION = """\
Attribute a class's score to the channels of a hidden layer, group those that speak for it (or
against it), and write for each group a heat map (where in the image it looks), an icon (what it
responds to) and its score."""

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; their names and defaults are those of `Settings`."""
    default = Settings()
    add = parser.add_argument
    add("--image", type=Path, metavar="FILE", help="what to explain, in any format that Pillow "
        "reads (default: the network's example image)")  # fmt: skip
    add("--model", default=default.model, metavar="NAME", help="the network (default: %(default)s)")
    add("--weights", type=Path, metavar="PATH", help="its weights, a file or a folder (default: "
        "$TFVIS_WEIGHTS_DIR, then the cache, then a download)")  # fmt: skip
    add("--layers", nargs="+", default=(), metavar="LAYER", help="the hidden layers (default: "
        f"the network's own, {default.spec.default_layer} for {default.model})")  # fmt: skip
    add("--classes", nargs="+", default=(), metavar="CLASS", help="the classes, by name, index or "
        "WordNet id (default: the network's top two)")  # fmt: skip
    add("--attribution", default=default.attribution, metavar="METHOD", help=f"{AUMANN_SHAPLEY}: "
        f"Aumann-Shapley values; {SHAPLEY}: sampled Shapley values (default: %(default)s)")  # fmt: skip
    counts = ", ".join(f"{count} for {name}" for name, count in DEFAULT_ITERATIONS.items())
    add("--iterations", type=int, metavar="N", help="gradients along the path of "
        f"{AUMANN_SHAPLEY}, or random orders of {SHAPLEY} (default: {counts})")  # fmt: skip
    add("--sign", default=default.sign, metavar="SIGN", help="pos: features for the class, neg: "
        "against it, or both (default: %(default)s)")  # fmt: skip
    add("--grouping", default=default.grouping, metavar="NAME", help="a matrix decomposition or "
        "clustering of scikit-learn: FactorAnalysis, NMF, KMeans, ... (default: %(default)s)")  # fmt: skip
    add("--explained-variance", type=float, default=default.explained_variance, metavar="SHARE",
        help="take the fewest components that explain more than this share of the variance "
        "(default: %(default)s)")  # fmt: skip
    add("--n-groups", type=int, metavar="N", help="how many groups (default: found from the data)")
    add("--steps", type=int, default=default.steps, metavar="N",
        help="steps of the icons' optimisation (default: %(default)s)")  # fmt: skip
    add("--size", type=int, default=default.size, metavar="PIXELS",
        help="side of the icons (default: %(default)s)")  # fmt: skip
    add("--seed", type=int, default=default.seed, metavar="N", help="(default: %(default)s)")
    add("--dtype", default=default.dtype, metavar="DTYPE", help="what the icons are computed in: "
        "float32, bfloat16 or float16 (default: %(default)s)")  # fmt: skip
    add("--device", metavar="NAME", help="such as CPU:0 or GPU:0 (default: TensorFlow's choice)")
    add("--fit", default=default.fit, metavar="HOW", help="how an image of another size is made "
        "to fit the network: crop takes the centre, squash ignores the aspect ratio "
        "(default: %(default)s)")  # fmt: skip
    add("--read-attributions", action="store_true", help="read the attributions that an earlier "
        "run with the same output folder wrote, instead of computing them (default: off)")  # fmt: skip
    add("--output", type=Path, default=default.output, metavar="DIR",
        help="where to write (default: the current folder)")  # fmt: skip
    add("--quiet", action="store_true", help="print nothing but errors (default: off)")


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    settings = Settings(**{
        name: tuple(value) if isinstance(value, list) else value
        for name, value in vars(arguments).items()
        if name in Settings.__dataclass_fields__
    })  # fmt: skip
    spec = settings.spec
    stem = spec.example if settings.image is None else settings.image.stem
    if settings.image is None:
        from ..examples import example_image

        image = example_image(spec.example, spec.input_size)
    else:
        image = images.load(settings.image, spec.input_size, settings.fit)
    start = time.perf_counter()
    with start_tensorflow(settings.device):
        from ..report import RunFolder

        folder = RunFolder(settings.output, stem, spec.labels)
        if settings.read_attributions:
            # Those of named classes are looked at before the network is loaded.
            for layer in settings.wanted_layers:
                _read(folder, settings, layer, settings.wanted_classes)
        _explain(settings, image, folder, say)
    say(f"Done in {time.perf_counter() - start:.0f} s.")


def _explain(
    settings: Settings, image: np.ndarray, folder: RunFolder, say: Callable[[str], None]
) -> None:
    from ..models import load_model

    with progress_bars(settings.quiet) as progress:
        net = load_model(
            settings.model, weights=settings.weights, progress=progress("download", unit="B")
        )
        top = net.top(image)
        say(f"{settings.spec.title} sees:")
        for index, logit in top:
            say(f"  {logit:7.3f}  {net.labels[index]} ({index})")
        if not settings.classes:
            settings = replace(settings, classes=tuple(str(index) for index, _ in top[:2]))
        for layer in settings.wanted_layers:
            _explain_layer(net, settings, image, layer, folder, progress, say)


def _explain_layer(
    net: Network,
    settings: Settings,
    image: np.ndarray,
    layer: str,
    folder: RunFolder,
    progress: StageProgress,
    say: Callable[[str], None],
) -> None:
    from .. import experiments

    start = time.perf_counter()
    if settings.read_attributions:
        attributions = _read(folder, settings, layer, settings.wanted_classes)
    else:
        attributions = experiments.attribute(
            net,
            image,
            layer,
            classes=settings.wanted_classes,
            method=settings.attribution,
            iterations=settings.iterations,
            seed=settings.seed,
            progress=progress(f"{layer}: attributions"),
        )
        for attribution in attributions:
            folder.save_attribution(attribution)
            say(_accuracy(attribution, net.labels[attribution.class_index]))
    seconds = {"attribution": time.perf_counter() - start}
    for attribution in attributions:
        label = net.labels[attribution.class_index]
        refused = []
        for sign in settings.wanted_signs:
            name = f"{layer}, {label}, {sign}"
            try:
                explanation = experiments.explain(
                    net,
                    image,
                    attribution,
                    sign=sign,
                    grouping=settings.grouping,
                    explained_variance=settings.explained_variance,
                    n_groups=settings.n_groups,
                    steps=settings.steps,
                    side=settings.size,
                    seed=settings.seed,
                    dtype=settings.dtype,
                    progress=lambda stage, name=name: progress(f"{name}: {stage}"),
                )
            except experiments.NothingSelectedError as error:
                # With both signs asked for, one of them may have nothing to show.
                refused.append(error)
                if len(refused) == len(settings.wanted_signs):
                    raise
                logger.warning("%s", error)
                continue
            target = folder.write(explanation, settings, seconds)
            count = len(explanation.groups)
            say(f"{name}: {count} group{'s' * (count > 1)} -> {target / 'overview.png'}")


def _read(
    folder: RunFolder, settings: Settings, layer: str, classes: tuple[int, ...]
) -> tuple[ChannelAttribution, ...]:
    n_channels = settings.spec.channels[layer]
    return tuple(
        folder.load_attribution(settings.attribution, layer, index, n_channels)
        for index in classes
    )


def _accuracy(attribution: ChannelAttribution, label: str) -> str:
    """How good the attributions are, in a line."""
    text = (
        f"{attribution.layer}, {label}: {attribution.method} values sum to "
        f"{attribution.values.sum():.4f} of {attribution.total:.4f}"
    )
    if attribution.standard_error is not None and attribution.standard_error.size:
        text += f", mean standard error {attribution.standard_error.mean():.4f}"
    return text
