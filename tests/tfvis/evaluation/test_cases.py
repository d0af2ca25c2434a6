"""Cases of scenes, of grids and of images."""

import numpy as np
import pytest
import tensorflow as tf
from closed_forms import ClosedFormNetwork
from PIL import Image

from tfvis.critters import CLASSES, PARTS
from tfvis.evaluation.cases import (
    GRID,
    IMAGE,
    ONE_OBJECT,
    TWO_OBJECTS,
    Case,
    CaseList,
    image_cases,
    scene_cases,
)
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels


class Named(ClosedFormNetwork):
    """A network of critters' names that answers the brightest colour."""

    def __init__(self, size=(64, 64), names=CLASSES):
        n = len(names)
        super().__init__(np.eye(3, n), lambda a: tf.reduce_mean(a, [1, 2]), n)
        self.labels = Labels([(name,) for name in names])
        self.input_size = size


@pytest.fixture
def net():
    return Named()


def test_a_scene_of_two_objects_makes_two_cases(net):
    cases = scene_cases(net, 2, kinds=[TWO_OBJECTS], seed=3)
    assert len(cases) == 4
    first, second = cases[0], cases[1]
    assert first.picture == second.picture == "scene 3"
    assert first.label != second.label
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.mask, second.other)
    assert not (first.mask & first.other).any()
    assert CLASSES[first.class_index] == first.label


def test_a_scene_of_one_object_can_be_drawn_without_its_parts(net):
    (case,) = (scene_cases(net, 1, kinds=[ONE_OBJECT], seed=3)[0],)
    assert set(case.parts) <= set(PARTS[case.label])
    np.testing.assert_array_equal(case.without([]), case.image)
    name = next(iter(case.parts))
    assert (case.without([name]) != case.image).any()


def test_a_grid_has_four_classes_and_asks_for_one_cell(net):
    cases = scene_cases(net, 4, kinds=[GRID], seed=3)
    assert [cases[k].cell for k in range(4)] == [0, 1, 2, 3]
    for k in range(4):
        rows, columns = np.nonzero(cases[k].mask)
        assert (rows.min() // 32, columns.min() // 32) == divmod(k, 2)
        assert cases[k].mask.sum() == 32**2


def test_keys_are_known_before_a_case_is_made_and_differ(net):
    cases = scene_cases(net, 3)
    assert len(set(cases.keys)) == len(cases) == 3 * 4
    for k in range(len(cases)):
        assert cases[k].key == cases.keys[k]
        assert cases[k].kind == cases.kinds[k]
    assert len({cases[k].picture for k in range(len(cases))}) == 9


def test_the_same_seed_gives_the_same_cases(net):
    first, again, other = (scene_cases(net, 1, seed=seed)[0].image for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_an_image_is_explained_for_its_first_answers(net):
    image = np.zeros((64, 64, 3), np.float32)
    image[..., 1], image[..., 2] = 0.9, 0.5
    cases = image_cases(net, [image], top=2)
    assert [cases[k].class_index for k in range(2)] == [1, 2]
    assert cases[0].mask is None and cases[0].without is None
    assert cases.told["images"] == 1


def test_files_are_named_and_read_when_they_are_needed(net, tmp_path):
    for name, shade in (("a", 10), ("b", 200)):
        Image.new("RGB", (80, 64), (shade, 0, 0)).save(tmp_path / f"{name}.png")
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    cases = image_cases(net, files, ["dog", "cat"])
    assert [cases[k].picture for k in range(2)] == ["a", "b"]
    assert [cases[k].label for k in range(2)] == ["dog", "cat"]
    assert cases[1].image.shape == (64, 64, 3)
    (tmp_path / "a.png").unlink()
    with pytest.raises(InputError, match="a.png"):
        cases[0]


def test_cases_of_one_image_share_its_name_and_other_images_have_their_own(net, tmp_path):
    image = np.zeros((64, 64, 3), np.float32)
    cases = image_cases(net, [image, image, image + 0.5], ["dog", "cat", "dog"])
    assert [cases[k].picture for k in range(3)] == ["image 1", "image 1", "image 3"]
    for folder, shade in (("x", 10), ("y", 200)):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (64, 64), (shade, 0, 0)).save(tmp_path / folder / "a.png")
    cases = image_cases(net, [tmp_path / "x" / "a.png", tmp_path / "y" / "a.png"])
    assert [cases[k].picture for k in range(2)] == ["a", "a (2)"]
    assert len(set(cases.keys)) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net: scene_cases(net, 0), "count"),
        (lambda net: scene_cases(net, 1, kinds=["two object"]), "Closest: two objects"),
        (lambda net: scene_cases(Named((64, 80)), 1), "network of square images"),
        (lambda net: scene_cases(Named((32, 32)), 1), "network of square images"),
        (lambda net: scene_cases(Named(names=("a", "b", "c")), 1), "knows the scenes"),
        (lambda net: image_cases(net, []), "at least one image"),
        (lambda net: image_cases(net, [np.zeros((64, 64, 3))], ["dog", "cat"]), "as many classes"),
    ],
)
def test_what_cannot_be_used_is_an_error(net, call, message):
    with pytest.raises(InputError, match=message):
        call(net)


