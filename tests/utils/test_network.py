"""What every network does with the images that it is given."""

import logging

import numpy as np
import pytest

from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels
from tfvis.utils.network import require_images


@pytest.fixture
def net(closed_form, mix):
    """It was trained on 8 x 8 pixels, and takes any size."""
    return closed_form(mix, lambda activations: activations[:, 0, 0, :2], 2)


def images(height, width, n=1):
    return np.zeros((n, height, width, 3), np.float32)


def warnings(caplog):
    """Not TensorFlow's own."""
    found = [record for record in caplog.records if record.name == "tfvis.utils.network"]
    assert {record.levelno for record in found} <= {logging.WARNING}
    return [record.getMessage() for record in found]


@pytest.mark.parametrize(
    "use",
    [
        lambda net: net.activations(images(6, 12), "features"),
        lambda net: net.logits(images(6, 12, n=3), batch_size=1),
        lambda net: net.top(images(6, 12)[0], 1),
        lambda net: net.require_images(images(6, 12)),
    ],
)
def test_images_of_another_size_are_named_with_the_size_that_was_expected(net, caplog, use):
    use(net)
    (said,) = warnings(caplog)
    assert said.startswith(
        "closed form was trained on images of 8 x 8 pixels (height x width), received 6 x 12: "
    )


def test_each_size_is_warned_of_once_also_by_copies_of_the_network(net, caplog):
    for size in ((6, 12), (12, 6), (6, 12)):
        net.logits(images(*size))
        net.with_labels(Labels.numbered(2)).activations(images(*size), "features")
    assert len(warnings(caplog)) == 2


def test_another_network_warns_of_its_own(closed_form, mix, caplog):
    for _ in range(2):
        net = closed_form(mix, lambda activations: activations[:, 0, 0, :2], 2)
        net.logits(images(6, 12))
    assert len(warnings(caplog)) == 2


def test_images_of_the_right_size_and_activations_of_any_need_no_warning(net, caplog):
    net.top(images(8, 8)[0], 1)
    net.input_size = [8, 8]
    net.logits(images(8, 8))
    net.logits_from("features", np.zeros((1, 3, 5, 6)))
    assert not warnings(caplog)


def test_what_is_refused_is_not_warned_of(net, caplog):
    with pytest.raises(InputError, match=r"values in \[0, 1\]"):
        net.logits(images(6, 12) + 2)
    assert not warnings(caplog)
    assert require_images(images(6, 12)).shape == (1, 6, 12, 3)  # of no network


# What is compiled


def built(net, key):
    """Stands for what is compiled."""
    return [key]


def test_what_was_used_last_is_kept(net):
    first, second = (net.compiled(built, key, most=2) for key in "ab")
    assert net.compiled(built, "a", most=2) is first
    net.compiled(built, "c", most=2)
    assert net.compiled(built, "a", most=2) is first
    assert net.compiled(built, "b", most=2) is not second


def test_what_was_compiled_is_forgotten_when_the_weights_change(net, monkeypatch):
    changes = iter([False, False, True, False])
    monkeypatch.setattr(net, "_weights_changed", lambda: next(changes))
    before = net.compiled(built, "a")
    assert net.compiled(built, "a") is before
    after = net.compiled(built, "a")
    assert after is not before
    assert net.compiled(built, "a") is after
