import numpy as np
import pytest
import tensorflow as tf

from tfvis.utils.compiling import trace_count
from tfvis.utils.transforms import (
    ICON_TRANSFORMS,
    Jitter,
    Rotate,
    Scale,
    Shift,
    compiled_composition,
    compose,
    warp,
)


@pytest.fixture
def picture():
    """A smooth image with a bright spot right of and above the centre."""
    y, x = np.mgrid[:33, :33] - 16.0
    spot = np.exp(-((x - 6) ** 2 + (y + 4) ** 2) / 8)
    return np.float32(spot[np.newaxis, :, :, np.newaxis])


def spot(images):
    """Where the brightest place is, as (x, y) from the centre."""
    row, column = np.unravel_index(np.argmax(images[0, :, :, 0]), images.shape[1:3])
    return column - 16, row - 16


def warped(picture, transforms, n=1, seed=0, step=0):
    return warp(tf.constant(picture), compose(transforms, n, seed, step)).numpy()


def test_no_transform_is_the_identity(picture):
    np.testing.assert_allclose(warped(picture, []), picture, atol=1e-6)


def test_a_factor_above_one_enlarges(picture):
    assert spot(warped(picture, [Scale((2.0,))])) == (12, -8)


def test_rotation_by_ninety_degrees(picture):
    np.testing.assert_allclose(
        warped(picture, [Rotate((90,))])[0, :, :, 0], np.rot90(picture[0, :, :, 0]), atol=1e-4
    )


def test_a_sequence_is_one_matrix(picture):
    # First enlarged, then turned: the same as one after the other, up to resampling twice.
    both = warped(picture, [Scale((1.5,)), Rotate((90,))])
    steps = warped(warped(picture, [Scale((1.5,))]), [Rotate((90,))])
    np.testing.assert_allclose(both, steps, atol=1e-3)
    assert compose(ICON_TRANSFORMS, 4, 0, 0).shape == (4, 3, 3)


def test_order_matters(picture):
    matrices = [
        compose(order, 1, 0, 0).numpy()
        for order in ([Scale((2.0,)), Jitter(8)], [Jitter(8), Scale((2.0,))])
    ]
    # A shift before an enlargement by 2 moves the input by itself; after it, by its half. The
    # draws are by position, so compare each with its own.
    enlarged_first, shifted_first = (matrix[0, :2, 2] for matrix in matrices)
    own = [compose([Scale((1.0,)), Jitter(8)], 1, 0, 0), compose([Jitter(8)], 1, 0, 0)]
    np.testing.assert_allclose(enlarged_first, own[0][0, :2, 2] / 2)
    np.testing.assert_allclose(shifted_first, own[1][0, :2, 2])
    assert np.abs(own[0][0, :2, 2]).max() > 0
    assert np.abs(own[1][0, :2, 2]).max() > 0


def test_jitter_is_whole_and_covers_its_range():
    shifts = compose([Jitter(8)], 5000, 0, 0).numpy()[:, :2, 2]
    assert sorted(set(shifts[:, 0])) == list(range(-4, 5))
    assert sorted(set(shifts[:, 1])) == list(range(-4, 5))
    assert abs(np.corrcoef(shifts.T)[0, 1]) < 0.05


def test_the_sequence_is_that_of_the_paper():
    jitter, scale, *turns, last = ICON_TRANSFORMS
    assert (jitter, last) == (Jitter(8), Jitter(2))
    assert scale == Scale(tuple(k / 100 for k in range(80, 120)))
    assert [(min(t.degrees), max(t.degrees)) for t in turns] == [(-10, 9), (-5, 4)] + 10 * [(-2, 1)]


def test_draws_cover_the_values_of_the_method():
    matrices = compose([ICON_TRANSFORMS[1]], 5000, 0, 0).numpy()
    factors = 1 / matrices[:, 0, 0]
    assert factors.min() == pytest.approx(0.80)
    assert factors.max() == pytest.approx(1.19)
    angles = np.degrees(
        np.arctan2(*compose([ICON_TRANSFORMS[2]], 5000, 0, 0).numpy()[:, 1::-1, 0].T)
    )
    assert angles.min() == pytest.approx(-10, abs=1e-3)
    assert angles.max() == pytest.approx(9, abs=1e-3)


