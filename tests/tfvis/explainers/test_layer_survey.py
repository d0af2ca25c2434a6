"""Surveys of a small network's layers."""

import numpy as np
import pytest

from tfvis.explainers import survey_layers
from tfvis.explainers.attributions import attributions_of
from tfvis.explainers.layer_evidence import layer_evidence
from tfvis.explainers.options import LayerSurveyOptions
from tfvis.models.layer_structure import layer_structures
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import read_image

OPTIONS = LayerSurveyOptions(attribution_steps=3)


@pytest.fixture(scope="module")
def surveys(net, pictures):
    return survey_layers(net, pictures[0], ["dog", "cat"], options=OPTIONS)


def test_each_class_has_a_survey_of_all_layers(net, pictures, surveys):
    assert [(own.label, own.names) for own in surveys] == [
        ("dog", ("first", "second")), ("cat", ("first", "second")),
    ]  # fmt: skip
    source = read_image(pictures[0], net.input_size)
    for survey in surveys:
        assert survey.layers == layer_structures(net)
        assert survey.logit == net.logits_of(source)[survey.class_index]
        assert survey.recommendation.layer in survey.names
        for name in survey.names:
            (attribution,) = attributions_of(
                net, source, [survey.class_index], OPTIONS.of_groups(name)
            )
            expected = layer_evidence(net, source, attribution, OPTIONS)
            found = survey.evidence_of(name)
            assert found.channels == expected.channels
            np.testing.assert_array_equal(found.signed_map, expected.signed_map)


def test_the_top_answer_is_looked_at_where_no_class_is_named(net, pictures):
    (found,) = survey_layers(net, pictures[0], layers=["second"], options=OPTIONS)
    assert found.class_index == net.top(pictures[0], 1)[0][0]
    assert found.names == ("second",)


def test_without_an_image_the_structure_alone_is_told(net):
    told = []
    (found,) = survey_layers(net, progress=lambda *step: told.append(step))
    assert found.layers == layer_structures(net)
    assert found.evidence == ()
    assert found.recommendation is found.image is found.label is None
    assert told == [(1, 2), (2, 2)]
    assert found.provenance.image is None


def test_layers_are_in_the_order_of_computing_and_each_once(net):
    (found,) = survey_layers(net, layers=["second", "first", "second"])
    assert found.names == ("first", "second")


def test_progress_rises_layer_by_layer(net, pictures):
    told = []
    survey_layers(
        net, pictures[0], "dog", options=OPTIONS, progress=lambda *step: told.append(step)
    )
    assert told == [(1, 2), (2, 2)]


def test_the_provenance_has_every_option(surveys, net):
    made = surveys[0].provenance
    assert made.method == "layers"
    assert made.class_name == "dog"
    assert made.options == vars(OPTIONS) | {"layers": ["first", "second"]}
    assert made.weights == net.digest


def test_a_second_image_compiles_nothing(net, pictures, surveys):
    before = len(net._compiled)
    survey_layers(net, pictures[2], ["dog"], options=OPTIONS)
    assert len(net._compiled) == before


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((), {"layers": ["third"]}, "Unknown layer 'third'"),
        ((), {"layers": "first"}, r"received 'first': write \['first'\]"),
        ((), {"layers": []}, "Expected at least one layer, received none"),
        ((None, "dog"), {}, "Expected an image beside classes='dog'"),
        (("nowhere.jpg",), {}, "No image file 'nowhere.jpg'"),
        ((np.zeros((24, 24, 3), np.float32), "fish"), {}, "Unknown class 'fish'"),
        ((np.zeros((24, 24, 3), np.float32), []), {}, "Expected at least one class"),
        ((), {"attribution_steps": 0}, "Expected attribution_steps to be"),
    ],
)
def test_what_cannot_be_done_is_told(net, arguments, options, message):
    with pytest.raises(InputError, match=message):
        survey_layers(net, *arguments, **options)


def test_a_model_in_a_networks_place_is_refused():
    with pytest.raises(InputError, match="Expected a network, received str"):
        survey_layers("critters")
