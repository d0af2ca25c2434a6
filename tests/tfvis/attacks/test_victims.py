"""What can be attacked, and what is said of what cannot."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tfvis.attacks import AdversarialPatch, fgsm, pgd
from tfvis.attacks.victims import TargetAnsweredError, Victims, WrongAnswerError
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import read_image

BLACK, WHITE = (np.full((8, 8, 3), value, np.float32) for value in (0, 1))


@pytest.fixture
def colours(closed_form):
    """The class is the colour of which most is in the image."""
    return closed_form(np.eye(3), lambda a: 20 * tf.reduce_mean(a, [1, 2]), 3)


@pytest.fixture
def broken(closed_form):
    """Logits of which one is `value` for images that are not black."""

    def make(value):
        def tail(a):
            means = tf.reduce_mean(a, [1, 2])
            wrong = tf.where(means[:, :1] > 0, value, 0.0)
            return tf.constant([1.0, 0.0, 0.0]) + tf.concat([means[:, 1:], wrong], axis=1)

        return closed_form(np.eye(3), tail, 3)

    return make


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("attack", [fgsm, pgd])
def test_logits_that_are_not_finite_name_the_image(broken, attack, value):
    net, photo = broken(value), replace(read_image(WHITE), name="photo")
    with pytest.raises(InputError, match=f"finite logits, received {value}.* for 'photo'"):
        attack(net, [BLACK, photo])
    with pytest.raises(InputError, match="for image 1"):
        attack(net, [BLACK, WHITE])


def test_changes_whose_logits_are_not_finite_are_no_result(broken, colours):
    """All but black is NaN to this network."""
    net = broken(np.nan)
    with pytest.raises(InputError, match="received nan .* for a change of image 0"):
        pgd(net, [BLACK], epsilon=8, steps=3)
    attack = AdversarialPatch(colours, 1, side=4, steps=1).fit([BLACK])
    attack.net = net
    with pytest.raises(InputError, match="received nan .* for a change of image 0"):
        attack.attack([BLACK])


@pytest.mark.parametrize("target", [np.int64(2), 2, "class 2"])
def test_one_target_stands_for_all_images(colours, target):
    red = np.float32([[[0.6, 0.3, 0.3]]]) * WHITE
    assert [found.target for found in fgsm(colours, [red, red], targets=target)] == [2, 2]


@pytest.mark.parametrize("call", [{"targets": 2.5}, {"classes": 2.5}, {"classes": np.int64(2)}])
def test_what_is_no_list_of_classes_is_an_error(colours, call):
    with pytest.raises(InputError, match="Expected a list with one"):
        fgsm(colours, [WHITE], **call)


def test_wrong_answers_are_told_from_other_errors(colours):
    red = np.float32([[[0.6, 0.3, 0.3]]]) * WHITE
    with pytest.raises(TargetAnsweredError, match="which is its answer already"):
        Victims.of(colours, [red], None, 0)
    with pytest.raises(WrongAnswerError, match="Expected a class that the network answers"):
        Victims.of(colours, [red], [1], None)
    with pytest.raises(InputError) as error:
        Victims.of(colours, [red], [7], None)
    assert not isinstance(error.value, WrongAnswerError)
