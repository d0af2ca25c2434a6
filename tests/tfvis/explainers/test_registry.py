"""What every explainer promises, whatever its method."""

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from tfvis import explainers
from tfvis.explainers.base import ClassMap, Explainer
from tfvis.explainers.extremal_perturbation import ExtremalPerturbation
from tfvis.explainers.guided_inversion import GuidedFeatureInversion
from tfvis.explainers.options import NoOptions
from tfvis.explainers.registry import Method, compared, method_of, methods, register, unregister
from tfvis.utils.compiling import trace_count
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import SourceImage, read_image
from tfvis.utils.labels import Labels
from tfvis.utils.provenance import Provenance, plain

CLASSES = ["cat", "bird", 1]


@pytest.fixture(params=methods(), ids=lambda method: method.name, scope="module")
def method(request):
    return request.param


@pytest.fixture(scope="module")
def options(method, quick):
    return method.options_from(quick)


@pytest.fixture(scope="module")
def explainer(net, method, options):
    return method.build(net, options)


@pytest.fixture(scope="module")
def found(explainer, pictures):
    """All pictures, of two sizes, in one call."""
    return explainer.explain(pictures, CLASSES)


def test_it_is_an_explainer(explainer):
    assert isinstance(explainer, Explainer)


def test_its_class_is_found_in_the_package(explainer, method):
    assert getattr(explainers, method.class_name) is type(explainer)
    assert method.class_name in dir(explainers)


def test_there_is_a_result_a_pair_in_their_order(found, pictures):
    assert isinstance(found, tuple)
    assert [own.class_index for own in found] == [0, 2, 1]
    assert [own.label for own in found] == ["cat", "bird", "dog"]
    for own, picture in zip(found, pictures, strict=True):
        assert isinstance(own, ClassMap)
        np.testing.assert_array_equal(own.image, picture)


def test_maps_have_the_images_size_and_are_finite_and_at_least_zero(found, pictures, method):
    for own, picture in zip(found, pictures, strict=True):
        for maps in (own.map[np.newaxis], own.maps, method.maps(own)):
            assert len(maps) >= 1
            assert maps.shape[1:] == picture.shape[:2]
            assert maps.dtype == np.float32
            assert np.isfinite(maps).all()
            assert maps.min() >= 0


def test_the_networks_answers_are_told(found, net, method):
    for own in found:
        told = [(answer.class_index, answer.logit) for answer in own.answers]
        expected = net.top(own.image) if method.name != "uniform" else []
        assert told == [(index, pytest.approx(logit, abs=1e-4)) for index, logit in expected]


def test_several_pairs_at_once_are_each_alone(found, explainer, pictures):
    for own, picture, name in zip(found, pictures, CLASSES, strict=True):
        (alone,) = explainer.explain([picture], [name])
        np.testing.assert_allclose(own.map, alone.map, atol=1e-3)
        np.testing.assert_allclose(own.maps, alone.maps, atol=1e-3)
        assert own.problem == alone.problem


def test_the_image_and_the_class_may_come_in_any_way(found, explainer, pictures):
    again = explainer.explain([read_image(picture) for picture in pictures], [0, 2, "dog"])
    for own, other in zip(found, again, strict=True):
        np.testing.assert_allclose(own.map, other.map, atol=1e-6)


def test_no_pairs_have_no_results(explainer):
    assert explainer.explain([], []) == ()


@pytest.mark.parametrize("of", ["images that are new", "images that are remembered"])
def test_progress_rises_to_its_end(of, explainer, found, method, options, pictures, network_of):
    # For `found`, `explainer` has explained the pictures already.
    own = method.build(network_of(), options) if of == "images that are new" else explainer
    told = []
    own.explain(pictures, CLASSES, progress=lambda *counts: told.append(counts))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len({total for _, total in told}) == 1
    done, total = told[-1]
    assert done == total > 0


@pytest.mark.parametrize("name", ["all groups", "best channel"])
def test_progress_rises_to_its_end_with_an_odd_number_of_orders(name, net, pictures):
    """Shapley values take orders in pairs."""
    method = method_of(name)
    options = replace(method.options_from(layer="first"), attribution="Shap", attribution_steps=3)
    told = []
    method.build(net, options).explain(
        pictures, CLASSES, progress=lambda *counts: told.append(counts)
    )
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (9, 9)


@pytest.mark.parametrize(
    ("count", "classes", "message"),
    [
        (2, [0], "Expected as many classes as images, received 1 class for 2 images"),
        (1, "cat", "Expected a list with one class an image, received 'cat'"),
        (1, 0, "Expected a list with one class an image, received 0"),
        (1, ["cow"], "Unknown class 'cow'"),
    ],
)
def test_images_and_classes_must_fit(explainer, pictures, count, classes, message):
    with pytest.raises(InputError, match=message):
        explainer.explain(pictures[:count], classes)


