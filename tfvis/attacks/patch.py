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

from tfvis.utils.adam import Adam
from tfvis.utils.compiling import compiled
from tfvis.utils.errors import InputError, require_count
from tfvis.utils.image_sources import ImageLike, Images, read_image
from tfvis.utils.images import require_image
from tfvis.utils.memory_bounds import CLASSIFIER, batch_size_within
from tfvis.utils.network import Network, require_network
from tfvis.utils.options import changed
from tfvis.utils.progress import Progress, silent
from tfvis.utils.transforms import Rotate, Scale, compose, warp

from . import levels
from .options import PATCH, PatchOptions, require_number
from .places import RandomPlace, half_extent
from .samples import AdversarialSample
from .victims import Victims, read_images

__all__ = ["AdversarialPatch", "apply_patch"]


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
        scale: its magnification, above 0.

    Returns:
        The image, float32 (H, W, 3) in [0, 1].

    Raises:
        InputError: the patch is no square image, is larger than the image, or does not lie in it;
            or an angle, a scale or a centre is no finite number.

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
    centre = middle if centre is None else centre
    require_place((height, width), len(patch), centre, degrees=degrees, scale=scale)
    row, column = centre
    shift = np.eye(3, dtype=np.float32)
    shift[0, 2], shift[1, 2] = middle[1] - column, middle[0] - row
    turn = Rotate((degrees,)).matrices(1, tf.constant([0, 0]))
    size = Scale((scale,)).matrices(1, tf.constant([0, 0]))
    return paste(tf.constant(pixels)[tf.newaxis], tf.constant(patch), size @ turn @ shift)[
        0
    ].numpy()


