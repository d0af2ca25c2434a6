"""`tfvis explain`: the groups of features that speak for, or against, the classes of an image."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from utils import images
from utils.errors import InputError
from utils.names import AUMANN_SHAPLEY, SHAPLEY

from ..models import is_address
from ..models.auto import AUTO, FAMILIES, choose
from ..models.registry import ModelSpec, spec_of
from ..report import RunFolder
from ..settings import DEFAULT_ITERATIONS, Settings
from ..startup import start_tensorflow
from ..terminal import progress_bars

if TYPE_CHECKING:
    from utils.channel_attribution import ChannelAttribution
    from utils.network import Network

    from ..experiments import StageProgress

HELP = "show which groups of features speak for or against a class"
DESCRIPTION = """\
Attribute a class's score to the channels of a hidden layer, group those that speak for it (or
against it), and write for each group a heat map (where in the image it looks), an icon (what it
responds to) and its score."""

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser, family: str = "inception") -> None:
    """Add the options; their names and defaults are those of `Settings`.

    Args:
        parser: to which they are added.
        family: the networks that `auto` chooses between.
    """
    default = Settings()
    parser.set_defaults(family=family)
    names = FAMILIES[family]
    preferred, fallback = spec_of(names.preferred), spec_of(names.fallback)
    title = preferred.title.split(" (")[0]
    counts = ", ".join(f"{count} for {name}" for name, count in DEFAULT_ITERATIONS.items())

    def add(name: str, text: str, shown: str = "%(default)s", **options: Any) -> None:
        options.setdefault("default", getattr(default, name))
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, help=f"{text} (default: {shown})", **options)

    add(
        "image",
        "what to explain, in any format that Pillow reads",
        "the network's example image",
        type=Path,
        metavar="FILE",
    )
    add(
        "model",
        f"the network: a name, which `tfvis models` lists; auto, {title} where its weights can be "
        f"had, else {fallback.name}, which is bundled and knows rendered scenes only; a .keras, "
        ".h5 or .pb file; the folder of a SavedModel, or the address of one on TensorFlow Hub",
        metavar="MODEL",
    )
    add(
        "weights",
        "the weights of a network with a name, a file or a folder",
        "$TFVIS_WEIGHTS_DIR, then the caches, then a download; critters': tfvis's own",
        type=lambda text: text if is_address(text) else Path(text),
        metavar="PATH",
    )
    own = "of a model of your own"
    add("value_range", f"{own}: what it takes for black and white", "tried out on photographs",
        nargs=2, type=float, metavar=("LOW", "HIGH"))  # fmt: skip
    add("channel_order", f"{own}: RGB or BGR", "RGB", metavar="ORDER")
    add("mean", f"{own}: subtracted after that, for red, green and blue", "0 0 0",
        nargs=3, type=float, metavar=("R", "G", "B"))  # fmt: skip
    add("std", f"{own}: divided by, for red, green and blue", "1 1 1",
        nargs=3, type=float, metavar=("R", "G", "B"))  # fmt: skip
    add("input_size", f"{own}: the size that it was trained with", "what the model says",
        nargs=2, type=int, metavar=("HEIGHT", "WIDTH"))  # fmt: skip
    add("labels", f"{own}: a text file with the name of a class a line", "numbers",
        type=Path, metavar="FILE")  # fmt: skip
    add("logits", f"{own}, a graph or SavedModel: the tensor or output that has the logits",
        "what the softmax takes", metavar="NAME")  # fmt: skip
    add("signature", f"{own}, a SavedModel: which of its signatures", "the one for images",
        metavar="NAME")  # fmt: skip
    add(
        "layers",
        "the hidden layers",
        f"those worth looking at first, {' '.join(preferred.default_layers)}",
        nargs="+",
        metavar="LAYER",
    )
    add(
        "classes",
        "the classes, by name, index or WordNet id",
        ", ".join(names.classes.get(names.preferred, ())) or "the network's top two",
        nargs="+",
        metavar="CLASS",
    )
    add(
        "attribution",
        f"{AUMANN_SHAPLEY}: Aumann-Shapley values, or {SHAPLEY}: sampled Shapley values",
        metavar="METHOD",
    )
    add(
        "iterations",
        f"gradients along the path of {AUMANN_SHAPLEY}, or random orders of {SHAPLEY}",
        counts,
        type=int,
        metavar="N",
    )
    add("sign", "pos: features for the class, neg: against it, or both", metavar="SIGN")
    add(
        "grouping",
        "a decomposition or clustering of scikit-learn: FactorAnalysis, NMF, KMeans, ...",
        metavar="NAME",
    )
    add(
        "explained_variance",
        "take the fewest components that explain more than this share of the variance",
        type=float,
        metavar="SHARE",
    )
    add("n_groups", "how many groups", "found from the data", type=int, metavar="N")
    add("steps", "steps of the icons' optimisation", type=int, metavar="N")
    add("size", "side of the icons", type=int, metavar="PIXELS")
    add("seed", "of whatever is random", type=int, metavar="N")
    add("dtype", "what icons are computed in: float32, bfloat16 or float16", metavar="DTYPE")
    add("device", "such as CPU:0 or GPU:0", "TensorFlow's choice", metavar="NAME")
    add(
        "fit",
        "how an image of another size is made to fit the network: crop takes the centre, "
        "squash ignores the aspect ratio",
        metavar="HOW",
    )
    add(
        "read_attributions",
        "read the attributions that an earlier run with the same output folder wrote, "
        "instead of computing them",
        "off",
        action="store_true",
    )
    add("output", "where to write", "the current folder", type=Path, metavar="DIR")
    add("quiet", "print nothing but errors", "off", action="store_true")


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    values = {field.name: getattr(arguments, field.name) for field in fields(Settings)}
    settings = Settings(
        **{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    )
    settings.require_files()
    family = FAMILIES[settings.family]
    if settings.model == AUTO:
        if settings.image is not None:
            _image(settings, spec_of(family.preferred))  # before anything is downloaded
        with progress_bars(settings.quiet) as progress:
            choice = choose(
                settings.family,
                weights=settings.weights,
                progress=progress("download", unit="B"),
            )
        say(choice.reason)
        settings = replace(settings, model=choice.name)
    if not settings.classes:
        settings = replace(settings, classes=family.classes.get(settings.model, ()))
    spec = settings.spec
    image = _image(settings, spec)
    if settings.read_attributions and spec is not None and spec.labels is not None:
        # Those of named classes are looked at before the network is loaded.
        known = settings.fitted(spec)
        folder = RunFolder(settings.output, _stem(settings), spec.labels)
        for layer in (layer for layer in known.layers if layer in spec.channels):
            _read(folder, known, layer, spec.channels[layer])
    start = time.perf_counter()
    with start_tensorflow(settings.device):
        _explain(settings, image, say)
    say(f"Done in {time.perf_counter() - start:.0f} s.")


def _example(spec: ModelSpec | None) -> str:
    return spec_of(FAMILIES["inception"].preferred).example if spec is None else spec.example


def _stem(settings: Settings) -> str:
    return _example(settings.spec) if settings.image is None else settings.image.stem


def _image(settings: Settings, subject: ModelSpec | Network | None) -> np.ndarray:
    """The image at a network's size, or at any while that is not known."""
    size = (224, 224) if subject is None else subject.input_size
    if settings.image is not None:
        return images.load(settings.image, size, settings.fit)
    from ..examples import example_image

    return example_image(_example(settings.spec), size)


