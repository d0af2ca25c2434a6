"""The page of a survey of layers says what the survey says."""

from dataclasses import replace

import pytest
from html_pages import HOSTILE, captioned, data_of, parsed, require_self_contained, require_text

from tfvis.report.page import page_of


def test_each_layer_has_its_heat_map_and_the_recommended_one_is_named(surveyed):
    found = surveyed()
    page = require_self_contained(page_of(found))
    figures = [own.text for own in page.one(id="maps").all("figcaption")]
    assert figures == [
        "block/a (recommended): sees 3 x 5 pixels; half of the map in 12 %",
        "=b: sees not known pixels; half of the map in 50 %",
    ]
    assert "Recommended: block/a, since so it is." in page.text


def test_shares_are_drawn_where_the_numbers_say(surveyed):
    page = parsed(page_of(surveyed()))
    for title, shares in (
        ("work", (0.25, None)), ("ten channels", (0.75, 0)), ("three groups", (0.5, None)),
        ("agreement", (1, 0)),
    ):  # fmt: skip
        rows = captioned(page, title).all("tr", data_value=...)
        for row, share in zip(rows, shares, strict=True):
            if share is None:  # not known: neither a number nor a mark
                assert row["data-value"] == ""
                assert not row.all("line", class_="dot")
            else:
                assert float(row["data-value"]) == share
                assert float(row.one("line", class_="dot")["x1"]) == pytest.approx(100 * share)
    rows = captioned(page, "area").all("tr", data_value=...)
    places = [float(row.one("line", class_="dot")["x1"]) for row in rows]
    assert places == [25, 100]  # 0.125 and 0.5 of the largest


def test_all_numbers_can_be_downloaded(surveyed):
    found = surveyed()
    data = data_of(parsed(page_of(found)))
    assert (data["kind"], data["recommended"]) == ("layer_survey", "block/a")
    table = found.to_dataframe()
    assert [row["layer"] for row in data["rows"]] == table.layer.tolist()
    assert data["rows"][0]["gap"] == table.gap[0]
    assert data["rows"][1]["problem"] == "It is silent."
    assert data["rows"][1]["work"] is None


def test_a_survey_without_an_image_has_no_maps(structure):
    page = require_self_contained(page_of(structure))
    assert page.all(id="maps") == []
    assert [own.text for own in page.all("caption")][:1] == ["work"]
    assert "Recommended" not in page.text
    assert "sees: pixels a side" in page.text


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_outside_are_text(surveyed, name):
    found = surveyed()
    layers = (replace(found.layers[0], layer=name), found.layers[1])
    why = replace(found.recommendation, layer=name)
    found = replace(found, layers=layers, recommendation=why, label=name, network=name)
    require_text(require_self_contained(page_of(found)), name)
