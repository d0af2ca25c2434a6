"""A detector of colours must find the boxes of coloured squares."""

import logging
from dataclasses import replace

import keras
import numpy as np
import pytest

from tfvis.datasets.boxed_images import BoxedImage, Collection, Target
from tfvis.evaluation.box_localisation import localisation_provenance, localise_boxes
from tfvis.evaluation.box_results import BoxLocalisation, LocatedObject
from tfvis.explainers.base import ClassMap
from tfvis.explainers.guided_inversion import PRESETS
from tfvis.explainers.guided_inversion.presets import InversionOptions
from tfvis.explainers.options import FeatureGroupOptions, GradCamOptions
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels

COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
SIDE = 32


@pytest.fixture(scope="module")
def net():
    """Three channels of different gain for each colour, silent on grey; a logit adds its own."""
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(9, 1, activation="relu", name="colours")(inputs)
    x = keras.layers.AveragePooling2D(2, name="coarse")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))
    gains = np.float32([20, 7, 3])
    kernel = np.kron(2 * np.eye(3, dtype=np.float32) - 1, gains)
    model.get_layer("colours").set_weights([kernel[np.newaxis, np.newaxis], np.zeros(9)])
    model.get_layer("logits").set_weights([np.kron(np.eye(3), np.ones((3, 1))), np.zeros(3)])
    labels = Labels([(name,) for name in COLOURS])
    return KerasNetwork(model, labels=labels, input_size=(SIDE, SIDE))


OPTIONS = (
    InversionOptions(
        base_layer=("coarse",),
        inversion_layer="coarse",
        preset=replace(
            PRESETS["authors"], sigma=4.0, penalties=(0, 0), learning_rate=0.02, halve_every=0
        ),
    ),
    FeatureGroupOptions(layer="coarse", attribution_steps=4),
)


def localised(net, images, explainers, **options):
    own = [kind for kind, name in zip(OPTIONS, ("guided inversion", "all groups"), strict=True)
           if name in explainers]  # fmt: skip
    return localise_boxes(net, images, explainers, layer="coarse", options=own, **options)


def squares(number, *placed):
    """Grey, with squares (colour, left, top, side) on it; of twice the size, and another shape."""
    image = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    targets = []
    for colour, left, top, side in placed:
        image[top : top + side, left : left + side] = COLOURS[colour]
        box = np.array([[left, top, left + side, top + side]]) / SIDE
        targets.append(Target(list(COLOURS).index(colour), box))

    def load(size):
        assert size == (SIDE, SIDE)
        return image

    return BoxedImage(f"image {number}", load, (2 * SIDE, 3 * SIDE), tuple(targets))


@pytest.fixture(scope="module")
def images():
    return [
        squares(0, ("red", 2, 4, 10), ("blue", 18, 16, 12)),
        squares(1, ("green", 16, 2, 8)),
        squares(2, ("blue", 4, 20, 8), ("red", 20, 4, 8)),
    ]


METHODS = ("guided inversion", "all groups", "best group", "Grad-CAM")


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


def result(overlaps):
    overlaps = np.asarray(overlaps, np.float64)
    n, alphas = overlaps.shape
    objects = tuple(LocatedObject("a", (1, 1), 0, "red", np.ones((1, 4)), 0.0) for _ in range(n))
    boxes = np.arange(n * alphas * 4.0).reshape(n, alphas, 4)
    return BoxLocalisation(
        tuple(range(alphas)), objects, {"m": overlaps}, {"m": boxes}, {"m": (None,) * n}
    )


def test_an_error_is_an_overlap_below_one_half():
    found = result([[0.5, 0.49, 1.0], [0.2, 0.9, 0.7]])
    np.testing.assert_array_equal(found.errors("m"), [0.5, 0.5, 0])
    assert found.best_alpha("m") == 2
    np.testing.assert_array_equal(found.best_overlaps("m"), [1.0, 0.7])
    np.testing.assert_array_equal(found.best_boxes("m"), [[8, 9, 10, 11], [20, 21, 22, 23]])


def test_of_equal_errors_the_larger_overlap_is_best():
    assert result([[0.5, 0.9, 0.6], [0.1, 0.0, 0.4]]).best_alpha("m") == 2
    assert result([[0.6, 0.6]]).best_alpha("m") == 0


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
    assert made == localisation_provenance(net, METHODS, layer="coarse", options=OPTIONS)
    assert found.seconds > 0


class Colour:
    """The six lines of an explainer of one's own: where the class's colour is."""

    def explain(self, images, classes, *, progress=None):
        return tuple(
            ClassMap(map=np.float32(np.isin(image, (0, 1)).all(-1) & (image[..., c] == 1)),
                     image=image, class_index=c, label=list(COLOURS)[c], method="colour")
            for image, c in zip(images, classes, strict=True)
        )  # fmt: skip


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


class Squeamish(Colour):
    """Cannot explain an image of some class, nor any image beside it."""

    def __init__(self, *classes):
        self.classes, self.calls = classes, []

    def explain(self, images, classes, *, progress=None):
        self.calls.append(len(images))
        if set(classes) & set(self.classes):
            raise InputError("Too green.")
        return super().explain(images, classes)


