"""Objects that belong to no class."""

import numpy as np
from closed_forms import relu_tail

from tfvis.critters import CLASSES, UNKNOWN_FIGURES
from tfvis.experiments import no_class
from tfvis.utils.labels import Labels


def test_a_network_of_photographs_gets_a_person(subject):
    (image,) = no_class.images_of_no_class(subject.net, seed=0)
    assert (image.name, image.size) == ("astronaut", (24, 24))


def test_a_network_of_scenes_gets_figures_that_it_does_not_know(closed_form, mix):
    rng = np.random.default_rng(0)
    first, second = np.float32(rng.random((6, 4))), np.float32(rng.random((4, len(CLASSES))))
    net = closed_form(mix, relu_tail(first, second), len(CLASSES))
    net.labels = Labels(tuple((name,) for name in CLASSES))
    found = no_class.images_of_no_class(net, seed=3)
    assert len(found) >= 4
    assert {image.name.removesuffix("224") for image in found} <= set(UNKNOWN_FIGURES)
    again = no_class.images_of_no_class(net, seed=3)
    assert [image.digest for image in found] == [image.digest for image in again]
    other = no_class.images_of_no_class(net, seed=4)
    assert [image.digest for image in found] != [image.digest for image in other]


def test_what_the_network_makes_of_it_is_told(subject):
    outcome = no_class.run(subject)
    answer = subject.net.labels
    first = outcome.findings[0]
    assert first.startswith("astronaut: the network answers ")
    assert any(name in first for name in answer)
