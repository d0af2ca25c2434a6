"""Adversarial patches: one picture that makes a network answer a class wherever it is pasted.

Brown, Mané, Roy, Abadi, Gilmer: Adversarial patch. arXiv 1712.09665. The patch maximises
E[log p(target | A(patch, x, place, rotation, scale))] over images x and random warps (section 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvis.utils.adam import apply_adam
from tfvis.utils.compiling import compiled
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import ImageLike, Images, read_image
from tfvis.utils.images import require_image
from tfvis.utils.network import Network, require_network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, silent
from tfvis.utils.provenance import provenance
from tfvis.utils.transforms import Rotate, Scale, Shift, Transform, compose, warp

from . import levels
from .options import PatchOptions
from .samples import AdversarialSample
from .victims import Victims

__all__ = ["AdversarialPatch", "apply_patch"]

PATCH = "patch"


def apply_patch(
    image: ImageLike,
    patch: np.ndarray,
    *,
    centre: tuple[float, float] | None = None,
    degrees: float = 0.0,
    scale: float = 1.0,
) -> np.ndarray:
    """An image with a patch pasted on it.

    Args:
        image: of any kind that `read_image` takes.
        patch: (side, side, 3) in [0, 1].
        centre: (row, column) of the patch's centre, in pixels from the image's upper left pixel;
            the image's centre if None.
        degrees: by which the patch is turned, counter-clockwise.
        scale: its magnification.

    Returns:
        The image, float32 (H, W, 3) in [0, 1].

    Raises:
        InputError: the patch is no square image, is larger than the image, or does not lie in it.

    Example:
        >>> import numpy as np
        >>> from tfvis.attacks import apply_patch
        >>> grey, white = np.full((8, 8, 3), 0.5), np.ones((2, 2, 3))
        >>> apply_patch(grey, white, centre=(1.5, 4.5))[1, 3:7, 0]
        array([0.5, 1. , 1. , 0.5], dtype=float32)
    """
    pixels = read_image(image).pixels
    patch = _require_patch(patch)
    height, width = pixels.shape[:2]
    middle = (height - 1) / 2, (width - 1) / 2
    row, column = middle if centre is None else centre
    reach = _half_extent(len(patch), scale, math.radians(degrees))
    for name, place, length in (("row", row, height), ("column", column, width)):
        # A pixel's centre is half a pixel inside its edge.
        least, most = reach - 0.5, length - 0.5 - reach
        if not least <= place <= most:
            raise InputError(
                f"Expected a patch of {2 * reach:g} pixels inside an image of {height} x {width} "
                + (
                    f"pixels: its {name} from {least:g} to {most:g}, received {place:g}."
                    if least <= most
                    else "pixels, which is smaller."
                )
            )
    shift = np.eye(3, dtype=np.float32)
    shift[0, 2], shift[1, 2] = middle[1] - column, middle[0] - row
    turn = Rotate((degrees,)).matrices(1, tf.constant([0, 0]))
    size = Scale((scale,)).matrices(1, tf.constant([0, 0]))
    return paste(tf.constant(pixels)[tf.newaxis], tf.constant(patch), size @ turn @ shift)[
        0
    ].numpy()


def paste(images: Any, patch: Any, matrices: tf.Tensor) -> Any:
    """Images (N, H, W, 3) with one patch (side, side, 3) on each, warped by (N, 3, 3).

    The matrices map a place in the image to a place in a frame of the same size in whose centre the
    patch lies; see `tfvis.utils.transforms`. Its edge is as smooth as the interpolation makes it.
    """
    shape: Any = images.shape
    height, width, side = shape[1], shape[2], patch.shape[0]
    # An odd difference would put the patch half a pixel beside the centre.
    odd = (height - side) % 2, (width - side) % 2
    top, left = (height - side) // 2, (width - side) // 2
    with_mask = tf.concat([patch, tf.ones_like(patch[..., :1])], axis=-1)
    frame = tf.pad(
        with_mask, [[top, height - side - top], [left, width - side - left], [0, 0]]
    )  # fmt: skip
    half = np.eye(3, dtype=np.float32)
    half[0, 2], half[1, 2] = -odd[1] / 2, -odd[0] / 2
    frames = tf.broadcast_to(frame, [tf.shape(images)[0], height, width, 4])
    warped: Any = warp(frames, tf.constant(half) @ matrices, outside="constant")
    return images * (1 - warped[..., 3:]) + warped[..., :3]


def _half_extent(side: int, scale: float, angle: float) -> float:
    """Half of the height of a square that is magnified and turned."""
    return side * scale * (abs(math.cos(angle)) + abs(math.sin(angle))) / 2


def _require_patch(patch: np.ndarray) -> np.ndarray:
    patch = require_image(patch)
    if patch.shape[0] != patch.shape[1]:
        raise InputError(f"Expected a patch (side, side, 3), received shape {patch.shape}.")
    return patch


class AdversarialPatch:
    """A patch for a network and a class.

    Args:
        net: the network.
        target: the class that it is to answer.
        options: how the patch is trained; see `PatchOptions`.
        **changes: of single options: `side=100`.

    Attributes:
        patch_: after `fit`: float32 (side, side, 3) in [0, 1], in 8 bits.
        losses_: after `fit`: −log p(target), the mean of each step's images: (steps,).

    Raises:
        InputError: the class is unknown, or an option cannot be used.

    Example:
        >>> import tfvis
        >>> from tfvis.attacks import AdversarialPatch
        >>> net = tfvis.load_model("critters")
        >>> scenes = [tfvis.critters.render_scene(["dog"], seed=k).image for k in range(4)]
        >>> attack = AdversarialPatch(net, "cat", side=32, steps=2, batch_size=2).fit(scenes)
        >>> attack.patch_.shape
        (32, 32, 3)
    """

    patch_: np.ndarray
    losses_: np.ndarray

    def __init__(
        self,
        net: Network,
        target: str | int,
        *,
        options: PatchOptions | None = None,
        **changes: Any,
    ) -> None:
        require_network(net)
        self.net = net
        self.options = changed(PatchOptions, options, changes)
        self.target = net.class_index(target)

    def fit(self, images: Images, *, progress: Progress = silent) -> AdversarialPatch:
        """Train the patch on images of one size.

        Args:
            images: of any kind that `read_image` takes; none needs a class.
            progress: called with steps done and steps in all.

        Returns:
            This object.

        Raises:
            InputError: there are no images, they have several sizes, or the patch is larger.
        """
        options = self.options
        sources = [read_image(image, self.net.input_size) for image in images]
        if not sources:
            raise InputError("Expected at least one image to train a patch on, received none.")
        sizes = {source.size for source in sources}
        if len(sizes) > 1:
            raise InputError(f"Expected images of one size, received {sorted(sizes)}.")
        pixels = self.net.require_images(np.stack([source.pixels for source in sources]))
        transforms = self._transforms(*pixels.shape[1:3])
        random = np.random.default_rng(options.seed)
        n = min(options.batch_size, len(pixels))
        start = random.normal(scale=0.1, size=(options.side, options.side, 3)).astype(np.float32)
        training = _Training(self.net, start, self.target, transforms, options.learning_rate, n)
        order, losses = np.empty(0, int), []
        for step in range(options.steps):
            while len(order) < n:  # each image once before any comes again
                order = np.concatenate([order, random.permutation(len(pixels))])
            chosen, order = order[:n], order[n:]
            loss = training.advance(
                tf.constant(pixels[chosen]), tf.constant(step), tf.constant(options.seed)
            )
            losses.append(float(loss))
            progress(step + 1, options.steps)
        self.losses_ = np.array(losses, np.float32)
        if not np.isfinite(self.losses_).all():
            raise InputError(
                "The patch's loss became NaN or infinite: weights or learning_rate are off."
            )
        self.patch_ = levels.to_images(levels.to_levels(training.patch().numpy()))
        return self

    def _transforms(self, height: int, width: int) -> Sequence[Transform]:
        """Random warps that leave the patch inside the image."""
        options = self.options
        low, high = options.scales
        worst = math.radians(min(45.0, options.degrees))
        free = [length - 2 * _half_extent(options.side, high, worst) for length in (height, width)]
        if min(free) < 0:
            raise InputError(
                f"Expected a patch that fits into images of {height} x {width} pixels, also "
                f"turned by {options.degrees:g} degrees and {high:g} times as large, "
                f"received a side of {options.side}."
            )
        rows, columns = (int(space // 2) for space in free)
        scales = tuple(np.geomspace(low, high, 16).tolist())
        degrees = tuple(np.linspace(-options.degrees, options.degrees, 32).tolist())
        return Scale(scales), Rotate(degrees), Shift(rows, columns)

    def attack(
        self,
        images: Images,
        classes: Sequence[str | int] | None = None,
        *,
        centres: Sequence[tuple[float, float]] | None = None,
        seed: int = 0,
    ) -> tuple[AdversarialSample, ...]:
        """Paste the patch on images.

        Args:
            images: of any kind that `read_image` takes. They are rounded to 8 bits first.
            classes: the class of each image, which must be the network's answer; its answer if
                None.
            centres: (row, column) of the patch's centre in each image; random places if None.
            seed: of the random places; they depend on it and on the image alone.

        Returns:
            A sample an image, in their order.

        Raises:
            InputError: `fit` was not called; an image, class or place cannot be used; or the
                target is the network's answer without a patch.
        """
        if not hasattr(self, "patch_"):
            raise InputError("Expected a trained patch: call fit with images first.")
        victims = Victims.of(self.net, images, classes, self.target)
        if centres is not None and len(centres) != len(victims):
            raise InputError(
                f"Expected one centre an image, received {len(centres)} for {len(victims)}."
            )
        places = [
            centres[k]
            if centres is not None
            else self._random_centre(source.size, source.digest, seed)
            for k, source in enumerate(victims.sources)
        ]
        samples = [
            levels.to_images(levels.to_levels(apply_patch(image, self.patch_, centre=place)))
            for image, place in zip(victims.images, places, strict=True)
        ]
        return tuple(
            self._sample(victims, k, sample, place)
            for k, (sample, place) in enumerate(zip(samples, places, strict=True))
        )

    def _sample(
        self, victims: Victims, k: int, sample: np.ndarray, centre: tuple[float, float]
    ) -> AdversarialSample:
        net, class_index = self.net, victims.classes[k]
        (logits,) = net.logits(sample[np.newaxis])
        options = {
            **vars(self.options),
            "patch": self.patch_,
            "centre": centre,
            "target": net.labels[self.target],
        }
        return AdversarialSample(
            image=victims.images[k],
            sample=sample,
            class_index=class_index,
            label=net.labels[class_index],
            target=self.target,
            target_label=net.labels[self.target],
            answer_label=net.labels[int(logits.argmax())],
            logits=victims.logits[k],
            sample_logits=logits,
            method=PATCH,
            provenance=provenance(
                net, victims.sources[k], method=PATCH, options=options, class_index=class_index
            ),
        )

    def _random_centre(self, size: tuple[int, int], digest: str, seed: int) -> tuple[float, float]:
        random = np.random.default_rng([seed, int(digest[:16], 16)])
        side = self.options.side
        if min(size) < side:
            raise InputError(
                f"Expected images of at least {side} x {side} pixels for this patch, received "
                f"{size[0]} x {size[1]}."
            )
        row, column = (int(random.integers(0, length - side + 1)) for length in size)
        return row + (side - 1) / 2, column + (side - 1) / 2


class _Training:
    """A compiled step of Adam for one patch."""

    def __init__(
        self,
        net: Network,
        start: np.ndarray,
        target: int,
        transforms: Sequence[Transform],
        learning_rate: float,
        n: int,
    ) -> None:
        self._variable = tf.Variable(tf.constant(start))
        moments = [(tf.Variable(tf.zeros_like(start)), tf.Variable(tf.zeros_like(start)))]
        classify = net.classifier()

        def advance(images: tf.Tensor, step: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                seen = paste(images, self.patch(), compose(transforms, n, seed, step))
                answers = tf.cast(classify(seen), tf.float32)
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(tf.fill([n], target), answers)
                )
            slope: Any = tape.gradient(loss, self._variable)
            apply_adam([self._variable], moments, [slope], step, learning_rate)
            return loss

        self.advance = compiled(advance)

    def patch(self) -> Any:
        """The patch as it is by now."""
        return tf.sigmoid(self._variable)
