"""Which earlier explanation a new one takes the place of."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from written_results import files, said

from tfvis.report import load_result, write
from tfvis.report.working_folder import WorkingFolder
from tfvis.utils.errors import InputError
from tfvis.utils.provenance import plain


def counts(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_rerun_replaces_its_own_files_alone(tmp_path, explanation):
    target = write(explanation(), tmp_path)
    (target / "mynotes.txt").write_text("mine")
    (target / "arrays.npz").unlink()
    assert write(explanation(), tmp_path) == target
    assert (target / "mynotes.txt").read_text() == "mine"
    assert (target / "arrays.npz").is_file()
    assert set(said(target)["files"]) == set(counts(target)) - {"mynotes.txt"}


def test_another_number_of_groups_found_takes_the_place_of_the_earlier(tmp_path, explanation, made):
    one = write(explanation(n=1), tmp_path)
    # What was asked is the same, also where another version of a library answers.
    two = write(explanation(n=2, origin=made(versions={"numpy": "3"})), tmp_path)
    assert counts(two.parent) == ["blocka_pos2"]
    assert not one.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"options": {"n_groups": 2}},
        {"options": {"seed": 6}},
        {"options": {"icons": {"size": 32}}},
        {"network": "resnet50"},
        {"weights": "6" * 64},
        {"image": "b" * 64, "image_size": (16, 16)},  # the same file in another size
    ],
)  # fmt: skip
def test_a_result_of_another_configuration_stays(tmp_path, explanation, made, changes):
    one = write(explanation(n=1), tmp_path)
    two = write(explanation(n=2, origin=made(**changes)), tmp_path)
    assert counts(two.parent) == ["blocka_pos1", "blocka_pos2"]
    assert (one / "result.json").is_file()


@pytest.mark.parametrize(
    "changes",
    [
        {"options": {"n_groups": 2}},  # that were found before, too
        {"options": {"seed": 6}},
        {"options": {"heat_maps": "activation"}},
        {"options": {"icons": {"size": 32}}},
        {"weights": "6" * 64},
    ],
)  # fmt: skip
def test_as_many_groups_by_other_options_go_beside_the_earlier(
    tmp_path, explanation, made, changes
):
    first = write(explanation(), tmp_path)
    second = write(explanation(origin=made(**changes)), tmp_path)
    assert first.name == "blocka_pos2"
    assert re.fullmatch("blocka_pos2_[0-9a-f]{8}", second.name)
    assert load_result(first).provenance == made()
    assert load_result(second).provenance == made(**changes)
    # Each is replaced by its like.
    assert write(explanation(origin=made(versions={"numpy": "3"})), tmp_path) == first
    assert write(explanation(origin=made(**changes, versions={})), tmp_path) == second
    assert counts(first.parent) == [first.name, second.name]
    assert load_result(first).provenance.versions == {"numpy": "3"}
    assert load_result(second).provenance.versions == {}


def test_another_number_of_groups_takes_the_place_also_of_what_lies_apart(
    tmp_path, explanation, made
):
    """Of two seeds each has one result, however many groups it finds."""

    def found(seed, n):
        return write(explanation(n=n, origin=made(options={"seed": seed})), tmp_path)

    first, second = found(5, 2), found(6, 2)
    assert counts(first.parent) == ["blocka_pos2", second.name]
    assert found(6, 1).name == "blocka_pos1"
    assert counts(first.parent) == ["blocka_pos1", "blocka_pos2"]
    apart = found(5, 1)
    assert counts(first.parent) == ["blocka_pos1", apart.name]
    assert apart.name.startswith("blocka_pos1_")
    seeds = [load_result(apart.with_name(name)).provenance.options["seed"]
             for name in counts(first.parent)]  # fmt: skip
    assert seeds == [6, 5]
    # Also of what has the name without a digest.
    lost = apart.with_name("blocka_pos7")
    shutil.copytree(apart, lost)
    assert found(5, 1) == apart
    assert not lost.exists()


def test_of_another_number_only_results_of_its_own_name_go(tmp_path, explanation):
    one = write(explanation(n=1), tmp_path)
    names = ["blocka_pos3_0123abcd", "blocka_pos3_0123abc", "blocka_pos3_0123abcd_", "blocka_pos_3"]
    for name in names:
        shutil.copytree(one, one.with_name(name))
    write(explanation(n=2), tmp_path)
    assert counts(one.parent) == sorted(["blocka_pos2", *names[1:]])


def test_explanations_by_a_grouper_that_does_not_tell_are_numbered(tmp_path, explanation, made):
    origin = made(options=plain({"grouping": Closed(2)}))
    names = [write(explanation(origin=origin), tmp_path).name for _ in range(3)]
    assert names == ["blocka_pos2", "blocka_pos2_2", "blocka_pos2_3"]


def test_a_killed_run_loses_no_explanation(tmp_path, explanation, made):
    """Where it had hidden one that lies apart, to replace it."""
    first = write(explanation(), tmp_path)
    origin = made(options={"seed": 6})
    second = write(explanation(origin=origin), tmp_path)
    lost = WorkingFolder(second)
    lost.begin()
    lost._take()
    lost._lock.write_text(lost._lock.read_text().replace(str(os.getpid()), "999999999"))
    shutil.rmtree(first)
    assert write(explanation(origin=origin), tmp_path) == second
    assert counts(second.parent) == [second.name]


def test_another_grouping_has_a_folder_of_its_own(tmp_path, explanation, made):
    one = write(explanation(n=1), tmp_path)
    two = write(explanation(n=2, origin=made(options={"grouping": "NMF"})), tmp_path)
    assert two == one.parents[1] / "NMF" / "blocka_pos2"
    assert (one / "result.json").is_file()


class ByK:
    """A grouper of one's own, told by its attribute."""

    def __init__(self, k):
        self.k = k

    def fit_predict(self, X):
        return np.arange(X.shape[1]) % self.k


