"""Step 2 may average the class's score over copies with noise."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.guided_inversion import GuidedFeatureInversion
from tfvis.explainers.guided_inversion.noise import mean_of_copies, with_noise
from tfvis.utils.errors import InputError


@pytest.fixture
def images():
    return tf.constant(np.random.default_rng(0).random((2, 3, 4, 3), np.float32))


def test_one_copy_is_the_image_itself(images):
    assert with_noise(images, 1, 0.5) is images
    scores = tf.constant([1.0, 2.0])
    assert mean_of_copies(scores, 1) is scores


@pytest.mark.parametrize("copies", [2, 3, 4, 5])
def test_copies_come_in_pairs_whose_noise_cancels(images, copies):
    many = with_noise(images, copies, 0.5).numpy().reshape(2, copies, 3, 4, 3)
    np.testing.assert_allclose(many.mean(axis=1), images, atol=1e-6)
    noise = many - images.numpy()[:, np.newaxis]
    np.testing.assert_allclose(noise[:, 0], -noise[:, 1], atol=1e-6)
    # All images have the same noise, so a batch is its images one by one.
    np.testing.assert_allclose(noise[0], noise[1], atol=1e-6)
    assert not noise[0, 2 * (copies // 2) :].any()


def test_the_noise_has_the_deviation_that_is_asked_for():
    noise = with_noise(tf.zeros([1, 32, 32, 3]), 4, 0.25).numpy()
    assert noise[::2].std() == pytest.approx(0.25, rel=0.05)


def test_the_mean_is_each_images_own():
    found = mean_of_copies(tf.constant([1.0, 2.0, 6.0, 0.0, 3.0, 0.0]), 3)
    assert found.numpy().tolist() == [3.0, 1.0]


def test_the_slope_of_a_mean_is_the_mean_of_slopes(images):
    """Of Σ x³ over copies x ± n the slope is 3 (x² + mean n²)."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        cubes = tf.reduce_sum(with_noise(images, 4, 0.5) ** 3, axis=[1, 2, 3])
        score = mean_of_copies(cubes, 4)
    noise = (with_noise(images, 4, 0.5) - tf.repeat(images, 4, axis=0)).numpy()
    expected = 3 * (images.numpy() ** 2 + (noise[:4] ** 2).mean(axis=0))
    np.testing.assert_allclose(tape.gradient(score, images), expected, rtol=1e-4)


@pytest.mark.slow
def test_without_a_deviation_copies_change_nothing(net, batch):
    """Several copies of the same images have the mean of one."""
    one, other = (
        GuidedFeatureInversion(net, "base", "deep", noise_deviation=0.0, **copies).discriminate(
            batch, [1, 3]
        )
        for copies in ({}, {"noise_copies": 3})
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a.losses[:5], b.losses[:5], rtol=1e-5)


@pytest.mark.slow
def test_the_first_loss_is_the_mean_over_copies(net, batch):
    inversion = GuidedFeatureInversion(
        net, "base", "deep", preset="reimplementation", noise_copies=4, noise_deviation=0.2
    )
    saliency = inversion.saliency(batch)
    found = inversion.discriminate(batch, [1, 3], start=saliency)
    for before, after in zip(saliency, found, strict=True):
        c = after.class_index
        kept, hidden = (
            net.classifier()(with_noise(tf.constant(shown[np.newaxis]), 4, 0.2))
            .numpy()[:, c]
            .mean()
            for shown in (before.mixture, before.complement)
        )
        penalty = before.weights.sum()
        assert after.losses[0] == pytest.approx(hidden - kept + penalty, rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise_copies": 0}, "Expected noise_copies to be a whole number >= 1, received 0"),
        ({"noise_deviation": -1.0}, "Expected noise_deviation to be at least 0, received -1.0"),
        ({"noise_deviation": "a"}, "Expected noise_deviation to be a number, received 'a'"),
    ],
)
def test_noise_that_cannot_be_used(net, changes, message):
    with pytest.raises(InputError, match=message):
        GuidedFeatureInversion(net, "base", "deep", **changes)
