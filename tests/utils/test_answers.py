"""The network's answers for an image."""

import numpy as np
import pytest

from tfvis.utils.answers import answers_of, top_answers
from tfvis.utils.image_sources import read_image

LABELS = ["ant", "bee", "cat", "dog"]


def test_the_largest_logits_come_first():
    found = top_answers(np.array([0.0, 3.0, 1.0, 2.0]), LABELS, n=3)
    assert [answer.label for answer in found] == ["bee", "dog", "cat"]
    assert [answer.logit for answer in found] == [3.0, 2.0, 1.0]


def test_probabilities_are_shares_of_all_classes():
    found = top_answers(np.log([1.0, 2.0, 3.0, 4.0]), LABELS, n=2)
    assert [answer.probability for answer in found] == pytest.approx([0.4, 0.3])


def test_logits_of_any_size_have_probabilities():
    (found,) = top_answers(np.array([1e4, -1e4]), LABELS, n=1)
    assert found.probability == 1.0


def test_a_class_that_was_asked_for_is_given_once():
    found = top_answers(np.array([0.0, 3.0, 1.0, 2.0]), LABELS, n=2, also=[0, 3, 0])
    assert [answer.class_index for answer in found] == [1, 3, 0]


def test_of_a_network(closed_form, mix, image):
    net = closed_form(mix, lambda a: a[:, 0, 0, :2], n_classes=2)
    logits = net.logits_of(read_image(image, net.input_size))
    best = int(np.argmax(logits))
    found = answers_of(net, "features", read_image(image, net.input_size), 1 - best, None)
    assert [answer.class_index for answer in found] == [best, 1 - best]
    assert [answer.logit for answer in found] == pytest.approx(sorted(logits, reverse=True))
