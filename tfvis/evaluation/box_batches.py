"""Batches of images whose objects are explained, and compared with their boxes, together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from ..datasets.boxed_images import BoxedImage, FailedBox, Target
from .box_metrics import intersection_over_union, largest_region
from .box_results import FinishedBatch, LocatedObject
from .contenders import Contender
from .explaining import Found, WrongResultError, explain_all, log_failure, reason_of

__all__ = ["key_of", "localised"]


def key_of(
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


def localised(
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
    failed: list[FailedBox] = []
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
                failed += [one for pair in own for one in pair.failed(net, reason_of(error))]
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

    def failed(self, net: Network, reason: str) -> list[FailedBox]:
        """Its boxes, if it cannot be explained."""
        boxes = (self.target.boxes * self.scale).tolist()
        label = net.labels[self.index]
        return [FailedBox(self.image.name, label, (*box,), reason) for box in boxes]

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
