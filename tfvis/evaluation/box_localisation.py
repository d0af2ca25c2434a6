"""Do masks and maps find the boxes of the objects whose classes they explain?

Du et al. (2018), arXiv 1804.00506, section 4: a map is cut at α times its mean, the box around the
largest region that is left is compared with the object's, and an object counts as missed where
their intersection over union is below one half.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tfvis.utils.errors import InputError, one_line, require_count
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import Provenance, plain, versions

from ..datasets.boxed_images import BoxedImage, Target
from ..explainers.base import Explainer
from .box_metrics import ALPHAS, intersection_over_union, largest_region
from .box_results import BoxLocalisation, FinishedBatch, LocatedObject, joined
from .contenders import Contender, contenders_of, options_by_name
from .explaining import Found, WrongResultError, explain_all, log_failure, reason_of

__all__ = [
    "BoxLocalisation",
    "FinishedBatch",
    "LocatedObject",
    "localisation_provenance",
    "localise_boxes",
]


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
        layer: that named methods look at; see their options.
        attribution_steps: of named methods; see their options.
        options: of named methods, as dataclasses; each takes the one of its kind, which goes before
            `layer`, `attribution_steps` and `seed`.
        seed: random seed of named methods.
        alphas: the multiples of a map's mean at which it is cut.
        batch_size: images that are read and explained together.
        title: of the result.
        known: what an earlier run with the same network and options has finished, by its key; it
            is taken over instead of being computed.
        finished: called with each batch in which something was found, as soon as it is.
        progress: called with explanations done and explanations in all, one an image and method;
            a batch is done after `finished` was called.

    Raises:
        InputError: an unknown method or layer, a method of several maps a class, options that no
            named method takes, an explainer that does not return a map a pair; no images, none
            that can be read, or no object that can be explained.
    """
    contenders = contenders_of(
        net, explainers, options, layer=layer, attribution_steps=attribution_steps, seed=seed
    )
    _require_one_map(contenders)
    require_count("batch_size", batch_size)
    alphas = _checked_alphas(alphas)
    _require_images(images)
    known = {} if known is None else known
    batches: list[FinishedBatch] = []
    unreadable: list[tuple[str, str]] = []
    total, reached = len(images) * len(contenders), 0

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
        if any(image.targets for image in batch):
            key = _key(net, contenders, alphas, batch, pictures)
            if key in known:
                batches.append(known[key])
            else:
                before, n = first * len(contenders), len(batch)

                def told(done: int, of: int, before: int = before, n: int = n) -> None:
                    if done < of:
                        reach(before + done * n)

                own = _localised(net, contenders, batch, pictures, alphas, key, told)
                batches.append(replace(own, seconds=time.perf_counter() - start))
                if own.objects and finished is not None:
                    finished(batches[-1])
        reach(last * len(contenders))
    made = _provenance(net, contenders, alphas, seed, title)
    return joined(batches, alphas, unreadable, title, made, len(images))


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
        net, explainers, options, layer=layer, attribution_steps=attribution_steps, seed=seed
    )
    return _provenance(net, contenders, _checked_alphas(alphas), seed, title)


def _provenance(
    net: Network,
    contenders: Sequence[Contender],
    alphas: tuple[float, ...],
    seed: int,
    title: str,
) -> Provenance:
    return Provenance(
        method="box localisation",
        network=net.name,
        weights=net.digest,
        image=None,
        image_name=title,
        options=plain(
            {
                "explainers": options_by_name(contenders),
                "alphas": alphas,
                "seed": seed,
            }
        ),
        versions=dict(versions()),
    )


def _require_one_map(contenders: Sequence[Contender]) -> None:
    for own in contenders:
        if own.shows == "every":
            raise InputError(
                f"{own.name!r} gives several maps for each class; boxes need a method that gives "
                "one."
            )


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


def _key(
    net: Network,
    contenders: Sequence[Contender],
    alphas: tuple[float, ...],
    batch: Sequence[BoxedImage],
    pictures: Sequence[np.ndarray],
) -> str:
    """See `FinishedBatch`. Pixels count, so that a file that was replaced is explained anew."""
    asked = [
        [own.name for own in contenders],
        alphas,
        [net.labels[k] for k in range(len(net.labels))],
        [
            [
                image.name,
                image.size,
                [[own.class_index, own.boxes.tolist()] for own in image.targets],
            ]
            for image in batch
        ],
    ]
    digest = hashlib.sha256(json.dumps(asked).encode())
    for picture in pictures:
        digest.update(np.ascontiguousarray(picture).tobytes())
    return digest.hexdigest()


