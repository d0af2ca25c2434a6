import numpy as np
import pytest
import tensorflow as tf

from tfvis.critters import render_scene
from tfvis.critters.dataset import composition
from tfvis.utils.errors import InputError
from tfvis.utils.preconditioning import (
    COLOUR_CORRELATION,
    Fourier,
    ImageParameters,
    LowResolution,
    aligned_images,
    fourier_images,
    phase_images,
    scene_magnitudes,
)


def test_fourier_is_the_inverse_transform_of_scaled_coefficients():
    part = Fourier(2, 16)
    (coefficients,) = part.initial(np.random.default_rng(0))
    assert coefficients.shape == (2, 2, 3, 16, 9)
    frequency = np.sqrt(
        np.fft.fftfreq(16)[:, np.newaxis] ** 2 + np.fft.rfftfreq(16)[np.newaxis] ** 2
    )
    scale = 16 / np.maximum(frequency, 1 / 16)
    spectrum = (coefficients[0] + 1j * coefficients[1]) * scale
    expected = np.fft.irfft2(spectrum, s=(16, 16)).transpose(0, 2, 3, 1) / 4
    np.testing.assert_allclose(part.pixels([tf.constant(coefficients)]), expected, atol=1e-5)


def test_initial_coefficients_have_the_deviation_asked_for():
    (coefficients,) = Fourier(4, 64, sd=0.02).initial(np.random.default_rng(0))
    assert coefficients.std() == pytest.approx(0.02, rel=0.02)
    assert coefficients.dtype == np.float32


def test_low_resolution_is_linear_in_all_four_dimensions():
    part = LowResolution(4, 16, source=(2, 4))
    # One image of zeros and one of ones: the stack is stretched along the batch.
    small = np.stack([np.zeros((4, 4, 3)), np.ones((4, 4, 3))]).astype(np.float32)
    large = part.pixels([tf.constant(small)]).numpy()
    assert large.shape == (4, 16, 16, 3)
    np.testing.assert_allclose(large[:, 0, 0, 0], [0, 0.25, 0.75, 1])
    # A ramp stays a ramp away from the border.
    ramp = np.broadcast_to(np.arange(4.0)[:, np.newaxis, np.newaxis], (2, 4, 4, 3))
    large = part.pixels([tf.constant(ramp, tf.float32)]).numpy()
    np.testing.assert_allclose(np.diff(large[0, 2:14, 5, 0]), 0.25, atol=1e-6)


def test_a_single_low_resolution_image_is_shared_by_all():
    part = LowResolution(5, 16, source=(1, 2))
    large = part.pixels([tf.constant(part.initial(np.random.default_rng(0))[0])]).numpy()
    np.testing.assert_allclose(large, np.repeat(large[:1], 5, axis=0))


def test_aligned_images_share_the_parts_of_the_paper():
    sources = [part.source for part in aligned_images(10, 224).parts[1:]]
    assert sources == [(1, 112), (1, 56), (1, 28), (2, 28), (1, 14), (2, 14)]


def test_colours_are_decorrelated_and_bounded():
    parameters = fourier_images(1, 16)
    arrays = parameters.initial(0)
    plain = ImageParameters(parameters.parts, decorrelate=False)

    def logit(image):
        return np.log(image / (1 - image))

    pixels = logit(plain.images(arrays).numpy().astype(np.float64))
    coloured = logit(parameters.images(arrays).numpy().astype(np.float64))
    np.testing.assert_allclose(coloured, pixels @ COLOUR_CORRELATION.T, atol=1e-4)
    assert np.linalg.norm(COLOUR_CORRELATION, axis=0).max() == pytest.approx(1)


@pytest.mark.parametrize("make", [fourier_images, aligned_images])
def test_images_start_near_grey_and_reproduce(make):
    parameters = make(3, 32)
    images = parameters.images(parameters.initial(7)).numpy()
    assert images.shape == (3, 32, 32, 3)
    assert images.min() > 0.1
    assert images.max() < 0.9
    np.testing.assert_array_equal(images, parameters.images(parameters.initial(7)))
    assert np.abs(images - parameters.images(parameters.initial(8)).numpy()).max() > 1e-3


@pytest.mark.parametrize("side", [32, 64])
def test_phases_leave_the_magnitudes_as_they_are(side):
    """But for that of the mean colour, which may be smaller."""
    (part,) = phase_images(2, side).parts
    start = part.initial(np.random.default_rng(0))
    planes = part.pixels(start).numpy().transpose(0, 3, 1, 2)
    found = np.abs(np.fft.rfft2(planes.astype(np.float64)))
    expected = np.broadcast_to(scene_magnitudes(side) * side**2, found.shape)
    means, others = np.zeros(found.shape, bool), np.ones(found.shape, bool)
    means[..., 0, 0], others[..., 0, 0] = True, False
    np.testing.assert_allclose(found[others], expected[others], rtol=1e-3)
    cosines = np.abs(np.cos(start[0][..., 0, 0])).ravel()
    np.testing.assert_allclose(found[means], expected[means] * cosines, rtol=1e-3)
    assert np.abs(start[0]).max() <= np.float32(np.pi)