class Closed(ByK):
    """What it does cannot be told from its attributes."""

    def __init__(self, k):
        self.k = lambda: k


@pytest.mark.parametrize(
    ("first", "second", "replaces"),
    [(ByK(2), ByK(2), True), (ByK(2), ByK(4), False), (Closed(2), Closed(2), False)],
)
def test_a_grouper_of_ones_own_replaces_only_what_an_equal_one_found(
    tmp_path, explanation, made, first, second, replaces
):
    one = write(explanation(n=1, origin=made(options=plain({"grouping": first}))), tmp_path)
    two = write(explanation(n=2, origin=made(options=plain({"grouping": second}))), tmp_path)
    assert one.parent == two.parent
    assert one.parent.name == type(first).__name__
    earlier = [] if replaces else ["blocka_pos1"]
    assert counts(two.parent) == [*earlier, "blocka_pos2"]


def test_the_users_files_in_a_replaced_sibling_stay(tmp_path, explanation):
    one = write(explanation(n=1), tmp_path)
    (one / "mynotes.txt").write_text("mine")
    write(explanation(n=2), tmp_path)
    assert counts(one) == ["mynotes.txt"]
    assert counts(one.parent) == ["blocka_pos1", "blocka_pos2"]


def test_siblings_that_answer_something_else_stay(tmp_path, explanation):
    """Another layer, sign or class of the same name, no number, or no list of files."""
    one = write(explanation(n=1), tmp_path)
    result = said(one)
    other = {**result, "layer": "bl/ocka"}
    unmarked = {key: value for key, value in result.items() if key not in ("format", "files")}
    named = {"pos3": other, "pos4": unmarked, "pos5x": result, "neg6": result}
    for name, content in named.items():
        sibling = one.with_name(f"blocka_{name}")
        sibling.mkdir()
        (sibling / "result.json").write_text(json.dumps(content))
    one.with_name("blocka_pos7").symlink_to(one)
    write(explanation(n=2), tmp_path)
    assert counts(one.parent) == [f"blocka_{name}" for name in (
        "neg6", "pos2", "pos3", "pos4", "pos5x", "pos7"
    )]  # fmt: skip


OTHER_IMAGE = {"image": "b" * 64, "image_file": "e" * 64}


def test_results_of_another_image_of_the_same_name_are_refused(tmp_path, explanation, made):
    target = write(explanation(), tmp_path)
    before = files(tmp_path)
    for class_index in (3, 0):  # also of another class, in another folder
        with pytest.raises(
            InputError, match=r"photo'.*another image of the same name.*command line --name"
        ) as error:
            write(explanation(class_index, origin=made(class_index, **OTHER_IMAGE)), tmp_path)
        assert "\n" not in str(error.value)
    assert files(tmp_path) == before
    write(explanation(origin=made(**OTHER_IMAGE, image_name="photo 2")), tmp_path)  # the way out
    assert said(target)["provenance"]["image"] == "a" * 64


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {"image": "b" * 64}, True),  # one file, in another size
        ({}, {"image_file": "e" * 64}, False),  # two files, whatever their pixels
        ({"image_file": None}, {}, True),  # an array, and the file that has its pixels
        ({"image_file": None}, {"image": "b" * 64}, False),
        ({"image_file": None}, {"image_file": None, "image": "b" * 64}, False),
    ],
)
def test_which_images_are_the_same(tmp_path, explanation, made, first, second, same):
    write(explanation(origin=made(**first)), tmp_path)
    found = explanation(origin=made(**second))
    if same:
        write(found, tmp_path)
    else:
        with pytest.raises(InputError, match="another image"):
            write(found, tmp_path)
