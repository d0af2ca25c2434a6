"""A detector of colours must find the boxes of coloured squares."""

from dataclasses import replace

import coloured_boxes
import numpy as np
import pytest
from coloured_boxes import SIDE, Colour
from known_networks import (
    PLANTED,
    RED,
    Says,
    map_of_channels,
    other_channels,
    planted_network,
    planted_scene,
)

from tfvis.datasets.boxed_images import BoxedImage, Collection, Target
from tfvis.evaluation.box_localisation import localisation_provenance, localise_boxes
from tfvis.explainers.guided_inversion import PRESETS
from tfvis.explainers.guided_inversion.presets import InversionOptions
from tfvis.explainers.options import FeatureGroupOptions, GradCamOptions
from tfvis.utils.errors import InputError


@pytest.fixture(scope="module")
def net():
    return coloured_boxes.network()


@pytest.fixture(scope="module")
def images():
    return coloured_boxes.images()


OPTIONS = (
    InversionOptions(
        base_layer=("coarse",),
        inversion_layer="coarse",
        preset=replace(
            PRESETS["authors"], sigma=4.0, penalties=(0, 0), learning_rate=0.02, halve_every=0
        ),
    ),
    FeatureGroupOptions(layer="coarse", attribution_steps=4),
    GradCamOptions(layer="coarse"),
)
METHODS = ("guided inversion", "all groups", "best group", "Grad-CAM")


def localised(net, images, explainers, **options):
    named = ("guided inversion", "all groups", "Grad-CAM")
    own = [kind for kind, name in zip(OPTIONS, named, strict=True) if name in explainers]
    return localise_boxes(net, images, explainers, options=own, **options)


@pytest.fixture(scope="module")
def found(net, images):
    return localised(net, images, METHODS, batch_size=2)


@pytest.mark.parametrize("method", METHODS)
def test_the_boxes_are_found(found, method):
    best = found.best_alpha(method)
    assert best in found.alphas
    assert found.errors(method)[found.alphas.index(best)] <= 0.2  # one of five
    assert (found.overlaps[method].max(axis=1) > 0.6).all()
    assert found.overlaps[method].shape == (5, 11)
    assert found.found[method].shape == (5, 11, 4)


def test_an_exact_map_has_an_exact_box(found):
    boxes = np.concatenate([own.boxes for own in found.objects])
    # In pixels of the images themselves, which are larger.
    np.testing.assert_allclose(boxes[0], np.array([2, 4, 12, 14]) * (3, 2, 3, 2))
    # The squares lie on even pixels, and bilinear resizing of the coarse map reaches one further.
    np.testing.assert_allclose(found.best_boxes("Grad-CAM"), boxes, atol=3)


def test_planted_channels_find_the_boxes_and_random_ones_do_not():
    net, images, rng = planted_network(), [], np.random.default_rng(0)
    for seed in range(5):
        scene, masks = planted_scene(seed=seed)
        rows, columns = np.nonzero(masks["red"])
        box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]) / 32
        images.append(
            BoxedImage(f"{seed}", lambda size, own=scene: own, (32, 32), (Target(RED, box),))
        )
    planted = Says(a_map=lambda image, _: map_of_channels(net, image, PLANTED), name="planted")
    random = Says(
        a_map=lambda image, _: map_of_channels(net, image, other_channels(rng)), name="random"
    )
    found = localise_boxes(net, images, [planted, random])
    assert (found.overlaps["planted"][:, 2] == 1).all()  # cut at its mean
    assert found.overlaps["random"][:, 2].max() < 0.5
    assert found.errors("planted")[2] == 0
    assert found.errors("random")[2] == 1


def test_objects_know_what_they_are(found):
    assert [own.image for own in found.objects] == [f"image {k}" for k in (0, 0, 1, 2, 2)]
    assert [own.class_index for own in found.objects] == [0, 2, 1, 2, 0]
    assert {own.size for own in found.objects} == {(64, 96)}
    assert found.objects[0].logit == pytest.approx(30 * 100 / SIDE**2, rel=1e-5)


def test_the_batch_size_does_not_matter(net, images, found):
    reports = []
    one = localised(net, images, ("guided inversion",), batch_size=1,
                    progress=lambda *counts: reports.append(counts))  # fmt: skip
    np.testing.assert_allclose(
        one.overlaps["guided inversion"], found.overlaps["guided inversion"], atol=1e-6
    )
    assert reports == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_without_a_class_the_top_answer_is_explained(net, images):
    first = images[0]
    unnamed = BoxedImage("unnamed", first.load, first.size, (Target(None, first.targets[1].boxes),))
    found = localised(net, [unnamed], ("Grad-CAM",))
    assert found.objects[0].class_index == 2  # the larger square
    assert found.best_overlaps("Grad-CAM")[0] > 0.8


