"""Masks against their formula, the ascent against a slow one, and a square that must be found."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from tfvis.explainers.extremal_perturbation import ExtremalPerturbation
from tfvis.explainers.options import VARIANTS
from tfvis.explainers.smooth_masks import cell_kernels
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError

layers = keras.layers
SIDE, STEP, SIGMA = 22, 4, 6.0  # 6 cells a side, the last of them only half in the image


@pytest.fixture(scope="module")
def net():
    """A smooth convolution; four classes."""
    keras.utils.set_random_seed(0)
    images = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(6, 5, 2, activation="softplus", name="features")(images)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, layers.Dense(4)(x))
    for weight in model.weights:
        weight.assign(6 * weight)
    return KerasNetwork(model)


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((2, SIDE, SIDE, 3), np.float32)


def perturbation(net, **options):
    given = {"step": STEP, "sigma": SIGMA, "levels": 4, "max_blur": 3.0, **options}
    return ExtremalPerturbation(net, **given)


def slow_mask(weights):
    """m(u): the smooth maximum over the cells v near u of k(u − v) w(v), pixel by pixel."""
    reach = 1 + int(np.ceil(SIGMA / STEP))
    n = len(weights)
    mask = np.zeros((SIDE, SIDE))
    for y in range(SIDE):
        for x in range(SIDE):
            row, column = y // STEP, x // STEP
            values = []
            for i in range(row - reach, row + reach + 1):
                for j in range(column - reach, column + reach + 1):
                    inside = 0 <= i < n and 0 <= j < n
                    distance = np.hypot(
                        y - (i * STEP + (STEP - 1) / 2), x - (j * STEP + (STEP - 1) / 2)
                    )
                    kernel = np.exp(-2 * max(0, distance / SIGMA - 0.5) ** 2)
                    values.append(kernel * weights[i, j] if inside else 0.0)
            values = np.array(values)
            shares = np.exp(20 * values)
            mask[y, x] = (shares * values).sum() / shares.sum()
    return mask


def slow_mixture(image, mask):
    """Each pixel of the image blurred as much as its mask says, between the two nearest blurs."""
    levels = [
        scipy.ndimage.gaussian_filter(image, 3.0 * (1 - level / 3), axes=(0, 1), mode="mirror")
        for level in range(3)
    ] + [image]
    out = np.zeros_like(image, np.float64)
    for y in range(SIDE):
        for x in range(SIDE):
            place = mask[y, x] * 3
            low = min(int(place), 2)
            share = place - low
            out[y, x] = (1 - share) * levels[low][y, x] + share * levels[low + 1][y, x]
    return out


def test_a_mask_and_what_it_keeps_are_the_formulas(net, batch):
    found = perturbation(net, iterations=10, learning_rate=0.02, area_weight=100.0).explain(
        batch, [0, 3]
    )
    for k, own in enumerate(found):
        assert own.weights.shape == (6, 6)
        assert ((own.weights > 0) & (own.weights < 1)).mean() > 0.5
        mask = slow_mask(own.weights)
        np.testing.assert_allclose(own.mask, mask, atol=1e-5)
        np.testing.assert_allclose(own.mixture, slow_mixture(batch[k], mask), atol=1e-4)
        np.testing.assert_allclose(own.complement, slow_mixture(batch[k], 1 - mask), atol=1e-4)
        np.testing.assert_allclose(
            own.kept_logits[1], net.logits(own.mixture[np.newaxis])[0], rtol=1e-3, atol=1e-3
        )
        np.testing.assert_allclose(
            own.hidden_logits[1], net.logits(own.complement[np.newaxis])[0], rtol=1e-3, atol=1e-3
        )
        np.testing.assert_allclose(own.logits, net.logits(batch)[k], rtol=1e-4)
        assert own.class_index == (0, 3)[k]
        assert own.losses.shape == (11,)


def test_before_the_first_update_nearly_everything_is_kept(net, batch):
    (found,) = perturbation(net, iterations=1).explain(batch[:1], [1])
    mask = slow_mask(np.ones((6, 6)))
    assert mask.min() > 0.7
    expected = net.logits(np.float32(slow_mixture(batch[0], mask))[np.newaxis])[0]
    np.testing.assert_allclose(found.kept_logits[0], expected, rtol=1e-3, atol=1e-3)


def area_weight_of(step, iterations):
    """It grows by 0.35 % in each of 800 iterations, as much in all of fewer."""
    return 300 * 1.0035 ** (800 * step / iterations)


def slow_loss(net, image, weights, label, variant, step, area=0.1, iterations=800):
    mask = slow_mask(weights)
    seen = {"preserve": (mask,), "delete": (1 - mask,), "hybrid": (mask, 1 - mask)}[variant]
    pictures = np.float32([slow_mixture(image, m) for m in seen])
    if step % 2 == 0:
        pictures = pictures[:, :, ::-1]
    scores = net.logits(pictures)[:, label].astype(np.float64)
    reward = {"preserve": scores[0], "delete": -scores[0], "hybrid": scores[0] - scores[-1]}
    n = mask.size
    wanted = np.arange(n) >= round(n * (1 - area))
    penalty = np.mean((np.sort(mask.ravel()) - wanted) ** 2)
    return area_weight_of(step, iterations) * penalty - reward[variant]


def slope_and_loss(found, image, weights, label, step, iterations=800):
    """The slope and the value of what is descended."""
    weights = tf.constant(np.float32(weights[np.newaxis]))
    with tf.GradientTape() as tape:
        tape.watch(weights)
        loss = found.compiled._loss(
            tf.constant(found.pyramid(image[np.newaxis])), weights,
            tf.constant(cell_kernels(STEP, SIGMA)), tf.constant([label]),
            tf.constant(np.float32(area_weight_of(step, iterations))), tf.constant(step % 2 == 0),
        )  # fmt: skip
    return tape.gradient(loss, weights)[0].numpy(), float(loss[0])


@pytest.mark.parametrize("variant", VARIANTS)
def test_losses_are_the_formulas_and_slopes_their_differences(net, batch, variant):
    rng = np.random.default_rng(0)
    found = perturbation(net, variant=variant)
    for step in (0, 1):
        # Not all ones, where many pixels are equal and their order has no derivative.
        weights = rng.uniform(0.1, 0.9, (6, 6))
        slope, loss = slope_and_loss(found, batch[0], weights, 2, step)
        assert loss == pytest.approx(slow_loss(net, batch[0], weights, 2, variant, step), rel=1e-4)
        direction = rng.standard_normal((6, 6))
        up, down = (
            slow_loss(net, batch[0], weights + sign * 1e-3 * direction, 2, variant, step)
            for sign in (1, -1)
        )
        assert (slope * direction).sum() == pytest.approx((up - down) / 2e-3, rel=0.02)


@pytest.mark.parametrize("variant", VARIANTS)
def test_updates_have_momentum(net, batch, variant):
    found = perturbation(net, variant=variant, iterations=2, learning_rate=0.05)
    (own,) = found.explain(batch[:1], [2])
    first, loss = slope_and_loss(found, batch[0], np.ones((6, 6)), 2, 0, 2)
    weights = np.clip(1 - 0.05 * 0.1 * first, 0, 1)
    second, later = slope_and_loss(found, batch[0], weights, 2, 1, 2)
    weights = np.clip(weights - 0.05 * (0.9 * 0.1 * first + 0.1 * second), 0, 1)
    _, last = slope_and_loss(found, batch[0], weights, 2, 2, 2)
    np.testing.assert_allclose(own.weights, weights, atol=1e-4)
    np.testing.assert_allclose(own.losses, [loss, later, last], rtol=1e-4)


@pytest.fixture(scope="module")
def detector():
    """The first logit is how red an image is, the second how blue."""
    images = keras.Input((None, None, 3))
    colours = layers.Conv2D(2, 1, activation="relu", name="colours")
    model = keras.Model(images, layers.GlobalAveragePooling2D()(colours(images)))
    kernel = np.array([[1, -1], [-1, -1], [-1, 1]], np.float32)
    colours.set_weights([60 * kernel[np.newaxis, np.newaxis], np.zeros(2)])
    return KerasNetwork(model, input_size=(48, 48))


@pytest.mark.parametrize(
    "variant",
    [name if name != "hybrid" else pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS],
)
def test_the_mask_finds_what_the_class_is_about(detector, variant):
    image = np.full((48, 48, 3), 0.5, np.float32)
    red, blue = np.zeros((2, 48, 48), bool)
    red[6:22, 4:20], blue[26:42, 28:44] = True, True
    image[red], image[blue] = (1, 0, 0), (0, 0, 1)
    share = red.mean()
    found = ExtremalPerturbation(
        detector, area=share, variant=variant, iterations=300, learning_rate=0.05,
        step=4, sigma=5, max_blur=12, area_weight=10,
    ).explain(np.stack([image, image]), [0, 1])  # fmt: skip
    for own, square, other in zip(found, (red, blue), (blue, red), strict=True):
        assert own.provenance.options["area"] == share
        assert own.mask.mean() == pytest.approx(share, abs=0.1)
        assert own.mask[square].mean() > 0.75
        assert own.mask[other].mean() < 0.05
        c = own.class_index
        assert own.kept_logits[1][c] > 0.6 * own.logits[c]
        assert own.hidden_logits[1][c] < 0.5 * own.logits[c]


def test_a_batch_is_its_images_one_by_one(net, batch):
    options = {"iterations": 8, "learning_rate": 0.2}
    reports = []
    whole = perturbation(net, batch_size=2, **options).explain(batch, [0, 1])
    alone = perturbation(net, batch_size=1, **options).explain(
        batch, [0, 1], progress=lambda *counts: reports.append(counts)
    )
    assert reports == [(done, 16) for done in range(1, 17)]
    for one, other in zip(whole, alone, strict=True):
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-4)


def test_constant_images_give_finite_masks(net):
    grey = np.full((1, SIDE, SIDE, 3), 0.5, np.float32)
    (found,) = perturbation(net, iterations=20).explain(grey, [0])
    for array in (found.mask, found.weights, found.losses, found.kept_logits, found.hidden_logits):
        assert np.isfinite(array).all()
    assert found.problem is not None  # nothing that is kept differs from what is hidden


def test_the_loop_is_compiled_once(net, batch):
    found = perturbation(net, iterations=2)
    found.explain(batch, [0, 1])
    found.explain(batch[::-1], [3, 2])
    assert found.compiled.ascend.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"area": 0}, "Expected an area between 0 and 1, received 0"),
        ({"area": 1.0}, "Expected an area between 0 and 1"),
        ({"variant": "keep"}, "Unknown variant 'keep'. .*preserve, delete, hybrid"),
        ({"iterations": 0}, "Expected iterations to be a whole number >= 1"),
        ({"levels": 1}, "Expected levels to be a whole number >= 2"),
        ({"step": 2.5}, "Expected step to be a whole number"),
        ({"batch_size": 0}, "Expected batch_size"),
        ({"sigma": 0}, "Expected sigma above 0, received 0"),
        ({"learning_rate": float("nan")}, "Expected learning_rate above 0"),
        ({"max_blur": -1}, "Expected max_blur above 0"),
        ({"area_weight": 0}, "Expected area_weight above 0"),
    ],
)
def test_what_cannot_be_used(net, options, message):
    with pytest.raises(InputError, match=message):
        ExtremalPerturbation(net, **options)


def test_images_and_classes_must_fit(net, batch):
    found = perturbation(net, iterations=1)
    with pytest.raises(InputError, match="received 1 class for 2 images"):
        found.explain(batch, [0])
    with pytest.raises(InputError, match="Unknown class 'dog'"):
        found.explain(batch[:1], ["dog"])
    with pytest.raises(InputError, match=r"a list of images, received one \(ndarray\)"):
        found.explain(batch[0], [0] * SIDE)


def test_a_listeners_error_ends_the_loop_and_the_object_is_used_again(net, batch):
    told, masks = [], perturbation(net, iterations=1_000_000)

    def leave(done, total):
        told.append(done)
        if done == 3:
            raise BrokenPipeError

    for _ in range(2):
        with pytest.raises(BrokenPipeError):
            masks.explain(batch, [0, 1], progress=leave)
    assert told == [1, 2, 3] * 2


def test_options_used_long_ago_are_not_kept_compiled(net):
    first, *_, last = (perturbation(net, area=k / 20).compiled for k in range(1, 11))
    assert perturbation(net, area=10 / 20).compiled is last
    assert perturbation(net, area=1 / 20).compiled is not first
