"""Do masks and maps find the boxes of the objects whose classes they explain?

Du et al. (2018), arXiv 1804.00506, section 4: a map is cut at α times its mean, the box around the
largest region that is left is compared with the object's, and an object counts as missed where
their intersection over union is below one half.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tfvis.utils.errors import InputError, one_line, require_count
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance

from ..datasets.boxed_images import BoxedImage
from ..explainers.base import Explainer
from .box_batches import key_of, localised
from .box_metrics import ALPHAS
from .box_results import BoxLocalisation, FinishedBatch, LocatedObject, joined
from .contenders import contenders_of, provenance_of

__all__ = [
    "BoxLocalisation",
    "FinishedBatch",
    "LocatedObject",
    "localisation_provenance",
    "localise_boxes",
]

_METHOD = "box localisation"


def localise_boxes(
    net: Network,
    images: Sequence[BoxedImage],
    explainers: Sequence[str | Explainer] = ("guided inversion",),
    *,
    layer: str | None = None,
    attribution_steps: int | None = None,
    options: Iterable[object] = (),
    seed: int = 0,
    alphas: Sequence[float] = ALPHAS,
    batch_size: int = 8,
    title: str = "objects",
    known: Mapping[str, FinishedBatch] | None = None,
    finished: Callable[[FinishedBatch], None] | None = None,
    progress: Progress = silent,
) -> BoxLocalisation:
    """Explain each object by each method, and compare the boxes of what is found.

    Where the objects of a batch cannot be explained together, whatever an explainer raises, its
    images are explained one by one; the objects of those that cannot be explained even so are
    listed in the result, with the reason. The log has the tracebacks, at level DEBUG.

    Args:
        net: the network.
        images: with their objects. Each is brought to the network's size whole, whatever its
            shape. Those that turn out unreadable are listed in the result.
        explainers: names of `tfvis.explainers.methods()` of one map a class, and objects of one's
            own with `explain` and, if the first of a result's parts counts, `shows = "first"`.
        layer: that named methods look at; see their options. Objects have options of their own.
        attribution_steps: of named methods; see their options.
        options: of named methods, as dataclasses; each takes the one of its kind, which goes before
            `layer`, `attribution_steps` and `seed`.
        seed: random seed of those named methods that are random; the result's provenance has it.
        alphas: the multiples of a map's mean at which it is cut.
        batch_size: images that are read and explained together.
        title: of the result.
        known: what an earlier run with the same network and options has finished, by its key; it
            is taken over instead of being computed.
        finished: called with each batch in which something was found, as soon as it is.
        progress: called with explanations done and explanations in all, one an image and method;
            a batch is done after `finished` was called.

    Raises:
        InputError: an unknown method or layer, a method of several maps a class; options, a layer
            or attribution steps that no named method takes, and that would be ignored; an explainer
            that does not return a map a pair; no images, none that can be read, or no object that
            can be explained.
    """
    contenders = contenders_of(
        net, explainers, options, layer=layer, attribution_steps=attribution_steps, seed=seed,
        one_map=True,
    )  # fmt: skip
    require_count("batch_size", batch_size)
    alphas = _checked_alphas(alphas)
    _require_images(images)
    known = {} if known is None else known
    batches: list[FinishedBatch] = []
    unreadable: list[tuple[str, str]] = []
    total, reached, n_objects = len(images) * len(contenders), 0, 0

    def reach(done: int) -> None:
        nonlocal reached
        if done > reached:
            reached = done
            progress(done, total)

    progress(0, total)
    for first in range(0, len(images), batch_size):
        start = time.perf_counter()
        last = min(first + batch_size, len(images))
        batch, pictures = [], []
        for image in images[first:last]:
            try:
                pictures.append(image.load(net.input_size))
            except InputError as error:
                unreadable.append((image.name, str(error)))
            else:
                batch.append(image)
                n_objects += len(image.targets)
        if any(image.targets for image in batch):
            key = key_of(net, contenders, alphas, batch, pictures)
            if key in known:
                batches.append(known[key])
            else:
                before, n = first * len(contenders), len(batch)

                def told(done: int, of: int, before: int = before, n: int = n) -> None:
                    if done < of:
                        reach(before + done * n)

                own = localised(net, contenders, batch, pictures, alphas, key, told)
                batches.append(replace(own, seconds=time.perf_counter() - start))
                if own.objects and finished is not None:
                    finished(batches[-1])
        reach(last * len(contenders))
    made = provenance_of(_METHOD, net, contenders, image_name=title, alphas=alphas, seed=seed)
    return joined(batches, alphas, unreadable, title, made, len(images), n_objects)


def localisation_provenance(
    net: Network,
    explainers: Sequence[str | Explainer] = ("guided inversion",),
    *,
    layer: str | None = None,
    attribution_steps: int | None = None,
    options: Iterable[object] = (),
    seed: int = 0,
    alphas: Sequence[float] = ALPHAS,
    title: str = "objects",
) -> Provenance:
    """What makes the result of `localise_boxes` with the same arguments, before it is made."""
    contenders = contenders_of(
        net, explainers, options, layer=layer, attribution_steps=attribution_steps, seed=seed,
        one_map=True,
    )  # fmt: skip
    alphas = _checked_alphas(alphas)
    return provenance_of(_METHOD, net, contenders, image_name=title, alphas=alphas, seed=seed)


def _require_images(images: Sequence[BoxedImage]) -> None:
    is_list = hasattr(images, "__len__") and hasattr(images, "__getitem__")
    if isinstance(images, str) or not is_list:
        received = one_line(repr(images))
        raise InputError(f"Expected a list of BoxedImage, received {received}.")
    if not len(images):
        raise InputError("Expected at least one image, received none.")
    for number, image in enumerate(images):
        parts = all(hasattr(image, name) for name in ("name", "size", "targets"))
        if not parts or not callable(getattr(image, "load", None)):
            received = one_line(repr(image))
            raise InputError(f"Expected image {number} to be a BoxedImage, received {received}.")


def _checked_alphas(alphas: Sequence[float]) -> tuple[float, ...]:
    alphas = tuple(float(alpha) for alpha in alphas)
    if not alphas or not all(0 <= alpha < np.inf for alpha in alphas):
        raise InputError(f"Expected at least one alpha, each of at least 0, received {alphas!r}.")
    return alphas