def test_the_best_of_several_boxes_counts(net, images):
    first = images[0]
    both = np.concatenate([target.boxes for target in first.targets])
    image = BoxedImage("both", first.load, first.size, (Target(0, both), Target(2, both)))
    found = localised(net, [image], ("Grad-CAM",))
    assert (found.best_overlaps("Grad-CAM") > 0.8).all()


def test_images_that_turn_out_unreadable_are_listed(net, images):
    def broken(size):
        raise InputError("It ends early.")

    bad = BoxedImage("bad", broken, (8, 8), images[0].targets)
    found = localised(net, [bad, images[1]], ("Grad-CAM",))
    assert found.unreadable == (("bad", "It ends early."),)
    assert len(found.objects) == 1
    more = found.with_unreadable([("worse", "It is gone.")])
    assert more.unreadable == (("worse", "It is gone."), ("bad", "It ends early."))
    with pytest.raises(InputError, match="None of 1 images can be read. The first: It ends early"):
        localised(net, [bad], ("Grad-CAM",))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"explainers": ["grad cams"]}, "Unknown method 'grad cams'. Closest: Grad-CAM"),
        ({"explainers": "Grad-CAM"}, "Expected a list of at least one method"),
        (
            {"explainers": ["every group"]},
            "^'every group' gives several maps for each class; boxes need",
        ),
        ({"images": []}, "Expected at least one image, received none"),
        ({"images": None}, r"^Expected a list of BoxedImage, received None\.$"),
        ({"images": Collection(())}, r"^Expected a list of BoxedImage, received Collection\("),
        ({"images": "boxes.csv"}, r"^Expected a list of BoxedImage, received 'boxes.csv'\.$"),
        ({"images": ["a.png"]}, r"^Expected image 0 to be a BoxedImage, received 'a.png'\.$"),
        ({"alphas": []}, "Expected at least one alpha"),
        ({"alphas": [-1]}, "each of at least 0"),
        ({"batch_size": 0}, "Expected batch_size"),
        ({"layer": "nosuch"}, "Unknown layer 'nosuch'"),
        ({"attribution_steps": 0}, "Expected attribution_steps"),
        ({"seed": -1}, "Expected seed to be a whole number >= 0, received -1"),
        ({"options": GradCamOptions()}, "Expected a list of options"),
        ({"options": [GradCamOptions()]}, "that the named methods take .none., received GradCam"),
    ],
)
def test_what_cannot_be_used(net, images, options, message):
    with pytest.raises(InputError, match=message):
        localise_boxes(net, **{"images": images, "explainers": ["uniform"], **options})


def test_attribution_steps_reach_the_methods(net, images):
    asked = {"explainers": ["all groups"], "layer": "coarse", "attribution_steps": 3}
    made = localise_boxes(net, images, **asked).provenance
    assert made.options["explainers"]["all groups"]["attribution_steps"] == 3
    assert made == localisation_provenance(net, **asked)


def test_only_what_was_run_can_be_asked_for(found):
    for asked in (found.errors, found.best_alpha, found.best_overlaps, found.best_boxes):
        with pytest.raises(InputError, match="Unknown method 'GradCAM'. Closest: Grad-CAM"):
            asked("GradCAM")


def test_the_result_says_what_made_it(net, images, found):
    made = found.provenance
    assert (made.network, made.weights, made.image_name) == (net.name, net.digest, "objects")
    assert list(made.options["explainers"]) == list(METHODS)
    assert made.options["explainers"]["guided inversion"]["preset"]["sigma"] == 4.0
    assert made.options["explainers"]["Grad-CAM"]["layer"] == "coarse"
    assert made.options["alphas"] == list(found.alphas)
    # Known before anything is computed.
    assert made == localisation_provenance(net, METHODS, options=OPTIONS)
    assert found.seconds > 0


def test_an_explainer_of_ones_own_beside_a_named_one(net, images, found):
    both = localised(net, images, [Colour(), "Grad-CAM"], batch_size=2)
    assert list(both.overlaps) == ["Colour", "Grad-CAM"]
    assert (both.overlaps["Colour"] == 1).all()
    np.testing.assert_array_equal(both.overlaps["Grad-CAM"], found.overlaps["Grad-CAM"])


def test_a_map_that_is_not_finite_finds_no_box(net, images):
    class Failing(Colour):
        def explain(self, images, classes, *, progress=None):
            nan = np.full((SIDE, SIDE), np.nan)
            return tuple(
                replace(found, map=nan, problem="It diverged.") if found.label == "green" else found
                for found in super().explain(images, classes)
            )

    found = localised(net, images, [Failing()])
    assert found.problems["Failing"] == (None, None, "It diverged.", None, None)
    assert (found.overlaps["Failing"].T == [1, 1, 0, 1, 1]).all()
    assert np.isnan(found.found["Failing"][2]).all()


def test_an_explainer_with_several_maps_has_no_box(net, images):
    class Several(Colour):
        shows = "every"

    with pytest.raises(InputError, match="'Several' gives several maps for each class; boxes need"):
        localised(net, images, [Several()])
