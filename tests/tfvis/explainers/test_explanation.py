"""What an explanation by groups holds, and how its maps are drawn."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.group_check import GroupCheck
from tfvis.explainers.group_worths import GroupWorths
from tfvis.utils.choices import COLORMAPS
from tfvis.utils.errors import InputError
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.image_sources import read_image
from tfvis.utils.plots import overlay


@pytest.fixture(scope="module")
def explainer(net):
    return FeatureGroupExplainer(net, layer="first", attribution_steps=3)


@pytest.fixture(scope="module")
def found(explainer, pictures):
    return explainer.explain(pictures[:1], ["dog"])[0]


def test_overlays_have_one_scale(found):
    assert found.largest() == found.heat_maps.max()
    assert found.largest(show_against=True) == max(found.heat_maps.max(), found.against.max())
    assert found.against.any()
    for picture, a_map in zip(found.overlays(), found.heat_maps, strict=True):
        expected = overlay(
            found.image, a_map, largest=found.heat_maps.max(), exponent=0.5, colormap="inferno"
        )
        np.testing.assert_array_equal(picture, expected)


def test_overlays_show_what_speaks_against_where_the_explanation_or_the_call_says_so(found):
    expected = [
        overlay(found.image, a_map, against=other, exponent=0.5, colormap="inferno",
                largest=max(found.heat_maps.max(), found.against.max()))
        for a_map, other in zip(found.heat_maps, found.against, strict=True)
    ]  # fmt: skip
    showing = replace(found, show_against=True)
    np.testing.assert_array_equal(showing.overlays(), expected)
    np.testing.assert_array_equal(found.overlays(show_against=True), expected)
    np.testing.assert_array_equal(showing.overlays(show_against=False), found.overlays())
    assert showing.largest() == found.largest(show_against=True)


def test_signs_of_activations_do_not_tell_what_speaks_against(net, pictures):
    explainer = FeatureGroupExplainer(
        net, layer="first", attribution_steps=3, heat_maps="activation"
    )
    (found,) = explainer.explain(pictures[:1], [1])
    assert found.against.shape == found.heat_maps.shape
    assert not found.against.any()


def test_parts_are_the_heat_maps_and_the_map_is_of_all(found):
    assert found.heat_maps is found.parts is found.maps
    assert found.map.shape == found.image.shape[:2]
    assert (found.layer, found.sign) == ("first", "pos")


@dataclass(frozen=True)
class DK:
    """A grouper of one's own that is a dataclass."""

    n_parts: int

    def fit_predict(self, X):
        return np.arange(X.shape[1]) % self.n_parts


def test_a_grouper_that_is_a_dataclass_has_its_own_name(net, pictures, tmp_path):
    explainer = FeatureGroupExplainer(net, layer="first", attribution_steps=3, grouping=DK(2))
    (found,) = explainer.explain(pictures[:1], ["dog"])
    assert found.grouping == "DK"
    assert found.save(tmp_path).parent.name == "DK"
    # Also where nothing says what made the result, as long as the grouper is there.
    unknown = replace(found, provenance=None)
    assert unknown.grouping == "DK"
    assert replace(unknown, groups=replace(found.groups, grouper=None)).grouping == "grouping"


def test_it_names_what_grouped(found, pictures, net):
    assert found.grouping == "PCA"
    clusters = FeatureGroupExplainer(net, layer="first", grouping="KMeans", n_groups=2)
    assert clusters.explain(pictures[:1], [1])[0].grouping == "KMeans"
    # Without options the fitted grouper is named.
    assert replace(found, provenance=None).grouping == "MatrixDecomposer"


def test_it_says_what_it_is_in_a_line(found):
    n = len(found.groups)
    assert repr(found) == (
        f"Explanation('first', class_index=1, label='dog', sign='pos', {n} groups of "
        f"{found.groups.n_selected} channels)"
    )


def test_the_colour_map_is_an_option_and_part_of_what_made_the_result(net, pictures, found):
    assert found.provenance.options["colormap"] == found.colormap == "inferno"
    given = {"layer": "first", "attribution_steps": 3, "show_against": True}
    for colormap in COLORMAPS:
        (own,) = FeatureGroupExplainer(net, colormap=colormap, **given).explain(
            pictures[:1], ["dog"]
        )
        assert own.provenance.options["colormap"] == colormap
        expected = overlay(
            own.image, own.heat_maps[0], against=own.against[0], largest=own.largest(),
            exponent=0.5, colormap=colormap,
        )  # fmt: skip
        np.testing.assert_array_equal(own.overlays()[0], expected)


@pytest.mark.slow
def test_icons_that_were_asked_for_are_missing_until_they_are_rendered(found, explainer, net,
                                                                       pictures):  # fmt: skip
    assert found.icons is None
    assert found.zero_gradient == ()
    assert not found.icons_missing
    with_icons = FeatureGroupExplainer(net, explainer.options, icons=IconOptions(steps=1, size=16))
    source = read_image(pictures[0])
    early = with_icons.without_icons(source, found.groups.attribution)
    assert early.icons is None
    assert early.icons_missing
    late = with_icons.with_icons(early)
    assert not late.icons_missing
    assert late.icons.shape == (len(found.groups), 16, 16, 3)
    # In one go it is the same.
    (whole,) = with_icons.explain(pictures[:1], ["dog"])
    assert replace(late, seconds={}) == replace(whole, seconds={})


def test_an_explainer_without_icons_renders_none(found, explainer):
    with pytest.raises(InputError, match="Expected an explainer with icons"):
        explainer.with_icons(found)


def test_a_table_has_every_channel_with_its_group(found):
    rows = found.to_dataframe()
    assert rows.channel.tolist() == list(range(len(found.groups.attribution.values)))
    for k, group in enumerate(found.groups):
        own = rows[rows.group == k].set_index("channel")
        assert sorted(own.index) == sorted(group.channels)
        np.testing.assert_allclose(own.attribution[group.channels], group.strengths)
        np.testing.assert_allclose(own.icon_weight[group.channels], group.weights)
        assert own.selected.all()
    alone = rows[rows.group.isna()]
    assert not alone.icon_weight.any()
    assert rows.selected.sum() == found.groups.n_selected


def test_selected_channels_in_no_group_are_told_from_others(found):
    (first, *rest), groups = found.groups.groups, found.groups
    noise = replace(found, groups=replace(groups, groups=tuple(rest), noise=first.channels))
    rows = noise.to_dataframe()
    assert set(rows.channel[rows.group.isna() & rows.selected]) == set(first.channels)


def test_checks_and_the_game_are_of_its_own_groups(found):
    n = len(found.groups)
    with pytest.raises(InputError, match=f"Expected {n} checks, one a group, received {n + 1}"):
        replace(found, checks=(GroupCheck(1.0, 1.0, 1.0),) * (n + 1))

    def game(players):
        return GroupWorths(
            values=np.ones(players), attributed=np.ones(players),
            interactions=np.zeros((players, players)), total=float(players),
        )  # fmt: skip

    assert replace(found, game=game(n + 1)).game.total == n + 1
    with pytest.raises(InputError, match=rf"game of {n + 1} players, .*, received one of {n}\."):
        replace(found, game=game(n))
