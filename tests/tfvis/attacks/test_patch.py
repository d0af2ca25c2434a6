import numpy as np
import pytest
import tensorflow as tf

from tfvis.attacks import AdversarialPatch, apply_patch
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import read_image


@pytest.fixture
def patch():
    return np.random.default_rng(0).random((3, 3, 3), np.float32)


@pytest.fixture
def colours(closed_form):
    """The class is the colour of which most is in the image."""
    return closed_form(np.eye(3), lambda a: 20 * tf.reduce_mean(a, [1, 2]), 3)


@pytest.fixture
def blue(colours):
    """Images that are mostly blue."""
    images = 0.5 * np.random.default_rng(1).random((6, 8, 8, 3), np.float32)
    images[..., 2] += 0.2
    return images


@pytest.mark.parametrize("size", [(8, 8), (9, 8), (8, 11)])
@pytest.mark.parametrize("side", [2, 3])
def test_a_patch_that_is_neither_turned_nor_scaled_is_copied(size, side):
    random = np.random.default_rng(0)
    image, patch = random.random((*size, 3), np.float32), random.random((side, side, 3), np.float32)
    expected = image.copy()
    expected[1 : 1 + side, 4 : 4 + side] = patch
    middle = 1 + (side - 1) / 2, 4 + (side - 1) / 2
    np.testing.assert_allclose(apply_patch(image, patch, centre=middle), expected, atol=1e-6)


def test_it_lies_in_the_centre_unless_told_otherwise(patch):
    found = apply_patch(np.zeros((9, 9, 3)), patch)
    np.testing.assert_allclose(found[3:6, 3:6], patch, atol=1e-6)
    assert found.sum() == pytest.approx(patch.sum(), rel=1e-5)


def test_it_is_turned_counter_clockwise_and_magnified(patch):
    black = np.zeros((19, 19, 3))
    turned = apply_patch(black, patch, degrees=90)
    np.testing.assert_allclose(turned[8:11, 8:11], np.rot90(patch), atol=1e-5)
    # Three times as large, each pixel's centre shows what it showed.
    large = apply_patch(black, patch, scale=3)
    np.testing.assert_allclose(large[6:14:3, 6:14:3], patch, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"centre": (0.4, 4)}, "its row from 1 to 6, received 0.4"),
        ({"centre": (4, 6.5)}, "its column from 1 to 6, received 6.5"),
        ({"scale": 3}, "which is smaller"),
        ({"scale": 2, "degrees": 45}, "which is smaller"),
        ({"scale": 0}, "Expected scale above 0, received 0"),
        ({"scale": -1}, "Expected scale above 0, received -1"),
        ({"scale": np.nan}, "Expected scale above 0, received nan"),
        ({"scale": "2"}, "Expected scale above 0, received '2'"),
        ({"degrees": np.inf}, "Expected degrees to be a finite number, received inf"),
        ({"degrees": "90"}, "Expected degrees to be a finite number, received '90'"),
        ({"centre": (4,)}, r"Expected a centre \(row, column\) in pixels, received \(4,\)"),
        ({"centre": 4}, r"Expected a centre \(row, column\) in pixels, received 4"),
        ({"centre": (4, "4")}, "in pixels, received '4'"),
        ({"centre": (np.nan, 4)}, "in pixels, received nan"),
    ],
)
def test_it_must_lie_inside_the_image(patch, call, message):
    with pytest.raises(InputError, match=message):
        apply_patch(np.zeros((8, 8, 3)), patch, **call)


def test_it_must_be_square():
    with pytest.raises(InputError, match="Expected a patch"):
        apply_patch(np.zeros((8, 8, 3)), np.zeros((2, 3, 3)))


def test_the_best_patch_of_a_network_of_colours_has_that_colour(colours, blue):
    """Only the mean colour counts, so that the optimum is known: red 1, green and blue 0."""
    attack = AdversarialPatch(colours, 0, side=4, steps=60, learning_rate=0.3, degrees=10)
    seen = []
    attack.fit(blue, progress=lambda *counts: seen.append(counts))
    assert seen == [(done, 60) for done in range(1, 61)]
    assert attack.patch_.shape == (4, 4, 3)
    np.testing.assert_allclose(attack.patch_.mean(axis=(0, 1)), [1, 0, 0], atol=0.05)
    assert attack.losses_[-10:].mean() < attack.losses_[:10].mean()
    np.testing.assert_array_equal(np.rint(attack.patch_ * 255) / np.float32(255), attack.patch_)
    for found in attack.attack(blue):
        assert found.class_index == 2
        assert found.succeeded
        changed = (found.change != 0).any(axis=-1)
        assert changed.sum() <= 16  # the patch's pixels, and no others


