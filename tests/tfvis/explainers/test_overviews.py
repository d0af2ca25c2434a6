"""What the sheets say and show; how they are laid out is `utils.plots`' affair."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from tfvis.explainers import overviews
from tfvis.explainers.extremal_perturbation import ExtremalPerturbation
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.uniform import Uniform
from tfvis.utils import plots, sheets
from tfvis.utils.choices import COLORMAPS


@pytest.fixture
def drawn(monkeypatch):
    """What is handed to `plots.overview`, which draws it all the same."""
    calls, draw = [], plots.overview

    def overview(title, rows, image, *columns):
        calls.append((title, list(rows), image, *columns))
        return draw(title, rows, image, *columns)

    monkeypatch.setattr(plots, "overview", overview)
    return calls


def test_a_map_is_shown_over_its_image(net, pictures, drawn):
    (found,) = Uniform(net).explain(pictures[:1], ["cat"])
    sheet = replace(found, problem="it prefers no pixel").sheet()
    assert sheet.ndim == 3
    ((title, [((heat_map, image), text)], _, columns),) = drawn
    assert title == "uniform\ncat"
    assert text == "cat\nuniform\nit prefers no pixel"
    assert columns == ("where", "image")
    np.testing.assert_array_equal(image, found.image)
    np.testing.assert_array_equal(heat_map, plots.overlay(found.image, found.map, exponent=0.5))


@pytest.fixture
def handed(monkeypatch):
    """What is handed to `sheets.sheet`, which draws it all the same."""
    calls, draw = [], sheets.sheet

    def sheet(title, text, image, cells, captions, legends):
        calls.append(Handed(title, text, image, list(cells), captions, list(legends)))
        return draw(title, text, image, cells, captions, legends)

    monkeypatch.setattr(sheets, "sheet", sheet)
    return calls


class Handed(NamedTuple):
    title: tuple[str, ...]
    text: list[str]
    image: np.ndarray
    cells: list[sheets.Cell]
    captions: tuple[str, ...]
    legends: list[sheets.Legend]


def groups_of(net, pictures, **changes):
    given = {"layer": "first", "attribution_steps": 3, "grouping": "KMeans", "n_groups": 2}
    explainer = FeatureGroupExplainer(net, **given | changes)
    return explainer.explain(pictures[:1], ["bird"])[0]


@pytest.mark.parametrize(
    ("changes", "heat_maps", "legends"),
    [
        ({}, "heat maps: attributions", ["for the class"]),
        ({"sign": "neg"}, "heat maps: attributions", ["against the class"]),
        ({"show_against": True}, "heat maps: attributions", ["for the class", "against it"]),
        (
            {"sign": "neg", "show_against": True},
            "heat maps: attributions",
            ["against the class", "for it"],
        ),
        (
            {"heat_maps": "activation"},
            "heat maps: activations, above 85% quantile",
            ["for the class"],
        ),
    ],
)
def test_a_cell_a_group_and_what_colours_mean(net, pictures, handed, changes, heat_maps, legends):
    found = groups_of(net, pictures, **changes)
    found.sheet()
    (shown,) = handed
    assert shown.title == (
        "Features of first",
        f"{'against' if found.sign == 'neg' else 'for'} bird",
    )
    assert f"{found.groups.n_selected} of 12 channels (IGSG, KMeans)" in shown.text[0]
    assert heat_maps in shown.text
    np.testing.assert_array_equal(shown.image, found.image)
    assert [legend.text for legend in shown.legends] == legends
    for legend in shown.legends:
        assert (legend.low, float(legend.high)) == ("0", pytest.approx(found.largest(), rel=0.1))
    assert len(shown.cells) == len(found.groups)
    best = found.groups[0].score
    for k, (cell, group) in enumerate(zip(shown.cells, found.groups, strict=True)):
        assert cell.heading == f"group {k}"
        assert float(cell.value.removeprefix("score ")) == pytest.approx(group.score, rel=0.05)
        assert cell.share == pytest.approx(group.score / best)
        assert cell.text.startswith(f"{len(group.channels)} channel")
        assert f": {group.channels[0]}" in cell.text
        np.testing.assert_array_equal(cell.pictures[0], found.overlays()[k])


def test_icons_are_beside_the_heat_maps_and_take_no_room_where_there_are_none(
    net, pictures, handed
):
    found = groups_of(net, pictures)
    without = found.sheet()
    icons = np.zeros((len(found.groups), 16, 16, 3), np.float32)
    with_icons = replace(found, icons=icons).sheet()
    assert [shown.captions for shown in handed] == [
        ("where it looks",), ("where it looks", "what it wants")
    ]  # fmt: skip
    assert [len(shown.cells[0].pictures) for shown in handed] == [1, 2]
    assert without.shape[1] < with_icons.shape[1]


def test_a_legend_has_the_colours_of_the_heat_maps(net, pictures, handed):
    colours = []
    for colormap in COLORMAPS:
        found = groups_of(net, pictures, colormap=colormap, show_against=True)
        found.sheet()
        here, there = (legend.colours for legend in handed[-1].legends)
        np.testing.assert_array_equal(here[:, 0], there[:, 0])  # nothing speaks there
        assert there[0, -1].argmax() == 2
        colours.append(tuple(here[0, -1]))
    assert len(set(colours)) == len(COLORMAPS)


def test_an_icon_that_stayed_noise_is_marked(net, pictures, handed):
    found = replace(groups_of(net, pictures), zero_gradient=(1,))
    found.sheet()
    (shown,) = handed
    assert ["stayed noise" in cell.warning for cell in shown.cells] == [
        k == 1 for k in range(len(found.groups))
    ]


def test_an_icon_that_has_hardly_developed_is_marked(net, pictures, handed):
    found = groups_of(net, pictures)
    by_image = found.image_objectives
    for factor, marked in ((1.0, True), (1.5, False)):
        replace(found, icon_objectives=factor * by_image + (factor > 1)).sheet()
        assert all(("hardly developed" in cell.warning) == marked for cell in handed[-1].cells)


def with_options(found, **options):
    made = found.provenance
    return replace(found, provenance=replace(made, options={**made.options, **options}))


def test_fewer_groups_than_were_asked_for_are_told(net, pictures, handed):
    found = groups_of(net, pictures)
    count = len(found.groups)
    for asked in (None, count, count + 2):
        with_options(found, n_groups=asked).sheet()
    told = [shown.text[0].split(",")[0] for shown in handed]
    assert told == [f"{count} groups"] * 2 + [f"{count} groups ({count + 2} asked)"]


def test_icons_that_are_not_rendered_yet_are_told(net, pictures, handed):
    found = groups_of(net, pictures)
    with_options(found, icons={"size": 16}).sheet()
    found.sheet()  # none were asked for
    assert ["The icons are not rendered yet." in shown.text for shown in handed] == [True, False]


def test_a_score_is_never_so_small_that_it_looks_like_none(net, pictures, handed):
    found = groups_of(net, pictures)
    tiny = [replace(group, strengths=group.strengths * 1e-7) for group in found.groups]
    replace(found, groups=replace(found.groups, groups=tuple(tiny))).sheet()
    assert all("e-" in cell.value for cell in handed[0].cells)


def test_masks_are_shown_with_what_they_keep_and_hide(net, pictures, drawn):
    explainer = ExtremalPerturbation(net, iterations=2, step=4, sigma=6.0)
    (found,) = explainer.explain(pictures[:1], ["bird"])
    found = replace(found, problem=None)
    saliency = replace(found, class_index=None, label="", problem="the mask is constant")
    overviews.mask_sheet("both", {"saliency": saliency, "bird": found})
    ((title, rows, image, columns),) = drawn
    assert title == "both"
    assert columns == ("where the mask is", "what it keeps", "what it hides")
    np.testing.assert_array_equal(image, found.image)
    (first, first_text), (second, second_text) = rows
    mean = f"mean of the mask {found.mask.mean():.2f}"
    assert first_text == f"step 1, saliency\n{mean}\nthe mask is constant"
    assert second_text == (
        f"bird\nlogit {found.logits[2]:.2f}\nkept {found.kept_logits[1][2]:.2f}\n"
        f"hidden {found.hidden_logits[1][2]:.2f}\n{mean}"
    )
    for shown in (first, second):
        np.testing.assert_array_equal(shown[1], found.mixture)
        np.testing.assert_array_equal(shown[2], found.complement)