def _explain(settings: Settings, image: np.ndarray, say: Callable[[str], None]) -> None:
    from ..models import load_model

    with progress_bars(settings.quiet) as progress:
        net = load_model(
            settings.model,
            weights=settings.weights,
            progress=progress("download", unit="B"),
            **settings.description,
        )
        settings = settings.fitted(net)
        net.astype(settings.dtype)  # or an error, long before it is needed
        if image.shape[:2] != net.input_size:
            image = _image(settings, net)
        folder = RunFolder(settings.output, _stem(settings), net.labels)
        top = net.top(image)
        title = net.name if settings.spec is None else settings.spec.title
        say(f"{title} sees:")
        for index, logit in top:
            say(f"  {logit:7.3f}  {net.labels[index]} ({index})")
        if not settings.classes:
            settings = replace(settings, classes=tuple(str(index) for index, _ in top[:2]))
        refused = [
            reason
            for layer in settings.layers
            for reason in _explain_layer(net, settings, image, layer, folder, progress, say)
        ]
    if refused:
        raise InputError(" ".join(refused))


def _explain_layer(
    net: Network,
    settings: Settings,
    image: np.ndarray,
    layer: str,
    folder: RunFolder,
    progress: StageProgress,
    say: Callable[[str], None],
) -> list[str]:
    """Write a unit for each class and sign; returns why some classes have none at all."""
    from .. import experiments

    start = time.perf_counter()
    if settings.read_attributions:
        attributions = _read(folder, settings, layer, net.n_channels(layer))
    else:
        attributions = experiments.attribute(
            net,
            image,
            layer,
            classes=settings.class_indices,
            method=settings.attribution,
            iterations=settings.iterations,
            seed=settings.seed,
            progress=progress(f"{layer}: attributions"),
        )
        for attribution in attributions:
            folder.save_attribution(attribution)
            say(_accuracy(attribution, net.labels[attribution.class_index]))
    seconds = {"attribution_of_all_classes": time.perf_counter() - start}
    activations = net.activations(image[np.newaxis], layer)[0]
    refused = []
    for attribution in attributions:
        label = net.labels[attribution.class_index]
        empty = []
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
                    activations=activations,
                    progress=lambda stage, name=name: progress(f"{name}: {stage}"),
                )
            except experiments.NothingSelectedError as error:
                empty.append(f"{label}: {error}")
                continue
            target = folder.write(explanation, settings, seconds)
            count = len(explanation.groups)
            say(f"{name}: {count} group{'s' * (count > 1)} -> {target / 'overview.png'}")
        if len(empty) == len(settings.wanted_signs):
            refused += empty
        else:
            # With both signs asked for, one of them may have nothing to show.
            for reason in empty:
                logger.warning("%s", reason)
    return refused


def _read(
    folder: RunFolder, settings: Settings, layer: str, n_channels: int
) -> tuple[ChannelAttribution, ...]:
    return tuple(
        folder.load_attribution(settings.attribution, layer, index, n_channels)
        for index in settings.class_indices
    )


def _accuracy(attribution: ChannelAttribution, label: str) -> str:
    """How good the attributions are, in a line."""
    text = (
        f"{attribution.layer}, {label}: {attribution.method} values sum to "
        f"{attribution.values.sum():.4f} of {attribution.total:.4f}"
    )
    if attribution.standard_error is not None and np.isfinite(attribution.standard_error).all():
        text += f", mean standard error {attribution.standard_error.mean():.4f}"
    return text