def test_an_image_must_be_one(explainer):
    with pytest.raises(InputError, match=r"one image of shape \(H, W, 3\), received shape \(4, 4"):
        explainer.explain([np.zeros((4, 4))], [0])


def test_equal_images_share_their_head(found, method, options, pictures, network_of, head_runs):
    """A pair more of the same image costs no run of the head, in a batch at most a row."""
    counts = []
    for images, classes in (([0], [0]), ([0, 0, 0], [0, 2, 0])):
        runs = head_runs()
        explainer = method.build(network_of(preprocess=runs), options)
        # Equal, not the same object.
        explainer.explain([pictures[k].copy() for k in images], classes)
        counts.append((runs.calls, runs.images))
    (calls, images), (more_calls, more_images) = counts
    assert more_calls == calls
    if not method.optimised:
        assert (calls, images) in ((0, 0), (1, 1))
    if not calls:  # then the map is the same for all images of a size
        np.testing.assert_array_equal(found[0].maps, found[2].maps)
    if not method.optimised or method.fixed.get("step") == 1:
        assert more_images == images


def test_images_of_equal_pixels_are_each_their_own_file(explainer, pictures):
    files = [SourceImage(pictures[0], name, 8 * name) for name in "aba"]
    found = explainer.explain(files, ["cat", "cat", "dog"])
    assert [own.provenance.image_name for own in found] == ["a", "b", "a"]
    assert [own.provenance.image_file for own in found] == ["a" * 8, "b" * 8, "a" * 8]
    np.testing.assert_allclose(found[0].maps, found[1].maps, atol=1e-6)


def test_a_class_name_is_resolved_once(method, options, pictures, network_of, monkeypatch):
    net, asked = network_of(), []
    index = Labels.index
    monkeypatch.setattr(Labels, "index", lambda own, name: asked.append(name) or index(own, name))
    method.build(net, options).explain(pictures[:1] * 2, ["cat", "bird"])
    assert [name for name in asked if isinstance(name, str)] == ["cat", "bird"]


def test_provenance_names_what_made_the_map(found, explainer, pictures, net, method, options):
    resolved = {"layer", "base_layer", "inversion_layer"}
    for own, picture in zip(found, pictures, strict=True):
        made = own.provenance
        assert made.method == own.method
        assert (made.network, made.weights) == (net.name, net.digest)
        assert made.image == read_image(picture).digest
        assert made.image_size == picture.shape[:2]
        assert made.image_name is made.image_file is None
        assert made.class_name == own.label
        assert made.layer == getattr(explainer, "layer", made.layer)
        assert made.options.get("layer", made.layer) == made.layer
        # The name of the layer says whether it is the last.
        names = {field.name for field in fields(options)} - {"last_layer"}
        assert names <= set(made.options)
        if "preset" in names:  # its score is settled by the network
            assert made.options["preset"] == plain(explainer.preset)
        if getattr(options, "dtype", None) == "auto":  # the device settles it; see conftest.py
            assert made.options["dtype"] == "float32"
            names.remove("dtype")
        for name in names - resolved - {"preset"}:
            assert made.options[name] == plain(getattr(options, name))
        assert {"python", "tfvis", "tensorflow"} <= set(made.versions)
        assert Provenance.from_json(json.loads(json.dumps(made.as_json()))) == made


def test_results_cannot_be_written_to_but_replaced(found):
    for own in found:
        with pytest.raises(FrozenInstanceError):
            own.label = "cow"
        other = replace(own, label="cow")
        assert (type(other), other.label) == (type(own), "cow")
        assert other.map is own.map


def test_a_result_is_described_in_one_line(found):
    for own in found:
        assert "\n" not in repr(own)
        assert repr(own.label) in repr(own)
        assert len(repr(own)) < 250


def test_the_second_image_of_a_size_traces_nothing(method, options, pictures, network_of):
    net = network_of()
    explainer = method.build(net, options)
    explainer.explain([pictures[0]], [0])
    before = trace_count()
    explainer.explain([pictures[2]], [2])
    assert trace_count() == before
    # Neither does another object with equal options.
    method.build(net, replace(options)).explain([pictures[2][::-1]], ["dog"])
    assert trace_count() == before


# The methods by name


def test_masks_are_those_of_their_method(net, pictures, quick):
    image = pictures[:1]
    inversion = GuidedFeatureInversion(net, options=quick[4])
    (saliency,) = inversion.saliency(image)
    (inverted,) = inversion.discriminate(image, [1])
    (perturbed,) = ExtremalPerturbation(net, quick[5]).explain(image, [1])
    for name, own in {
        "guided inversion, step 1": saliency,
        "guided inversion": inverted,
        "extremal perturbation": perturbed,
    }.items():
        method = method_of(name)
        assert method.optimised
        (found,) = method.build(net, method.options_from(quick)).explain(image, [1])
        np.testing.assert_allclose(found.map, own.mask, atol=1e-5)
        assert found.problem == own.problem


