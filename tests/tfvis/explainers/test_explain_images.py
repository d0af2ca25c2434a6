"""`tfvis.explain`: one call for images of all kinds."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF

import tfvis
from tfvis.explainers import feature_groups
from tfvis.explainers.base import NothingSelected
from tfvis.explainers.explanation import Explanation
from tfvis.explainers.options import FeatureGroupOptions
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import NothingSelectedError
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.icons import render_icons
from tfvis.utils.image_sources import read_image

QUICK = {"layer": "first", "attribution_steps": 3}


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(5).integers(0, 256, (24, 24, 3), np.uint8)


@pytest.fixture
def rendered(monkeypatch):
    """The icon options that reach the renderer."""
    seen = []

    def render(net, layer, weights, options=None, **others):
        seen.append((options, others["seed"]))
        return render_icons(net, layer, weights, IconOptions(steps=1, size=16), **others)

    monkeypatch.setattr(feature_groups, "render_icons", render)
    return seen


def equal(one, other):
    np.testing.assert_array_equal(one.image, other.image)
    np.testing.assert_allclose(one.map, other.map, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(one.parts, other.parts, rtol=1e-5, atol=1e-7)
    for group, twin in zip(one.groups, other.groups, strict=True):
        np.testing.assert_array_equal(group.channels, twin.channels)
    assert (one.class_index, one.label) == (other.class_index, other.label)
    return True


def test_an_image_of_any_kind_has_the_same_explanation(net, pixels, tmp_path):
    file = tmp_path / "own.png"
    Image.fromarray(pixels).save(file)
    kinds = [
        np.float32(pixels) / 255, pixels, Image.fromarray(pixels), file, str(file),
        read_image(pixels), [pixels], (file,), pixels[np.newaxis],
    ]  # fmt: skip
    found = [tfvis.explain(net, image, ["dog"], icons=False, **QUICK) for image in kinds]
    for (own,) in found:
        assert isinstance(own, Explanation)
        assert equal(own, found[0][0])
    assert found[3][0].provenance.image_name == "own"


@pytest.mark.parametrize("name", ["dog", 1, np.int64(1), ["dog"], (1,)])
def test_a_class_may_come_alone(net, pixels, name):
    (found,) = tfvis.explain(net, pixels, name, icons=False, **QUICK)
    assert (found.class_index, found.label) == (1, "dog")


def test_several_images_and_classes_in_one_call(net, pictures):
    found = tfvis.explain(net, pictures, ["bird", "cat"], icons=False, **QUICK)
    assert [own.label for own in found] == ["bird", "cat"] * 3
    for k, own in enumerate(found):
        np.testing.assert_array_equal(own.image, pictures[k // 2])
        (alone,) = tfvis.explain(net, pictures[k // 2], own.class_index, icons=False, **QUICK)
        assert equal(own, alone)


def test_without_classes_each_images_top_answer_is_explained(closed_form):
    # One class is red, the other blue.
    weights = np.float32([[2, 0], [1, 1], [0, 2]])
    net = closed_form(np.eye(3), lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 2)
    rng = np.random.default_rng(0)
    red, blue = rng.random((2, 8, 8, 3), np.float32) * 0.1
    red[..., 0] += 0.8
    blue[..., 2] += 0.8
    found = tfvis.explain(net, [red, blue], icons=False)
    assert [own.class_index for own in found] == [0, 1]


def test_a_network_of_one_class_has_nothing_to_contrast_it_with(closed_form, mix, image):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2, 3])[:, tf.newaxis], 1)
    message = "^Expected a network of at least 2 classes to contrast one with 0, received 'closed f"
    with pytest.raises(InputError, match=message):
        tfvis.explain(net, image, rather_than=0, icons=False)


def test_equal_pictures_of_two_files_are_results_of_their_own(net, pixels, tmp_path):
    for name in ("a", "copy of a"):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    Image.fromarray(pixels).save(tmp_path / "larger.png", compress_level=0)
    files = [tmp_path / f"{name}.png" for name in ("a", "copy of a", "larger")]
    found = tfvis.explain(net, files, "dog", icons=False, **QUICK)
    made = [own.provenance for own in found]
    assert [own.image_name for own in made] == ["a", "copy of a", "larger"]
    assert made[0].image_file == made[1].image_file != made[2].image_file
    for own in found:
        assert own.groups.attribution.provenance.image_name == own.provenance.image_name
        assert own.groups.attribution.provenance.image_file == own.provenance.image_file
    assert len({own.save(tmp_path / "results") for own in found}) == 3


def test_options_reach_the_explanation(net, pixels):
    (found,) = tfvis.explain(
        net, pixels, 0, icons=False, sign="neg", heat_maps="activation", cut=0.5,
        grouping="KMeans", n_groups=2, seed=3, **QUICK,
    )  # fmt: skip
    assert (found.sign, found.maps_of, found.cut) == ("neg", "activation", 0.5)
    assert (found.grouping, len(found.groups) <= 2) == ("KMeans", True)
    options = FeatureGroupOptions(
        sign="neg", heat_maps="activation", cut=0.5, grouping="KMeans", n_groups=2, seed=3, **QUICK
    )
    assert found.provenance.options == {"icons": None, **vars(options)}


def test_attributions_that_are_known_are_used(net, pixels):
    (attribution,) = tfvis.attribute(net, pixels, "dog", layer="second", attribution_steps=3)
    (found,) = tfvis.explain(net, pixels, attribution=attribution, icons=False)
    assert (found.layer, found.label) == ("second", "dog")
    np.testing.assert_array_equal(found.groups.attribution.values, attribution.values)
    (expected,) = tfvis.explain(
        net, pixels, "dog", layer="second", attribution_steps=3, icons=False
    )
    assert equal(found, expected)


def test_the_result_says_how_its_attributions_were_made(net, pixels):
    given = {"layer": "second", "attribution": "Shap", "attribution_steps": 3, "seed": 5}
    (attribution,) = tfvis.attribute(net, pixels, "dog", **given)
    (found,) = tfvis.explain(net, pixels, attribution=attribution, icons=False, seed=2)
    options = found.provenance.options
    assert (options["attribution"], options["attribution_steps"]) == ("Shap", 3)
    assert (options["attribution_seed"], options["seed"]) == (5, 2)
    with pytest.raises(InputError, match="of attribution_steps=99, received some of 3"):
        tfvis.explain(net, pixels, attribution=attribution, icons=False, attribution_steps=99)
    # Their signs do not tell where a group speaks against the class.
    with pytest.raises(InputError, match="Expected show_against with maps of attributions only"):
        tfvis.explain(net, pixels, attribution=attribution, icons=False, show_against=True)


def test_the_way_of_attributing_may_be_named(net, pixels):
    (found,) = tfvis.explain(net, pixels, "dog", attribution="Shap", icons=False, **QUICK)
    assert found.groups.attribution.method == "Shap"
    (expected,) = tfvis.attribute(net, pixels, "dog", attribution="Shap", **QUICK)
    np.testing.assert_array_equal(found.groups.attribution.values, expected.values)
    with pytest.raises(InputError, match="a name or a ChannelAttribution, received tuple"):
        tfvis.explain(net, pixels, attribution=(expected,), icons=False)


def test_what_is_remembered_cannot_be_written_to(net, pixels):
    (attribution,) = tfvis.attribute(net, pixels, "dog", **QUICK)
    with pytest.raises(ValueError, match="read-only"):
        attribution.values[:] = 0


def test_attributions_know_their_class_and_their_image(net, pixels, pictures):
    (attribution,) = tfvis.attribute(net, pixels, "dog", layer="second", attribution_steps=3)
    message = "Expected one image and no classes beside attribution="
    with pytest.raises(InputError, match=message):
        tfvis.explain(net, pixels, "dog", attribution=attribution, icons=False)
    with pytest.raises(InputError, match=message):
        tfvis.explain(net, [pixels, pixels], attribution=attribution, icons=False)


def test_attributions_of_something_else_are_refused(net, pixels, network_of, tmp_path):
    Image.fromarray(255 - pixels).save(tmp_path / "another.png")
    (attribution,) = tfvis.attribute(net, pixels, 1, layer="first", attribution_steps=3)
    with pytest.raises(InputError, match="attributions of 'second', received some of 'first'"):
        tfvis.explain(net, pixels, attribution=attribution, layer="second", icons=False)
    # A file read back as another layer's that has as many channels.
    misread = replace(attribution, layer="second")
    with pytest.raises(InputError, match="attributions of 'second', received some of 'first'"):
        tfvis.explain(net, pixels, attribution=misread, icons=False)
    with pytest.raises(InputError, match="of this image, received some of another image"):
        tfvis.explain(net, 255 - pixels, attribution=attribution, icons=False)
    (named,) = tfvis.attribute(net, tmp_path / "another.png", 1, layer="first", attribution_steps=3)
    with pytest.raises(InputError, match=r"received some of another image \(another\)"):
        tfvis.explain(net, pixels, attribution=named, icons=False)
    other = network_of(seed=2)
    with pytest.raises(InputError, match="of the network 'small 2', received some of 'small 1'"):
        tfvis.explain(other, pixels, attribution=attribution, icons=False)


def test_a_class_for_which_nothing_stands_out_is_told(closed_form, image):
    net = closed_form(np.ones((3, 6)), lambda a: tf.reduce_mean(a, [1, 2, 3])[:, None], 1)
    with pytest.raises(
        NothingSelectedError, match="class 0: No positive channel in features stands out"
    ):
        tfvis.explain(net, image, icons=False)


def test_a_class_for_which_nothing_stands_out_does_not_hide_the_others(net, pixels, monkeypatch):
    whole = feature_groups.group_channels

    def group(activations, attribution, **options):
        if attribution.class_index == 1:
            raise NothingSelectedError("No channel stands out")
        return whole(activations, attribution, **options)

    monkeypatch.setattr(feature_groups, "group_channels", group)
    with pytest.raises(NothingSelectedError, match="dog: No channel stands out") as error:
        tfvis.explain(net, pixels, ["cat", "dog"], icons=False, seed=11, **QUICK)
    cat, dog = error.value.results
    assert isinstance(cat, Explanation)
    assert isinstance(dog, NothingSelected)
    assert "No channel stands out" in dog.problem


def test_icons_are_the_networks_own_way_unless_told_otherwise(pixels, network_of, rendered):
    net = network_of()
    own = net.icon_options = IconOptions(steps=7, size=32, transforms="none")
    given = IconOptions(steps=9)
    for arguments, expected in (
        ({}, own),
        ({"icons": True}, own),
        ({"icon_steps": 5}, IconOptions(steps=5, size=32, transforms="none")),
        ({"icons": given}, given),
        ({"icons": given, "icon_size": 64, "seed": 3}, IconOptions(steps=9, size=64)),
    ):
        (found,) = tfvis.explain(net, pixels, 0, **QUICK, **arguments)
        assert rendered.pop() == (expected, arguments.get("seed", 0))
        assert found.icons.shape == (len(found.groups), 16, 16, 3)
    (found,) = tfvis.explain(net, pixels, 0, icons=False, **QUICK)
    assert found.icons is None
    (found,) = tfvis.explain(net, pixels, 0, icons=None, **QUICK)
    assert found.icons is None
    assert rendered == []
    feature_groups.FeatureGroupExplainer(net, icons=True, **QUICK).explain([pixels], [0])
    assert rendered == [(own, 0)]


def test_icons_of_known_attributions_are_rendered_too(net, pixels, rendered):
    (attribution,) = tfvis.attribute(net, pixels, 1, layer="first", attribution_steps=3)
    tfvis.explain(net, pixels, attribution=attribution, icon_steps=5)
    assert rendered == [(IconOptions(steps=5), 0)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"icon_step": 3}, "Unknown option 'icon_step'. Closest: icon_steps"),
        ({"steps": 3}, "Unknown option 'steps'. Closest: .*steps"),
        ({"grouping_": "NMF"}, "Unknown option 'grouping_'. Closest: grouping"),
        ({"layer": "fist"}, "Unknown layer 'fist'. Closest: first"),
        ({"classes": "cow"}, "Unknown class 'cow'"),
        ({"icon_size": 17}, "Expected icon_size to be even, received 17. Closest: 18"),
        ({"icons": False, "icon_size": 64}, "Expected no icon options with icons=False"),
        ({"classes": object()}, "Expected classes by name or index, received object"),
    ],
)
def test_what_cannot_be_used(net, pixels, options, message):
    given = {"classes": 0, **options}
    with pytest.raises(InputError, match=message):
        tfvis.explain(net, pixels, **given)


@pytest.mark.parametrize(
    "call",
    [
        lambda net: tfvis.explain(net, np.zeros((24, 24, 3)), 0),
        lambda net: tfvis.attribute(net, np.zeros((24, 24, 3)), 0),
        lambda net: tfvis.GradCAM(net),
        lambda net: tfvis.GradCAM(net, last_layer=True),
        lambda net: tfvis.GuidedFeatureInversion(net),
        lambda net: tfvis.explainers.ExtremalPerturbation(net),
    ],
)
def test_a_model_is_no_network_yet(call):
    with pytest.raises(InputError, match=r"received str: pass tfvis.load_model\('critters'\)"):
        call("critters")
    with pytest.raises(InputError, match=r"received Model: pass tfvis.load_model\(model\)"):
        call(type("Model", (), {})())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": ["first"]}, r"Expected the name of one layer, received \['first'\]"),
        ({"grouping": 4}, "received 4. For the number of groups use n_groups=4"),
        ({"grouping": KMeans(3)}, r"Wrap it: SklearnCluster\(KMeans"),
        ({"grouping": NMF(3)}, r"Wrap it: MatrixDecomposer\(NMF"),
    ],
)
def test_what_is_meant_is_named(net, pixels, options, message):
    with pytest.raises(InputError, match=message):
        tfvis.explain(net, pixels, 0, icons=False, **{**QUICK, **options})


def test_no_image_can_be_forgotten(net):
    with pytest.raises(InputError, match="Expected an image as an array.*received NoneType"):
        tfvis.explain(net, [None], 0, icons=False)
    with pytest.raises(InputError, match="Expected an image, or a list of images, received None"):
        tfvis.explain(net, None, 0, icons=False)
    assert tfvis.explain(net, [], 0, icons=False) == ()
