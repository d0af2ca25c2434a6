"""Scores of scenes: their means and intervals, and when two results are equal."""

from dataclasses import replace

import numpy as np
import pytest

from tfvis.evaluation.map_metrics import THRESHOLDS
from tfvis.evaluation.scene_results import SceneLocalisation, Scores
from tfvis.utils.errors import InputError


@pytest.fixture
def result():
    def make(value=0.5, **changes):
        values = {"pointing": np.array([[1, value]]), "iou": np.full((1, 2, 3), np.nan)}
        scores = Scores(values, {"iou": np.array([0.1, 0.2, 0.3])}, ((None, "It diverged."),))
        given = {"scores": {"mine": scores}, "nothing_selected": 1, "seed": 2}
        return SceneLocalisation(**given | changes)

    return make


def test_results_are_equal_if_all_is(result):
    assert result() == result()
    assert result() != result(0.25)
    assert result() != result(seed=3)
    scores = replace(result().scores["mine"], problems=((None, None),))
    assert result() != result(scores={"mine": scores})
    assert result() != "something else"


def test_a_result_cannot_be_hashed_since_it_holds_arrays(result):
    with pytest.raises(TypeError, match="unhashable"):
        hash(result())


def localisation(values, seed=0):
    """Of one method whose pointing is `values`, and of one that always misses."""
    values = np.asarray(values, float)
    cuts = np.zeros((*values.shape, len(THRESHOLDS)))
    found = {"pointing": values, "energy_ratio": np.ones_like(values),
             "right_over_other": np.ones_like(values), "iou": cuts}  # fmt: skip
    hit = Scores(found, {"iou": THRESHOLDS})
    miss = replace(hit, values={**found, "pointing": np.zeros_like(values)})
    return SceneLocalisation({"hit": hit, "miss": miss}, 0, seed)


def test_the_interval_is_that_of_normal_theory():
    values = np.random.default_rng(0).standard_normal((400, 2))
    found = localisation(values).estimate("hit", "pointing")
    scenes = values.mean(axis=1)
    half = 1.96 * scenes.std() / np.sqrt(400)
    assert found.mean == pytest.approx(scenes.mean())
    assert found.low == pytest.approx(scenes.mean() - half, abs=0.05 * half)
    assert found.high == pytest.approx(scenes.mean() + half, abs=0.05 * half)
    narrow = localisation(values).estimate("hit", "pointing", confidence=0.5)
    assert found.low < narrow.low < found.mean < narrow.high < found.high


def test_scenes_are_resampled_not_objects():
    # One object of each scene is found, never both: scenes do not differ.
    values = np.eye(2)[np.random.default_rng(0).integers(2, size=50)]
    found = localisation(values).estimate("hit", "pointing")
    assert (found.mean, found.low, found.high) == (0.5, 0.5, 0.5)


def test_a_difference_is_taken_scene_by_scene():
    values = np.random.default_rng(0).random((30, 2))
    found = localisation(values)
    assert found.difference("hit", "miss", "pointing") == found.estimate("hit", "pointing")
    same = found.difference("hit", "miss", "energy_ratio")
    assert (same.mean, same.low, same.high) == (0, 0, 0)


def test_the_seed_decides_the_interval():
    values = np.random.default_rng(0).random((30, 2))
    one, again, other = (
        localisation(values, seed).estimate("hit", "pointing") for seed in (1, 1, 2)
    )
    assert one == again != other


def test_one_scene_has_no_interval():
    found = localisation(np.ones((1, 2))).estimate("hit", "pointing")
    assert found.mean == 1
    assert np.isnan([found.low, found.high]).all()


def test_one_threshold_serves_all_scenes():
    cuts = np.zeros((3, 2, len(THRESHOLDS)))
    cuts[:, :, 4] = 0.5
    cuts[0, 0, 7] = 1.0
    before = localisation(np.ones((3, 2))).scores["hit"]
    scores = replace(before, values={**before.values, "iou": cuts})
    assert scores.threshold() == 0.25
    assert (scores["iou"] == 0.5).all()


def test_the_bounds_are_those_of_plain_resampling():
    """The bootstrap again, slowly: a percentile's own error at 9999 samples is far below 2 %."""
    values = np.random.default_rng(0).random((40, 2))
    scenes = values.mean(axis=1)
    rng = np.random.default_rng(7)
    means = [rng.choice(scenes, len(scenes)).mean() for _ in range(20_000)]
    found = localisation(values).estimate("hit", "pointing", confidence=0.9)
    low, high = np.quantile(means, [0.05, 0.95])
    assert found.low == pytest.approx(low, abs=0.03 * (high - low))
    assert found.high == pytest.approx(high, abs=0.03 * (high - low))


def test_estimates_that_cannot_be_had():
    found = localisation(np.ones((2, 2)))
    with pytest.raises(InputError, match="Unknown method 'hits'. Closest: hit"):
        found.estimate("hits", "pointing")
    with pytest.raises(InputError, match="Unknown metric 'IOU'. Closest: iou"):
        found.estimate("hit", "IOU")
    with pytest.raises(InputError, match="Unknown metric 'energy'. Closest: energy_ratio"):
        found.estimate("hit", "energy")
    with pytest.raises(InputError, match="Expected confidence between 0 and 1, received 95"):
        found.estimate("hit", "pointing", confidence=95)


def test_only_a_metric_with_thresholds_has_a_best_one():
    scores = localisation(np.ones((2, 2))).scores["hit"]
    for metric in ("pointing", "iuo"):
        with pytest.raises(InputError, match=f"Unknown metric with thresholds '{metric}'.*iou"):
            scores.threshold(metric)


def test_a_result_names_its_methods_and_scenes_in_a_line():
    shown = "SceneLocalisation(3 scenes, methods=['hit', 'miss'], nothing_selected=0, seed=5)"
    assert repr(localisation(np.ones((3, 2)), seed=5)) == shown


def test_a_table_has_a_row_a_score_and_means_are_the_estimates(result):
    values = {"pointing": np.array([[1.0, 0.5], [0.0, 1.0]]),
              "iou": np.array([[[0.1, 0.3], [0.2, 0.4]], [[0.0, 0.2], [0.1, 0.1]]])}  # fmt: skip
    problems = ((None, "It diverged."), (None, None))
    scores = Scores(values, {"iou": np.array([0.25, 0.5])}, problems)
    found = result(scores={"mine": scores, "other": replace(scores, problems=())})
    rows = found.to_dataframe()
    assert len(rows) == 2 * 2 * 2 * 2  # methods, metrics, scenes, objects
    means = rows.groupby(["metric", "method"]).score.mean()
    for metric, own in found.estimates.items():
        for method, estimate in own.items():
            assert estimate == found.estimate(method, metric)
            assert means[metric, method] == pytest.approx(estimate.mean)
    assert set(rows[rows.metric == "iou"].threshold) == {0.5}
    assert rows[rows.metric == "pointing"].threshold.isna().all()
    told = rows[rows.problem.notna()]
    assert told[["method", "scene", "object"]].drop_duplicates().values.tolist() == [["mine", 0, 1]]