def test_what_is_not_given_is_the_networks_own(net):
    inversion = method_of("guided inversion")
    built = inversion.build(net, inversion.options_from())
    assert built.base_layers == net.inversion_layers[:-1]
    assert built.inversion_layer == net.inversion_layers[-1]
    assert method_of("extremal perturbation").options_from().area == 0.1


def test_fixed_options_win_and_common_ones_count_where_nothing_is_given(quick):
    step_1 = method_of("guided inversion, step 1")
    assert step_1.options_from(quick) == replace(quick[4], step=1)
    assert step_1.options_from(quick, seed=5).seed == 0
    cut = method_of("Grad-CAM, cut").options_from(layer="second", seed=5, cut=0.1)
    assert (cut.layer, cut.cut) == ("second", 0.85)
    groups = method_of("all groups, activation").options_from(layer=None, seed=5)
    assert (groups.layer, groups.seed, groups.heat_maps) == (None, 5, "activation")


def test_methods_are_found_whatever_way_they_are_written():
    assert method_of("grad_cam").name == "Grad-CAM"
    assert method_of("Guided-Inversion step 1").name == "guided inversion, step 1"
    assert method_of("ALL GROUPS").name == "all groups"
    assert tuple(method_of(method.name) for method in methods()) == methods()
    with pytest.raises(InputError, match="Unknown method 'grad'. Closest: Grad-CAM"):
        method_of("grad")


def test_methods_and_options_are_known_without_tensorflow():
    code = """
import sys
from tfvis.explainers import FeatureGroupOptions, methods
given = [FeatureGroupOptions(n_groups=3)]
made = [method.options_from(given, layer="mixed4d") for method in methods()]
assert [type(own) for own in made] == [method.options for method in methods()]
assert FeatureGroupOptions(n_groups=3, heat_maps="activation") in made
heavy = {"tensorflow", "keras", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


class Middle:
    """An explainer of one's own."""

    def __init__(self, net, options=None):
        self.net = net

    def explain(self, images, classes, *, progress=None):
        a_map = np.zeros((24, 24), np.float32)
        a_map[8:16, 8:16] = 1
        return tuple(
            ClassMap(map=a_map, image=image, class_index=self.net.class_index(name), label=name,
                     method="middle")
            for image, name in zip(images, classes, strict=True)
        )  # fmt: skip


@pytest.fixture
def middle():
    own = Method("the middle", __name__, "Middle")
    register(own)
    yield own
    unregister("the middle")


def test_a_method_of_ones_own_is_registered_and_built(middle, net, pictures):
    assert method_of("The-Middle") is middle
    assert middle in methods()
    options = middle.options_from(layer="first", seed=3)
    assert options == NoOptions()
    explainer = middle.build(net, options)
    assert isinstance(explainer, Explainer)
    (found,) = explainer.explain(pictures[:1], ["dog"])
    assert (found.class_index, found.provenance) == (1, None)
    assert middle.maps(found).sum() == 64


def test_a_name_is_taken_once_and_forgotten_again(middle):
    with pytest.raises(InputError, match=r"A method called 'THE middle' is already registered\."):
        register(Method("THE middle", __name__, "Middle"))
    with pytest.raises(InputError, match="Unknown shows 'all'. .*map, first, every"):
        register(Method("another", __name__, "Middle", shows="all"))
    unregister("the middle")
    assert middle not in methods()
    with pytest.raises(InputError, match="Unknown method 'the middle'"):
        unregister("the middle")
    register(middle)


@pytest.mark.parametrize(("shows", "expected"), [("map", [9]), ("first", [2]), ("every", [2, 1])])
def test_the_maps_that_count(shows, expected):
    image = np.zeros((1, 1, 3), np.float32)
    parts = np.array([2, 1], np.float32).reshape(2, 1, 1)
    found = ClassMap(map=np.full((1, 1), 9.0), parts=parts, image=image, class_index=0, label="cat",
                     method="mine")  # fmt: skip
    maps = Method("mine", __name__, "Middle", shows=shows).maps(found)
    assert maps.ravel().tolist() == expected


def test_by_default_methods_with_one_map_are_compared():
    named = compared()
    assert "Grad-CAM" in named and "best group" in named
    assert all(method_of(name).shows != "every" for name in named)
    assert set(compared(optimised=True)) - set(named) == {
        "guided inversion, step 1", "guided inversion", "extremal perturbation",
    }  # fmt: skip
