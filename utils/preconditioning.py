"""Images as functions of parameters in which gradient ascent finds legible pictures.

Natural images have 1/f spectra and correlated colours; a gradient step in Fourier coefficients
scaled accordingly, and in decorrelated colours, does not drown in high frequencies (Olah,
Mordvintsev, Schubert: Feature Visualization, Distill 2017; Mordvintsev et al.: Differentiable
Image Parameterizations, Distill 2018, which also has the shared low-resolution part).

All parts are frozen descriptions; the numbers they describe are a list of arrays. Equal parts make
the same images of the same arrays, which may start differently: `sd` is not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from .choices import MINIMUM_SIDE
from .errors import InputError, require_count

# Square root of the covariance of colours in ImageNet, as lucid has it.
_COLOUR_COVARIANCE_ROOT = np.array(
    [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], np.float32
)
COLOUR_CORRELATION = _COLOUR_COVARIANCE_ROOT / np.linalg.norm(_COLOUR_COVARIANCE_ROOT, axis=0).max()


class PixelParameters(Protocol):
    """A map from a few arrays to unbounded pixels (N, side, side, 3)."""

    @property
    def n_images(self) -> int:
        """N."""
        ...

    @property
    def side(self) -> int:
        """Height and width in pixels."""
        ...

    def initial(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Random arrays to start from."""
        ...

    def pixels(self, arrays: Sequence[tf.Tensor | np.ndarray]) -> tf.Tensor:
        """The pixels, float32 (N, side, side, 3), in decorrelated colours, unbounded."""
        ...


