"""What a line of a journal may hold: anything else is as good as not finished."""

from dataclasses import replace

import numpy as np
import pytest
from small_evaluations import small_evaluation

from tfvis.evaluation.box_results import FinishedBatch
from tfvis.evaluation.evaluations import CaseScores, FinishedCases
from tfvis.report.journal_entries import count_of, is_whole
from tfvis.report.values import packed, unpacked


@pytest.fixture
def cases():
    found = small_evaluation(None)
    return FinishedCases("0-5", found.cases, found.scores)


def test_what_is_kept_is_whole_when_it_is_read_again(cases):
    again = unpacked(*packed(cases))
    assert is_whole(again, FinishedCases)
    assert count_of(again) == 6
    assert again.cases == cases.cases


def test_another_kind_is_none(cases):
    assert not is_whole(cases, FinishedBatch)
    assert not is_whole(None, FinishedCases)
    assert not is_whole({"key": "0-5"}, FinishedCases)


@pytest.mark.parametrize(
    "damage",
    [
        lambda own: replace(own, key=5),
        lambda own: replace(own, cases=own.cases[:-1]),
        lambda own: replace(own, cases=list(own.cases)),
        lambda own: replace(own, cases=(*own.cases[:-1], "a")),
        lambda own: replace(own, scores={}),
        lambda own: replace(own, scores={"a": None}),
        lambda own: replace(own, scores={"a": CaseScores({}, (None,), 0.0)}),
        lambda own: replace(own, scores={"a": CaseScores({}, (1,) * 6, 0.0)}),
        lambda own: replace(own, scores={"a": CaseScores({"m": np.zeros(5)}, (None,) * 6, 0.0)}),
        lambda own: replace(own, scores={"a": CaseScores({"m": "x"}, (None,) * 6, 0.0)}),
        lambda own: replace(
            own, scores={"a": CaseScores({"m": np.zeros((6, 1, 1))}, (None,) * 6, 0.0)}
        ),
    ],
)
def test_what_is_damaged_is_not_taken_over(cases, damage):
    assert not is_whole(damage(cases), FinishedCases)
