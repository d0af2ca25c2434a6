"""What made a result is told completely, and as JSON can hold it."""

import importlib.metadata
import json
from dataclasses import FrozenInstanceError, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.cluster import KMeans

from tfvis import __version__
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.image_sources import read_image
from tfvis.utils.provenance import LIBRARIES, Provenance, is_known, plain, provenance, versions


@pytest.fixture
def net(closed_form, mix):
    return closed_form(mix, lambda a: a, 2)


@pytest.fixture
def file(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "own.png")
    return tmp_path / "own.png"


def test_it_names_network_image_method_layer_class_and_options(net, file):
    source = read_image(file)
    found = provenance(
        net, source, method="mine", options=IconOptions(steps=3), layer="features", class_index=1
    )
    assert (found.method, found.network, found.weights) == ("mine", "closed form", None)
    assert (found.image, found.image_file) == (source.digest, source.file_digest)
    assert (found.image_name, found.image_size) == ("own", (6, 8))
    assert (found.layer, found.class_name) == ("features", "class 1")
    assert found.options["steps"] == 3
    assert set(found.options) == set(vars(IconOptions()))
    assert set(found.versions) == {"python", *LIBRARIES}


def test_what_a_method_does_not_have_is_none(net, image):
    found = provenance(net, read_image(image), method="mine")
    assert found.layer is found.class_name is found.image_name is found.image_file is None
    assert found.options == {}


def test_it_is_read_back_as_it_was_written(net, file):
    found = provenance(net, read_image(file), method="mine", options={"betas": (0.9, 0.99)})
    assert Provenance.from_json(json.loads(json.dumps(found.as_json()))) == found
    of_many = replace(found, image=None, image_size=None)
    assert Provenance.from_json(json.loads(json.dumps(of_many.as_json()))) == of_many
    with pytest.raises(FrozenInstanceError):
        found.method = "another"


def test_results_of_one_file_or_of_the_same_pixels_show_the_same_image(net, file, tmp_path):
    source = read_image(file)
    by_file = provenance(net, source, method="mine")
    smaller = provenance(net, read_image(file, (4, 4)), method="another")
    by_array = provenance(net, read_image(source.pixels), method="mine")
    other = provenance(net, read_image(1 - source.pixels), method="mine")
    assert by_file.shows_same_image(smaller)
    assert by_file.shows_same_image(by_array)
    assert not smaller.shows_same_image(by_array)
    assert not by_file.shows_same_image(other)


class Own:
    pass


@dataclass(frozen=True)
class Pair:
    one: int
    two: Path


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), (True, True), (3, 3), (0.5, 0.5), ("text", "text"),
        (np.float32(0.5), 0.5), (np.int64(3), 3), (np.bool_(True), True),
        ((1, (2, 3)), [1, [2, 3]]), ({1: (2,)}, {"1": [2]}), (Path("a/b"), "a/b"),
        (Pair(1, Path("c")), {"one": 1, "two": "c"}),
    ],
)  # fmt: skip
def test_values_are_plain(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


def test_objects_are_told_by_what_does_not_change_from_run_to_run():
    assert plain(Own()) == plain(Own()) == {"class": "Own", "module": __name__, "parameters": {}}
    json.dumps([plain(value) for value in (Own, Own().__eq__, object(), lambda: 3)])


@dataclass(frozen=True)
class ByField:
    """A grouper: its class counts, which is not so for a set of options."""

    n_parts: int

    def fit_predict(self, X):
        return np.arange(X.shape[1]) % self.n_parts


class ByAttribute:
    def __init__(self, *values):
        self.values = values


class Slotted:
    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k


@pytest.mark.parametrize(
    ("value", "parameters"),
    [
        (ByField(3), {"n_parts": 3}),
        (ByAttribute(3, "a", [None]), {"values": [3, "a", [None]]}),
        (KMeans(3, random_state=5), {"n_clusters": 3, "random_state": 5}),
    ],
)
def test_objects_are_told_by_their_class_and_parameters(value, parameters):
    found = plain(value)
    assert found["class"] == type(value).__name__
    assert parameters.items() <= found["parameters"].items()
    assert is_known(found)
    assert plain(found) == found
    assert plain(ByAttribute(value))["parameters"] == {"values": [found]}


class Loop:
    def __init__(self):
        self.one = self.two = self


@pytest.mark.parametrize(
    "value",
    [
        object(), ByField, len, lambda: 3, partial(print, 3), Slotted(3), Loop(), {3}, Own().__eq__,
        ByAttribute(object()), ByAttribute(Slotted(3)),
        KMeans(random_state=np.random.RandomState()),
    ],
)  # fmt: skip
def test_what_is_not_told_whole_is_not_known(value):
    assert plain(value)["parameters"] is None
    assert not is_known(plain({"options": [1, value]}))


def test_arrays_are_told_by_what_they_hold():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert plain(array) == plain(np.asfortranarray(array))
    assert (plain(array)["shape"], plain(array)["dtype"]) == ([2, 3], "float32")
    assert plain(array) != plain(array + 1)
    assert plain(array) != plain(array.reshape(3, 2))


def test_versions_are_those_of_this_process():
    found = versions()
    assert found["numpy"] == np.__version__
    assert found["tfvis"] == __version__
    assert "unknown" not in found.values()


def test_the_version_of_tfvis_is_that_of_the_code_that_runs(monkeypatch):
    """Not that of another tfvis which is installed beside the checkout."""
    monkeypatch.setattr(importlib.metadata, "version", lambda library: f"installed {library}")
    found = versions.__wrapped__()  # without what is remembered
    assert found["tfvis"] == __version__
    assert found["numpy"] == "installed numpy"


def test_a_result_does_not_share_the_versions(net, image):
    found = provenance(net, read_image(image), method="mine")
    assert found.versions == versions()
    assert found.versions is not versions()
