"""What is written can be read back: every field, and nothing but results of tfvis."""

import json

import numpy as np
import pytest
import tensorflow as tf

import tfvis
from tfvis.explainers.base import NothingSelected
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.masks import Inversion
from tfvis.report import load_result, write
from tfvis.report.values import ARRAYS, packed, unpacked
from tfvis.utils.choices import DEFAULT_GROUPING
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroups
from tfvis.utils.icon_options import IconOptions


class Halves:
    """A grouper of one's own: the first half of the channels, and the second."""

    def fit_predict(self, X):
        return np.arange(X.shape[1]) * 2 // X.shape[1]


@pytest.fixture(scope="module")
def small_net():
    """Made from the fixtures' class, whose tail reads half of its channels against the class."""
    from tfvis.utils.labels import Labels
    from tfvis.utils.network import Network

    mix = np.float32(np.random.default_rng(2).random((3, 8)) + 0.2)
    weights = np.float32([[4], [3.5], [3.2], [3], [1], [0.5], [-1], [-2]])

    class Small(Network):
        def head(self, *layers):
            def run(images):
                pooled = tf.nn.avg_pool2d(images, 2, 2, "SAME")
                return tuple(tf.einsum("nhwd,dc->nhwc", pooled, mix) for _ in layers)

            return run

        def tail(self, layer):
            return lambda activations: tf.reduce_mean(activations, [1, 2]) @ weights

        def n_channels(self, layer):
            return 8

        def astype(self, dtype):
            return self

    return Small(
        name="small", layers=("features",), labels=Labels.numbered(1), input_size=(8, 8)
    )  # fmt: skip


@pytest.mark.parametrize("attribution", ["IGSG", "Shap"])
@pytest.mark.parametrize("icons", [None, IconOptions(steps=1, size=16, transforms="none")])
@pytest.mark.parametrize(
    "grouping",
    [DEFAULT_GROUPING, "FactorAnalysis", Halves()],
    ids=["the default", "by name", "one's own"],
)
def test_explanations_come_back(
    tmp_path, small_net, image, require_equal, attribution, icons, grouping
):
    explainer = FeatureGroupExplainer(
        small_net, attribution=attribution, attribution_steps=3, grouping=grouping, icons=icons
    )
    (found,) = explainer.explain([image], [0])
    assert found.groups.grouper is not None
    assert (found.icons is None) == (icons is None)
    folder = write(found, tmp_path)
    assert folder.parent.name == ("Halves" if isinstance(grouping, Halves) else grouping)
    for again in (load_result(folder), load_result(folder / "result.json")):
        require_equal(found, again)
        assert again.grouping == found.grouping
        np.testing.assert_array_equal(again.sheet(), found.sheet())
    assert tfvis.load_result is load_result


def test_a_loaded_explanation_is_written_in_the_same_way(tmp_path, explanation, require_equal):
    one = write(explanation(), tmp_path / "one")
    two = write(load_result(one), tmp_path / "two")
    require_equal(load_result(one), load_result(two))
    for file in one.iterdir():
        if file.name != ARRAYS:  # whose members have a time
            assert file.read_bytes() == two.joinpath(file.name).read_bytes()


ODD = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 5e-324, np.finfo(np.float64).max])


def test_inversions_come_back(tmp_path, mask, made, require_equal):
    options = {"base_layer": ["a", "b"], "penalties": [5.0, 2.0], "background": {"sha256": "0"}}
    origin = made(None, options=options, layer=None)
    odd = {"losses": ODD, "kept_logits": np.float32([[np.nan] * 4, [np.inf] * 4])}
    found = Inversion(
        saliency=mask(None, provenance=origin, **odd),
        discriminated=(
            mask(2, "cat / dog", provenance=origin, problem="it diverged", **odd),
            mask(0, "\udcff", provenance=None),
        ),
        seconds={"step_1": 1.23456},
    )
    require_equal(found, load_result(write(found, tmp_path)))


def test_a_single_mask_comes_back(tmp_path, mask, require_equal):
    found = mask(2, "cat", weights=np.array([[1.0, np.nan], [np.inf, -0.0]]))
    require_equal(found, load_result(write(found, tmp_path)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"provenance": None, "class_index": None, "label": ""},
        {"parts": np.random.default_rng(0).random((2, 8, 8))},
        {"map": np.float64(np.random.default_rng(0).random((8, 8)))},
        {"map": np.asfortranarray(np.random.default_rng(0).random((8, 8)))},
        {"map": np.arange(64).reshape(8, 8)},
        {"map": np.arange(128).reshape(8, 16)[:, ::2]},
        {"image": np.float32(np.arange(192).reshape(8, 8, 3) / 255)},
    ],
)  # fmt: skip
def test_maps_come_back(tmp_path, class_map, require_equal, changes):
    found = class_map(**changes)
    require_equal(found, load_result(write(found, tmp_path)))


