"""Explanations as sections of a mosaic; where their parts lie is `utils.mosaic_pages`' affair."""

from dataclasses import replace

import numpy as np
import pytest

from tfvis.explainers import mosaic
from tfvis.explainers.base import ClassMap
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.mosaics import explanation_section, signed
from tfvis.utils import MosaicOptions, MosaicPanel, MosaicSection
from tfvis.utils.errors import InputError
from tfvis.utils.images import to_uint8


@pytest.fixture(scope="module")
def explained(net, pictures):
    """Explanations by two groups or more, with icons of any colours."""

    def make(name="bird", **changes):
        given = {"layer": "first", "attribution_steps": 3, "grouping": "KMeans", "n_groups": 2}
        (found,) = FeatureGroupExplainer(net, **given | changes).explain(pictures[:1], [name])
        icons = np.random.default_rng(0).random((len(found.groups), 16, 16, 3), np.float32)
        return replace(found, icons=icons, icon_objectives=np.ones(len(icons)))

    return make


def images(figure):
    return [image.get_array() for axes in figure.axes for image in axes.images]


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def headings(*results):
    """The heading and the detail of each section, as the figure has them."""
    figure = mosaic(results, side_by_side=False)
    found = [text for text in figure.axes[0].texts if text.get_horizontalalignment() == "left"]
    bases = sorted({text.get_position()[1] for text in found})
    lines = [[text for text in found if text.get_position()[1] == base] for base in bases]
    return [
        tuple(t.get_text() for t in sorted(line, key=lambda t: t.get_position()[0]))
        for line in lines
    ]


def test_each_panel_shows_what_the_result_holds(explained):
    found = explained()
    shown = images(mosaic(found))
    expected = [*found.icons, *found.overlays()]
    assert len(shown) == 2 * len(found.groups) == 4
    for one, other in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(one, to_uint8(other))


@pytest.mark.parametrize(("sign", "direction"), [("pos", 1), ("neg", -1)])
def test_captions_are_what_groups_add_to_the_logit(explained, sign, direction):
    found = explained(sign=sign)
    section = explanation_section(found)
    for panel, group in zip(section.panels, found.groups, strict=True):
        number = float(panel.caption.replace("−", "-"))
        assert number == pytest.approx(direction * group.score, rel=0.05, abs=0.005)
        assert panel.caption[0] == ("+" if direction * group.score > 0 else "−")
        assert panel.caption in words(mosaic(found))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.234, "+1.23"), (-12.345, "−12.35"), (0.1, "+0.10"), (0.0234, "+0.023"), (0, "+0.00"),
        (-0.00056, "−0.00056"), (999.6, "+1000"), (3e-7, "+3e−07"), (float("nan"), "nan"),
    ],
)  # fmt: skip
def test_scores_have_digits_that_can_be_read(value, text):
    assert signed(value) == text


def test_headings_say_the_class_and_what_else_differs(explained):
    bird, against, cat = explained(), explained(sign="neg"), explained("cat")
    assert headings(bird) == [("bird",)]
    assert headings(bird, cat) == [("bird",), ("cat",)]
    assert headings(against) == [("bird", "features against")]
    assert headings(bird, against) == [("bird", "features for"), ("bird", "features against")]
    other = explained(layer="second", grouping="NMF", n_groups=3)
    assert headings(bird, other) == [("bird", "first, KMeans"), ("bird", "second, NMF")]


def test_images_are_named_where_they_differ(explained):
    one, other = (
        replace(found, provenance=replace(found.provenance, image_name=name))
        for found, name in ((explained(), "one"), (explained(), "two"))
    )
    assert headings(one, other) == [("bird", "one"), ("bird", "two")]


def test_missing_icons_are_said_and_those_not_asked_for_take_no_room(explained):
    found = explained()
    asked = replace(found.provenance, options={**found.provenance.options, "icons": {"size": 16}})
    missing = replace(found, icons=None, icon_objectives=None, provenance=asked)
    assert missing.icons_missing
    assert words(mosaic(missing)).count("no icon") == 2
    assert len(images(mosaic(missing))) == 2
    none = replace(asked, options={**asked.options, "icons": None})
    without = mosaic(replace(missing, provenance=none))
    assert "no icon" not in words(without)
    assert without.get_figheight() < mosaic(missing).get_figheight()


def test_options_hide_scores_and_choose_colours(explained):
    found = explained()
    options = MosaicOptions(scores=False, colormap="viridis")
    figure = mosaic(found, options)
    assert words(figure) == ["bird"]
    expected = replace(found, colormap="viridis").overlays()
    np.testing.assert_array_equal(images(figure)[-1], to_uint8(expected[-1]))


def test_sections_of_ones_own_stand_between_explanations(explained):
    found = explained()
    own = MosaicSection(
        heading="single channels", panels=[MosaicPanel(icon=found.icons[0], caption="channel 3")]
    )
    before = explanation_section(found, heading="before")
    assert headings(before, own, found) == [("before",), ("single channels",), ("bird",)]


def test_what_is_no_result_is_an_error(explained):
    with pytest.raises(InputError, match=r"Expected explanations, .* received str"):
        mosaic(["photo"])
    with pytest.raises(InputError, match="one panel or more"):
        mosaic([])
    own = {"map": np.ones((4, 4)), "image": np.ones((4, 4, 3)), "class_index": 0, "label": "cat"}
    for alone in (ClassMap(**own, method="Grad-CAM"), 5, None):
        with pytest.raises(InputError, match=f"Expected .* received {type(alone).__name__}"):
            mosaic(alone)


def test_a_section_may_come_alone(explained):
    section = explanation_section(explained(), heading="before")
    assert len(images(mosaic(section))) == len(images(mosaic([section])))
