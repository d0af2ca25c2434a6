"""What is attacked: images, the network's answers to them, and the answers that are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np

from tfvis.utils.answers import top_answers
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import Images, SourceImage, is_one_image, read_image
from tfvis.utils.network import Network, require_network
from tfvis.utils.provenance import provenance

from .levels import to_images, to_levels
from .samples import MOST_CHANGED, AdversarialSample


class WrongAnswerError(InputError):
    """An image cannot be attacked because of what the network answers; another image may be."""


class TargetAnsweredError(WrongAnswerError):
    """The network answers the target without an attack."""


@dataclass(frozen=True, eq=False)
class Victims:
    """Images of 8 bits, their classes, and targets.

    Attributes:
        net: the network.
        sources: the images as they were given.
        images: the same rounded to 8 bits, each (H, W, 3).
        classes: the network's answer to each, by index.
        targets: the answer that is wanted of each; None for any other.
        logits: of each image, (N, classes).
    """

    net: Network
    sources: tuple[SourceImage, ...]
    images: tuple[np.ndarray, ...]
    classes: tuple[int, ...]
    targets: tuple[int, ...] | None
    logits: np.ndarray

    @classmethod
    def of(
        cls,
        net: Network,
        images: Images,
        classes: Sequence[str | int] | None,
        targets: Sequence[str | int] | str | int | None,
    ) -> Victims:
        """Read images and resolve classes.

        Args:
            net: the network.
            images: of any kind that `read_image` takes.
            classes: the class of each, which must be the network's answer; its answer if None.
            targets: the class that is wanted of each image, or one for all; None for any other.

        Raises:
            WrongAnswerError: a class is not the network's answer, a target is, or the logits of an
                image are not finite.
            InputError: an image cannot be read, a class is unknown, there is not one class an
                image, or the network knows one class only.
        """
        require_network(net)
        if len(net.labels) < 2:
            raise InputError(
                f"Expected a network of at least two classes to attack, received {net.name!r}, "
                "which has one."
            )
        sources = read_images(net, images)
        wanted = None if classes is None else _indices(net, classes, len(sources), "class")
        if isinstance(targets, str | Integral):
            targets = [targets] * len(sources)
        aims = None if targets is None else _indices(net, targets, len(sources), "target")
        rounded = tuple(to_images(to_levels(source.pixels)) for source in sources)
        logits = np.array(
            [
                net.logits_of(replace(source, pixels=pixels))
                for source, pixels in zip(sources, rounded, strict=True)
            ]
        )
        answers = tuple(int(k) for k in logits.argmax(axis=-1)) if len(sources) else ()
        found = cls(net, sources, rounded, answers, aims, logits)
        for k, answer in enumerate(answers):
            found._require_finite(logits[k], k, "")
            if wanted is not None and wanted[k] != answer:
                raise WrongAnswerError(
                    f"Expected a class that the network answers, received "
                    f"{net.labels[wanted[k]]!r} for {found._named(k)}: {net.name} answers "
                    f"{net.labels[answer]!r}."
                )
            if aims is not None and aims[k] == answer:
                raise TargetAnsweredError(
                    f"Expected a target other than the network's answer, received "
                    f"{net.labels[answer]!r} for {found._named(k)}, which is its answer already."
                )
        return found

    def __len__(self) -> int:
        return len(self.sources)

    def by_size(self) -> Iterator[list[int]]:
        """The numbers of the images of one size, for each size."""
        sizes: dict[tuple[int, int], list[int]] = {}
        for k, source in enumerate(self.sources):
            sizes.setdefault(source.size, []).append(k)
        yield from sizes.values()

    def sample(
        self,
        k: int,
        sample: np.ndarray,
        logits: np.ndarray,
        *,
        method: str,
        options: dict[str, Any],
        patch: np.ndarray | None = None,
    ) -> AdversarialSample:
        """What an attack has made of an image.

        Args:
            k: the image's number.
            sample: the image after, (H, W, 3) in whole levels.
            logits: of the sample, (classes,).
            method: the attack's name.
            options: of the attack, all but the target.
            patch: that was pasted, if one was.

        Raises:
            WrongAnswerError: the logits are not finite.
        """
        self._require_finite(logits, k, "a change of ")
        labels, class_index = self.net.labels, self.classes[k]
        target = None if self.targets is None else self.targets[k]
        target_label = None if target is None else labels[target]
        shown = [class_index, int(logits.argmax())] + ([] if target is None else [target])
        changed = np.argsort(-np.abs(logits - self.logits[k]), kind="stable")[:MOST_CHANGED]
        return AdversarialSample(
            image=self.images[k],
            sample=sample,
            class_index=class_index,
            label=labels[class_index],
            target=target,
            target_label=target_label or "",
            answer_label=labels[int(logits.argmax())],
            logits=self.logits[k],
            sample_logits=logits,
            method=method,
            patch=patch,
            provenance=provenance(
                self.net,
                self.sources[k],
                method=method,
                options={**options, "target": target_label},
                class_index=class_index,
            ),
            answers=top_answers(self.logits[k], labels, also=shown),
            sample_answers=top_answers(logits, labels, also=shown),
            changed_answers=top_answers(logits, labels, n=0, also=[int(c) for c in changed]),
        )

    def _require_finite(self, logits: np.ndarray, k: int, of: str) -> None:
        finite = np.isfinite(logits)
        if not finite.all():
            raise WrongAnswerError(
                f"Expected finite logits, received {logits[~finite][0]} of {self.net.name} for "
                f"{of}{self._named(k)}: such a network, or its number format, cannot be attacked."
            )

    def _named(self, k: int) -> str:
        """An image in a message."""
        name = self.sources[k].name
        return repr(name) if name else f"image {k}"


def read_images(net: Network, images: Images) -> tuple[SourceImage, ...]:
    """Several images, read.

    Raises:
        InputError: there is one image instead of several, or one cannot be read.
    """
    if is_one_image(images):
        raise InputError(
            f"Expected a list of images, received one ({type(images).__name__}): write [image]."
        )
    return tuple(read_image(image, net.input_size) for image in images)


def _indices(net: Network, names: Any, n_images: int, kind: str) -> tuple[int, ...]:
    if isinstance(names, str | Integral) or not isinstance(names, Iterable):
        raise InputError(f"Expected a list with one {kind} an image, received {names!r}.")
    found = tuple(net.class_index(name) for name in names)
    if len(found) != n_images:
        raise InputError(
            f"Expected one {kind} an image, received {len(found)} for {n_images} "
            f"image{'s' * (n_images != 1)}."
        )
    return found
