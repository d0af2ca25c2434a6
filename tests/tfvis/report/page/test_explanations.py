"""The page of an explanation shows the result's own numbers, and lets no text out of its place."""

import base64
from dataclasses import replace

import numpy as np
import pytest
from html_pages import Page

from tfvis.report.page import page_of
from tfvis.utils.answers import Answer

HOSTILE = '<img src=x onerror=alert(1)></script><script>alert("2")</script>'


@pytest.fixture
def answered(explanation):
    """An explanation whose logit is known: 7.25, of which the attributions explain 6.5."""
    answers = (Answer(1, "crane", 9.0, 0.8), Answer(3, "cat / dog", 7.25, 0.1))
    return explanation(answers=answers)


def test_the_bars_sum_to_the_logit(answered):
    page = Page(page_of(answered))
    _, table = page.all("table", class_="bars")
    *parts, total = page.values(table)
    assert total == 7.25
    assert sum(parts) == pytest.approx(7.25)
    # 7.25 at all, 6.5 of it explained; φ = 4, 3, 2, ½, −1, −2; channels 0 and 2 are group 0.
    assert parts == pytest.approx([0.75, 6.0, 3.0, 0.5, -3.0, 0.0])


def test_the_answers_are_the_networks(answered):
    page = Page(page_of(answered))
    table, _ = page.all("table", class_="bars")
    assert page.values(table) == [9.0, 7.25]
    explained = page.one("tr", within=table, class_="for")
    assert explained.text.startswith("cat / dog 10.0 %")


def test_scores_and_channels_are_the_groups(answered):
    page = Page(page_of(answered))
    for k, card in enumerate(page.all("article", class_="card")):
        group = answered.groups[k]
        score = page.one("p", within=card, class_="score")
        assert float(score.attributes["data-score"]) == group.score
        assert f"{100 * group.score / 9.5:.1f} % of all that speaks for it" in score.text
        assert page.values(page.one("table", within=card)) == [
            answered.groups.attribution.values[c] for c in group.channels
        ]


def test_an_interval_is_two_standard_errors(explanation):
    errors = np.arange(1.0, 7.0) / 10
    found = explanation(answers=(Answer(3, "cat / dog", 7.25, 0.1),))
    attribution = replace(found.groups.attribution, standard_error=errors)
    page = Page(page_of(replace(found, groups=replace(found.groups, attribution=attribution))))
    score, _ = page.all("p", class_="score")
    # Channels 0 and 2 have 0.1 and 0.3.
    assert f"6.000 ± {1.96 * np.hypot(0.1, 0.3):.3f}" in score.text


def test_maps_are_there_to_the_bit(answered):
    grid = Page(page_of(answered)).data["grid"]
    maps = np.frombuffer(base64.b64decode(grid["maps"]), "<f4")
    assert (grid["height"], grid["width"]) == (4, 4)
    np.testing.assert_array_equal(maps.reshape(2, 4, 4), answered.signed_maps)


def test_a_fine_layer_is_shown_in_larger_cells(explanation):
    maps = np.random.default_rng(0).standard_normal((2, 500, 501), np.float32)
    grid = Page(page_of(explanation(signed_maps=maps))).data["grid"]
    found = np.frombuffer(base64.b64decode(grid["maps"]), "<f4").reshape(2, 125, 126)
    # Cells of 4 × 4 positions hold their sums.
    expected = np.pad(maps, ((0, 0), (0, 0), (0, 3))).reshape(2, 125, 4, 126, 4).sum((2, 4))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_all_channels_are_listed_the_strongest_first(answered):
    page = Page(page_of(answered))
    assert page.values(page.one("table", id="all-channels")) == [4.0, 3.0, 2.0, -2.0, -1.0, 0.5]
    rows = page.data["channels"]
    assert [(row["channel"], row["group"]) for row in rows[:4]] == [
        (0, 0),
        (1, 1),
        (2, 0),
        (5, None),
    ]


@pytest.mark.parametrize("label", [HOSTILE, "猫" * 200, "a\udcffb", "</title>&amp;"])
def test_text_from_outside_stays_text(explanation, made, label):
    origin = made(image_name=label, options={"grouping": label})
    text = page_of(
        explanation(label=label, origin=origin, answers=(Answer(3, label, 1.0, 1.0),)),
        ["tfvis", label],
    )
    page = Page(text)
    assert len(page.all("script")) == 2
    assert page.all("img") == []
    shown = label.encode("utf-8", "backslashreplace").decode()
    assert " ".join(shown.split()) in page.one("h1").text
    assert page.data["label"] == shown


def test_nothing_is_fetched(answered):
    page = Page(page_of(answered))
    for element in page.elements:
        assert "src" not in element.attributes
        assert "style" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)
        assert element.attributes.get("href", "#").startswith("#")


def test_pictures_say_what_they_show(answered):
    pictures = Page(page_of(answered)).all(class_="pic")
    assert len(pictures) == 1 + 3 * 2  # the image, and for each group it again, heat map and icon
    assert all(own.attributes["aria-label"] for own in pictures)


def test_without_icons_answers_and_provenance(explanation):
    found = replace(explanation(icons=None, icon_objectives=None), provenance=None)
    page = Page(page_of(found))
    assert len(page.all("table", class_="bars")) == 0
    assert len(page.all("div", class_="none")) == 2


def test_icons_that_are_still_to_come_are_announced(explanation):
    assert "not rendered before the run ended" in page_of(explanation(icons=None))
