"""Images whose mask and loss have settled stay as they are; the others go on as if alone."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.guided_inversion.minimize import minimize

FAR = np.array([[0.3, 0.2, 0.0], [2.0, 1.0, 1.5], [0.1, 0.1, 0.1], [1.0, 0.5, 0.5]], np.float32)
"""The minima: some are nearer to the first weights, 0, than others."""
MOST, RATE, PATIENCE, TOLERANCE = 120, 0.1, 5, 0.02


def descend(counted=None, **options):
    def loss_of(weights, places):
        if counted is not None:
            counted(tf.shape(weights)[0])
        loss = 1 + tf.reduce_sum((weights - tf.gather(FAR, range(4) if places is None else places))
                                 ** 2, axis=1)  # fmt: skip
        return loss, loss

    @tf.function
    def run():
        rates = np.full(MOST, RATE, np.float32)
        return minimize(loss_of, tf.zeros(FAR.shape), rates=rates, patience=PATIENCE, **options)

    return [part.numpy() for part in run()]


def slowly(target):
    """Weights and losses before each update and after the last, of one image, all updates made."""
    weights, first, second, trace = np.zeros(3), np.zeros(3), np.zeros(3), []
    for t in range(1, MOST + 2):
        trace.append((weights, 1 + ((weights - target) ** 2).sum()))
        slope = 2 * (weights - target)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        step = first / (1 - 0.9**t) / (np.sqrt(second / (1 - 0.999**t)) + 1e-8)
        weights = np.maximum(weights - RATE * step, 0)
    return [np.array(part) for part in zip(*trace, strict=True)]


def settled_after(weights, losses):
    """The updates after which neither the mask, here the weights, nor the loss changes much."""
    for then, now in itertools.pairwise(range(PATIENCE - 1, MOST, PATIENCE)):
        both = weights[[then, now]]
        alike = both.min(axis=0).sum() >= (1 - TOLERANCE) * both.max(axis=0).sum()
        if alike and abs(losses[now] - losses[then]) <= TOLERANCE * np.ptp(losses[: now + 1]):
            return now + 1
    return MOST


@pytest.mark.parametrize("keep", ["last", "best"])
def test_what_settles_is_what_all_updates_had_given_by_then(keep):
    weights, losses, updates = descend(tolerance=TOLERANCE, keep=keep)
    assert len(set(updates)) > 1  # they settle one after the other
    for k, count in enumerate(updates):
        trace, before = slowly(FAR[k])
        assert count == settled_after(trace, before) < MOST
        chosen = count if keep == "last" else before[: count + 1].argmin()
        np.testing.assert_allclose(weights[k], trace[chosen], atol=1e-4)
        np.testing.assert_allclose(losses[: count + 1, k], before[: count + 1], rtol=1e-4)
        np.testing.assert_array_equal(losses[count:, k], losses[count, k])


def test_a_tolerance_of_zero_makes_all_updates():
    weights, losses, updates = descend(tolerance=0.0)
    assert updates.tolist() == [MOST] * 4
    assert losses.shape == (MOST + 1, 4)
    np.testing.assert_allclose(weights[1], slowly(FAR[1])[0][-1], atol=1e-4)


def test_images_that_have_settled_are_not_looked_at_again():
    sizes = []

    def counted(size):
        tf.numpy_function(lambda n: sizes.append(int(n)), [size], [], stateful=True)

    _, _, updates = descend(counted, tolerance=TOLERANCE)
    going = [int((updates > step).sum()) for step in range(updates.max())]
    assert sizes == [*going, 4]  # once more for all at the end


def test_a_mask_of_zeros_is_settled():
    """It is as far from itself as any other, 0 of 0."""

    @tf.function
    def run():
        return minimize(
            lambda weights, places: (1 + tf.reduce_sum(weights, axis=1),) * 2,
            tf.zeros([1, 3]), rates=np.full(MOST, RATE), patience=PATIENCE, tolerance=TOLERANCE,
        )  # fmt: skip

    assert run()[2].numpy().tolist() == [2 * PATIENCE]
