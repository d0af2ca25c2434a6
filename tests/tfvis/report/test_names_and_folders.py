"""Names that `save` gives, and the folders that `load_result` takes."""

import json

import numpy as np
import pytest

from tfvis.explainers.masks import Inversion
from tfvis.report import load_result, write
from tfvis.utils.errors import InputError


@pytest.fixture
def inversion(mask):
    return lambda: Inversion(saliency=mask(None), discriminated=(mask(3, "cat / dog"),))


KINDS = ("explanation", "inversion", "mask", "class_map")


@pytest.fixture(params=KINDS)
def found(request):
    make = request.getfixturevalue(request.param)
    return make(3, "cat / dog") if request.param == "mask" else make()


def stored(folder):
    return json.loads((folder / "result.json").read_text())["provenance"]


def test_a_name_stands_in_the_path_and_in_the_provenance(tmp_path, found):
    plain = found.save(tmp_path)
    named = found.save(tmp_path, name="photo: 2")
    assert named.relative_to(tmp_path).parts[0] == "photo_ 2"
    assert named.relative_to(tmp_path).parts[1:] == plain.relative_to(tmp_path).parts[1:]
    assert stored(named) == {**stored(plain), "image_name": "photo: 2"}
    again = load_result(named)
    steps = (again.saliency, *again.discriminated) if isinstance(again, Inversion) else (again,)
    assert [step.provenance.image_name for step in steps] == ["photo: 2"] * len(steps)
    assert load_result(plain) == found  # which itself keeps its name


def test_a_table_may_have_another_name(tmp_path, localisation):
    folder = localisation().save(tmp_path, name="mine")
    assert folder == tmp_path / "mine" / "localisation"
    again = load_result(folder)
    assert again.title == again.provenance.image_name == "mine"


def test_several_arrays_can_be_saved_under_names_of_their_own(tmp_path, class_map):
    found = [
        class_map(provenance=None, image=np.full((8, 8, 3), shade, np.float32))
        for shade in (0.0, 0.5)
    ]
    found[0].save(tmp_path)
    with pytest.raises(
        InputError, match=r"in Python save\(\.\.\., name=\.\.\.\), on the .* --name"
    ):
        found[1].save(tmp_path)
    folders = [each.save(tmp_path, name=f"image {k}") for k, each in enumerate(found)]
    assert [folder.parent.name for folder in folders] == ["image 0", "image 1"]


@pytest.mark.parametrize("name", ["", "  ", 5])
def test_a_name_has_a_letter(tmp_path, class_map, name):
    with pytest.raises(InputError, match=f"Expected name to have a letter or more, .*{name!r}"):
        class_map().save(tmp_path, name=name)
    assert not any(tmp_path.iterdir())


def test_the_only_result_below_a_folder_is_loaded(tmp_path, found):
    folder = found.save(tmp_path / "out")
    for above in (tmp_path / "out", *folder.relative_to(tmp_path).parents):
        if str(above) != ".":
            assert load_result(tmp_path / above) == found


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
