"""The page of a map of any method, and of a result of no other kind."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from html_pages import HOSTILE, captioned, data_of, parsed, require_self_contained, require_text

from tfvis.explainers.base import ClassMap, NothingSelected
from tfvis.report.page import page_of
from tfvis.runtime.saving import Saved, Shown
from tfvis.utils.answers import Answer

ANSWERS = (Answer(0, "crane", 4.0, 0.7), Answer(3, "cat / dog", -1.0, 0.2))


def numbers(page):
    return [row.values("td") for row in page.one("section", id="numbers").one("tbody").all("tr")]


def expected(a_map):
    row, column = np.unravel_index(a_map.argmax(), a_map.shape)
    return [np.float64(a_map).sum(), a_map.max(), row, column, (a_map > 0).mean()]


def test_the_numbers_are_those_of_the_map(class_map):
    a_map = np.zeros((8, 8), np.float32)
    a_map[5, 2], a_map[1, 1] = 2.5, 0.5
    page = require_self_contained(page_of(class_map(map=a_map)))
    assert numbers(page) == [[3.0, 2.5, 5, 2, 2 / 64]]
    (row,) = data_of(page)["rows"]
    assert row == {"map": "all", "sum": 3.0, "largest": 2.5, "row_of_largest": 5,
                   "column_of_largest": 2, "share_above_0": 2 / 64}  # fmt: skip


def test_parts_are_shown_up_to_a_limit_and_all_are_in_the_table(class_map):
    parts = np.random.default_rng(0).random((27, 8, 8), np.float32)
    found = class_map(map=parts.sum(axis=0), parts=parts)
    page = require_self_contained(page_of(found))
    section = page.one("section", id="parts")
    assert len(section.all("figure")) == 24
    assert "… and 3 more parts" in section.text
    np.testing.assert_allclose(section.values("span"), parts[:24].sum(axis=(1, 2)), rtol=1e-6)
    np.testing.assert_allclose(numbers(page), [expected(own) for own in (found.map, *parts)],
                               rtol=1e-6)  # fmt: skip
    few = parsed(page_of(class_map(parts=parts[:2])))
    assert "more part" not in few.one("section", id="parts").text


def test_the_answers_are_bars_and_the_explained_class_has_a_colour_of_its_own(class_map):
    page = parsed(page_of(class_map(answers=ANSWERS)))
    rows = captioned(page, "What the network answers").all("tr", data_value=...)
    assert [(row["class"], float(row["data-value"])) for row in rows] == [
        ("rest", 4.0), ("for", -1.0),
    ]  # fmt: skip
    assert data_of(page)["answers"][1]["probability"] == 0.2


def test_a_problem_is_said_at_the_top(class_map):
    found = class_map(NothingSelected, map=np.ones((8, 8)), problem="No channel stands out.")
    page = require_self_contained(page_of(found))
    assert page.one("header").one(class_="problem").text == "Problem: No channel stands out."


def test_it_says_how_it_was_made(class_map):
    page = parsed(page_of(class_map(), ["tfvis", "explain", "a b.jpg"]))
    assert page.one("code", id="command").text == "tfvis explain 'a b.jpg'"
    options = captioned(page, "Options").all("tr")
    # The number 0 is not "no", and 1 is not "yes".
    origin = replace(class_map().provenance, options={"flip": False, "seed": 0, "steps": 1})
    told = captioned(parsed(page_of(class_map(provenance=origin))), "Options").all("tr")
    assert [row.text for row in told] == ["flip no", "seed 0", "steps 1"]
    assert len(options) == 4


def test_names_of_others_are_text(class_map):
    for name in HOSTILE:
        origin = replace(class_map().provenance, layer=name, network=name, image_name=name)
        found = class_map(label=name, method=name, problem=name, provenance=origin,
                          answers=(Answer(3, name, 1.0, 0.5),))  # fmt: skip
        require_text(require_self_contained(page_of(found, ["tfvis", name])), name)


def test_bytes_that_are_no_text_are_no_error(class_map):
    origin = replace(class_map().provenance, image_name="\udcff.png")
    page = require_self_contained(page_of(class_map(provenance=origin)))
    assert "“\\udcff.png”" in page.text


def test_what_is_missing_is_left_out(class_map):
    found = ClassMap(map=np.zeros((4, 6)), image=np.zeros((4, 6, 3)), class_index=None, label="",
                     method="mine")  # fmt: skip
    page = require_self_contained(page_of(found))
    assert page.one("h1").text == "Where the image shows something"
    assert numbers(page) == [[0, 0, 0, 0, 0]]
    assert not page.all(id="parts")
    assert not page.all(class_="bars")


def test_a_map_that_is_nowhere_finite_is_no_error(class_map):
    found = class_map(map=np.full((8, 8), np.nan), parts=np.full((2, 8, 8), np.inf),
                      problem="it diverged")  # fmt: skip
    assert numbers(require_self_contained(page_of(found))) == [[0, 0, 0, 0, 0]] * 3


@dataclass(frozen=True, eq=False)
class Mine(Shown):
    """A result of one's own, of a kind that tfvis does not know."""

    name: str

    def sheet(self):
        return np.full((10, 30, 3), 0.5, np.float32)


def test_a_result_of_another_kind_is_shown_by_its_sheet():
    for name in ("mine", *HOSTILE):
        page = require_self_contained(page_of(Mine(name)))
        require_text(page, repr(Mine(name)))
        assert len(page.all(role="img")) == 1
        assert ".s0{aspect-ratio:30/10" in page.one("style").text


def test_what_cannot_be_shown_has_no_page():
    class Other(Saved):
        pass

    with pytest.raises(TypeError, match="Expected a result that has a page, received Other"):
        page_of(Other())
