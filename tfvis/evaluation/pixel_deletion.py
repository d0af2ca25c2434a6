"""Does a class depend on the pixels that a map names? Take them away, the strongest first."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.integrate import trapezoid
from scipy.special import softmax

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.image_sources import ImageLike, read_image
from tfvis.utils.network import Network

from ..explainers.guided_inversion.mixing import backgrounds
from ..explainers.guided_inversion.presets import BACKGROUNDS

__all__ = ["ConfidenceChange", "PixelCurve", "confidence_change", "delete_pixels", "insert_pixels"]

STEPS = 32
_SIGMA = 11.0
"""Of the blur that takes the place of pixels, as in guided feature inversion."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PixelCurve:
    """How a class's answer moves while an image's pixels go, or come.

    Attributes:
        shares: of the pixels that have gone, or come, at each point: float64 (k + 1,), from 0 to 1.
        scores: by "logit" and "probability": float64 (k + 1,).
    """

    shares: np.ndarray
    scores: dict[str, np.ndarray] = field(repr=False)

    def auc(self, score: str = "probability") -> float:
        """The area under the curve, by the trapezoidal rule.

        A good map has a small one on deletion, and a large one on insertion.
        """
        if score not in self.scores:
            raise unknown("score", score, self.scores)
        return float(trapezoid(self.scores[score], self.shares))


@dataclass(frozen=True)
class ConfidenceChange:
    """What is left of a class's probability p where the image is masked by a map.

    Attributes:
        drop: max(0, p − p masked) / p.
        increased: whether p masked > p.
    """

    drop: float
    increased: bool


def delete_pixels(
    net: Network,
    image: ImageLike,
    a_map: np.ndarray,
    class_index: str | int,
    *,
    background: str = "blur",
    steps: int = STEPS,
    seed: int = 0,
    batch_size: int = 32,
) -> PixelCurve:
    """Replace an image's pixels, those where the map is strongest first, and see what is left.

    Deletion of Petsiuk, Das, Saenko (2018), arXiv 1806.07421.

    Args:
        net: the network.
        image: see `read_image`.
        a_map: (H, W), of the image's size. Pixels where it is equal go in random order.
        class_index: a class by index, WordNet id or name.
        background: what takes the place of pixels: "blur", the image blurred (σ = 11), "mean", its
            mean colour, or "noise".
        steps: in how many parts the pixels go.
        seed: random seed of the order where the map is equal, and of "noise".
        batch_size: images that are classified at once; bounds the memory.

    Raises:
        InputError: a map of another size or with values that are not finite; an unknown background.

    Example:
        >>> import numpy as np
        >>> import tfvis
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> curve = delete_pixels(net, image, np.ones((224, 224)), "dog", steps=2)
        >>> curve.shares.tolist()
        [0.0, 0.5, 1.0]
    """
    given = net, image, a_map, class_index, background, steps, seed, batch_size
    return _moved(*given, insert=False)


def insert_pixels(
    net: Network,
    image: ImageLike,
    a_map: np.ndarray,
    class_index: str | int,
    *,
    background: str = "blur",
    steps: int = STEPS,
    seed: int = 0,
    batch_size: int = 32,
) -> PixelCurve:
    """Bring an image's pixels into the background, those where the map is strongest first.

    See `delete_pixels` for the arguments.
    """
    given = net, image, a_map, class_index, background, steps, seed, batch_size
    return _moved(*given, insert=True)


def confidence_change(
    net: Network,
    image: ImageLike,
    a_map: np.ndarray,
    class_index: str | int,
    *,
    background: str = "mean",
    seed: int = 0,
) -> ConfidenceChange:
    """What a class's probability becomes where the image is shown as strongly as the map says.

    Average drop and increase of Chattopadhay et al. (2018), arXiv 1710.11063, are the means of both
    over images. There the map, divided by its maximum, is multiplied with the image; here what it
    hides shows a background, black being one that networks answer to.

    Args:
        net: the network.
        image: see `read_image`.
        a_map: (H, W), of the image's size, ≥ 0.
        class_index: a class by index, WordNet id or name.
        background: see `delete_pixels`.
        seed: random seed of "noise".
    """
    require_count("seed", seed, 0)
    pixels, a_map, c = _checked(net, image, a_map, class_index)
    if a_map.min() < 0:
        raise InputError("Expected a map of values >= 0, received others.")
    behind = _background(pixels, background, seed)
    top = a_map.max()
    mask = (a_map / top if top else np.ones_like(a_map))[..., np.newaxis]
    shown = np.stack([pixels, mask * pixels + (1 - mask) * behind]).astype(np.float32)
    before, after = softmax(net.logits(shown).astype(np.float64), axis=1)[:, c]
    lost = max(0.0, before - after)
    return ConfidenceChange(float(lost / before) if lost else 0.0, bool(after > before))


def _moved(
    net: Network,
    image: ImageLike,
    a_map: np.ndarray,
    class_index: str | int,
    background: str,
    steps: int,
    seed: int,
    batch_size: int,
    *,
    insert: bool,
) -> PixelCurve:
    require_count("steps", steps)
    require_count("seed", seed, 0)
    require_count("batch_size", batch_size)
    pixels, a_map, c = _checked(net, image, a_map, class_index)
    behind = _background(pixels, background, seed)
    n = a_map.size
    # Of equal values any may go first: a map that prefers no pixel scores what is chance.
    shuffled = np.random.default_rng(seed).permutation(n)
    order = shuffled[np.argsort(-a_map.ravel()[shuffled], kind="stable")]
    rank = np.empty(n, int)
    rank[order] = np.arange(n)
    counts = np.round(np.linspace(0, n, steps + 1)).astype(int)
    start, end = (behind, pixels) if insert else (pixels, behind)
    logits = []
    for first in range(0, len(counts), batch_size):
        moved = rank.reshape(*a_map.shape, 1) < counts[first : first + batch_size, None, None, None]
        logits.append(net.logits(np.where(moved, end, start), batch_size=batch_size))
    answers = np.concatenate(logits).astype(np.float64)
    scores = {"logit": answers[:, c], "probability": softmax(answers, axis=1)[:, c]}
    return PixelCurve(shares=counts / n, scores=scores)


def _background(pixels: np.ndarray, kind: str, seed: int) -> np.ndarray:
    if kind not in BACKGROUNDS:
        raise unknown("background", kind, BACKGROUNDS)
    radius = round(4 * _SIGMA)
    (found,) = backgrounds(pixels[np.newaxis], kind, sigma=_SIGMA, radius=radius, seed=seed)
    return found.astype(np.float32)


def _checked(
    net: Network, image: ImageLike, a_map: np.ndarray, class_index: str | int
) -> tuple[np.ndarray, np.ndarray, int]:
    """An image's pixels, the map as float64, and the class."""
    pixels = read_image(image, net.input_size).pixels
    a_map = np.asarray(a_map, np.float64)
    if a_map.shape != pixels.shape[:2]:
        raise InputError(
            f"Expected a map of the image's size {pixels.shape[:2]}, received {a_map.shape}."
        )
    if not np.isfinite(a_map).all():
        raise InputError("Expected a map of finite values, received others.")
    return pixels, a_map, net.class_index(class_index)
