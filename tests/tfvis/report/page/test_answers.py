"""What a network answers, as bars."""

import numpy as np
import pytest

from tfvis.report.page.answers import answer_bars, answers_on_one_scale, named_answers
from tfvis.utils.answers import Answer

CAT, DOG, OWL = (
    Answer(0, "cat", 3.0, 0.7), Answer(1, "dog", 1.5, 0.2), Answer(2, "owl", -1.0, float("nan")),
)  # fmt: skip


def test_a_bar_is_as_long_as_its_logit():
    found = answer_bars((CAT, DOG, OWL), 1, other=2)
    assert [(bar.label, bar.kind, bar.detail) for bar in found] == [
        ("cat", "rest", "70.0 %"), ("dog", "for", "20.0 %"), ("owl", "against", ""),
    ]  # fmt: skip
    # From -1 to 3: 0 is at a quarter.
    assert [(bar.start, bar.end) for bar in found] == [(25, 100), (25, 62.5), (0, 25)]


def test_the_answers_for_several_images_share_one_scale():
    first, second, none = answers_on_one_scale([(CAT,), (DOG,), ()], None)
    assert [(bar.start, bar.end) for bar in (*first, *second)] == [(0, 100), (0, 50)]
    assert none == ()
    assert {bar.kind for bar in (*first, *second)} == {"rest"}


def test_classes_that_have_names_are_answers_the_largest_logit_first():
    logits = np.log([1.0, 4.0, 3.0, 2.0])
    found = named_answers(logits, {0: "ant", 2: "cat", 7: "none", -1: "none"})
    assert [own.label for own in found] == ["cat", "ant"]
    assert [own.probability for own in found] == pytest.approx([0.3, 0.1])
    assert [own.logit for own in found] == pytest.approx(np.log([3.0, 1.0]))


def test_logits_that_are_not_finite_are_no_error():
    found = named_answers(np.array([np.nan, np.inf, 0.0]), {0: "a", 1: "b", 2: "c"})
    assert [own.label for own in found] == ["b", "a", "c"]
    assert all(np.isnan(own.probability) for own in found)