@dataclass(frozen=True)
class Fourier:
    """Images of their own, as 2-D Fourier coefficients.

    Each coefficient is scaled by 1 / max(frequency, 1/side)^decay · side, and the image divided
    by 4, as in lucid.

    Attributes:
        n_images: N.
        side: height and width in pixels.
        sd: standard deviation of the initial coefficients.
        decay: exponent of the amplitudes' fall with frequency.
    """

    n_images: int
    side: int
    sd: float = field(default=0.01, compare=False)
    decay: float = 1.0

    @property
    def _scale(self) -> np.ndarray:
        rows = np.fft.fftfreq(self.side)[:, np.newaxis]
        columns = np.fft.rfftfreq(self.side)
        frequency = np.hypot(rows, columns)
        scale = self.side / np.maximum(frequency, 1 / self.side) ** self.decay
        return scale.astype(np.float32)

    def initial(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Real and imaginary parts, float32 (2, N, 3, side, side // 2 + 1)."""
        shape = (2, self.n_images, 3, self.side, self.side // 2 + 1)
        return [(self.sd * rng.standard_normal(shape)).astype(np.float32)]

    def pixels(self, arrays: Sequence[tf.Tensor | np.ndarray]) -> tf.Tensor:
        """See `PixelParameters.pixels`."""
        real, imaginary = tf.unstack(arrays[0], num=2)  # its gradient is faster than a slice's
        spectrum = tf.complex(real * self._scale, imaginary * self._scale)
        planes = tf.signal.irfft2d(spectrum, fft_length=[self.side, self.side])
        return tf.transpose(planes, [0, 2, 3, 1]) / 4


# Of `tfvis.critters.render_scene` at 448 pixels, mean over 24 scenes.
_SCENE_FREQUENCIES = np.array([1.4, 2.5, 5.0, 10.0, 20.0, 40.0, 105.0])
_SCENE_MAGNITUDES = np.array([
    [0.236, 0.295, 0.321], [0.112, 0.134, 0.153], [0.054, 0.061, 0.068], [0.026, 0.027, 0.029],
    [0.0128, 0.0114, 0.0135], [0.0048, 0.0046, 0.0058], [0.0013, 0.0015, 0.0022],
])  # fmt: skip
_SCENE_MEANS = np.array([1.00, 2.07, 2.22])


def scene_magnitudes(side: int) -> np.ndarray:
    """How large the Fourier coefficients of rendered scenes are, on average.

    Args:
        side: height and width of the images, in pixels.

    Returns:
        Of unbounded pixels in decorrelated colours, as shares of the number of pixels: float32
        (3, side, side // 2 + 1). They are taken to be the same in all directions, and to fall on
        above 105 cycles an image as they do below.
    """
    rows = np.fft.fftfreq(side, 1 / side)[:, np.newaxis]
    columns = np.fft.rfftfreq(side, 1 / side)
    cycles = np.log(np.maximum(np.hypot(rows, columns), 1))
    known, sizes = np.log(_SCENE_FREQUENCIES), np.log(_SCENE_MAGNITUDES)
    slopes = (sizes[-1] - sizes[-2]) / (known[-1] - known[-2])
    beyond = np.maximum(cycles - known[-1], 0)
    found = np.stack([
        np.exp(np.interp(cycles, known, own) + slope * beyond)
        for own, slope in zip(sizes.T, slopes, strict=True)
    ])  # fmt: skip
    found[:, 0, 0] = _SCENE_MEANS
    return found.astype(np.float32)


@dataclass(frozen=True)
class Phases:
    """Images of their own, as the phases of Fourier coefficients with fixed magnitudes.

    No frequency can grow at the cost of the others, so that little but the places of edges and
    colours is optimised (MaCo: Fel et al., Unlocking Feature Visualization for Deeper Networks with
    MAgnitude Constrained Optimization, NeurIPS 2023, equation 3). The magnitudes are those of
    rendered scenes; see `scene_magnitudes`. Only the mean colour may also be nearer to grey.

    Attributes:
        n_images: N.
        side: height and width in pixels.
        start: which of several starts with the same seed.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import Phases
        >>> phases = Phases(2, 32)
        >>> phases.pixels(phases.initial(np.random.default_rng(0))).shape.as_list()
        [2, 32, 32, 3]
    """

    n_images: int
    side: int
    start: int = field(default=0, compare=False)

    def initial(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Phases in radians, uniform, float32 (N, 3, side, side // 2 + 1)."""
        own = rng.spawn(self.start + 1)[-1]
        shape = (self.n_images, 3, self.side, self.side // 2 + 1)
        return [own.uniform(-np.pi, np.pi, shape).astype(np.float32)]

    def pixels(self, arrays: Sequence[tf.Tensor | np.ndarray]) -> tf.Tensor:
        """See `PixelParameters.pixels`."""
        phases = self._of_real_images(tf.convert_to_tensor(arrays[0]))
        sizes = scene_magnitudes(self.side) * self.side**2
        spectrum = tf.complex(sizes * tf.cos(phases), sizes * tf.sin(phases))
        planes = tf.signal.irfft2d(spectrum, fft_length=[self.side, self.side])
        return tf.transpose(planes, [0, 2, 3, 1])

    def _of_real_images(self, phases: Any) -> tf.Tensor:
        """Phases that coefficients of real images can have.

        The first and the last column hold waves in both directions, whose phases have opposite
        signs; else the inverse transform would take the mean of both and change their magnitude.
        """
        edges = tf.gather(phases, [0, self.side // 2], axis=-1)
        opposite = tf.roll(tf.reverse(edges, [2]), 1, axis=2)
        mean = np.zeros([self.side, 2], np.float32)
        mean[0, 0] = 1.0  # it has no opposite
        first, last = tf.split(edges - opposite + mean * edges, 2, axis=-1)
        return tf.concat([first, phases[..., 1:-1], last], axis=-1)


@dataclass(frozen=True)
class LowResolution:
    """A small stack of small images, stretched linearly in all four dimensions.

    With fewer images than N it is shared by all, which makes them line up.

    Attributes:
        n_images: N.
        side: height and width of the images, in pixels.
        source: (how many, side) of the small images.
        sd: standard deviation of their initial values.
    """

    n_images: int
    side: int
    source: tuple[int, int]
    sd: float = field(default=0.01, compare=False)

    def initial(self, rng: np.random.Generator) -> list[np.ndarray]:
        """The small images, float32 (n, s, s, 3)."""
        n, side = self.source
        return [(self.sd * rng.standard_normal((n, side, side, 3))).astype(np.float32)]

    def pixels(self, arrays: Sequence[tf.Tensor | np.ndarray]) -> tf.Tensor:
        """See `PixelParameters.pixels`."""
        (small,) = arrays
        large = tf.image.resize(small, (self.side, self.side), method="bilinear")
        return tf.einsum("nm,mhwc->nhwc", _linear(self.n_images, self.source[0]), large)


def _linear(n: int, m: int) -> np.ndarray:
    """The matrix (n, m) that stretches m samples to n linearly, pixel centres aligned."""
    position = np.clip((np.arange(n) + 0.5) * m / n - 0.5, 0, m - 1)
    weights = np.maximum(0, 1 - np.abs(position[:, np.newaxis] - np.arange(m)))
    return weights.astype(np.float32)


@dataclass(frozen=True)
class ImageParameters:
    """The sum of some pixel parameters, made into colours.

    Attributes:
        parts: what is summed; each for as many images of one size.
        decorrelate: whether the parts' colours are decorrelated.
    """

    parts: tuple[PixelParameters, ...]
    decorrelate: bool = True

    def __post_init__(self) -> None:
        sizes = {(part.n_images, part.side) for part in self.parts}
        if len(sizes) != 1:
            raise InputError(
                f"Expected parts for as many images of one size, received {sorted(sizes)}."
            )

    @property
    def n_images(self) -> int:
        """How many images."""
        return self.parts[0].n_images

    @property
    def side(self) -> int:
        """Height and width of the images, in pixels."""
        return self.parts[0].side

    def initial(self, seed: int) -> list[list[np.ndarray]]:
        """Random arrays to start from, a list for each part."""
        rng = np.random.default_rng(seed)
        return [part.initial(rng) for part in self.parts]

    def images(self, arrays: Sequence[Sequence[tf.Tensor | np.ndarray]]) -> tf.Tensor:
        """Images, float32 (N, side, side, 3), in [0, 1]."""
        pixels = tf.add_n([part.pixels(own) for part, own in zip(self.parts, arrays, strict=True)])
        if self.decorrelate:
            pixels = tf.einsum("nhwc,dc->nhwd", pixels, COLOUR_CORRELATION)
        return tf.sigmoid(pixels)


def fourier_images(
    n_images: int, side: int, *, sd: float = 0.01, decay: float = 1.0
) -> ImageParameters:
    """Images that share nothing; see `Fourier`.

    Example:
        >>> from tfvis.utils import fourier_images
        >>> parameters = fourier_images(2, 32)
        >>> parameters.images(parameters.initial(seed=0)).shape.as_list()
        [2, 32, 32, 3]
    """
    _require_size(n_images, side)
    return ImageParameters((Fourier(n_images, side, sd, decay),))


def phase_images(n_images: int, side: int, *, start: int = 0) -> ImageParameters:
    """Images that share nothing and have the magnitudes of rendered scenes; see `Phases`.

    Example:
        >>> from tfvis.utils import phase_images
        >>> parameters = phase_images(2, 32)
        >>> parameters.images(parameters.initial(seed=0)).shape.as_list()
        [2, 32, 32, 3]
    """
    _require_size(n_images, side)
    return ImageParameters((Phases(n_images, side, start),))


def aligned_images(
    n_images: int, side: int, *, sd: float = 0.01, decay: float = 1.0
) -> ImageParameters:
    """Images that share structure and so line up: the parameters of group icons.

    A Fourier image of each one's own, plus shared images of S/2, S/4, S/8, S/8, S/16 and S/16
    pixels a side, the second of each pair a stack of two.

    Example:
        >>> from tfvis.utils import aligned_images
        >>> parameters = aligned_images(3, 32)
        >>> parameters.images(parameters.initial(seed=0)).shape.as_list()
        [3, 32, 32, 3]
    """
    _require_size(n_images, side)
    sources = [(1, 2), (1, 4), (1, 8), (2, 8), (1, 16), (2, 16)]
    shared = tuple(
        LowResolution(n_images, side, (count, side // divisor), sd) for count, divisor in sources
    )
    return ImageParameters((Fourier(n_images, side, sd, decay), *shared))


def _require_size(n_images: int, side: int) -> None:
    require_count("n_images", n_images)
    require_count("side", side, MINIMUM_SIDE)
    if side % 2:
        raise InputError(f"Expected an even side, received {side!r}.")
