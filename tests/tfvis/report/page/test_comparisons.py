"""The page of a comparison says what the result says."""

import base64
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from html_pages import HOSTILE, captioned, data_of, parsed, require_self_contained, require_text

from tfvis.report.page import page_of
from tfvis.utils.answers import Answer
from tfvis.utils.channel_attribution import ChannelAttribution

# Of the fixture `comparison`.
BEFORE = np.array([4.0, 3.0, 0.5, -1.0, -2.0])
AFTER = np.array([0.25, 3.125, 2.5, -1.0, -2.5])
GROUPS = ([0], [1], [2])  # lost, kept, gained


def cards(page):
    return page.one("section", id="groups").all("article")


def scores(card):
    return {row["data-score"]: float(row["data-value"]) for row in card.all(data_score=...)}


@pytest.mark.parametrize("sign", ["pos", "neg"])
def test_each_group_has_its_kind_its_scores_and_their_difference(comparison, sign):
    found = comparison(sign)
    page = require_self_contained(page_of(found))
    flip = {"pos": 1, "neg": -1}[sign]
    for card, channels in zip(cards(page), (*GROUPS, [3, 4]), strict=True):
        before, after = flip * BEFORE[channels].sum(), flip * AFTER[channels].sum()
        assert scores(card) == {"before": before, "after": after, "change": after - before}
    if sign == "pos":
        assert [card["data-kind"] for card in cards(page)][:3] == ["lost", "kept", "gained"]
    assert [card.one(class_="badge").text for card in cards(page)[:3]] == [
        group.kind for group in found.groups
    ]
    assert "noise" in cards(page)[1].text
    assert "noise" not in cards(page)[0].text


@pytest.mark.parametrize("sign", ["pos", "neg"])
def test_the_changes_and_the_gap_sum_to_the_change_of_the_logit(comparison, sign):
    page = parsed(page_of(comparison(sign)))
    table = captioned(page, "How the logit")
    *parts, total = table.values("tr")
    assert total == 4.0 - 6.0
    assert sum(parts) == pytest.approx(total, abs=1e-12)
    np.testing.assert_allclose(parts[:3], (AFTER - BEFORE)[:3], rtol=1e-12)
    assert parts[3] == pytest.approx((AFTER - BEFORE)[3:].sum())
    assert parts[4] == pytest.approx(total - (AFTER - BEFORE).sum())
    assert page.one(id="logit-before")["data-value"] == "6.0"
    assert page.one(id="logit-after")["data-value"] == "4.0"


def test_a_bar_of_the_waterfall_begins_where_the_one_above_ended(comparison):
    page = parsed(page_of(comparison()))
    table = captioned(page, "How the logit")
    *parts, total = table.values("tr")
    ends = np.concatenate([[0], np.cumsum(parts)])
    low, high = ends.min(), ends.max()
    rects = [row.one("rect") for row in table.all("tr", data_value=...)]
    spans = [*itertools.pairwise(ends), (0, total)]
    for rect, (start, end) in zip(rects, spans, strict=True):
        left, right = sorted((100 * (each - low) / (high - low)) for each in (start, end))
        assert float(rect["x"]) == pytest.approx(left)
        assert float(rect["width"]) == pytest.approx(max(0.3, right - left))


def test_the_answers_before_and_after_share_one_scale(comparison):
    page = parsed(page_of(comparison()))
    before, after = page.all("table")[:2]
    assert before.values("tr") == [6.0, 3.5]
    assert after.values("tr") == [5.25, 4.0]
    widths = [float(rect["width"]) for rect in (*before.all("rect"), *after.all("rect"))]
    np.testing.assert_allclose(widths, 100 * np.array([6.0, 3.5, 5.25, 4.0]) / 6.0)