def test_a_sample_is_the_patch_at_its_place(colours, blue):
    attack = AdversarialPatch(colours, 0, side=4, steps=2).fit(blue)
    (found,) = attack.attack(blue[:1], centres=[(2.5, 3.5)])
    np.testing.assert_array_equal(found.sample[1:5, 2:6], attack.patch_)
    np.testing.assert_allclose(
        colours.logits(found.sample[np.newaxis])[0], found.sample_logits, rtol=1e-5
    )


@pytest.mark.slow
def test_a_seed_reproduces(colours, blue):
    def trained(seed):
        return AdversarialPatch(colours, 0, side=4, steps=3, seed=seed).fit(blue)

    np.testing.assert_array_equal(trained(1).patch_, trained(1).patch_)
    assert (trained(1).patch_ != trained(2).patch_).any()
    first, again, other = (trained(1).attack(blue[:1], seed=seed)[0].sample for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_sample_tells_its_patch_its_place_and_what_the_patch_was_trained_on(colours, blue):
    attack = AdversarialPatch(colours, 0, side=4, steps=2).fit(blue[:2])
    placed, random = (
        attack.attack(blue[5:], centres=centres, seed=3)[0] for centres in ([(2.5, 3.5)], None)
    )
    digests = [read_image(image).digest for image in blue[:2]]
    for found, centre, seed in ((placed, [2.5, 3.5], None), (random, None, 3)):
        options = found.provenance.options
        np.testing.assert_array_equal(found.patch, attack.patch_)
        assert options["trained_on"] == digests
        assert options["place_seed"] == seed
        assert centre in (None, options["centre"])
        again = apply_patch(found.image, found.patch, centre=options["centre"])
        np.testing.assert_array_equal(np.rint(again * 255), np.rint(found.sample * 255))


@pytest.mark.parametrize(
    ("target", "call", "message"),
    [
        (2, {}, "which is its answer already"),
        (0, {"classes": [1]}, "Expected a class that the network answers"),
        (0, {"centres": [(0, 4)]}, "its row from 1.5 to 5.5, received 0"),
        (0, {"centres": []}, "Expected one centre an image, received 0"),
    ],
)
def test_what_cannot_be_attacked_is_known_before_training(colours, blue, target, call, message):
    with pytest.raises(InputError, match=message):
        AdversarialPatch(colours, target, side=4).check(blue[:1], **call)
    with pytest.raises(InputError, match="received a side of 9"):
        AdversarialPatch(colours, 0, side=9).check(blue[:1])
    AdversarialPatch(colours, 0, side=4).check(blue[:1], [2], centres=[(4, 4)])


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda net, images: AdversarialPatch(net, 0, side=9).fit(images), "received a side of 9"),
        (lambda net, images: AdversarialPatch(net, 0, side=4).fit([]), "at least one image"),
        (lambda net, images: AdversarialPatch(net, 0, side=4).fit(images[0]), "received one"),
        (lambda net, images: AdversarialPatch(net, 0, side=4).fit("a.jpg"), r"one \(str\)"),
        (lambda net, images: AdversarialPatch(net, 0).attack(images), "call fit"),
        (lambda net, images: AdversarialPatch(net, 7), "7"),
        (lambda net, images: AdversarialPatch(net, 0, sides=7), "Closest: side"),
        (lambda net, images: AdversarialPatch(net, 0, scales=(2, 1)), "Expected scales"),
        (
            lambda net, images: (
                AdversarialPatch(net, 2, side=4, steps=1).fit(images).attack(images)
            ),
            "Expected a target other than the network's answer",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_an_error(colours, blue, attempt, message):
    with pytest.raises(InputError, match=message):
        attempt(colours, blue)
