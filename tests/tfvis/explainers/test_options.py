"""Options are checked when they are made, and their errors name the closest choice."""

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from tfvis.explainers.options import (
    AttributionOptions,
    ChannelOptions,
    FeatureGroupOptions,
    GradCamOptions,
    LayerSurveyOptions,
    PerturbationOptions,
)
from tfvis.utils.errors import InputError

GROUPS = (AttributionOptions, ChannelOptions, FeatureGroupOptions)
KINDS = (*GROUPS, GradCamOptions, LayerSurveyOptions, PerturbationOptions)


@pytest.mark.parametrize("kind", KINDS)
def test_options_are_values(kind):
    assert kind() == kind()
    assert hash(kind()) == hash(kind())
    assert replace(kind()) == kind()
    with pytest.raises(FrozenInstanceError):
        kind().seed = 3
    with pytest.raises(TypeError, match="positional"):
        kind("mixed4d")


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_has_a_help_text(kind):
    for field in fields(kind):
        assert field.metadata["help"], field.name


def test_each_method_has_steps_of_its_own():
    assert AttributionOptions().steps == 64
    assert AttributionOptions(attribution="Shap").steps == 100
    assert AttributionOptions(attribution="Shap", attribution_steps=7).steps == 7


@pytest.mark.parametrize("kind", GROUPS)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attribution": "LIME"}, "Unknown attribution 'LIME'. Expected one of: IGSG, Shap"),
        ({"attribution_steps": 0}, "Expected attribution_steps to be a whole number >= 1"),
        ({"attribution_steps": 2.5}, "Expected attribution_steps to be a whole number >= 1"),
        ({"seed": -1}, "Expected seed to be a whole number >= 0, received -1"),
    ],
)
def test_attributions_that_cannot_be_computed(kind, changes, message):
    with pytest.raises(InputError, match=message):
        kind(**changes)


@pytest.mark.parametrize("kind", GROUPS[1:])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sign": "positive"}, "Unknown sign 'positive'. .*pos, neg"),
        ({"heat_maps": "activations"}, "Unknown heat_maps 'activations'. Closest: activation"),
        ({"cut": 1}, "Expected cut from 0 to below 1, received 1"),
        ({"cut": -0.1}, "Expected cut from 0 to below 1, received -0.1"),
    ],
)
def test_maps_that_cannot_be_shown(kind, changes, message):
    with pytest.raises(InputError, match=message):
        kind(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grouping": "KMean"}, "Unknown grouping 'KMean'. Closest: KMeans"),
        ({"grouping": "SparseCoder"}, "SparseCoder cannot group channels"),
        ({"n_groups": 0}, "Expected n_groups to be a whole number >= 1"),
        ({"n_groups": 3, "grouping": "DBSCAN"}, "DBSCAN finds the number of groups itself"),
        ({"explained_variance": 1.0}, "Expected explained_variance between 0 and 1, received 1"),
        ({"colormap": "infernal"}, "Unknown colormap 'infernal'. Closest: inferno"),
        (
            {"show_against": True, "heat_maps": "activation"},
            "Expected show_against with maps of attributions only",
        ),
        (
            {"show_against": True, "attribution": "Shap"},
            "Expected show_against with maps of attributions only",
        ),
    ],
)
def test_groups_that_cannot_be_made(changes, message):
    with pytest.raises(InputError, match=message):
        FeatureGroupOptions(**changes)


def test_a_grouper_of_ones_own_is_an_option():
    class Halves:
        def fit_predict(self, X):
            raise NotImplementedError

    assert isinstance(FeatureGroupOptions(grouping=Halves()).grouping, Halves)


def test_a_changed_copy_is_checked_too():
    with pytest.raises(InputError, match="Expected cut"):
        replace(GradCamOptions(), cut=2.0)
    with pytest.raises(InputError, match="Expected an area between 0 and 1"):
        replace(PerturbationOptions(), area=2.0)


def test_a_survey_finds_groups_as_their_explainer_does():
    options = LayerSurveyOptions(grouping="KMeans", n_groups=3, attribution_steps=4, seed=2)
    assert options.of_groups("a") == FeatureGroupOptions(
        layer="a", grouping="KMeans", n_groups=3, attribution_steps=4, seed=2
    )
    for wrong in ({"grouping": "KMean"}, {"n_groups": 0}, {"explained_variance": 1}):
        with pytest.raises(InputError):
            LayerSurveyOptions(**wrong)
