"""What the sheets say and show; how they are laid out is `utils.plots`' affair."""

from dataclasses import replace

import numpy as np
import pytest

from tfvis.explainers import overviews
from tfvis.explainers.extremal_perturbation import ExtremalPerturbation
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.uniform import Uniform
from tfvis.utils import plots


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


@pytest.mark.parametrize(
    ("changes", "legend"),
    [
        ({}, "heat maps: attributions\nred: for the class"),
        ({"sign": "neg"}, "heat maps: attributions\nred: against the class"),
        (
            {"show_against": True},
            "heat maps: attributions\nred: for the class, blue: against it",
        ),
        (
            {"sign": "neg", "show_against": True},
            "heat maps: attributions\nred: against the class, blue: for it",
        ),
        (
            {"heat_maps": "activation"},
            "heat maps: activations, above 85% quantile\nred: for the class",
        ),
    ],
)
def test_a_row_a_group_and_what_colours_mean(net, pictures, drawn, changes, legend):
    explainer = FeatureGroupExplainer(net, layer="first", attribution_steps=3, **changes)
    (found,) = explainer.explain(pictures[:1], ["dog"])
    overviews.explanation_sheet(found)
    ((title, rows, *_),) = drawn
    side = "against" if found.sign == "neg" else "for"
    assert title.startswith(f"Features of first\n{side} dog\n\nIGSG, FactorAnalysis\n")
    assert f"{found.groups.n_selected} of 12 channels" in title
    assert title.endswith(legend)
    assert len(rows) == len(found.groups)
    for k, (((heat_map, icon), text), group) in enumerate(zip(rows, found.groups, strict=True)):
        np.testing.assert_array_equal(heat_map, found.overlays()[k])
        assert (icon == 1).all()  # none was rendered
        assert text.startswith(f"group {k}\nscore {group.score:.3f}\n{len(group.channels)} channel")
        assert str(group.channels[0]) in text.splitlines()[-1]


def test_an_icon_that_stayed_noise_is_marked(net, pictures, drawn):
    (found,) = FeatureGroupExplainer(net, layer="first", attribution_steps=3).explain(
        pictures[:1], ["dog"]
    )
    overviews.explanation_sheet(replace(found, zero_gradient=(1,)))
    ((_, rows, *_),) = drawn
    assert ["its icon stayed noise" in text for _, text in rows] == [
        k == 1 for k in range(len(found.groups))
    ]


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
