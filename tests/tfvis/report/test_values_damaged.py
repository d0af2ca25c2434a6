"""Results that are damaged, of another version, or of somebody who means harm."""

import copy
import json
import os
import pickle
import signal
import struct
import zipfile

import numpy as np
import pytest

from tfvis.report import load_result, write
from tfvis.report.values import ARRAYS, load_value, save_arrays
from tfvis.utils.errors import InputError


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
    refused(folder, r"arrays\.npz is missing. Compute it again\.")


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
