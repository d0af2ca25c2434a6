"""The pages of a mask, and of both steps of guided feature inversion, say what the results say."""

import math
from dataclasses import replace

import numpy as np
import pytest
from html_pages import HOSTILE, captioned, data_of, parsed, require_self_contained, require_text

from tfvis.explainers.masks import Inversion
from tfvis.report.page import page_of
from tfvis.utils.answers import Answer

LABEL = "cat / dog"
LOGITS = np.array([1.0, -0.5, 0.25, 3.0])
KEPT = np.array([[0.5, 0.0, 0.0, 1.25], [0.25, 0.0, 0.0, 3.75]])
HIDDEN = np.array([[0.75, 0.0, 0.0, 1.0], [2.0, 0.0, 0.0, -0.125]])
ANSWERS = (Answer(3, LABEL, 3.0, 0.8), Answer(0, "crane", 1.0, 0.1))


@pytest.fixture
def one(mask):
    """A mask for the class of index 3; the fixture `mask` with logits that differ."""

    def make(class_index=3, label=LABEL, **changes):
        given = {"logits": LOGITS, "kept_logits": KEPT, "hidden_logits": HIDDEN, "answers": ANSWERS}
        return mask(class_index, label, **given | changes)

    return make


def test_the_logits_of_the_image_and_of_both_its_parts_are_there(one):
    page = require_self_contained(page_of(one()))
    first, second = captioned(page, "Logits of the image").one("tbody").all("tr")
    assert first.one("th").text == LABEL
    assert first.values() == [3.0, 3.75, -0.125]
    assert second.one("th").text == "crane"
    assert second.values() == [1.0, 0.25, 2.0]
    # All bars are on one scale, from the smallest logit to the largest one.
    width = 3.75 - -0.125
    widths = [float(rect["width"]) for rect in (*first.all("rect"), *second.all("rect"))]
    values = np.array([3.0, 3.75, -0.125, 1.0, 0.25, 2.0])
    np.testing.assert_allclose(widths, 100 * np.abs(values) / width)


def test_the_logits_before_the_first_update_can_be_read_and_downloaded(one):
    page = parsed(page_of(one()))
    assert "Before the first update, what is kept gave “cat / dog” 1.250" in page.text
    row = data_of(page)["rows"][0]
    assert row == {"mask": LABEL, "label": LABEL, "image": 3.0, "kept_at_first": 1.25,
                   "kept": 3.75, "hidden_at_first": 1.0, "hidden": -0.125}  # fmt: skip


def test_the_curve_goes_through_every_loss(one):
    losses = np.float32([2.0, 0.5, 1.0, 0.0])
    page = parsed(page_of(one(losses=losses)))
    points = page.one("polyline")["points"].split()
    expected = [(100 * k / 3, 100 - 50 * loss) for k, loss in enumerate(losses)]
    np.testing.assert_allclose([tuple(map(float, own.split(","))) for own in points], expected,
                               atol=0.01)  # fmt: skip
    assert "3 updates were made" in page.text
    assert data_of(page)["masks"][0]["losses"] == losses.tolist()


def test_how_much_the_mask_keeps_is_its_mean(one):
    found = one()
    page = parsed(page_of(found))
    (mean,) = page.values("b", "data-mean")
    assert mean == pytest.approx(np.float64(found.mask).mean())


def test_a_problem_is_said_at_the_top(one):
    page = parsed(page_of(one(problem="the mask is constant")))
    assert page.one("header").one(class_="problem").text == "Problem: the mask is constant"
    assert not parsed(page_of(one())).all(class_="problem")


def test_each_step_of_an_inversion_has_its_panel(one):
    saliency = one(None, "")
    masks = (one(), one(0, "crane", problem="it is silent"))
    found = Inversion(saliency=saliency, discriminated=masks, seconds={"step_1": 2.5, "images": 4})
    page = require_self_contained(page_of(found))
    tabs = page.one(role="tablist").all("button")
    assert [tab.text for tab in tabs] == ["step 1", LABEL, "crane", "How it was made"]
    panels = page.all("section", class_="panel")
    assert [tab["aria-controls"] for tab in tabs] == [panel["id"] for panel in panels]
    assert [len(panel.all("figure")) for panel in panels[:3]] == [5, 5, 5]  # and the curve
    assert page.one("header").one(class_="problem").text == "Problem with “crane”: it is silent"
    assert not panels[1].all(class_="problem")
    assert panels[2].one(class_="problem").text == "Problem: it is silent"
    assert "images that were explained together" in panels[-1].text
    assert captioned(page, "Seconds").text == "Seconds step 1 2.5"
    rows = data_of(page)["rows"]
    assert [(row["mask"], row["label"]) for row in rows] == [
        (name, label) for name in ("step 1", LABEL, "crane") for label in (LABEL, "crane")
    ]


def test_names_of_others_are_text(one):
    for name in HOSTILE:
        made = replace(one().provenance, network=name, image_name=name)
        found = one(label=name, problem=name, answers=(Answer(3, name, 3.0, 0.5),), method=name,
                    provenance=made)  # fmt: skip
        require_text(require_self_contained(page_of(found)), name)
        both = Inversion(saliency=found, discriminated=(found, found))
        require_text(require_self_contained(page_of(both)), name)


def test_without_answers_the_explained_class_is_shown(one):
    page = require_self_contained(page_of(one(answers=(), provenance=None)))
    (row,) = captioned(page, "Logits of the image").one("tbody").all("tr")
    assert row.values() == [3.0, 3.75, -0.125]
    assert "What the network answers" not in page.text


def test_a_mask_for_no_class_without_answers_has_no_logits(one):
    page = require_self_contained(page_of(one(None, "", answers=(), provenance=None)))
    assert not page.all(class_="logits")
    assert data_of(page)["rows"] == [
        {"mask": "the mask", "label": "", "image": None, "kept_at_first": None, "kept": None,
         "hidden_at_first": None, "hidden": None},
    ]  # fmt: skip


def test_numbers_that_are_none_are_no_error(one):
    nothing = np.full((2, 4), np.nan)
    found = one(losses=np.full(3, np.nan, np.float32), kept_logits=nothing, hidden_logits=nothing,
                weights=np.full(4, math.inf), problem="the weights are not finite")  # fmt: skip
    page = require_self_contained(page_of(found))
    assert not page.all("polyline")
    assert data_of(page)["masks"][0]["weights"] == [None] * 4
    first = captioned(page, "Logits of the image").one("tbody").all("tr")[0]
    assert [own.text for own in first.all("span")] == ["3.000", "–", "–"]
