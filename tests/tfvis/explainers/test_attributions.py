"""One call for both methods; what was computed for an image is remembered."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfvis
from tfvis.explainers import attributions
from tfvis.explainers.attributions import attribute, attributions_of, layer_of
from tfvis.explainers.options import AttributionOptions
from tfvis.utils.attribution import aumann_shapley, shapley_sampling
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import SourceImage, read_image


@pytest.fixture
def linear(closed_form, mix):
    weights = np.float32(np.random.default_rng(3).standard_normal((6, 3)))
    return closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 3)


@pytest.mark.parametrize("method", ["IGSG", "Shap"])
def test_both_methods_attribute(linear, image, method):
    (found,) = attribute(linear, image, [0], attribution=method, attribution_steps=4)
    assert found.method == method
    assert (found.layer, found.class_index) == ("features", 0)
    assert found.values.sum() == pytest.approx(found.total, rel=1e-3)
    assert found.provenance.image == read_image(image).digest


def test_they_are_the_estimators_with_these_options(net, pictures):
    image, seen = pictures[0], {"classes": [2]}
    (found,) = attribute(net, image, 2, layer="second", attribution_steps=3)
    (expected,) = aumann_shapley(net, image, "second", steps=3, **seen)
    np.testing.assert_array_equal(found.values, expected.values)
    options = AttributionOptions(attribution="Shap", attribution_steps=4, layer="second")
    (found,) = attribute(net, image, 2, options=options, seed=5)
    (expected,) = shapley_sampling(net, image, "second", permutations=4, seed=5, **seen)
    np.testing.assert_array_equal(found.values, expected.values)


def test_classes_come_alone_or_several(linear, image):
    one = attribute(linear, image, "class 1")
    several = attribute(linear, image, ["class 1", 0])
    assert [found.class_index for found in one] == [1]
    assert [found.class_index for found in several] == [1, 0]
    np.testing.assert_allclose(one[0].values, several[0].values, rtol=1e-6)


def test_the_layer_is_the_networks_first_default_one_if_left_out(random_net, net):
    assert layer_of(random_net, None) == random_net.default_layers[0]
    assert layer_of(net, "second") == "second"
    with pytest.raises(InputError, match="Unknown layer 'third'"):
        layer_of(net, "third")


def test_what_was_computed_for_an_image_is_not_computed_again(pictures, network_of, head_runs):
    runs = head_runs()
    net = network_of(preprocess=runs)
    source, again = read_image(pictures[0]), read_image(pictures[0].copy())
    options = AttributionOptions(layer="first", attribution_steps=3)
    first = attributions_of(net, source, ["cat"], options)
    assert attributions_of(net, again, [0], options) is first
    # Another class or count of steps is another attribution, but the same activations.
    assert attributions_of(net, source, [1], options) is not first
    assert attributions_of(net, source, [0], AttributionOptions(attribution_steps=4)) is not first
    assert runs.images == 2  # "first" and, by default, "second"
    attributions_of(net, read_image(pictures[2]), [0], options)
    assert runs.images == 3


def test_files_of_equal_pixels_share_all_but_their_names(pictures, network_of, head_runs):
    runs = head_runs()
    net, options = network_of(preprocess=runs), AttributionOptions(layer="first")
    sources = [
        SourceImage(pictures[0], name, digest) for name, digest in zip("aab", "112", strict=True)
    ]
    first, same, other = (attributions_of(net, own, [0], options) for own in sources)
    assert first is same
    assert runs.images == 1
    made = first[0].provenance
    assert other[0].provenance == replace(made, image_name="b", image_file="2")
    assert other[0].values is first[0].values
    assert other[0].maps is first[0].maps


def test_files_and_pictures_are_attributed_too(net, pictures, tmp_path):
    pixels = np.uint8(pictures[0] * 255)
    Image.fromarray(pixels).save(tmp_path / "own.png")
    first, *others = (
        attribute(net, image, 0, attribution_steps=3)[0]
        for image in (pixels, Image.fromarray(pixels), tmp_path / "own.png")
    )
    for other in others:
        np.testing.assert_array_equal(other.values, first.values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attribution": "LIME"}, "Unknown attribution 'LIME'"),
        ({"layer": "third"}, "Unknown layer 'third'"),
        ({"steps": 3}, "Unknown option 'steps'"),
        ({"classes": ["cow"]}, "Unknown class 'cow'"),
        ({"classes": []}, "Expected a list of at least one class"),
    ],
)
def test_what_cannot_be_used(net, pictures, changes, message):
    given = {"classes": [0], **changes}
    with pytest.raises(InputError, match=message):
        tfvis.attribute(net, pictures[0], **given)


@pytest.mark.parametrize(
    ("method", "estimator"),
    [("IGSG", "aumann"), pytest.param("Shap", "sampling", marks=pytest.mark.slow)],
)
def test_where_memory_runs_out_fewer_are_evaluated_at_once(
    linear, image, monkeypatch, caplog, method, estimator
):
    (name,) = (own for own in ("aumann_shapley", "shapley_sampling") if estimator in own)
    real, tried = getattr(attributions, name), []

    def scarce(*arguments, batch_size, **named):
        tried.append(batch_size)
        if batch_size > 5:
            raise MemoryError
        return real(*arguments, batch_size=batch_size, **named)

    scarce.__signature__ = inspect.signature(real)
    monkeypatch.setattr(attributions, name, scarce)
    (found,) = attribute(linear, image, 0, attribution=method, attribution_steps=8)
    (expected,) = real(linear, image, "features", classes=[0], batch_size=tried[-1],
                       **{"steps" if method == "IGSG" else "permutations": 8})  # fmt: skip
    np.testing.assert_array_equal(found.values, expected.values)
    assert tried[-1] <= 5 < tried[-2] == 2 * tried[-1]
    assert len(caplog.messages) == len(tried) - 1
