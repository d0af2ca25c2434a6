"""What is read from the scores of an evaluation."""

import numpy as np
import pytest

from tfvis.evaluation.estimates import estimate_of_mean
from tfvis.evaluation.evaluations import CaseScores, EvaluatedCase, Evaluation, MetricFacts
from tfvis.utils.errors import InputError

CASES = tuple(
    EvaluatedCase(f"{picture}: {c}", picture, "image", c, str(c))
    for picture in ("a", "b", "c")
    for c in (0, 1)
)
NAN = np.nan


def scores(**values):
    return CaseScores({k: np.asarray(v, float) for k, v in values.items()}, (None,) * 6)


@pytest.fixture
def found():
    rising = np.arange(6)[:, np.newaxis] * [0.1, 0.2, 0.0]
    return Evaluation(
        CASES,
        {
            "good": scores(hit=[1, 1, 1, 0, 1, 1], loss=[0, 0, 1, 1, 0, 0], keep=rising,
                           drop=0.6 - 0.5 * rising, groups=[1, NAN, 2, 3, NAN, NAN]),
            "bad": scores(hit=[0, 0, 1, 0, 0, 0], loss=[5, 5, 5, 5, 5, 4], keep=0 * rising,
                          drop=rising, groups=[NAN] * 6),
        },
        {
            "hit": MetricFacts("Hits.", chance=0.5),
            "loss": MetricFacts("Loses.", more_is_better=False),
            "keep": MetricFacts(thresholds=(0.1, 0.2, 0.3), family="parts"),
            "drop": MetricFacts(thresholds=(0.1, 0.2, 0.3), family="parts"),
            "groups": MetricFacts("Of groups."),
        },
        seed=3,
    )  # fmt: skip


def test_the_mean_is_over_images_and_these_are_resampled(found):
    expected = estimate_of_mean([1, 0.5, 1], seed=3)
    assert found.estimate("good", "hit") == expected
    assert found.difference("good", "bad", "hit") == estimate_of_mean([1, 0, 1], seed=3)


def test_cases_without_a_score_do_not_count(found):
    assert found.estimate("good", "groups").mean == pytest.approx((1 + 2.5) / 2)
    assert not found.has("bad", "groups")
    assert set(found.estimates["groups"]) == {"good"}
    with pytest.raises(InputError, match="had something to score"):
        found.estimate("bad", "groups")


def test_the_best_comes_first_whichever_way_is_better(found):
    assert found.ranked("hit") == found.ranked("loss") == ("good", "bad")
    assert found.ranked("groups") == ("good",)


def test_equal_means_share_the_better_place():
    same = {
        name: scores(metric=[1, 1, 1, 1, 1, own]) for name, own in (("a", 0), ("b", 1), ("c", 1))
    }
    found = Evaluation(CASES, same, {"metric": MetricFacts()}, seed=0)
    assert found.ranked("metric") == ("b", "c", "a")
    assert found.places("metric") == {"b": 1, "c": 1, "a": 3}


def test_metrics_of_a_family_share_the_threshold_with_their_best_mean(found):
    """keep is best at 0.2, drop at 0.3; both together at 0.2: 0.5 + 0.35 of 0.725, 0.85, 0.6."""
    assert found.threshold("good", "keep") == found.threshold("good", "drop") == 0.2
    # Of the bad one only drop changes, and its largest mean is at 0.2.
    assert found.threshold("bad", "keep") == 0.2
    np.testing.assert_allclose(found.values("bad", "drop"), 0.2 * np.arange(6))
    assert found.threshold("good", "hit") is None


def test_rows_are_the_scores_that_there_are(found):
    rows = list(found.rows())
    assert len(rows) == 5 * 6 * 2 - 3 - 6
    explainer, metric, case, value, threshold = rows[0]
    assert (explainer, metric, case.key, value, threshold) == ("good", "hit", "a: 0", 1.0, None)


def test_the_table_has_a_row_a_score(found):
    table = found.to_dataframe()
    assert len(table) == len(list(found.rows()))
    means = table[table.metric == "hit"].groupby("explainer").value.mean()
    assert means.to_dict() == {"bad": pytest.approx(1 / 6), "good": pytest.approx(5 / 6)}


def test_it_is_shown_as_a_chart(found):
    sheet = found.sheet()
    assert sheet.ndim == 3 and 0 <= sheet.min() < sheet.max() <= 1
    assert "6 cases" in repr(found) and "good" in repr(found)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda found: found.estimate("god", "hit"), "Unknown explainer 'god'. Closest: good"),
        (lambda found: found.estimate("good", "hits"), "Unknown metric 'hits'. Closest: hit"),
        (lambda found: Evaluation((), found.scores, found.facts, 0), "at least one"),
        (lambda found: Evaluation(CASES, found.scores, found.facts, -1), "seed"),
    ],
)
def test_what_is_not_there_is_an_error(found, call, message):
    with pytest.raises(InputError, match=message):
        call(found)


def own(values, **facts):
    """An evaluation of one explainer, by one metric."""
    return Evaluation(
        CASES, {"one": scores(metric=values)}, {"metric": MetricFacts(**facts)}, seed=0
    )


def test_where_less_is_better_the_threshold_with_the_smallest_mean_counts():
    found = own(np.full((6, 2), [0.9, 0.1]), more_is_better=False, thresholds=(1.0, 2.0))
    assert found.threshold("one", "metric") == 2.0
    assert found.estimate("one", "metric").mean == pytest.approx(0.1)


def test_a_threshold_without_any_score_is_not_the_best():
    found = own(np.full((6, 3), [NAN, 0.1, 0.4]), thresholds=(1.0, 2.0, 3.0))
    assert found.threshold("one", "metric") == 3.0
    assert found.count("one", "metric") == 6


def test_values_must_fit_the_cases_and_the_thresholds():
    with pytest.raises(InputError, match=r"of shape \(6, 2\), received \(6,\)"):
        own(np.zeros(6), thresholds=(1.0, 2.0))
    with pytest.raises(InputError, match="received None"):
        Evaluation(CASES, {"one": scores()}, {"metric": MetricFacts()}, seed=0)
    short = CaseScores({"metric": np.zeros(6)}, (None,), 0.0)
    with pytest.raises(InputError, match="each of 6 cases by 'one', received 1"):
        Evaluation(CASES, {"one": short}, {"metric": MetricFacts()}, seed=0)


@pytest.mark.parametrize("ask", ["ranked", "threshold", "values", "has", "count"])
def test_an_unknown_metric_is_an_error_wherever_it_is_named(found, ask):
    arguments = ("hits",) if ask == "ranked" else ("good", "hits")
    with pytest.raises(InputError, match="Unknown metric 'hits'. Closest: hit"):
        getattr(found, ask)(*arguments)