def test_where_nothing_is_selected_comes_back(tmp_path, class_map, require_equal):
    found = class_map(NothingSelected, map=np.ones((8, 8), np.float32), problem="Nothing, Δ.")
    again = load_result(write(found, tmp_path))
    require_equal(found, again)
    assert type(again) is NothingSelected


@pytest.mark.parametrize("unreadable", [(), (("gone.png", "It is gone."),)])
def test_localisations_come_back(tmp_path, localisation, require_equal, unreadable):
    found = localisation(unreadable=unreadable)
    again = load_result(write(found, tmp_path))
    require_equal(found, again)
    np.testing.assert_array_equal(again.errors("m"), found.errors("m"))


@pytest.mark.parametrize(
    "array",
    [
        ODD,
        np.float32(ODD[:5]),
        np.float32([0.0, -0.0, 1.0]),  # all multiples of 1/255, but for the sign
        np.float32(np.arange(256)) / 255,
        np.nextafter(np.float32(np.arange(256)) / 255, np.float32(0.5)),
        np.empty((0, 3), np.float32),
        np.array([True, False]),
        np.arange(3, dtype=np.int16),
    ],
)
def test_arrays_come_back_bit_for_bit(array, require_equal):
    form, arrays = packed({"a": array})
    require_equal({"a": array}, unpacked(json.loads(json.dumps(form)), arrays))


def test_equal_arrays_are_stored_once_and_others_apart(require_equal):
    value = {
        "zero": np.zeros(3), "again": np.zeros(3), "minus": -np.zeros(3), "int": np.zeros(3, int),
        "row": np.zeros((1, 3)), "nan": np.full(3, np.nan), "nan again": np.full(3, np.nan),
    }  # fmt: skip
    form, arrays = packed(value)
    assert len(arrays) == 5
    require_equal(value, unpacked(form, arrays))


def test_images_of_bytes_are_stored_as_bytes():
    image = np.float32(np.arange(192).reshape(8, 8, 3)) / 255
    _, arrays = packed(image)
    (array,) = arrays.values()
    assert array.dtype == np.uint8


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -0.0, 0.1, float("nan"), float("inf"), float("-inf"), "\udcff", (), [],
        [1, (2, [3.5, None])], {"a": {"b": (1,)}, "type": "os.system", "array": "x"},
    ],
)  # fmt: skip
def test_plain_values_come_back(value, require_equal):
    form, arrays = packed(value)
    assert not arrays
    require_equal(value, unpacked(json.loads(json.dumps(form, allow_nan=False)), arrays))


def test_numbers_of_numpy_become_plain_ones():
    form, arrays = packed((np.float64("nan"), np.float32(0.5), np.int64(3), np.bool_(True)))
    assert unpacked(form, arrays)[1:] == (0.5, 3, True)
    json.dumps(form, allow_nan=False)


def test_a_grouper_is_not_written(explanation):
    groups = explanation().groups
    fitted = FeatureGroups(groups.groups, groups.attribution, "pos", groups.noise, object())
    form, arrays = packed(fitted)
    assert "grouper" not in form["fields"]
    assert unpacked(form, arrays).grouper is None


# ---- folders above a result ----


def test_the_only_result_below_a_folder_is_loaded(tmp_path, any_result):
    folder = any_result.save(tmp_path / "out")
    for above in (tmp_path / "out", *folder.relative_to(tmp_path).parents):
        if str(above) != ".":
            assert load_result(tmp_path / above) == any_result


def test_of_several_results_one_is_to_be_chosen(tmp_path, class_map):
    folders = [class_map().save(tmp_path, name=f"photo {k}") for k in range(2)]
    with pytest.raises(InputError, match=r"the folder of one result, .* has 2 below it") as error:
        load_result(tmp_path)
    assert all(repr(str(folder)) in str(error.value) for folder in folders)
    more = [class_map().save(tmp_path, name=f"photo {k}") for k in range(2, 5)]
    with pytest.raises(InputError, match="has 5 below it") as error:
        load_result(str(tmp_path))
    assert repr(str(more[0])) in str(error.value)
    assert repr(str(more[1])) not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_result_that_is_not_finished_does_not_count(tmp_path, class_map):
    folder = class_map().save(tmp_path)
    write(class_map(), tmp_path / "photo" / ".other.partial")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "result.json").write_text('{"accuracy": 1}')
    assert load_result(tmp_path) == load_result(folder)


def test_where_no_result_is_below_it_is_said_as_ever(tmp_path):
    with pytest.raises(InputError, match="Expected a result folder of tfvis, received"):
        load_result(tmp_path)
