"""Presets: the defaults of all options, under one name."""

from dataclasses import fields

import pytest
import tensorflow as tf

from tfvis import explain
from tfvis.explainers.explain_images import split_options
from tfvis.explainers.group_presets import GROUP_PRESETS, preset_options
from tfvis.explainers.options import FeatureGroupOptions, LayerSurveyOptions
from tfvis.utils.choices import DEFAULT_GROUPING
from tfvis.utils.errors import InputError
from tfvis.utils.groupers import MatrixDecomposer
from tfvis.utils.icon_options import IconOptions


def tail(activations):
    """Three classes, to which each of six channels gives more than the one before."""
    weights = tf.constant([[1.0, 2.0, 3.0]]) * tf.range(1.0, 7.0)[:, tf.newaxis]
    return tf.reduce_mean(activations, [1, 2]) @ weights


def test_the_default_preset_changes_nothing():
    assert dict(preset_options("tfvis")) == {}


def test_there_is_one_default_grouping_and_the_paper_has_another():
    assert DEFAULT_GROUPING == "PCA"
    assert FeatureGroupOptions().grouping == DEFAULT_GROUPING
    assert LayerSurveyOptions().grouping == DEFAULT_GROUPING
    assert MatrixDecomposer().estimator == DEFAULT_GROUPING
    assert preset_options("paper")["grouping"] != DEFAULT_GROUPING


def test_the_papers_has_maps_of_activations_and_adam_with_momentum():
    groups, icons = split_options(dict(preset_options("paper")))
    options, rendered = FeatureGroupOptions(**groups), IconOptions(**icons)
    assert (options.heat_maps, options.cut, options.steps) == ("activation", 0.85, 100)
    assert (options.grouping, options.explained_variance) == ("FactorAnalysis", 0.7)
    assert (rendered.beta_1, rendered.beta_2, rendered.tolerance) == (0.9, 0.999, 0)
    assert rendered.steps == IconOptions().steps


@pytest.mark.parametrize("name", GROUP_PRESETS)
def test_presets_name_options_that_there_are(name):
    known = {own.name for own in fields(FeatureGroupOptions)}
    known |= {f"icon_{own.name}" for own in fields(IconOptions)}
    assert set(GROUP_PRESETS[name]) <= known


def test_what_is_given_goes_before_a_preset(closed_form, mix, image):
    net = closed_form(mix, tail, 3)
    (found,) = explain(
        net, image, [1], preset="paper", icons=False, n_groups=2, attribution_steps=7
    )
    assert found.maps_of == "activation"
    assert found.cut == 0.85
    assert found.provenance.options["attribution_steps"] == 7
    (found,) = explain(net, image, [1], preset="paper", icons=False, n_groups=2, cut=0.5)
    assert found.cut == 0.5
    assert found.provenance.options["attribution_steps"] == 100


def test_an_unknown_preset_is_an_error(closed_form, mix, image):
    with pytest.raises(InputError, match="Unknown preset 'papr'. Closest: paper"):
        explain(closed_form(mix, tail, 3), image, [1], preset="papr")
