"""A detector of colours must find the boxes of coloured squares."""

import keras
import numpy as np
import pytest

from tfvis.datasets.boxed_images import BoxedImage, Target
from tfvis.evaluation.box_localisation import BoxLocalisation, LocatedObject, localise_boxes
from tfvis.explainers.channel_maps import Explainer
from tfvis.explainers.guided_inversion import GuidedFeatureInversion
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


@pytest.fixture(scope="module")
def explainer(net):
    return Explainer(
        net,
        "coarse",
        steps=4,
        inversion=GuidedFeatureInversion(
            net,
            "coarse",
            "coarse",
            preset="authors",
            sigma=4.0,
            penalties=(0, 0),
            learning_rate=0.02,
            halve_every=0,
        ),
    )


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
def found(explainer, images):
    return localise_boxes(explainer, images, METHODS, batch_size=2)


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


def test_the_batch_size_does_not_matter(explainer, images, found):
    reports = []
    one = localise_boxes(explainer, images, ("guided inversion",), batch_size=1,
                         progress=lambda *counts: reports.append(counts))  # fmt: skip
    np.testing.assert_allclose(
        one.overlaps["guided inversion"], found.overlaps["guided inversion"], atol=1e-6
    )
    assert reports == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_without_a_class_the_top_answer_is_explained(explainer, images):
    first = images[0]
    unnamed = BoxedImage("unnamed", first.load, first.size, (Target(None, first.targets[1].boxes),))
    found = localise_boxes(explainer, [unnamed], ("Grad-CAM",))
    assert found.objects[0].class_index == 2  # the larger square
    assert found.best_overlaps("Grad-CAM")[0] > 0.8


def test_the_best_of_several_boxes_counts(explainer, images):
    first = images[0]
    both = np.concatenate([target.boxes for target in first.targets])
    image = BoxedImage("both", first.load, first.size, (Target(0, both), Target(2, both)))
    found = localise_boxes(explainer, [image], ("Grad-CAM",))
    assert (found.best_overlaps("Grad-CAM") > 0.8).all()


def test_images_that_turn_out_unreadable_are_listed(explainer, images):
    def broken(size):
        raise InputError("It ends early.")

    bad = BoxedImage("bad", broken, (8, 8), images[0].targets)
    found = localise_boxes(explainer, [bad, images[1]], ("Grad-CAM",))
    assert found.unreadable == (("bad", "It ends early."),)
    assert len(found.objects) == 1
    more = found.with_unreadable([("worse", "It is gone.")])
    assert more.unreadable == (("worse", "It is gone."), ("bad", "It ends early."))
    with pytest.raises(InputError, match="None of 1 images can be read. The first: It ends early"):
        localise_boxes(explainer, [bad], ("Grad-CAM",))


def result(overlaps):
    overlaps = np.asarray(overlaps, np.float64)
    n, alphas = overlaps.shape
    objects = tuple(LocatedObject("a", (1, 1), 0, np.ones((1, 4)), 0.0) for _ in range(n))
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
        ({"methods": ["grad cam"]}, "Unknown method 'grad cam'. Closest: Grad-CAM"),
        ({"methods": "Grad-CAM"}, "Expected a list of at least one method"),
        ({"methods": ["every group"]}, "one map a class, received 'every group'"),
        ({"images": []}, "Expected at least one image, received none"),
        ({"alphas": []}, "Expected at least one alpha"),
        ({"alphas": [-1]}, "each of at least 0"),
        ({"batch_size": 0}, "Expected batch_size"),
    ],
)
def test_what_cannot_be_used(explainer, images, options, message):
    with pytest.raises(InputError, match=message):
        localise_boxes(explainer, **{"images": images, "methods": ["Grad-CAM"], **options})


def test_only_what_was_run_can_be_asked_for(found):
    with pytest.raises(InputError, match="Unknown method 'uniform'"):
        found.errors("uniform")
