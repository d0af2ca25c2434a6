"""Icons that have had too few steps are told of."""

import logging

import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.utils.icon_options import IconOptions


@pytest.fixture
def net(closed_form, mix):
    """A class that every colour speaks for, and one that every colour speaks against."""
    weights = np.float32([[1, -1]] * 6)
    return closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 2)


class OneGroup:
    """All channels in one group."""

    def fit_predict(self, X):
        return np.zeros(X.shape[1], int)


def warnings_of(net, brightness, steps, class_index, sign, caplog):
    """Icons begin grey, and grow brighter: what an image of some brightness does to its groups."""
    image = np.full((8, 8, 3), brightness, np.float32)
    icons = IconOptions(steps=steps, size=16, transforms="none")
    explainer = FeatureGroupExplainer(
        net, icons=icons, layer="features", sign=sign, grouping=OneGroup(), attribution_steps=2
    )
    with caplog.at_level(logging.WARNING):
        (found,) = explainer.explain([image], [class_index])
    assert len(found.groups) == 1
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("class_index", "sign", "side"), [(0, "pos", "for"), (1, "neg", "against")]
)
def test_icons_that_excite_their_group_less_than_the_image_does_are_told_of(
    net, class_index, sign, side, caplog
):
    assert warnings_of(net, 0.9, 1, class_index, sign, caplog) == [
        f"The icon 0 of 'groups of features {side} class {class_index}' has hardly developed in 1 "
        "step: give more icon_steps."
    ]


def test_icons_that_excite_it_more_are_not(net, caplog):
    assert warnings_of(net, 0.9, 100, 0, "pos", caplog) == []
    assert warnings_of(net, 0.2, 1, 0, "pos", caplog) == []


def test_an_icon_that_stayed_noise_is_told_of_once(closed_form, mix, caplog):
    """Its channels are silent on grey, and it can never move."""
    silent = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ np.ones((6, 1), np.float32), 1)
    head = silent.head
    silent.head = lambda *layers: (
        lambda images: tuple(
            tf.nn.relu(10 * a - 100) + 0 * a for a in head(*layers)(100 * images - 90)
        )
    )
    (told,) = warnings_of(silent, 1.0, 2, 0, "pos", caplog)
    assert "stayed noise: the gradient was zero at each of 2 steps." in told