def test_names_stay_apart_whatever_they_are(net, tmp_path):
    files = []
    for folder, name, shade in (("p", "x (2)", 10), ("q", "x", 90), ("r", "x", 200)):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / f"{name}.png")
        Image.new("RGB", (64, 64), (shade, 0, 0)).save(files[-1])
    cases = image_cases(net, files)
    assert [cases[k].picture for k in range(3)] == ["x (2)", "x", "x (3)"]


def test_a_class_counts_once_for_an_image(net):
    image = np.zeros((64, 64, 3), np.float32)
    cases = image_cases(net, [image, image, image], ["dog", "cat", "dog"])
    assert [cases[k].label for k in range(len(cases))] == ["dog", "cat"]


def test_some_cases_are_cases(net):
    cases = scene_cases(net, 3, kinds=[GRID])
    some = cases[1:]
    assert some.keys == cases.keys[1:]
    assert some[-1].key == cases.keys[-1]
    assert some.told != cases.told
    with pytest.raises(IndexError):
        cases[3]


def test_some_of_some_cases_are_told_by_their_places_among_all(net):
    cases = scene_cases(net, 20, kinds=[ONE_OBJECT])
    some = cases[10:20][0:5]
    assert some.keys == cases.keys[10:15]
    assert some.told == cases[10:15].told != cases[0:5].told
    assert cases[-4:].told == cases[16:20].told
    assert cases[:][2:].told == cases[2:20].told
    assert cases[4:][::2].told == cases[4:20:2].told
    assert cases[::-1][:3].told == cases[19:16:-1].told
    assert cases[::-1][:3][1].key == cases.keys[18]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ONE_OBJECT},
        {"picture": "b"},
        {"label": "cat"},
        {"mask": np.ones((8, 8), bool)},
        {"other": np.ones((8, 8), bool)},
        {"mask": np.zeros((8, 8), bool), "other": np.ones((8, 8), bool)},
        {"cell": 0},
        {"parts": {"ear": np.ones((8, 8), bool)}},
        {"parts": {"leg": np.ones((8, 8), bool)}},
        {"without": np.zeros_like},
    ],
)
def test_cases_of_a_list_are_told_by_all_that_is_known_of_them(change):
    told = CaseList.of([own_case(mask=np.zeros((8, 8), bool))]).told
    assert told == CaseList.of([own_case(mask=np.zeros((8, 8), bool))]).told
    other = CaseList.of([own_case(**{"mask": np.zeros((8, 8), bool)} | change)]).told
    assert other != told


def test_cases_of_a_list_need_keys_of_their_own(net):
    case = scene_cases(net, 1, kinds=[GRID])[0]
    assert CaseList.of([case])[0] is case
    for wrong in ([], [case, case]):
        with pytest.raises(InputError, match="each with a key of its own"):
            CaseList.of(wrong)


def own_case(**changes):
    given = {"key": "a", "picture": "a", "kind": IMAGE, "image": np.zeros((8, 8, 3), np.float32),
             "class_index": 0, "label": "dog"}  # fmt: skip
    return Case(**given | changes)


def test_a_case_has_a_kind_that_is_known():
    with pytest.raises(InputError, match="Unknown kind of case 'images'. Closest: image"):
        own_case(kind="images")


@pytest.mark.parametrize(
    ("images", "classes", "message"),
    [
        ("photo.jpg", None, "a list of images, received one"),
        (np.zeros((64, 64, 3)), None, "a list of images, received one"),
        ([np.zeros((64, 64, 3))], "0", "a list of classes"),
        ([np.zeros((64, 64, 3))], 0, "a list of classes"),
    ],
)
def test_one_image_is_no_list(net, images, classes, message):
    with pytest.raises(InputError, match=message):
        image_cases(net, images, classes)