def test_steps_seeds_positions_and_images_draw_different_numbers():
    def draw(**changes):
        options = {"n_images": 2, "seed": 0, "step": 0, **changes}
        return compose([Jitter(1000)], **options).numpy()[:, :2, 2]

    first = draw()
    np.testing.assert_array_equal(first, draw())
    assert not (first[0] == first[1]).all()
    assert not (first == draw(step=1)).all()
    assert not (first == draw(seed=1)).all()
    pair = compose([Jitter(1000), Jitter(1000)], 1, 0, 0).numpy()[0, :2, 2]
    assert not (pair == 2 * compose([Jitter(1000)], 1, 0, 0).numpy()[0, :2, 2]).all()


def test_what_comes_from_outside_is_reflected():
    row = tf.reshape(tf.range(8.0), [1, 1, 8, 1])
    image = tf.tile(row, [1, 8, 1, 1])
    shifted = warp(image, tf.constant([[[1.0, 0, -3], [0, 1, 0], [0, 0, 1]]])).numpy()
    np.testing.assert_array_equal(shifted[0, 0, :, 0], [2, 1, 0, 0, 1, 2, 3, 4])


@pytest.mark.slow
def test_the_gradient_is_close_to_the_exact_one():
    """TensorFlow's gradient of the warp is not its transpose; its direction must come near."""
    side = 64
    pixels = tf.reshape(tf.eye(side * side), [side * side, side, side, 1])
    image = tf.zeros([1, side, side, 1])
    rng = np.random.default_rng(0)
    target = tf.image.resize(rng.standard_normal((1, 8, 8, 1)), (side, side))
    cosines = []
    for step in range(6):
        matrices = compose(ICON_TRANSFORMS, 1, 0, step)
        with tf.GradientTape() as tape:
            tape.watch(image)
            value = tf.reduce_sum(warp(image, matrices) * target)
        gradient = tf.reshape(tape.gradient(value, image), [-1])
        # The warp is linear: its matrix's columns are the warped single pixels.
        columns = warp(pixels, tf.repeat(matrices, side * side, axis=0))
        exact = tf.einsum("nhwc,hwc->n", columns, target[0])
        cosines.append(float(tf.tensordot(gradient, exact, 1) / tf.norm(gradient) / tf.norm(exact)))
    assert min(cosines) > 0.7
    assert np.mean(cosines) > 0.85


@pytest.mark.parametrize("step", [0, 7])
def test_compiled_matrices_are_the_composed_ones_bit_by_bit(step):
    compiled = compiled_composition(ICON_TRANSFORMS, 3)
    found = compiled(tf.constant(5), tf.constant(step)).numpy()
    np.testing.assert_array_equal(found, compose(ICON_TRANSFORMS, 3, 5, step).numpy())


def test_equal_transforms_are_compiled_once_for_all_networks():
    def make():
        return compiled_composition((Jitter(4), Rotate((1.0, 2.0))), 2)

    make()(tf.constant(0), tf.constant(0))
    before = trace_count()
    make()(tf.constant(1), tf.constant(1))
    assert trace_count() == before


def test_a_transform_of_ones_own_may_change():
    class Stretch:
        factor = 2.0

        def matrices(self, n_images, seed):
            return tf.tile([[[self.factor, 0, 0], [0, 1, 0], [0, 0, 1]]], [n_images, 1, 1])

    own = Stretch()
    for own.factor in (2.0, 3.0):
        found = compiled_composition((own,), 2)(tf.constant(0), tf.constant(0)).numpy()
        assert found[:, 0, 0].tolist() == [own.factor] * 2


def test_shifts_are_uniform_within_their_reach():
    shifts = compose([Shift(2, 5)], 5000, 0, 0).numpy()[:, :2, 2]
    columns, rows = shifts.T
    assert set(rows) == set(range(-2, 3))
    assert set(columns) == set(range(-5, 6))
    assert abs(np.mean(columns)) < 0.2


def test_what_comes_from_outside_can_be_zero(picture):
    moved = tf.constant(np.float32([[[1, 0, 30], [0, 1, 0], [0, 0, 1]]]))
    assert not warp(tf.ones_like(picture), moved, outside="constant").numpy()[0, :, 5:].any()
    assert warp(tf.ones_like(picture), moved).numpy().all()
