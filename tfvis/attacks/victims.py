"""What is attacked: images, the network's answers to them, and the answers that are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import Images, SourceImage, is_one_image, read_image
from tfvis.utils.network import Network, require_network

from .levels import to_images, to_levels


@dataclass(frozen=True, eq=False)
class Victims:
    """Images of 8 bits, their classes, and targets.

    Attributes:
        sources: the images as they were given.
        images: the same rounded to 8 bits, each (H, W, 3).
        classes: the network's answer to each, by index.
        targets: the answer that is wanted of each; None for any other.
        logits: of each image, (N, classes).
    """

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
            InputError: an image cannot be read, a class is unknown, there is not one class an
                image, a class is not the network's answer, a target is, or the network knows one
                class only.
        """
        require_network(net)
        if len(net.labels) < 2:
            raise InputError(
                f"Expected a network of at least two classes to attack, received {net.name!r}, "
                "which has one."
            )
        if is_one_image(images):
            raise InputError(
                f"Expected a list of images, received one ({type(images).__name__}): write [image]."
            )
        sources = tuple(read_image(image, net.input_size) for image in images)
        wanted = None if classes is None else _indices(net, classes, len(sources), "class")
        if isinstance(targets, str | int):
            targets = [targets] * len(sources)
        aims = None if targets is None else _indices(net, targets, len(sources), "target")
        rounded = tuple(to_images(to_levels(source.pixels)) for source in sources)
        logits = np.array([net.logits(image[np.newaxis])[0] for image in rounded])
        answers = tuple(int(k) for k in logits.argmax(axis=-1)) if len(sources) else ()
        for k, answer in enumerate(answers):
            named = repr(sources[k].name) if sources[k].name else f"image {k}"
            if wanted is not None and wanted[k] != answer:
                raise InputError(
                    f"Expected a class that the network answers, received "
                    f"{net.labels[wanted[k]]!r} for {named}: {net.name} answers "
                    f"{net.labels[answer]!r}."
                )
            if aims is not None and aims[k] == answer:
                raise InputError(
                    f"Expected a target other than the network's answer, received "
                    f"{net.labels[answer]!r} for {named}, which is its answer already."
                )
        return cls(sources, rounded, answers, aims, logits)

    def __len__(self) -> int:
        return len(self.sources)

    def by_size(self) -> Iterator[list[int]]:
        """The numbers of the images of one size, for each size."""
        sizes: dict[tuple[int, int], list[int]] = {}
        for k, source in enumerate(self.sources):
            sizes.setdefault(source.size, []).append(k)
        yield from sizes.values()


def _indices(net: Network, names: Sequence[str | int], n_images: int, kind: str) -> tuple[int, ...]:
    if isinstance(names, str | int):
        raise InputError(f"Expected a list with one {kind} an image, received {names!r}.")
    found = tuple(net.class_index(name) for name in names)
    if len(found) != n_images:
        raise InputError(
            f"Expected one {kind} an image, received {len(found)} for {n_images} "
            f"image{'s' * (n_images != 1)}."
        )
    return found
