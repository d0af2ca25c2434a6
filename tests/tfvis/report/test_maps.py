"""What `ClassMap.save` writes for a map of any method."""

import os
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from written_results import said

from tfvis.explainers.base import ClassMap, NothingSelected
from tfvis.explainers.masks import Inversion
from tfvis.report import load_result, write
from tfvis.report.working_folder import WorkingFolder
from tfvis.utils import images
from tfvis.utils.errors import InputError
from tfvis.utils.image_sources import SourceImage
from tfvis.utils.provenance import plain


def test_a_map_has_its_files(tmp_path, class_map):
    found = class_map()
    folder = write(found, tmp_path)
    assert folder == tmp_path / "photo" / "cat _ dog_Grad-CAM_blocka"
    assert sorted(file.name for file in folder.iterdir()) == [
        "arrays.npz", "heat_map.jpg", "overview.png", "report.html", "result.json"
    ]  # fmt: skip
    result = said(folder)
    assert result["format"] == {"name": "tfvis result", "version": 1, "kind": "map"}
    assert result["class"] == {"index": 3, "label": "cat / dog"}
    assert (result["method"], result["problem"]) == ("Grad-CAM", None)
    assert result["largest"] == found.map.max()
    assert result["provenance"]["layer"] == "block/a"
    with np.load(folder / "arrays.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["map"], found.map)


def test_the_heat_map_is_red_where_the_map_is_large(tmp_path, class_map):
    a_map = np.zeros((8, 8), np.float32)
    a_map[:, 4:] = 1
    grey = np.full((8, 8, 3), 0.5, np.float32)
    picture = images.load(write(class_map(map=a_map, image=grey), tmp_path) / "heat_map.jpg")
    redness = picture @ [1, -0.5, -0.5]
    assert redness[:, : picture.shape[1] // 4].mean() < 0.05 < 0.2 < redness[:, -2:].mean()


def test_where_nothing_is_selected_the_problem_is_said(tmp_path, class_map):
    found = class_map(
        NothingSelected, map=np.ones((8, 8), np.float32), method="feature groups",
        problem="No channel stands out.",
    )  # fmt: skip
    folder = write(found, tmp_path)
    assert folder.name == "cat _ dog_feature groups_blocka"
    assert said(folder)["problem"] == "No channel stands out."


def test_a_map_without_provenance(tmp_path, class_map):
    folder = write(class_map(provenance=None, label="../x", method="mine/2"), tmp_path)
    assert folder == tmp_path / "image" / "__x_mine_2"
    assert said(folder)["provenance"] is None


def test_maps_that_do_not_say_what_made_them_do_not_replace_each_other(tmp_path, class_map):
    one = class_map(provenance=None)
    other = replace(one, map=one.map + 1)
    folders = [write(found, tmp_path) for found in (one, other, one)]
    assert folders[0] == folders[2] != folders[1]
    assert load_result(folders[1]) == other


def test_maps_of_two_layers_do_not_replace_each_other(tmp_path, class_map, made):
    folders = [
        write(class_map(provenance=made(layer=layer)), tmp_path) for layer in ("mixed4c", "mixed4d")
    ]
    assert [folder.name.rpartition("_")[2] for folder in folders] == ["mixed4c", "mixed4d"]
    assert [load_result(folder).provenance.layer for folder in folders] == ["mixed4c", "mixed4d"]


def test_a_map_of_other_options_stays_and_one_of_equal_options_is_replaced(
    tmp_path, class_map, made
):
    def at(area, **changes):
        origin = made(layer=None, options={"area": area}, **changes)
        return write(class_map(provenance=origin, problem=str(changes) or None), tmp_path)

    small = at(0.05)
    large = at(0.3)
    assert small.name == "cat _ dog_Grad-CAM"
    assert re.fullmatch(r"cat _ dog_Grad-CAM_[0-9a-f]{8}", large.name)
    assert at(0.05, versions={"numpy": "3"}) == small
    assert at(0.3, versions={"numpy": "3"}) == large
    for folder, area in ((small, 0.05), (large, 0.3)):
        found = load_result(folder)
        assert found.provenance.options["area"] == area
        assert "numpy" in found.problem  # the later one
    # Also once the first has gone: there is one result of these options.
    shutil.rmtree(small)
    assert at(0.3) == large
    assert len(list(tmp_path.glob("*/*"))) == 1


@pytest.mark.slow
def test_results_whose_options_cannot_be_told_all_stay(tmp_path, class_map, made):
    origin = made(layer=None, options=plain({"how": lambda: 1}))
    names = [write(class_map(provenance=origin), tmp_path).name for _ in range(3)]
    name = "cat _ dog_Grad-CAM"
    assert names == [name, f"{name}_2", f"{name}_3"]


def test_a_killed_run_loses_no_map_of_other_options(tmp_path, class_map, made):
    """Where it had hidden an earlier result, to replace it by an equal one."""
    first = write(class_map(provenance=made(options={"seed": 1})), tmp_path)
    lost = WorkingFolder(first)
    lost.begin()
    lost._take()
    lost._lock.write_text(lost._lock.read_text().replace(str(os.getpid()), "999999999"))
    second = write(class_map(provenance=made(options={"seed": 2})), tmp_path)
    assert [load_result(f).provenance.options["seed"] for f in (first, second)] == [1, 2]


def test_maps_without_provenance_of_two_images_are_not_mixed(tmp_path, class_map):
    folder = write(class_map(provenance=None), tmp_path)
    before = load_result(folder)
    assert write(class_map(provenance=None, problem="again"), tmp_path) == folder
    for kind in ({"method": "Grad-CAM"}, {"method": "mine"}, {"label": "dog"}):
        other = class_map(provenance=None, image=np.zeros((8, 8, 3), np.float32), **kind)
        with pytest.raises(
            InputError, match=r"another image of the same name.*save\(\.\.\., name="
        ):
            write(other, tmp_path)
    np.testing.assert_array_equal(load_result(folder).image, before.image)
    assert len(list(tmp_path.rglob("result.json"))) == 1


def test_whether_a_map_has_provenance_does_not_matter_to_which_image_it_shows(
    tmp_path, class_map, made
):
    found = class_map(provenance=None)
    same = made(image=SourceImage(found.image).digest, image_name=None, image_file=None)
    write(found, tmp_path)
    write(class_map(provenance=same), tmp_path)
    with pytest.raises(InputError, match="another image"):
        write(class_map(provenance=made(image_name=None, image_file=None)), tmp_path / ".")
    with pytest.raises(InputError, match="another image"):
        write(class_map(provenance=replace(same, image=None), image=1 - found.image), tmp_path)


def test_methods_and_classes_with_long_names_have_folders_of_their_own(tmp_path, class_map, made):
    folders = {
        write(
            class_map(method=method, provenance=made(class_name=f"{'x' * 80}_{c}")), tmp_path
        ).name
        for c in (1, 2)
        for method in ("guided inversion", "guided inversion, step 1")
    }  # fmt: skip
    assert len(folders) == 4


def test_a_map_that_is_not_finite_is_drawn_as_if_it_were_zero_there(tmp_path, class_map):
    a_map = np.random.default_rng(1).random((8, 8), np.float32)
    a_map[:4] = 0
    lost = a_map.copy()
    lost[:4] = np.array([[np.nan], [np.inf], [np.nan], [np.inf]])
    folders = [
        write(class_map(map=each, problem="It diverged."), tmp_path / name)
        for name, each in (("finite", a_map), ("lost", lost))
    ]
    pictures = [(folder / "heat_map.jpg").read_bytes() for folder in folders]
    assert pictures[0] == pictures[1]
    assert said(folders[1])["largest"] is None
    np.testing.assert_array_equal(load_result(folders[1]).map, lost)


def test_a_mask_that_is_not_finite_is_written(tmp_path, mask):
    nowhere = np.full((8, 8, 3), np.nan, np.float32)
    found = mask(
        2, "cat", map=np.full((8, 8), np.nan), mixture=nowhere, complement=nowhere,
        problem="the weights are not finite",
    )  # fmt: skip
    assert load_result(write(found, tmp_path)) == found
    inversion = Inversion(saliency=found, discriminated=())
    assert load_result(write(inversion, tmp_path)) == inversion
    assert found.plot().axes


def test_what_is_no_text_is_written_as_text(tmp_path, class_map):
    folder = write(class_map(provenance=None, label=3, method=4, class_index=np.int64(3)), tmp_path)
    assert folder.name == "3_4"
    assert said(folder)["class"] == {"index": 3, "label": "3"}


def test_a_kind_of_ones_own_is_written_as_the_kind_it_extends(tmp_path, class_map, require_equal):
    class MyMap(ClassMap):
        """A map with methods of its own."""

    found = load_result(write(class_map(MyMap), tmp_path))
    require_equal(class_map(), found)


def test_the_users_files_stay(tmp_path, class_map):
    folder = write(class_map(), tmp_path)
    (folder / "mynotes.txt").write_text("mine")
    class_map().save(tmp_path)
    assert (folder / "mynotes.txt").read_text() == "mine"


def test_another_image_of_the_same_name_is_refused(tmp_path, class_map, made):
    write(class_map(), tmp_path)
    other = made(image="b" * 64, image_file="e" * 64)
    with pytest.raises(InputError, match=r"another image of the same name.*--name"):
        write(class_map(method="mine", provenance=other), tmp_path)


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"Expected a result of tfvis, received ndarray\."):
        write(np.ones(3), tmp_path)
    assert not any(tmp_path.iterdir())
