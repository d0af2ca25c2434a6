"""The page of an adversarial sample says what the result says."""

import math
from dataclasses import replace

import numpy as np
import pytest
from html_pages import HOSTILE, captioned, data_of, parsed, require_self_contained, require_text

from tfvis.report.page import page_of
from tfvis.utils.answers import Answer

# Of the fixture `sample`.
LOGITS = np.float32([1.0, -0.5, 0.25, 3.0])
AFTER = np.float32([4.0, -0.5, 0.0, 2.5])


def facts(page, caption):
    rows = captioned(page, caption).one("tbody").all("tr")
    return {row.one("th").text: row.one("td") for row in rows}


def test_the_size_of_the_change_is_that_of_the_pixels(sample):
    found = sample()
    page = require_self_contained(page_of(found))
    change = np.rint(255 * (np.float64(found.sample) - np.float64(found.image)))
    expected = [
        np.abs(change).max(),
        np.sqrt((change**2).sum()),
        np.abs(change).mean(),
        (change != 0).any(axis=-1).mean(),
    ]
    size = [float(cell["data-value"]) for cell in facts(page, "Size of the change").values()]
    np.testing.assert_allclose(size, expected, rtol=1e-12)


def test_the_answers_before_and_after_are_there(sample):
    page = parsed(page_of(sample()))
    before, after = page.all(class_="bars")
    assert before.values("tr") == [3.0, 1.0]
    assert after.values("tr") == [4.0, 2.5]
    assert [row["class"] for row in after.all("tr", data_value=...)] == ["against", "for"]


def test_all_logits_can_be_read_and_downloaded(sample):
    page = parsed(page_of(sample()))
    order = [0, 3, 2, 1]  # by how much they changed
    for row, c in zip(page.one(id="all-classes").one("tbody").all("tr"), order, strict=True):
        np.testing.assert_allclose(row.values("td"), [c, LOGITS[c], AFTER[c], AFTER[c] - LOGITS[c]])
    rows = data_of(page)["rows"]
    assert [row["class_index"] for row in rows] == order
    assert [row["label"] for row in rows] == ["crane", "cat / dog", None, None]


def test_the_classes_that_changed_most_have_names(sample):
    named = (Answer(2, "tree", 0.0, 0.0), Answer(1, "bird", 0.0, 0.0))
    rows = data_of(parsed(page_of(sample(changed_answers=named))))["rows"]
    assert [row["label"] for row in rows] == ["crane", "cat / dog", "tree", "bird"]


def test_of_very_many_classes_those_are_kept_that_changed_most(sample):
    before = np.zeros(30_000, np.float32)
    before[3], after = 1, np.linspace(0, 1, 30_000, dtype=np.float32)
    after[0] = 2
    page = require_self_contained(page_of(sample(logits=before, sample_logits=after)))
    rows = page.one(id="all-classes").one("tbody").all("tr")
    assert [row.values("td")[0] for row in rows[:3]] == [0, 29_999, 29_998]
    assert len(rows) == 200
    assert "200 of 30000 classes; the downloads have 2000" in page.text
    assert len(data_of(page)["rows"]) == 2000


@pytest.mark.parametrize(
    ("changes", "title", "told"),
    [
        ({}, "“cat / dog” becomes “crane” by PGD", "The attack succeeded"),
        ({"target": 0, "target_label": "crane"}, "“cat / dog” becomes “crane” by PGD",
         "answer “crane”, and did."),
        ({"target": 2, "target_label": "bird"}, "“cat / dog” becomes “crane” by PGD",
         "answer “bird”, and did not."),
        ({"sample_logits": LOGITS, "answer_label": "cat / dog"},
         "“cat / dog” stays the answer in spite of PGD", "did not succeed"),
    ],
)  # fmt: skip
def test_it_says_whether_the_attack_succeeded(sample, changes, title, told):
    page = parsed(page_of(sample(**changes)))
    assert page.one("h1").text == title
    assert told in page.one("header").text


def test_the_budget_is_that_of_the_options(sample, made):
    budget = facts(parsed(page_of(sample())), "Budget")
    # PGD's own for this norm, where none is named.
    assert {name: cell.text for name, cell in budget.items()} == {
        "norm": "linf", "epsilon, in 1/255": "4", "steps": "7",
    }  # fmt: skip
    named = made(method="pgd", options={"norm": "l2", "epsilon": 32.5, "steps": 7})
    budget = facts(parsed(page_of(sample(provenance=named))), "Budget")
    assert budget["epsilon, in 1/255"].text == "32.5"


def test_a_patch_is_shown(sample, made):
    patch = np.ones((4, 4, 3), np.float32)
    options = {"side": 4, "scales": [0.5, 1.0], "degrees": 0}
    found = sample(patch=patch, method="patch", provenance=made(method="patch", options=options))
    page = require_self_contained(page_of(found))
    assert [own.text for own in page.all("figcaption")][-1] == "the patch"
    budget = facts(page, "Budget")
    assert budget["side of the patch, in pixels"].text == "4"
    assert budget["degrees that it is turned by"].text == "0"
    assert len(parsed(page_of(sample())).all("figure")) == 3


def test_without_answers_the_classes_that_have_names_are_shown(sample):
    page = parsed(page_of(sample(answers=(), sample_answers=())))
    before, after = page.all(class_="bars")
    assert before.values("tr") == [3.0, 1.0]
    assert after.values("tr") == [4.0, 2.5]
    share = np.exp(3.0) / np.exp(np.float64(LOGITS)).sum()
    assert f"{100 * share:.1f} %" in before.text


def test_names_of_others_are_text(sample):
    for name in HOSTILE:
        found = sample(
            label=name, answer_label=name, target=2, target_label=name, method=name,
            answers=(Answer(3, name, 3.0, 0.8),),
            provenance=replace(sample().provenance, network=name, image_name=name),
        )  # fmt: skip
        require_text(require_self_contained(page_of(found, ["tfvis", name])), name)


def test_missing_provenance_and_numbers_are_no_error(sample):
    logits = np.float32([math.nan, math.inf, 0, 0])
    found = sample(provenance=None, answers=(), sample_answers=(), logits=logits)
    page = require_self_contained(page_of(found))
    assert "Budget" not in page.text
    assert {row["before"] for row in data_of(page)["rows"]} == {None, 0.0}
