"""The page of scores on scenes says what the result says."""

from dataclasses import replace

import numpy as np
import pytest
from html_pages import HOSTILE, captioned, data_of, parsed, require_self_contained, require_text
from scipy import stats

from tfvis.report.page import page_of

THRESHOLDS = np.array([0.25, 0.5])  # of the fixture `scored`


def numbers(own, metric):
    """The scenes' scores, the threshold, and the mean and its interval, computed again."""
    values, threshold = own.values[metric], None
    if values.ndim == 3:
        k = values.mean(axis=(0, 1)).argmax()
        values, threshold = values[..., k], THRESHOLDS[k]
    scenes = values.mean(axis=1)
    interval = stats.bootstrap(
        (scenes,), np.mean, n_resamples=9999, batch=1000, method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval  # fmt: skip
    return scenes.mean(), interval.low, interval.high, threshold


def test_each_metric_has_the_means_with_their_intervals_the_best_first(scored):
    found = scored()
    page = require_self_contained(page_of(found))
    for metric in ("pointing", "iou"):
        rows = captioned(page, metric).all("tr", data_value=...)
        expected = sorted((numbers(own, metric)[:3] for own in found.scores.values()), reverse=True)
        told = [[float(row[key]) for key in ("data-value", "data-low", "data-high")]
                for row in rows]  # fmt: skip
        np.testing.assert_allclose(told, expected, rtol=1e-12)


def test_a_dot_and_its_line_are_where_the_numbers_say(scored):
    page = parsed(page_of(scored()))
    rows = captioned(page, "pointing").all("tr", data_value=...)
    largest = max(float(row["data-high"]) for row in rows)
    for row in rows:
        dot, line = row.one("line", class_="dot"), row.one("line", class_="range")
        assert float(dot["x1"]) == pytest.approx(100 * float(row["data-value"]) / largest)
        assert float(line["x1"]) == pytest.approx(100 * float(row["data-low"]) / largest)
        assert float(line["x2"]) == pytest.approx(100 * float(row["data-high"]) / largest)


def test_all_numbers_can_be_read_and_downloaded(scored):
    found = scored()
    page = parsed(page_of(found))
    rows = data_of(page)["rows"]
    assert [(row["metric"], row["method"]) for row in rows] == [
        (metric, method) for metric in ("pointing", "iou") for method in found.scores
    ]
    for row in rows:
        expected = numbers(found.scores[row["method"]], row["metric"])
        assert (row["mean"], row["low"], row["high"], row["threshold"]) == pytest.approx(expected)
    table = page.one("section", id="numbers").one("tbody").all("tr")
    assert [own.values("td")[0] for own in table] == [row["mean"] for row in rows]


def test_problems_are_counted(scored):
    section = parsed(page_of(scored())).one("section", id="problems")
    assert "For 3 of 8 classes no channel stood out" in section.text
    (row,) = section.one("tbody").all("tr")
    assert [cell.text for cell in row.all("td")] == ["mine", "It diverged.", "1"]
    assert not parsed(page_of(scored(problem=None, nothing_selected=0))).all(id="problems")


def test_one_scene_has_no_interval(scored):
    page = require_self_contained(page_of(scored(1)))
    rows = captioned(page, "pointing").all("tr", data_value=...)
    assert {row["data-low"] for row in rows} == {""}
    assert not page.all("line", class_="range")
    assert {row["low"] for row in data_of(page)["rows"]} == {None}


def test_methods_may_have_other_metrics_than_each_other(scored):
    found = scored()
    one = replace(found.scores["mine"], values={"iou": found.scores["mine"].values["iou"]})
    page = require_self_contained(page_of(scored(scores={**found.scores, "mine": one})))
    assert len(captioned(page, "pointing").all("tr", data_value=...)) == 1
    assert len(captioned(page, "iou").all("tr", data_value=...)) == 2


def test_names_of_others_are_text(scored):
    for name in HOSTILE:
        found = scored(names=(name, "b"), problem=name)
        origin = replace(found.provenance, image_name=name, network=name)
        scores = {key: replace(own, values={name: own.values["pointing"]}, thresholds={})
                  for key, own in found.scores.items()}  # fmt: skip
        found = replace(found, provenance=origin, scores=scores)
        require_text(require_self_contained(page_of(found, ["tfvis", name])), name)


def test_missing_provenance_is_no_error(scored):
    assert require_self_contained(page_of(scored(provenance=None)))
