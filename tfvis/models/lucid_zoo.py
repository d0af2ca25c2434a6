"""Networks of lucid's model zoo and of TF-Slim: frozen graphs and modules of TensorFlow Hub."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels
from tfvis.utils.progress import Progress, silent

from ..runtime.downloads import DownloadError, cache_directory, download
from . import hub
from .graph_defs import find_input, find_logits, read_graph
from .graph_network import GraphNetwork
from .registry import ModelSpec
from .saved_model import Frozen, freeze, is_saved_model
from .weights import DIRECTORY_VARIABLE, find, obtain


def load(
    spec: ModelSpec, *, weights: str | Path | None = None, progress: Progress = silent
) -> GraphNetwork:
    """A network of lucid's model zoo or of TF-Slim; see `tfvis.load_model`.

    Its frozen graph is looked for first; then the module that TensorFlow Hub's library has in its
    cache; then the graph is downloaded.

    Args:
        spec: of the network.
        weights: the frozen graph; the folder that holds it; the folder of a SavedModel or Hub
            module, or the address of one.
        progress: called during a download with bytes done and bytes in all.
    """
    folder = _module(spec, weights)
    if folder is not None:
        frozen, preprocessing, file = freeze(folder), spec.handle_preprocessing, folder
        logits = frozen.logits()
    else:
        file = obtain(spec, weights, check=read_graph, progress=progress)
        graph = read_graph(file)
        frozen, preprocessing = Frozen(graph, find_input(graph), {}), spec.preprocessing
        logits = spec.logits or find_logits(graph)
    try:
        net = GraphNetwork(
            frozen.graph,
            images=frozen.images,
            logits=logits,
            preprocess=preprocessing,
            **spec.described,
        )
    except InputError as error:
        raise InputError(f"Expected {spec.title} in {str(file)!r}: {error}") from None
    return net.with_labels(_labels(spec, len(net.labels), weights, progress))


def _module(spec: ModelSpec, weights: str | Path | None) -> Path | None:
    """The folder of a SavedModel, where one was asked for, or is all that there is."""
    if weights is None:
        if spec.handle is None or find(spec.weights, warn=False) is not None:
            return None
        return hub.cached(spec.handle)
    if hub.is_address(weights):
        return hub.resolve(str(weights))
    return Path(weights) if is_saved_model(Path(weights)) else None


def _labels(
    spec: ModelSpec, n_classes: int, weights: str | Path | None, progress: Progress
) -> Labels:
    """The classes' names; TF-Slim's networks may have one more class, the background, first."""
    labels = spec.labels or _downloaded_labels(spec, weights, progress)
    if n_classes == len(labels) + 1:
        wnids = None if labels.wnids is None else ("n00000000", *labels.wnids)
        return Labels([("background",), *labels.synonyms], wnids)
    return labels


def _downloaded_labels(spec: ModelSpec, weights: str | Path | None, progress: Progress) -> Labels:
    if weights is not None:
        folder = Path(weights) if Path(weights).is_dir() else Path(weights).parent
        if (folder / spec.labels_file).is_file():
            return Labels.from_lines(folder / spec.labels_file)
    file = find((spec.labels_file,), warn=False)
    if file is None:
        file = cache_directory() / spec.labels_file
        try:
            download(cast(str, spec.labels_url), file, check=Labels.from_lines, progress=progress)
        except DownloadError as error:
            raise InputError(
                f"The names of {spec.title}'s classes are not on this machine and cannot be "
                f"downloaded ({error.reason}). Save {spec.labels_url} as {spec.labels_file} beside "
                f"the weights or in ${DIRECTORY_VARIABLE}."
            ) from None
    return Labels.from_lines(file)
