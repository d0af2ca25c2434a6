"""`tfvis explain`: the groups of features that speak for, or against, the classes of an image."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfvis.utils import images
from tfvis.utils.choices import (
    ATTRIBUTION,
    AUMANN_SHAPLEY,
    DEFAULT_ITERATIONS,
    SHAPLEY,
)
from tfvis.utils.errors import InputError

from ..models.auto import FAMILIES
from ..models.registry import ModelSpec, spec_of
from ..report import RunFolder
from ..runtime.interruption import Finished, finishing
from ..runtime.startup import start_tensorflow
from ..runtime.terminal import progress_bars
from ..settings.explain import Settings
from .options import (
    add_model_options,
    add_run_options,
    adder,
    chosen,
    loaded,
    settings_of,
)

if TYPE_CHECKING:
    from tfvis.utils.channel_attribution import ChannelAttribution
    from tfvis.utils.network import Network

    from ..explainers.feature_groups import StageProgress

HELP = "show which groups of features speak for or against a class"
EPILOG = "Files go to <output>/<image>/<class>_<method>/; see the README for their names."
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
    parser.set_defaults(family=family)
    names = FAMILIES[family]
    counts = ", ".join(f"{count} for {name}" for name, count in DEFAULT_ITERATIONS.items())
    add = adder(parser, Settings())
    add(
        "image",
        "what to explain, in any format that Pillow reads",
        "the network's example image",
        type=Path,
        metavar="FILE",
    )
    add_model_options(add, family)
    add(
        "layers",
        "the hidden layers",
        f"those worth looking at first, {' '.join(spec_of(names.preferred).default_layers)}",
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
    add(
        "heat_maps",
        "what heat maps are made of: attribution, the score's share of every position, or "
        "activation, activations weighted by the channels' attributions, as in the paper",
        metavar="KIND",
    )
    add(
        "cut",
        "keep of each heat map what exceeds this quantile of it; 0 keeps everything",
        "0 for attribution, 0.85 for activation",
        type=float,
        metavar="QUANTILE",
    )
    add(
        "show_against",
        "also draw the negative part of each heat map, in blue: where a group lowers the score "
        "that it raises elsewhere",
        "off",
        action="store_true",
    )
    add("steps", "steps of the icons' optimisation", type=int, metavar="N")
    add("size", "side of the icons", type=int, metavar="PIXELS")
    add("dtype", "what icons are computed in: float32, bfloat16 or float16", metavar="DTYPE")
    add(
        "read_attributions",
        "read the attributions that an earlier run with the same output folder wrote, "
        "instead of computing them",
        "off",
        action="store_true",
    )
    add_run_options(add, "the current folder")


def run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Do what the arguments ask for; everything that can be checked early is."""
    settings = settings_of(Settings, arguments)
    if settings.image is not None:
        _image(settings, None)  # before anything is downloaded
    settings = chosen(settings, say)
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
    from ..datasets.example_images import example_image

    return example_image(_example(settings.spec), size)


def _explain(settings: Settings, image: np.ndarray, say: Callable[[str], None]) -> None:
    with progress_bars(settings.quiet) as progress:
        net = loaded(settings, progress)
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
        for index in settings.class_indices:
            folder.require_folders(index, settings.attribution, settings.grouping)
        pairs = len(settings.layers) * len(settings.class_indices)
        with finishing(
            settings.output,
            result_folders=pairs * len(settings.wanted_signs),
            files_of_attributions=pairs,
        ) as finished:
            refused = [
                reason
                for layer in settings.layers
                for reason in _explain_layer(
                    net, settings, image, layer, folder, finished, progress, say
                )
            ]
    if refused:
        raise InputError(" ".join(refused))


def _explain_layer(
    net: Network,
    settings: Settings,
    image: np.ndarray,
    layer: str,
    folder: RunFolder,
    finished: Finished,
    progress: StageProgress,
    say: Callable[[str], None],
) -> list[str]:
    """Write a unit for each class and sign; returns why some classes have none at all."""
    from tfvis.utils.attribution import with_directions

    from ..explainers import feature_groups as experiments

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
        # Before they are written, so that gradients are not computed again for each sign or run.
        attributions = [with_directions(net, image, found) for found in attributions]
        for attribution in attributions:
            folder.save_attribution(attribution)
            finished.add("files of attributions")
            say(_accuracy(attribution, net.labels[attribution.class_index]))
    seconds = {"attribution_of_all_classes": time.perf_counter() - start}
    activations = net.activations(image[np.newaxis], layer)[0]
    refused = []
    for attribution in attributions:
        label = net.labels[attribution.class_index]
        if attribution.maps is None and settings.heat_maps == ATTRIBUTION:
            blue = "; nothing is blue" if settings.show_against else ""
            say(
                f"{layer}, {label}: heat maps are of activations, since the attributions of single "
                f"positions are not known{blue}."
            )
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
                    heat_maps=settings.heat_maps,
                    cut=settings.cut,
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
            finished.add("result folders")
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
