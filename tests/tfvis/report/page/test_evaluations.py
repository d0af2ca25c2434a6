"""The page of an evaluation says what the result says."""

from dataclasses import replace

import numpy as np
import pytest
from html_pages import HOSTILE, captioned, data_of, parsed, require_self_contained, require_text
from small_evaluations import small_evaluation

from tfvis.report.page import page_of


@pytest.fixture
def evaluated(made):
    def make(n=3, name=None, **changes):
        origin = made(None, method="evaluation", image_name=name)
        return small_evaluation(origin, n, **changes)

    return make


def test_each_metric_has_the_means_with_their_intervals_the_best_first(evaluated):
    found = evaluated()
    page = require_self_contained(page_of(found))
    for metric in found.facts:
        marks = captioned(page, metric.replace("_", " ")).all("tr", data_value=...)
        told = [[float(row[key]) for key in ("data-value", "data-low", "data-high")]
                for row in marks]  # fmt: skip
        expected = [found.estimate(name, metric) for name in found.ranked(metric)]
        np.testing.assert_allclose(told, [(e.mean, e.low, e.high) for e in expected])


def test_a_page_of_many_scores_has_the_first_of_them(evaluated):
    """Of 900 images the result has 1,800 scores of four metrics and two explainers."""
    found = evaluated(900)
    page = require_self_contained(page_of(found))
    assert len(data_of(page)["rows"]) == 5000
    n = len(list(found.rows()))
    assert f"The downloads have the first 5000 of {n} scores" in page.text


def test_which_way_is_better_and_what_chance_is_are_said(evaluated):
    page = parsed(page_of(evaluated()))
    assert "Loses. Less is better." in page.text
    assert "Hits. More is better. Chance is 0.5." in page.text


def test_all_numbers_can_be_read_and_downloaded(evaluated):
    found = evaluated()
    page = parsed(page_of(found))
    data = data_of(page)
    assert len(data["rows"]) == len(list(found.rows()))
    assert [(row["metric"], row["explainer"]) for row in data["means"]] == [
        (metric, name) for metric in found.facts for name in found.ranked(metric)
    ]
    table = page.one("section", id="numbers").one("tbody").all("tr")
    assert [own.values("td")[0] for own in table] == [row["mean"] for row in data["means"]]


def test_places_are_those_of_the_means(evaluated):
    found = evaluated()
    section = parsed(page_of(found)).one("section", id="ranks")
    body = section.all("tbody")[0].all("tr")
    assert len(body) == 2
    for row in body:
        name = next(name for name in found.scores if name in row.text)
        own = {metric: found.ranked(metric).index(name) + 1 for metric in found.facts
               if name in found.ranked(metric)}  # fmt: skip
        # Only one explainer has groups.
        mean = np.mean([own[metric] for metric in own if metric != "group_deletion"])
        values = [value for value in row.values("td") if value is not None]
        assert values == pytest.approx([mean, *own.values()])


def test_problems_are_counted(evaluated):
    section = parsed(page_of(evaluated())).one("section", id="problems")
    (row,) = section.one("tbody").all("tr")
    assert [cell.text for cell in row.all("td")] == ["mine, too", "It diverged.", "1"]
    assert not parsed(page_of(evaluated(problem=None))).all(id="problems")


def test_one_image_has_no_interval(evaluated):
    page = require_self_contained(page_of(evaluated(1)))
    assert not page.all("line", class_="range")


def test_names_are_shown_as_text(evaluated):
    found = evaluated(
        name=HOSTILE, names=("good", HOSTILE), problem=HOSTILE, label=HOSTILE, picture=HOSTILE
    )
    require_text(require_self_contained(page_of(found)))


@pytest.mark.parametrize("without", ["pointing", "group_deletion"])
def test_a_metric_without_any_score_has_no_column(evaluated, without):
    found = evaluated()
    nothing = np.full(len(found.cases), np.nan)
    empty = {
        name: replace(own, values={**own.values, without: nothing})
        for name, own in found.scores.items()
    }
    page = require_self_contained(page_of(replace(found, scores=empty)))
    table = page.one("section", id="ranks").all("table")[0]
    heads = [cell.text for cell in table.one("thead").all("th")]
    assert without.replace("_", " ") not in heads
    for row in table.one("tbody").all("tr"):
        assert len([*row.all("th"), *row.all("td")]) == len(heads)


def test_a_result_without_any_score_has_a_page(evaluated):
    found = evaluated()
    empty = {
        name: replace(own, values={m: np.full_like(v, np.nan) for m, v in own.values.items()})
        for name, own in found.scores.items()
    }
    require_self_contained(page_of(replace(found, scores=empty)))


def test_unequal_numbers_of_cases_are_told(evaluated):
    found = evaluated()
    text = "Not all explainers were asked about the same cases"
    assert text not in parsed(page_of(found)).text
    own = found.scores["Grad-CAM"]
    fewer = np.where(np.arange(len(found.cases)) < 2, own.values["pointing"], np.nan)
    scores = {**found.scores, "Grad-CAM": replace(own, values={**own.values, "pointing": fewer})}
    assert text in parsed(page_of(replace(found, scores=scores))).text