def _localised(
    net: Network,
    contenders: Sequence[Contender],
    batch: Sequence[BoxedImage],
    pictures: Sequence[np.ndarray],
    alphas: tuple[float, ...],
    key: str,
    progress: Progress,
) -> FinishedBatch:
    """Explain a batch's objects, together if possible."""
    logits = net.logits(np.stack(pictures))
    pairs = [
        _Pair(image, target, picture, int(own.argmax()), own)
        for image, picture, own in zip(batch, pictures, logits, strict=True)
        for target in image.targets
    ]
    done: list[tuple[_Pair, dict[str, Found]]] = []
    failed: list[tuple[str, str, str]] = []
    try:
        done += _explained(contenders, pairs, _guarded(progress))
    except WrongResultError:
        raise  # the explainer is at fault, not the objects
    except _ListenerError as error:
        raise error.raised from None
    except Exception as error:
        log_failure("a batch", error)
        for image in batch:
            own = [pair for pair in pairs if pair.image is image]
            try:
                done += _explained(contenders, own)
            except WrongResultError:
                raise
            except Exception as error:
                log_failure(repr(image.name), error)
                failed += [(image.name, net.labels[pair.index], reason_of(error)) for pair in own]
    located = {
        own.name: [_located(found[own.name].maps[0], pair, alphas) for pair, found in done]
        for own in contenders
    }
    n, cuts = len(done), len(alphas)
    return FinishedBatch(
        key,
        tuple(pair.located(net) for pair, _ in done),
        {m: np.reshape([row[0] for row in rows], (n, cuts)) for m, rows in located.items()},
        {m: np.reshape([row[1] for row in rows], (n, cuts, 4)) for m, rows in located.items()},
        {m: tuple(found[m].result.problem for _, found in done) for m in located},
        tuple(failed),
    )


class _ListenerError(Exception):
    """What the listener of progress raised, which is no explainer's fault."""

    def __init__(self, raised: Exception) -> None:
        super().__init__(str(raised))
        self.raised = raised


def _guarded(progress: Progress) -> Progress:
    def told(done: int, total: int) -> None:
        try:
            progress(done, total)
        except Exception as error:
            raise _ListenerError(error) from error

    return told


@dataclass(frozen=True, eq=False)
class _Pair:
    """An object of an image that was read; `top` is the network's answer."""

    image: BoxedImage
    target: Target
    picture: np.ndarray
    top: int
    logits: np.ndarray

    @property
    def index(self) -> int:
        return self.top if self.target.class_index is None else self.target.class_index

    @property
    def scale(self) -> np.ndarray:
        """From shares to pixels of the image."""
        return np.array([*self.image.size[::-1], *self.image.size[::-1]], np.float64)

    def located(self, net: Network) -> LocatedObject:
        return LocatedObject(
            self.image.name,
            self.image.size,
            self.index,
            net.labels[self.index],
            self.target.boxes * self.scale,
            float(self.logits[self.index]),
        )


def _explained(
    contenders: Sequence[Contender], pairs: Sequence[_Pair], progress: Progress = silent
) -> list[tuple[_Pair, dict[str, Found]]]:
    """Each pair with what every contender found for it."""
    if not pairs:
        return []
    found = explain_all(
        contenders,
        [pair.picture for pair in pairs],
        [pair.index for pair in pairs],
        progress=progress,
    )
    return [(pair, {name: own[k] for name, own in found.items()}) for k, pair in enumerate(pairs)]


def _located(
    a_map: np.ndarray, pair: _Pair, alphas: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """For each α the best overlap, (alphas,), and the box found, in pixels, (alphas, 4)."""
    sides = np.array([*a_map.shape[::-1], *a_map.shape[::-1]], np.float64)
    overlaps, found = np.zeros(len(alphas)), np.full((len(alphas), 4), np.nan)
    for k, alpha in enumerate(alphas):
        box = largest_region(a_map, alpha)
        if box is not None:
            overlaps[k] = intersection_over_union(box / sides, pair.target.boxes).max()
            found[k] = box / sides * pair.scale
    return overlaps, found
