"""Batches of objects: what fails in them, who listens, and what is known already."""

import logging
from dataclasses import replace

import coloured_boxes
import numpy as np
import pytest
from coloured_boxes import COLOURS, SIDE, Colour

from tfvis.datasets.boxed_images import FailedBox, Target
from tfvis.evaluation.box_localisation import localise_boxes
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels


@pytest.fixture(scope="module")
def net():
    return coloured_boxes.network()


@pytest.fixture(scope="module")
def images():
    return coloured_boxes.images()


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
    found = localise_boxes(net, images, ["Grad-CAM", picky], batch_size=3)
    assert picky.calls == [5, 2, 1, 2]  # the batch, then its images one by one
    # Its box, in pixels of the image, which is larger.
    assert found.failed == (FailedBox("image 1", "green", (48.0, 4.0, 72.0, 20.0), "Too green."),)
    assert [own.image for own in found.objects] == ["image 0", "image 0", "image 2", "image 2"]
    for method in ("Grad-CAM", "Squeamish"):
        assert found.overlaps[method].shape == (4, 11)
        assert len(found.problems[method]) == 4
    without = localise_boxes(net, [images[0], images[2]], ["Grad-CAM"])
    np.testing.assert_array_equal(found.overlaps["Grad-CAM"], without.overlaps["Grad-CAM"])
    far = FailedBox("far", "", (-1.0, 0.0, 2.0, 3.0), "It lies outside.")
    assert found.with_failed([far]).failed == (far, *found.failed)


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
        found = localise_boxes(net, images, [Raising(error, 1)])
    assert [(own.image, own.label, own.reason) for own in found.failed] == [
        ("image 1", "green", reason)
    ]
    assert [own.image for own in found.objects] == ["image 0", "image 0", "image 2", "image 2"]
    assert f"Cannot explain 'image 1': {reason}" in caplog.messages
    assert all(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_ends_the_run(net, images, error):
    with pytest.raises(error):
        localise_boxes(net, images, [Raising(error(), 1)])


@pytest.mark.parametrize("error", [ValueError, InputError, KeyboardInterrupt])
def test_what_a_listener_raises_ends_the_run(net, images, error):
    def progress(done, total):
        if done == 3:
            raise error("Enough.")

    with pytest.raises(error, match="Enough."):
        localise_boxes(net, images, [Colour(), "uniform"], progress=progress)


def test_all_objects_of_an_image_that_fails_are_listed(net, images):
    found = localise_boxes(net, images, [Squeamish(2)], batch_size=1)
    assert [(own.image, own.label, own.reason) for own in found.failed] == [
        (f"image {k}", label, "Too green.")
        for k, label in [(0, "red"), (0, "blue"), (2, "blue"), (2, "red")]
    ]
    assert [own.image for own in found.objects] == ["image 1"]


def test_each_box_of_an_object_that_fails_is_listed_and_the_object_counted_once(net, images):
    boxes = np.array([[0, 0, 0.5, 0.5], [0.25, 0.25, 0.75, 1]])
    image = replace(images[0], targets=(Target(1, boxes),))
    found = localise_boxes(net, [image, images[2]], [Squeamish(1)])
    assert [own.box for own in found.failed] == [(0, 0, 48, 32), (24, 16, 72, 64)]
    with pytest.raises(InputError, match="None of 1 objects can be explained. The first: Too gr"):
        localise_boxes(net, [image], [Squeamish(1)])


def test_where_nothing_can_be_explained_that_is_an_error(net, images):
    kept = []
    with pytest.raises(InputError, match="None of 5 objects can be explained. The first: Too gre"):
        localise_boxes(net, images, [Squeamish(0, 1, 2)], finished=kept.append)
    assert kept == []


def test_an_explainer_that_returns_something_else_ends_the_run(net, images):
    class Broken(Colour):
        def explain(self, images, classes, *, progress=None):
            return np.ones(3)

    with pytest.raises(InputError, match="Expected 5 results, one a pair, from 'Broken', received"):
        localise_boxes(net, images, [Broken()])


def test_progress_only_grows_and_ends_whole(net, images):
    reports = []
    localise_boxes(net, images, ["Grad-CAM", Squeamish(1)], batch_size=2,
                   progress=lambda *counts: reports.append(counts))  # fmt: skip
    assert reports == [(0, 6), (2, 6), (4, 6), (5, 6), (6, 6)]


def test_a_batch_is_finished_before_progress_says_so(net, images):
    events = []
    localise_boxes(
        net, images, ["uniform"], batch_size=2, progress=lambda done, _: events.append(done),
        finished=lambda batch: events.append(len(batch.objects)),
    )  # fmt: skip
    assert events == [0, 3, 2, 2, 3]


def test_what_is_known_is_not_computed_again(net, images):
    first = []
    localise_boxes(net, images, [Colour()], batch_size=2, finished=first.append)
    known, again, counter = {batch.key: batch for batch in first[:1]}, [], Squeamish()
    counter.name = "Colour"
    whole = localise_boxes(net, images, [counter], batch_size=2, known=known, finished=again.append)
    assert counter.calls == [2]
    assert [batch.key for batch in again] == [first[1].key]
    assert [own.image for own in whole.objects] == [f"image {k}" for k in (0, 0, 1, 2, 2)]
    assert (whole.overlaps["Colour"] == 1).all()


@pytest.mark.parametrize("change", ["pixels", "boxes", "alphas", "methods", "labels"])
def test_what_is_known_of_something_else_is_not_taken_over(net, images, change):
    first, again = [], []
    options = {"batch_size": 3}
    localise_boxes(net, images, [Colour()], finished=first.append, **options)
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
    localise_boxes(other, own, [explainer], known=known, finished=again.append, **options)
    assert len(again) == 1