def test_an_object_that_cannot_be_explained_is_listed(net, images):
    picky = Squeamish(1)
    found = localised(net, images, ["Grad-CAM", picky], batch_size=3)
    assert picky.calls == [5, 2, 1, 2]  # the batch, then its images one by one
    assert found.failed == (("image 1", "green", "Too green."),)
    assert [own.image for own in found.objects] == ["image 0", "image 0", "image 2", "image 2"]
    for method in ("Grad-CAM", "Squeamish"):
        assert found.overlaps[method].shape == (4, 11)
        assert len(found.problems[method]) == 4
    without = localised(net, [images[0], images[2]], ["Grad-CAM"])
    np.testing.assert_array_equal(found.overlaps["Grad-CAM"], without.overlaps["Grad-CAM"])
    more = found.with_failed([("far", "", "Its box lies outside.")])
    assert more.failed == (("far", "", "Its box lies outside."), *found.failed)


class Raising(Squeamish):
    """Meets an error of its own in images of some class."""

    def __init__(self, error, *classes):
        super().__init__(*classes)
        self.error = error

    def explain(self, images, classes, *, progress=None):
        try:
            return super().explain(images, classes)
        except InputError:
            raise self.error from None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("It is\nodd."), "ValueError: It is odd."),
        (KeyError("green"), "KeyError: 'green'"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_whatever_an_explainer_raises_is_listed(net, images, caplog, error, reason):
    with caplog.at_level(logging.DEBUG, logger="tfvis"):
        found = localised(net, images, [Raising(error, 1)])
    assert found.failed == (("image 1", "green", reason),)
    assert [own.image for own in found.objects] == ["image 0", "image 0", "image 2", "image 2"]
    assert f"Cannot explain 'image 1': {reason}" in caplog.messages
    assert all(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_ends_the_run(net, images, error):
    with pytest.raises(error):
        localised(net, images, [Raising(error(), 1)])


@pytest.mark.parametrize("error", [ValueError, InputError, KeyboardInterrupt])
def test_what_a_listener_raises_ends_the_run(net, images, error):
    def progress(done, total):
        if done == 3:
            raise error("Enough.")

    with pytest.raises(error, match="Enough."):
        localised(net, images, [Colour(), "uniform"], progress=progress)


def test_all_objects_of_an_image_that_fails_are_listed(net, images):
    found = localised(net, images, [Squeamish(2)], batch_size=1)
    assert found.failed == tuple(
        (f"image {k}", label, "Too green.")
        for k, label in [(0, "red"), (0, "blue"), (2, "blue"), (2, "red")]
    )
    assert [own.image for own in found.objects] == ["image 1"]


def test_where_nothing_can_be_explained_that_is_an_error(net, images):
    kept = []
    with pytest.raises(InputError, match="None of 5 objects can be explained. The first: Too gre"):
        localised(net, images, [Squeamish(0, 1, 2)], finished=kept.append)
    assert kept == []


def test_an_explainer_that_returns_something_else_ends_the_run(net, images):
    class Broken(Colour):
        def explain(self, images, classes, *, progress=None):
            return np.ones(3)

    with pytest.raises(InputError, match="Expected 5 results, one a pair, from 'Broken', received"):
        localised(net, images, [Broken()])


def test_progress_only_grows_and_ends_whole(net, images):
    reports = []
    localised(net, images, ["Grad-CAM", Squeamish(1)], batch_size=2,
              progress=lambda *counts: reports.append(counts))  # fmt: skip
    assert reports == [(0, 6), (2, 6), (4, 6), (5, 6), (6, 6)]


def test_a_batch_is_finished_before_progress_says_so(net, images):
    events = []
    localised(net, images, ["uniform"], batch_size=2, progress=lambda done, _: events.append(done),
              finished=lambda batch: events.append(len(batch.objects)))  # fmt: skip
    assert events == [0, 3, 2, 2, 3]


def test_what_is_known_is_not_computed_again(net, images, found):
    first = []
    localised(net, images, [Colour()], batch_size=2, finished=first.append)
    known, again, counter = {batch.key: batch for batch in first[:1]}, [], Squeamish()
    counter.name = "Colour"
    whole = localised(net, images, [counter], batch_size=2, known=known, finished=again.append)
    assert counter.calls == [2]
    assert [batch.key for batch in again] == [first[1].key]
    assert [own.image for own in whole.objects] == [own.image for own in found.objects]
    assert (whole.overlaps["Colour"] == 1).all()


@pytest.mark.parametrize("change", ["pixels", "boxes", "alphas", "methods", "labels"])
def test_what_is_known_of_something_else_is_not_taken_over(net, images, change):
    first, again = [], []
    options = {"batch_size": 3}
    localised(net, images, [Colour()], finished=first.append, **options)
    own, explainer, other = list(images), Colour(), net
    if change == "pixels":
        brighter = images[1].load((SIDE, SIDE)) * np.float32(0.9)
        own[1] = replace(images[1], load=lambda size: brighter)
    elif change == "boxes":
        own[1] = replace(images[1], targets=(Target(1, images[1].targets[0].boxes / 2),))
    elif change == "alphas":
        options["alphas"] = [1.0, 2.0]
    elif change == "methods":
        explainer.name = "another"
    else:
        other = net.with_labels(Labels([(name.upper(),) for name in COLOURS]))
    known = {batch.key: batch for batch in first}
    localised(other, own, [explainer], known=known, finished=again.append, **options)
    assert len(again) == 1
