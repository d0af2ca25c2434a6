import numpy as np

from tfvis.explainers.options import NoOptions
from tfvis.explainers.uniform import Uniform


def test_a_uniform_map_prefers_no_pixel_of_no_image(net, pictures):
    found = Uniform(net).explain(pictures, ["cat", "dog", 2])
    for own, picture in zip(found, pictures, strict=True):
        np.testing.assert_array_equal(own.map, np.ones(picture.shape[:2]))
        assert own.parts is None
    assert [own.label for own in found] == ["cat", "dog", "bird"]
    assert {own.method for own in found} == {"uniform"}


def test_nothing_of_the_network_runs(pictures, network_of, head_runs):
    runs = head_runs()
    Uniform(network_of(preprocess=runs)).explain(pictures, [0, 1, 2])
    assert runs.calls == 0


def test_it_says_that_it_has_no_options(net):
    """So that two results of it are known to answer one question."""
    assert Uniform(net).options == Uniform(net, NoOptions()).options == NoOptions()
