"""What is written can be read back: every field, and nothing but results of tfvis."""

import copy
import json
import os
import pickle
import signal
import struct
import zipfile

import numpy as np
import pytest
import tensorflow as tf

import tfvis
from tfvis.explainers.base import NothingSelected
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.masks import Inversion
from tfvis.report import load_result, write
from tfvis.report.values import ARRAYS, load_value, packed, save_arrays, unpacked
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
@pytest.mark.parametrize("grouping", ["FactorAnalysis", Halves()], ids=["by name", "one's own"])
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
    assert folder.parent.name == ("Halves" if isinstance(grouping, Halves) else "FactorAnalysis")
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


# ---- results that are damaged, of another version, or of somebody who means harm ----


@pytest.fixture
def folder(tmp_path, class_map):
    return write(class_map(), tmp_path)


def refused(folder, message="Cannot read the result in"):
    """That it is refused, in one line of no great length."""
    with pytest.raises(InputError, match=message) as error:
        load_result(folder)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


def edited(folder, change):
    file = folder / "result.json"
    result = json.loads(file.read_text())
    change(result)
    file.write_text(json.dumps(result))


def test_damaged_arrays_are_refused_or_do_not_matter(folder, require_equal, class_map):
    file = folder / ARRAYS
    whole = file.read_bytes()
    for size in (0, 1, 10, len(whole) // 3, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        file.write_bytes(whole[:size])
        refused(folder)
    n_refused = 0
    for place in range(0, len(whole), 11):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            again = load_result(folder)
        except InputError as error:
            n_refused += 1
            assert "\n" not in str(error)
        else:
            require_equal(class_map(), again)  # the archive's times, for example
    assert n_refused > 100


def test_missing_arrays_are_refused(folder):
    (folder / ARRAYS).unlink()
    refused(folder, r"No such file.*Compute it again\.")


def test_arrays_of_another_result_are_refused(folder):
    save_arrays(folder, {"a_0": np.ones(2)})
    refused(folder, "not a file in the archive|a_|u8_|map of 2 dimensions")


@pytest.mark.parametrize("suffix", ["npy", "txt"])
def test_a_file_that_is_no_archive_is_refused(folder, suffix):
    if suffix == "npy":
        with (folder / ARRAYS).open("wb") as stream:
            np.save(stream, np.ones(3))
    else:
        (folder / ARRAYS).write_text("hello")
    refused(folder)


class Harm:
    """Whoever unpickles it makes a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("what", ["member", "whole"])
def test_nothing_is_unpickled(folder, tmp_path, what):
    harm = Harm(tmp_path / "harm")
    keys = np.load(folder / ARRAYS).files
    if what == "member":
        np.savez(folder / ARRAYS, **{key: np.array([harm], object) for key in keys})
    else:
        (folder / ARRAYS).write_bytes(pickle.dumps(harm))
    refused(folder, "(?i)pickle")
    assert not (tmp_path / "harm").exists()


def test_a_header_of_an_array_is_not_run(folder, tmp_path):
    header = f"__import__('os').mkdir({str(tmp_path / 'harm')!r})".ljust(117) + "\n"
    member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
    with zipfile.ZipFile(folder / ARRAYS, "w") as archive:
        archive.writestr("map.npy", member)
    refused(folder)
    assert not (tmp_path / "harm").exists()


def test_an_array_that_fits_in_no_memory_is_refused(folder):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }\n"
    member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
    with zipfile.ZipFile(folder / ARRAYS, "w") as archive:
        archive.writestr("map.npy", member)
    refused(folder)


@pytest.mark.parametrize(
    ("version", "message"),
    [(2, "a later"), (10**30, "a later"), (0, "an earlier"), (None, "an earlier"), ("2", "an ear")],
)
def test_other_versions_are_told_apart(folder, version, message):
    edited(folder, lambda result: result["format"].update(version=version))
    refused(folder, rf"Expected a result of format 1, found one of {message}.*compute it again\.")


def test_a_result_without_its_value_is_of_an_earlier_version(folder):
    edited(folder, lambda result: result.pop("value"))
    refused(folder, "an earlier version of tfvis")


def test_a_result_from_before_the_mark_is_of_an_earlier_version(folder):
    result = {"configuration": {}, "versions": {"tfvis": "0.1.0"}}
    (folder / "result.json").write_text(json.dumps(result))
    refused(folder, "an earlier version of tfvis")


@pytest.mark.parametrize("content", [None, "", "{", "[1]", "5", '{"accuracy": 1}', "[" * 100_000])
def test_what_is_no_result_of_tfvis_is_refused(folder, content):
    (folder / "result.json").unlink()
    if content is not None:
        (folder / "result.json").write_text(content)
    refused(folder, "Expected a result folder of tfvis, received")
    refused(folder / "nowhere", "Expected a result folder of tfvis, received .*nowhere")


def with_field(**fields):
    def change(value):
        value["fields"] |= fields

    return change


HOSTILE = {
    "another type": (lambda value: value.update(type="os.system"), "found 'os.system'"),
    "a long type": (lambda value: value.update(type="x" * 10**6), "found 'xxx"),
    "a type of a wrong kind": (lambda value: value.update(type=["ClassMap"]), ""),
    "no type": (lambda value: value.pop("type"), "Expected a type of tfvis, found 'None'"),
    "no fields": (lambda value: value.pop("fields"), "fields"),
    "fields of a wrong kind": (lambda value: value.update(fields=[1]), ""),
    "a field that does not exist": (with_field(__class__="x"), "unexpected keyword"),
    "a field too few": (lambda value: value["fields"].pop("label"), "label"),
    "no image": (lambda value: value["fields"].pop("image"), "image"),
    "a path for an image": (with_field(image="/etc/passwd"), "Expected image of ClassMap to be an"),
    "a number for a map": (with_field(map=5), "Expected map of ClassMap to be an array"),
    "an array that is not there": (with_field(map={"array": "nowhere"}), "nowhere"),
    "an array of a wrong kind": (with_field(map={"array": {}}), ""),
    "an inner type": (with_field(label={"type": "Popen", "fields": {"args": "id"}}), "'Popen'"),
    "no number": (with_field(label={"float": "ten"}), "ten"),
    "a number too large": (with_field(label={"float": 10**400}), "too large"),
    "a mapping of a wrong kind": (with_field(label={"mapping": [[1, 2, 3]]}), ""),
    "a key of a wrong kind": (with_field(label={"mapping": [[{}, 2]]}), ""),
    "a tuple of a wrong kind": (with_field(label={"tuple": 5}), ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_content_is_refused(folder, name):
    change, message = HOSTILE[name]
    edited(folder, lambda result: change(result["value"]))
    refused(folder, f"Cannot read the result in .*{message}")


def refused_at_once(folder, message):
    """Refused, rather than waiting for somebody at the other end of a pipe."""

    def end(*_):
        raise TimeoutError(f"Reading {folder} did not come to an end.")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(20)
    try:
        refused(folder, message)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


PLACES = {"named pipe": os.mkfifo, "folder": os.mkdir}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_is_refused_at_once_in_the_place_of_arrays(folder, place):
    (folder / ARRAYS).unlink()
    PLACES[place](folder / ARRAYS)
    refused_at_once(folder, r"Expected arrays\.npz to be a file, found something else\. Compute it")


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_is_refused_at_once_in_the_place_of_the_result(folder, place):
    (folder / "result.json").unlink()
    PLACES[place](folder / "result.json")
    refused_at_once(folder, "Expected a result folder of tfvis, received")
    refused_at_once(folder / "result.json", "Expected a result folder of tfvis, received")


def within(*path, **fields):
    """A change of fields of a value inside the value."""

    def change(value):
        for name in path:
            value = value["fields"][name] if isinstance(name, str) else value["tuple"][name]
        value["fields"] |= fields

    return change


WRONG = {
    "class_map": {
        "text for a number": (within(class_index="3"), "class_index of ClassMap .* int | None"),
        "a float for an int": (within(class_index=3.0), "class_index of ClassMap"),
        "true for an int": (within(class_index=True), "class_index of ClassMap"),
        "a number for text": (within(label=5), "label of ClassMap to be str, found int"),
        "nothing for text": (within(method=None), "method of ClassMap to be str, found None"),
        "a list for text": (within(problem=["x"]), r"problem of ClassMap to be str \| None, found"),
        "text for arrays": (within(parts="/etc/passwd"), "parts of ClassMap"),
        "text for a dataclass": (within(provenance="x"), r"provenance of ClassMap .*Provenance \|"),
        "another dataclass": (
            lambda value: value["fields"].update(provenance=copy.deepcopy(value)),
            "provenance of ClassMap .*found ClassMap"
        ),
        "text for a mapping": (
            within("provenance", options="x"), "options of Provenance to be Mapping.*found str"
        ),
        "numbers for texts": (
            within("provenance", versions={"mapping": [["numpy", 2]]}), "versions of Provenance"
        ),
        "three numbers for two": (
            within("provenance", image_size={"tuple": [1, 2, 3]}), "image_size of Provenance"
        ),
        "floats for ints": (
            within("provenance", image_size={"tuple": [1.5, 2]}), "image_size of Provenance"
        ),
    },
    "explanation": {
        "text for a bool": (within(show_against="no"), "show_against of Explanation to be bool"),
        "a number for a bool": (within(show_against=1), "show_against of Explanation"),
        "text for a float": (within(cut="0.5"), "cut of Explanation to be float, found str"),
        "texts for numbers": (within(seconds={"mapping": [["a", "b"]]}), "seconds of Explanation"),
        "texts for ints": (within(zero_gradient={"tuple": ["a"]}), "zero_gradient of Expl"),
        "a number for a tuple": (within(zero_gradient=1), "zero_gradient of .*, found int"),
        "a tuple for a dataclass": (within(groups={"tuple": []}), "groups of Explanation"),
        "groups that are none": (within("groups", groups={"tuple": [5]}), "groups of FeatureG"),
        "a grouper": (within("groups", grouper="x"), "grouper of FeatureGroups in a file"),
        "text for values": (
            within("groups", "attribution", values="x"), "values of ChannelAttribution to be an arr"
        ),
    },
    "localisation": {
        "texts for floats": (within(alphas={"tuple": ["a"]}), "alphas of BoxLocalisation"),
        "numbers for arrays": (
            within(overlaps={"mapping": [["m", 5]]}), "overlaps of BoxLocalisation"
        ),
        "numbers for problems": (
            within(problems={"mapping": [["m", {"tuple": [5]}]]}), "problems of BoxLocalisation"
        ),
        "texts for failures": (
            within(failed={"tuple": [{"tuple": ["a", "b"]}]}), "failed of BoxLocalisation"
        ),
        "text for a logit": (within("objects", 0, logit="high"), "logit of LocatedObject to be fl"),
        "one side": (within("objects", 0, size={"tuple": [5]}), "size of LocatedObject"),
    },
}  # fmt: skip


@pytest.mark.parametrize(("kind", "what"), [(kind, what) for kind in WRONG for what in WRONG[kind]])
def test_a_field_of_a_wrong_type_is_named(request, tmp_path, kind, what):
    folder = write(request.getfixturevalue(kind)(), tmp_path)
    change, message = WRONG[kind][what]
    edited(folder, lambda result: change(result["value"]))
    refused(folder, f"Cannot read the result in .*: Expected .*{message}.* Compute it again")


@pytest.mark.parametrize("array", [np.array(["a", "b"]), np.ones(2, complex)])
def test_arrays_hold_numbers(tmp_path, mask, array):
    folder = write(mask(2, "cat"), tmp_path)
    with np.load(folder / ARRAYS) as archive:
        arrays = dict(archive)
    key = json.loads((folder / "result.json").read_text())["value"]["fields"]["losses"]["array"]
    save_arrays(folder, {**arrays, key: array})
    refused(
        folder,
        f"Expected losses of MaskExplanation to be an array, found an array of {array.dtype}",
    )


@pytest.mark.parametrize(
    "value",
    [
        None, 5, "text", [], {"tuple": []}, {"mapping": []}, {"float": "nan"}, {"array": "map"},
        {"type": "FeatureGroup", "fields": {
            "channels": {"array": "map"}, "strengths": {"array": "map"}
        }},
    ],
)  # fmt: skip
def test_a_value_that_is_no_result_is_refused(folder, value):
    edited(folder, lambda result: result.update(value=value))
    refused(folder, r"Expected a result of tfvis, found \w+\. Compute it again\.")


@pytest.mark.parametrize("depth", [2_000, 100_000])
def test_deep_nesting_is_refused(folder, depth):
    file = folder / "result.json"
    deep = '{"tuple":[' * depth + "5" + "]}" * depth
    file.write_text(file.read_text().replace('"cat / dog"', deep))
    refused(folder, "Expected a result folder of tfvis|Cannot read the result")
    value = 5
    for _ in range(depth):
        value = {"tuple": [value]}
    with pytest.raises(InputError, match="Cannot read the result in .*recursion"):
        load_value(folder, value)


def test_a_link_to_a_result_is_not_followed(folder, tmp_path):
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "result.json").symlink_to(folder / "result.json")
    refused(linked, "Expected a result folder of tfvis")


def test_the_folder_is_named_where_its_arrays_do_not_fit(tmp_path):
    save_arrays(tmp_path, {})
    with pytest.raises(InputError, match=rf"Cannot read the result in '{tmp_path}'"):
        load_value(tmp_path, {"array": "a_0"})