def test_phases_have_several_starts_of_one_seed():
    first, second = (phase_images(1, 16, start=k).initial(3)[0][0] for k in (0, 1))
    assert np.abs(first - second).max() > 1
    np.testing.assert_array_equal(second, phase_images(1, 16, start=1).initial(3)[0][0])
    assert phase_images(1, 16, start=1) == phase_images(1, 16)


def test_magnitudes_are_those_of_rendered_scenes():
    """Measured on twelve of them at 448 pixels, in rings around the mean."""
    side, to_decorrelated = 448, np.linalg.inv(COLOUR_CORRELATION.astype(float)).T
    sums = []
    for seed in range(12):
        image = render_scene(composition(seed, (0, 1)), seed=seed, size=side).image
        clipped = np.clip(image, 1 / 64, 63 / 64).astype(float)
        pixels = np.log(clipped / (1 - clipped)) @ to_decorrelated
        sums.append(np.abs(np.fft.rfft2(pixels, axes=(0, 1))) / side**2)
    measured, known = np.mean(sums, axis=0), scene_magnitudes(side).transpose(1, 2, 0)
    cycles = np.hypot(
        np.fft.fftfreq(side, 1 / side)[:, np.newaxis], np.fft.rfftfreq(side, 1 / side)
    )
    for low, high in [(0, 1), (2, 4), (4, 8), (8, 16), (16, 32), (32, 60), (60, 110)]:
        ring = (cycles >= low) & (cycles < high)
        np.testing.assert_allclose(measured[ring].mean(0), known[ring].mean(0), rtol=0.35)


def test_magnitudes_fall_on_beyond_what_was_measured():
    """A large icon has no more noise than a small one."""

    def noise(side):
        power = scene_magnitudes(side)[:, :, 1:] ** 2
        return power[:, :, side // 4 :].sum((1, 2)) / power.sum((1, 2))

    assert (noise(224) < 0.06).all()
    assert (noise(896) < noise(224)).all()


def test_the_same_scene_in_another_size_has_the_same_magnitudes():
    large, small = scene_magnitudes(128), scene_magnitudes(64)
    np.testing.assert_array_equal(large[:, :32, :32], small[:, :32, :32])


@pytest.mark.parametrize("make", [fourier_images, aligned_images, phase_images])
def test_the_gradient_agrees_with_finite_differences(make):
    parameters = make(2, 16)
    rng = np.random.default_rng(0)
    point = [tf.constant(a) for part in parameters.initial(0) for a in part]
    direction = [tf.constant(rng.standard_normal(a.shape), tf.float32) for a in point]
    target = tf.constant(rng.standard_normal((2, 16, 16, 3)), tf.float32)

    def value(arrays):
        return tf.reduce_sum(target * parameters.images([[a] for a in arrays]))

    with tf.GradientTape() as tape:
        tape.watch(point)
        start = value(point)
    slopes = tape.gradient(start, point)
    slope = sum(float(tf.reduce_sum(s * d)) for s, d in zip(slopes, direction, strict=True))
    step = 1e-3
    ahead, behind = (
        float(value([a + sign * step * d for a, d in zip(point, direction, strict=True)]))
        for sign in (1, -1)
    )
    assert slope == pytest.approx((ahead - behind) / (2 * step), rel=5e-3)


def test_parts_must_agree():
    with pytest.raises(InputError, match=r"received \[\(1, 16\), \(2, 16\)\]"):
        ImageParameters((Fourier(1, 16), Fourier(2, 16)))


@pytest.mark.parametrize(
    ("n", "side", "message"),
    [(0, 32, "n_images"), (1, 8, "side to be a whole number >= 16"), (1, 33, "an even side")],
)
def test_sizes_that_cannot_be(n, side, message):
    with pytest.raises(InputError, match=message):
        aligned_images(n, side)


def test_parts_that_differ_in_their_start_alone_are_equal():
    assert aligned_images(2, 16, sd=0.1) == aligned_images(2, 16, sd=0.2)
    assert hash(aligned_images(2, 16, sd=0.1)) == hash(aligned_images(2, 16, sd=0.2))
    assert aligned_images(2, 16) != aligned_images(3, 16)
    assert fourier_images(2, 16, decay=1.0) != fourier_images(2, 16, decay=1.5)
