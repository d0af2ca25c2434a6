"""Logits with channels taken out, against the tail's own formula."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.utils.channel_sets import logits_with_channels
from tfvis.utils.errors import InputError

WEIGHTS = np.array([[1.0, 2.0], [4.0, -8.0], [16.0, 32.0]], np.float32)


@pytest.fixture
def net(closed_form):
    """Class logits are sums of the channels' means by WEIGHTS."""
    return closed_form(np.eye(3), lambda a: tf.reduce_mean(a, [1, 2]) @ tf.constant(WEIGHTS), 2)


@pytest.fixture
def activations():
    return np.random.default_rng(0).random((4, 4, 3), np.float32)


def test_absent_channels_are_zero(net, activations):
    present = np.array([[1, 1, 1], [0, 0, 0], [1, 0, 1], [0, 1, 0]], bool)
    means = activations.mean(axis=(0, 1), dtype=np.float64)
    found = logits_with_channels(net, "features", activations, present)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, (means * present) @ WEIGHTS, rtol=1e-5)


def test_absent_channels_are_what_was_given(net, activations):
    means = np.array([0.5, 0.25, 2.0])
    found = logits_with_channels(net, "features", activations, np.zeros((1, 3), bool), absent=means)
    np.testing.assert_allclose(found, [means @ WEIGHTS], rtol=1e-6)
    other = np.random.default_rng(1).random((4, 4, 3), np.float32)
    present = np.array([[True, False, False]])
    (mixed,) = logits_with_channels(net, "features", activations, present, absent=other)
    expected = [activations[..., 0].mean(), other[..., 1].mean(), other[..., 2].mean()] @ WEIGHTS
    np.testing.assert_allclose(mixed, expected, rtol=1e-5)


def test_channels_may_be_there_in_part(net, activations):
    present = np.array([[1.0, 0.25, 0.0]])
    absent = np.array([9.0, 2.0, 4.0])
    (found,) = logits_with_channels(net, "features", activations, present, absent=absent)
    means = activations.mean(axis=(0, 1), dtype=np.float64)
    expected = [means[0], 0.25 * means[1] + 0.75 * 2.0, 4.0] @ WEIGHTS
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    both = [
        logits_with_channels(net, "features", activations, np.array([[1, 0, 1]]).astype(dtype))
        for dtype in (bool, float)
    ]
    np.testing.assert_allclose(*both, rtol=1e-6)


def test_batches_change_nothing_and_are_told(net, activations):
    present = np.random.default_rng(2).random((7, 3)) < 0.5
    told = []
    whole = logits_with_channels(net, "features", activations, present)
    parts = logits_with_channels(
        net, "features", activations, present,
        batch_size=3, progress=lambda *step: told.append(step),
    )  # fmt: skip
    np.testing.assert_allclose(parts, whole, rtol=1e-6)
    assert told == [(3, 7), (6, 7), (7, 7)]


def test_where_memory_runs_out_fewer_sets_are_evaluated_at_once(
    net, activations, monkeypatch, caplog
):
    present = np.random.default_rng(2).random((7, 3)) < 0.5
    whole, told, build = (
        logits_with_channels(net, "features", activations, present),
        [],
        net.compiled,
    )

    def scarce(*key):
        def run(*given):
            if len(given[-1]) > 2:
                raise MemoryError
            return build(*key)(*given)

        return run

    monkeypatch.setattr(net, "compiled", scarce)
    found = logits_with_channels(
        net, "features", activations, present,
        batch_size=5, progress=lambda *step: told.append(step),
    )  # fmt: skip
    np.testing.assert_allclose(found, whole, rtol=1e-6)
    assert told == [(2, 7), (4, 7), (6, 7), (7, 7)]
    (message,) = caplog.messages
    assert "not enough memory for 5 sets of channels at once: going on with 2" in message


def test_a_few_sets_that_are_too_many_are_not_tried_again_as_they_are(
    net, activations, monkeypatch, caplog
):
    tried = []

    def scarce(*key):
        def run(*given):
            tried.append(len(given[-1]))
            raise MemoryError

        return run

    monkeypatch.setattr(net, "compiled", scarce)
    with pytest.raises(MemoryError):
        logits_with_channels(net, "features", activations, np.ones((4, 3), bool))
    assert tried == [4, 2, 1]
    assert "for 4 sets" in caplog.messages[0]


def test_no_set_no_logits(net, activations):
    found = logits_with_channels(net, "features", activations, np.zeros((0, 3), bool))
    assert found.shape == (0, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activations": np.ones((4, 4, 2))}, r"activations of shape \(h, w, 3\), received"),
        ({"present": np.full((1, 3), 1.5)}, "there from 0 to 1"),
        ({"present": np.full((1, 3), np.nan)}, "there from 0 to 1"),
        ({"present": np.ones((1, 2), bool)}, r"of shape \(n, 3\), received \(1, 2\)"),
        ({"present": np.ones(3)}, r"of shape \(n, 3\), received \(3,\)"),
        ({"absent": np.ones(4)}, r"absent of shape \(3,\) or \(4, 4, 3\), received \(4,\)"),
        ({"absent": np.full(3, np.nan)}, "finite logits"),
        ({"layer": "feature"}, "features"),
    ],
)
def test_what_does_not_fit_is_an_error(net, activations, change, message):
    given = {
        "layer": "features", "activations": activations, "present": np.zeros((1, 3), bool),
        **change,
    }  # fmt: skip
    with pytest.raises(InputError, match=message):
        logits_with_channels(net, **given)