def test_the_table_of_channels_has_all_of_them_what_changed_most_first(comparison):
    page = parsed(page_of(comparison()))
    rows = page.one("table", id="all-channels").one("tbody").all("tr")
    order = np.argsort(-np.abs(AFTER - BEFORE), kind="stable")
    assert [int(row.all("td")[0].text) for row in rows] == order.tolist()
    for row, c in zip(rows, order, strict=True):
        assert row.values("td") == [BEFORE[c], AFTER[c], AFTER[c] - BEFORE[c]]
    assert [row.all("td")[1].text for row in rows] == [
        f"group {c}" if c < 3 else "none" for c in order
    ]


def test_the_causal_check_stands_beside_the_random_sets(comparison):
    page = parsed(page_of(comparison()))
    section = page.one("section", id="causal")
    fell, random, selected = section.one(class_="marks").all("tr", data_value=...)
    assert float(fell["data-value"]) == 0.75
    assert float(selected["data-value"]) == 1.125
    random_shares = [0.25, -0.125, 0.5]
    assert float(random["data-value"]) == pytest.approx(np.mean(random_shares))
    assert float(random["data-low"]) == min(random_shares)
    assert float(random["data-high"]) == max(random_shares)
    assert section.one(class_="facts").values("td") == [2.5, -1.25]
    answers = [row.text for row in section.one(class_="facts").all("tr")][2:]
    assert answers[0].endswith("cat / dog")
    assert answers[1].endswith("class 2")  # no name is known


def test_the_program_gets_the_maps_of_both_images_to_the_bit(comparison):
    found = comparison()
    data = data_of(parsed(page_of(found)))
    grids = [np.frombuffer(base64.b64decode(text), "<f4") for text in data["grid"]["maps"]]
    np.testing.assert_array_equal(grids[0].reshape(3, 4, 4), found.signed_before[:3])
    np.testing.assert_array_equal(grids[1].reshape(3, 4, 4), found.signed_after[:3])
    assert (data["grid"]["height"], data["grid"]["width"]) == (4, 4)
    assert [row["channel"] for row in data["channels"]] == [0, 2, 4, 1, 3]
    assert data["rest"]["change"] == pytest.approx(-0.5)


def test_a_layer_of_two_thousand_channels_fits(comparison):
    rng = np.random.default_rng(0)
    values = rng.standard_normal((2, 2048))
    both = [ChannelAttribution("IGSG", "block/a", 3, own) for own in values]
    maps = rng.standard_normal((4, 40, 40)).astype(np.float32)
    found = comparison(before=both[0], after=both[1], signed_before=maps, signed_after=maps)
    page = require_self_contained(page_of(found))
    assert len(page.one("table", id="all-channels").one("tbody").all("tr")) == 2048


def test_names_of_others_are_text(comparison):
    for name in HOSTILE:
        made = comparison().provenance
        found = comparison(
            label=name,
            layer=name,
            answers=(Answer(3, name, 1.0, 0.5),),
            answers_after=(Answer(3, name, 1.0, 0.5),),
            restoration=replace(comparison().restoration, labels=(name, name)),
            provenance=replace(
                made, image_name=name, network=name, options={"before": {"name": name}}
            ),
        )
        require_text(require_self_contained(page_of(found, ["tfvis", name])), name)


def test_what_is_missing_is_left_out(comparison):
    found = comparison(
        icons=None, icon_objectives=None, zero_gradient=(), restoration=None, provenance=None,
        answers=(), answers_after=(), seconds={},
    )  # fmt: skip
    page = require_self_contained(page_of(found))
    assert not page.all(id="causal")
    assert not page.all(id="tab-causal")
    assert "What the network answers" not in page.text
    assert len(cards(page)) == 4
    assert all(len(card.all("figure")) == 2 for card in cards(page))


def test_numbers_that_are_none_are_dashes(comparison):
    found = comparison(
        logit_after=math.nan,
        signed_after=np.full((4, 4, 4), np.nan, np.float32),
        restoration=replace(comparison().restoration, random_shares=np.array([np.nan])),
    )
    page = require_self_contained(page_of(found))
    assert data_of(page)["logit"]["after"] is None
    table = captioned(page, "How the logit")
    assert table.all("tr")[-1].all("td")[-1].text == "–"
