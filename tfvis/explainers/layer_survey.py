"""Surveys of a network's layers: which of them is worth looking at, for a class in an image?"""

from __future__ import annotations

import time
from collections.abc import Sequence

from tfvis.utils.answers import answers_of
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import ImageLike, SourceImage, read_image
from tfvis.utils.layer_facts import LayerStructure
from tfvis.utils.network import Network, require_network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance, plain, provenance, versions

from ..models.layer_structure import layer_structures
from .attributions import attributions_of, class_list
from .layer_evidence import LayerEvidence, layer_evidence
from .layer_recommendation import recommended
from .options import LayerSurveyOptions
from .surveyed_layers import LayerSurvey

__all__ = ["METHOD", "survey_layers"]

METHOD = "layers"


def survey_layers(
    net: Network,
    image: ImageLike | None = None,
    classes: str | int | Sequence[str | int] | None = None,
    *,
    layers: Sequence[str] | None = None,
    options: LayerSurveyOptions | None = None,
    progress: Progress = silent,
    **changes: object,
) -> tuple[LayerSurvey, ...]:
    """What each layer of a network sees, and what it carries of the evidence for classes.

    Args:
        net: the network.
        image: of any kind that `read_image` takes. If left out, only the layers' structure
            is reported.
        classes: indices, WordNet ids or names; one may be given alone. The network's first answer
            if left out.
        layers: those that are looked at; all of the network's own if left out.
        options: how the evidence is found; see `LayerSurveyOptions`.
        progress: called with layers done and layers in all.
        **changes: of single options: `attribution_steps=16`.

    Returns:
        One survey a class; one without evidence where there is no image.

    Raises:
        InputError: an image, class, layer or option that cannot be used; a class without an image.

    Example:
        >>> import tfvis
        >>> from tfvis.explainers import survey_layers
        >>> net = tfvis.load_model("critters")
        >>> (found,) = survey_layers(net, layers=["conv2d0", "mixed4d"])
        >>> found.rows()[1]
        ('conv2d0', '112 x 112 x 24', '7', '18 %')
    """
    require_network(net)
    wanted = changed(LayerSurveyOptions, options, changes)
    names = _names(net, layers)
    if image is None:
        if classes is not None:
            raise InputError(f"Expected an image beside classes={classes!r}, received none.")
        start = time.perf_counter()
        found = layer_structures(net, names, progress=progress)
        return (_without_image(net, found, time.perf_counter() - start),)
    source = read_image(image, net.input_size)
    named = [net.top(source, 1)[0][0]] if classes is None else class_list(classes)
    indices = tuple(dict.fromkeys(net.class_index(name) for name in named))
    if not indices:
        raise InputError("Expected at least one class, received none.")
    return _surveys(net, source, indices, names, wanted, progress)


def _names(net: Network, layers: Sequence[str] | None) -> tuple[str, ...]:
    """The layers that are meant, each once, in the network's order of computing."""
    if isinstance(layers, str):
        raise InputError(f"Expected a list of layers, received {layers!r}: write [{layers!r}].")
    found = list(dict.fromkeys(map(net.require_layer, net.layers if layers is None else layers)))
    if not found:
        raise InputError("Expected at least one layer, received none.")
    return tuple(sorted(found, key=lambda one: sum(net.precedes(own, one) for own in found)))


def _without_image(net: Network, layers: tuple[LayerStructure, ...], seconds: float) -> LayerSurvey:
    made = Provenance(
        method=METHOD,
        network=net.name,
        weights=net.digest,
        image=None,
        image_name=None,
        options=plain({"layers": [own.layer for own in layers]}),
        versions=dict(versions()),
    )
    return LayerSurvey(
        network=net.name,
        input_size=net.input_size,
        layers=layers,
        seconds={"structure": seconds},
        provenance=made,
    )


def _surveys(
    net: Network,
    source: SourceImage,
    indices: tuple[int, ...],
    names: tuple[str, ...],
    options: LayerSurveyOptions,
    progress: Progress,
) -> tuple[LayerSurvey, ...]:
    """A survey of each class; each layer is looked at once for all of them."""
    start = time.perf_counter()
    layers = layer_structures(net, names)
    structure = time.perf_counter() - start
    evidence: dict[int, list[LayerEvidence]] = {index: [] for index in indices}
    for k, name in enumerate(names):
        found = attributions_of(net, source, indices, options.of_groups(name))
        for attribution in found:
            own = layer_evidence(net, source, attribution, options)
            evidence[attribution.class_index].append(own)
        progress(k + 1, len(names))
    seconds = {"structure": structure, "evidence": time.perf_counter() - start - structure}
    logits = net.logits_of(source)
    asked = {**vars(options), "layers": list(names)}
    return tuple(
        LayerSurvey(
            network=net.name,
            input_size=net.input_size,
            layers=layers,
            evidence=tuple(evidence[index]),
            recommendation=recommended(layers, evidence[index], source.size),
            image=source.pixels,
            class_index=index,
            label=net.labels[index],
            logit=float(logits[index]),
            answers=answers_of(net, names[-1], source, index),
            seconds=seconds,
            provenance=provenance(net, source, method=METHOD, options=asked, class_index=index),
        )
        for index in indices
    )