def require_place(
    size: tuple[int, int],
    side: int,
    centre: tuple[float, float],
    *,
    degrees: float = 0.0,
    scale: float = 1.0,
) -> None:
    """Raise an `InputError` for a patch that does not lie in an image.

    Args:
        size: (height, width) of the image.
        side: of the patch, in pixels.
        centre: (row, column).
        degrees: by which the patch is turned.
        scale: its magnification.
    """
    require_number("degrees to be a finite number", degrees, lambda _: True)
    require_number("scale above 0", scale, lambda given: given > 0)
    expected = "a centre (row, column) in pixels"
    if not isinstance(centre, tuple | list | np.ndarray) or len(centre) != 2:
        raise InputError(f"Expected {expected}, received {centre!r}.")
    reach = half_extent(side, scale, math.radians(degrees))
    for name, place, length in zip(("row", "column"), centre, size, strict=True):
        require_number(expected, place, lambda _: True)
        # A pixel's centre is half a pixel inside its edge.
        least, most = reach - 0.5, length - 0.5 - reach
        if not least <= place <= most:
            raise InputError(
                f"Expected a patch of {2 * reach:g} pixels inside an image of {size[0]} x "
                f"{size[1]} "
                + (
                    f"pixels: its {name} from {least:g} to {most:g}, received {place:g}."
                    if least <= most
                    else "pixels, which is smaller."
                )
            )


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
        trained_on_: after `fit`: the SHA-256 of each image's pixels.

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
    trained_on_: tuple[str, ...]

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
            InputError: there are no images, one instead of several, they have several sizes, or
                the patch is larger.
        """
        options = self.options
        sources = read_images(self.net, images)
        if not sources:
            raise InputError("Expected at least one image to train a patch on, received none.")
        sizes = {source.size for source in sources}
        if len(sizes) > 1:
            raise InputError(f"Expected images of one size, received {sorted(sizes)}.")
        pixels = self.net.require_images(np.stack([source.pixels for source in sources]))
        places = self._places(*pixels.shape[1:3])
        random = np.random.default_rng(options.seed)
        n = min(options.batch_size, len(pixels))
        # Fewer images a step would make another patch.
        batch_size_within(self.net, CLASSIFIER, most=n, least=n)
        start = random.normal(scale=0.1, size=(options.side, options.side, 3)).astype(np.float32)
        training = _Training(self.net, start, self.target, places, options.learning_rate, n)
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
        self.trained_on_ = tuple(source.digest for source in sources)
        self.patch_ = levels.to_images(levels.to_levels(training.patch().numpy()))
        return self

    def _places(self, height: int, width: int) -> RandomPlace:
        """Random places that leave the patch inside the image."""
        options = self.options
        low, high = options.scales
        places = RandomPlace((height, width), options.side, (low, high), options.degrees)
        if places.free < 0:
            raise InputError(
                f"Expected a patch that fits into images of {height} x {width} pixels, also "
                f"turned by {options.degrees:g} degrees and {high:g} times as large, "
                f"received a side of {options.side}."
            )
        return places

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
        victims, places = self._checked(images, classes, centres, seed)
        found = []
        for k, place in enumerate(places):
            pasted = apply_patch(victims.images[k], self.patch_, centre=place)
            sample = levels.to_images(levels.to_levels(pasted))
            (logits,) = self.net.logits(sample[np.newaxis])
            options = {
                **vars(self.options),
                "patch": self.patch_,
                "trained_on": self.trained_on_,
                "centre": place,
                "place_seed": seed if centres is None else None,
            }
            found.append(
                victims.sample(k, sample, logits, method=PATCH, options=options, patch=self.patch_)
            )
        return tuple(found)

    def check(
        self,
        images: Images,
        classes: Sequence[str | int] | None = None,
        *,
        centres: Sequence[tuple[float, float]] | None = None,
    ) -> None:
        """Raise what `attack` would raise with the same arguments; `fit` is not needed before."""
        self._checked(images, classes, centres, 0)

    def _checked(
        self,
        images: Images,
        classes: Sequence[str | int] | None,
        centres: Sequence[tuple[float, float]] | None,
        seed: int,
    ) -> tuple[Victims, list[tuple[float, float]]]:
        """What is attacked, and the patch's centre in each image."""
        victims = Victims.of(self.net, images, classes, self.target)
        if centres is not None and len(centres) != len(victims):
            raise InputError(
                f"Expected one centre an image, received {len(centres)} for {len(victims)}."
            )
        places = []
        for k, source in enumerate(victims.sources):
            self._require_fitting(source.size)
            place = (
                self._random_centre(source.size, source.digest, seed)
                if centres is None
                else centres[k]
            )
            require_place(source.size, self.options.side, place)
            places.append((float(place[0]), float(place[1])))
        return victims, places

    def _require_fitting(self, size: tuple[int, int]) -> None:
        if min(size) < self.options.side:
            raise InputError(
                f"Expected a patch that fits into images of {size[0]} x {size[1]} pixels, "
                f"received a side of {self.options.side}."
            )

    def _random_centre(self, size: tuple[int, int], digest: str, seed: int) -> tuple[float, float]:
        require_count("seed", seed, 0)
        random = np.random.default_rng([seed, int(digest[:16], 16)])
        side = self.options.side
        row, column = (int(random.integers(0, length - side + 1)) for length in size)
        return row + (side - 1) / 2, column + (side - 1) / 2


class _Training:
    """A compiled step of Adam for one patch."""

    def __init__(
        self,
        net: Network,
        start: np.ndarray,
        target: int,
        places: RandomPlace,
        learning_rate: float,
        n: int,
    ) -> None:
        self._variable = tf.Variable(tf.constant(start))
        moments = [(tf.Variable(tf.zeros_like(start)), tf.Variable(tf.zeros_like(start)))]
        classify, adam = net.classifier(), Adam(learning_rate)

        def advance(images: tf.Tensor, step: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                seen = paste(images, self.patch(), compose([places], n, seed, step))
                answers = tf.cast(classify(seen), tf.float32)
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(tf.fill([n], target), answers)
                )
            slope: Any = tape.gradient(loss, self._variable)
            adam.apply([self._variable], moments, [slope], step)
            return loss

        self.advance = compiled(advance)

    def patch(self) -> Any:
        """The patch as it is by now."""
        return tf.sigmoid(self._variable)
