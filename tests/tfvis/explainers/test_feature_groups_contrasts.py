"""What groups say of two contrasted classes."""

from dataclasses import replace

import numpy as np
import pytest

import tfvis
from tfvis.explainers import FeatureGroupExplainer
from tfvis.utils.errors import InputError

QUICK = {"layer": "first", "attribution_steps": 3, "n_groups": 2}


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(5).integers(0, 256, (24, 24, 3), np.uint8)


def test_a_group_is_told_what_it_gives_each_class(net, pixels):
    (found,) = tfvis.explain(net, pixels, contrast=(2, 1), icons=False, **QUICK)
    a, b = net.labels[2], net.labels[1]
    assert found.contrast == (a, b)
    assert found.label == f"{a} rather than {b}"
    for group, own in zip(found.groups, found.contrasts, strict=True):
        assert own.of_a - own.of_b == pytest.approx(group.score, abs=1e-6)
    alone = tfvis.attribute(net, pixels, [2, 1], layer="first", attribution_steps=3)
    first = found.groups[0].channels
    assert found.contrasts[0].of_a == pytest.approx(alone[0].values[first].sum(), abs=1e-6)
    assert found.contrasts[0].of_b == pytest.approx(alone[1].values[first].sum(), abs=1e-6)


def test_the_two_ways_to_ask_for_a_contrast_agree(net, pixels):
    (one,) = tfvis.explain(net, pixels, contrast=(2, 1), icons=False, **QUICK)
    (other,) = tfvis.explain(net, pixels, 2, rather_than=net.labels[1], icons=False, **QUICK)
    (mine,) = FeatureGroupExplainer(net, rather_than=1, **QUICK).explain([pixels], [2])
    untimed = [replace(found, seconds={}) for found in (one, other, mine)]
    assert untimed[0] == untimed[1] == untimed[2]
    (attribution,) = tfvis.attribute(net, pixels, contrast=(2, 1), layer="first",
                                     attribution_steps=3)  # fmt: skip
    np.testing.assert_array_equal(attribution.values, one.groups.attribution.values)


def test_a_contrast_is_found_without_a_second_class_for_a_class_alone(net, pixels):
    (found,) = tfvis.explain(net, pixels, 1, icons=False, **QUICK)
    assert (found.contrast, found.contrasts) == (None, ())


def test_a_result_with_a_contrast_is_read_back(net, pixels, tmp_path):
    (found,) = tfvis.explain(net, pixels, contrast=(2, 1), icons=False, **QUICK)
    folder = found.save(tmp_path)
    assert " rather than " in folder.parents[1].name
    assert tfvis.load_result(folder) == found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"contrast": (1,)}, r"Expected contrast to be two classes \(a, b\), received \(1,\)"),
        ({"contrast": "dog"}, "Expected contrast to be two classes"),
        ({"contrast": 3}, "Expected contrast to be two classes"),
        ({"contrast": (2, 1), "classes": [1]}, "Expected no classes and no rather_than beside"),
        ({"contrast": (2, 1), "rather_than": 1}, "Expected no classes and no rather_than beside"),
        ({"contrast": (1, 1)}, "Expected rather_than to be another class"),
    ],
)
def test_contrasts_that_cannot_be(net, pixels, options, message):
    with pytest.raises(InputError, match=message):
        tfvis.explain(net, pixels, icons=False, **QUICK, **options)


def test_known_attributions_of_another_contrast_are_refused(net, pixels):
    (known,) = tfvis.attribute(net, pixels, 1, layer="first", attribution_steps=3)
    with pytest.raises(InputError, match="received some of a class alone"):
        tfvis.explain(net, pixels, attribution=known, rather_than=0, icons=False)


def test_channels_and_integrated_gradients_take_a_contrast_too(net, pixels):
    for kind in (tfvis.explainers.LayerIntegratedGradients, tfvis.explainers.ChannelExplainer):
        told = []
        (found,) = kind(net, layer="first", attribution_steps=3, rather_than=0).explain(
            [pixels], [1], progress=lambda *step, told=told: told.append(step)
        )
        assert found.label == f"{net.labels[1]} rather than {net.labels[0]}"
        assert told[-1][0] == told[-1][1] == 6
