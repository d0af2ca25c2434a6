import numpy as np
import pytest
import tensorflow as tf

from tfvis.attacks import levels
from tfvis.utils import images

SHAPE = (3, 5, 4, 3)


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture
def origin(random):
    return random.integers(0, 256, SHAPE).astype(np.float32)


def test_levels_survive_a_png(tmp_path, origin):
    image = levels.to_images(origin[0])
    images.save(tmp_path / "sample.png", image)
    np.testing.assert_array_equal(images.load(tmp_path / "sample.png"), image)


@pytest.mark.parametrize(("norm", "order"), [("linf", np.inf), ("l2", 2)])
@pytest.mark.parametrize("epsilon", [1.0, 4.0, 60.0, 255.0])
@pytest.mark.parametrize("spread", [0.01, 1.0, 1000.0])
def test_whole_changes_keep_budget_and_range(random, origin, norm, order, epsilon, spread):
    change = (spread * random.normal(size=SHAPE)).astype(np.float32)
    within = levels.project(tf.constant(change), origin, epsilon, norm)
    rounded = levels.whole(within, origin, epsilon, norm).numpy().astype(np.float64)
    np.testing.assert_array_equal(rounded, np.rint(rounded))
    for own in rounded:
        assert np.linalg.norm(own.ravel(), order) <= epsilon  # exactly, without a tolerance
    assert (origin + rounded).min() >= 0
    assert (origin + rounded).max() <= 255


def test_projection_onto_the_box_is_the_nearest_point(origin):
    change = np.linspace(-300, 300, origin.size, dtype=np.float32).reshape(SHAPE)
    low, high = np.maximum(-8, -origin), np.minimum(8, 255 - origin)
    found = levels.project(tf.constant(change), origin, 8.0, "linf")
    np.testing.assert_array_equal(found, np.clip(change, low, high))


def test_projection_onto_the_ball_keeps_the_direction(random):
    grey = np.full(SHAPE, 128, np.float32)
    change = random.normal(size=SHAPE).astype(np.float32)
    found = levels.project(tf.constant(change), grey, 2.0, "l2").numpy()
    for own, before in zip(found, change, strict=True):
        np.testing.assert_allclose(own, 2 * before / np.linalg.norm(before), rtol=1e-5)
    inside = levels.project(tf.constant(change), grey, 100.0, "l2")
    np.testing.assert_array_equal(inside, change)


def test_a_change_spread_thin_is_rounded_to_its_largest_parts():
    """Each of these is below half a level, so that plain rounding would leave nothing."""
    grey = np.full((1, 2, 3, 1), 128, np.float32)
    change = np.float32([0.4, 0.39, 0.38, 0.2, 0.1, 0.05]).reshape(grey.shape)
    assert not np.rint(change).any()
    # Its norm is 0.71: not even one level fits. Of three times the change four do.
    assert not levels.whole(tf.constant(change), grey, 5.0, "l2").numpy().any()
    found = levels.whole(tf.constant(3 * change), grey, 5.0, "l2").numpy().ravel()
    np.testing.assert_array_equal(found, [1, 1, 1, 1, 0, 0])


def test_steepest_directions_have_norm_one_and_rise(random):
    slopes = random.normal(size=SHAPE).astype(np.float32)
    slopes[1] *= 1e-30  # squares of which vanish in float32
    slopes[2] = 0
    signs = levels.steepest(tf.constant(slopes), "linf").numpy()
    np.testing.assert_array_equal(signs, np.sign(slopes))
    found = levels.steepest(tf.constant(slopes), "l2").numpy()
    for own, slope in zip(found[:2], slopes[:2].astype(np.float64), strict=True):
        np.testing.assert_allclose(own, slope / np.linalg.norm(slope), rtol=1e-5)
    assert not found[2].any()


@pytest.mark.parametrize(("norm", "order"), [("linf", np.inf), ("l2", 2)])
def test_random_changes_reproduce_and_keep_the_budget(origin, norm, order):
    def change(seed, digest="0123456789abcdef0"):
        return levels.random_change(origin[0], 8.0, norm, seed, digest)

    np.testing.assert_array_equal(change(1), change(1))
    assert (change(1) != change(2)).any()
    assert (change(1) != change(1, "1123456789abcdef0")).any()
    assert 4 < np.linalg.norm(change(1).ravel(), order) <= 8 + 1e-5


def test_images_are_rounded_as_a_png_rounds_them(tmp_path, random):
    image = np.float32(random.integers(0, 510, (20, 20, 3)) / 510)  # halves of levels among them
    images.save(tmp_path / "image.png", image)
    np.testing.assert_array_equal(
        levels.to_images(levels.to_levels(image)), images.load(tmp_path / "image.png")
    )
