"""What `tfvis invert` writes: whole, inside the output folder, and JSON."""

import json
import re

import numpy as np
import pytest
from written_results import said

from tfvis.explainers.masks import Inversion
from tfvis.report import write
from tfvis.report.inversions import inversion_folder
from tfvis.utils.errors import InputError
from tfvis.utils.file_names import class_name
from tfvis.utils.labels import Labels

LABELS = Labels([("../../etc/passwd",), ("Saliency",), ("cat / dog",), ("cat / dog_background",)])


@pytest.fixture
def inversion(mask, made):
    """Both steps for an image, with step 2 for some classes."""

    def make(
        classes=(0, 1, 2, 3), name="photo", seconds=None, step1=None, options=None,
        weights="5" * 64, **changes,
    ):  # fmt: skip
        options = {"preset": "authors", "base_layer": ["a", "b"]} | (options or {})
        known = {
            "image_name": name, "method": "guided inversion", "options": options, "weights": weights
        }  # fmt: skip
        return Inversion(
            saliency=mask(None, provenance=made(None, **known), **step1 or {}),
            discriminated=tuple(
                mask(
                    c, LABELS[c], provenance=made(None, **known, class_name=class_name(LABELS, c)),
                    **changes,
                )
                for c in classes
            ),
            seconds={"step_1": 1.23456} if seconds is None else seconds,
        )  # fmt: skip

    return make


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_an_inversion_has_its_files(tmp_path, inversion):
    folder = write(inversion(classes=(2,)), tmp_path / "out")
    assert folder == tmp_path / "out" / "photo" / "guided_inversion"
    assert folder == inversion_folder(tmp_path / "out", "photo")
    kinds = ["background_mask.png", "heat_map.jpg", "hidden.jpg", "kept.jpg", "mask.png"]
    assert names(folder) == sorted(
        [f"{step}_{kind}" for step in ("saliency", "cat _ dog") for kind in kinds]
        + ["arrays.npz", "overview.png", "report.html", "result.json"]
    )
    result = said(folder)
    assert result["provenance"]["options"]["preset"] == "authors"
    assert result["provenance"]["options"]["base_layer"] == ["a", "b"]
    assert result["provenance"]["class_name"] == "cat _ dog"
    first, second = result["steps"]
    assert "class" not in first
    assert second["class"] == {"index": 2, "label": "cat / dog"}
    assert second["logit"] == {"image": 1, "kept": [2, 2], "hidden": [0, 0]}
    assert result["classes"] == [second["class"]]
    assert second["losses"] == [2, 1]
    assert second["iterations"] == 1
    assert all((folder / name).is_file() for step in result["steps"] for name in step["files"])
    assert result["seconds"] == {"step_1": 1.235}
    assert result["files"] == names(folder)
    assert result["format"] == {"name": "tfvis result", "version": 1, "kind": "inversion"}


def test_step_1_alone(tmp_path, inversion):
    result = said(inversion(classes=()).save(tmp_path))
    assert len(result["steps"]) == 1
    assert result["provenance"]["class_name"] is None


def test_names_from_outside_stay_inside_and_apart(tmp_path, inversion):
    folder = write(inversion(name="../../up"), tmp_path / "out")
    assert folder.parents[1] == tmp_path / "out"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    # A class called saliency does not write over step 1, nor one called x_background over x.
    assert len(names(folder)) == 5 + 4 * 5 + 4
    assert "Saliency_1_mask.png" in names(folder)
    assert "cat _ dog_background_3_mask.png" in names(folder)


def test_an_earlier_result_is_replaced_whole(tmp_path, inversion):
    folder = write(inversion(classes=(2,)), tmp_path)
    more = folder / "more.png"
    more.touch()
    result = said(folder)
    result["files"].append(more.name)
    (folder / "result.json").write_text(json.dumps(result))
    (folder / "mynotes.txt").write_text("mine")
    assert write(inversion(classes=(2,), seconds={"step_1": 7.0}), tmp_path) == folder
    assert said(folder)["seconds"] == {"step_1": 7}
    assert not more.exists()
    assert (folder / "mynotes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "other",
    [
        {"options": {"seed": 6}},
        {"options": {"preset": "reimplementation"}},
        {"options": {"base_layer": ["a"]}},
        {"weights": "6" * 64},
        {"classes": (0,)},
        {"classes": (0, 2)},
        {"classes": ()},
    ],
    ids=str,
)
def test_an_inversion_of_other_options_or_classes_goes_beside_the_earlier(
    tmp_path, inversion, other
):
    first = write(inversion(classes=(2,)), tmp_path)
    second = write(inversion(**{"classes": (2,)} | other), tmp_path)
    assert first.name == "guided_inversion"
    assert re.fullmatch("guided_inversion_[0-9a-f]{8}", second.name)
    contents = [said(folder)["provenance"] for folder in (first, second)]
    # Each is replaced by its like.
    later = {"seconds": {"step_1": 7.0}}
    assert write(inversion(classes=(2,), **later), tmp_path) == first
    assert write(inversion(**{"classes": (2,)} | other, **later), tmp_path) == second
    assert names(first.parent) == [first.name, second.name]
    assert [said(folder)["provenance"] for folder in (first, second)] == contents
    assert [said(folder)["seconds"] for folder in (first, second)] == [{"step_1": 7}] * 2


def test_a_failure_leaves_the_earlier_result(tmp_path, inversion):
    folder = write(inversion(classes=(2,)), tmp_path)
    before = (folder / "result.json").read_bytes()
    with pytest.raises(TypeError):
        write(inversion(classes=(2,), seconds={"step_1": "long"}), tmp_path)
    assert (folder / "result.json").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["guided_inversion"]


def test_what_is_not_finite_is_null(tmp_path, inversion):
    lost = {"losses": np.array([np.nan, np.inf]), "weights": np.full(4, -np.inf)}
    (step,) = said(write(inversion(classes=(), step1=lost), tmp_path))["steps"]
    assert step["losses"] == [None, None]
    assert step["weights"] == [None] * 4


def test_a_folder_that_cannot_be_written_is_named(tmp_path, inversion):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match=r"Cannot write '.*out/photo/guided_inversion'"):
        write(inversion(), tmp_path / "out")


def test_another_image_of_the_same_name_is_refused(tmp_path, inversion, mask, made):
    write(inversion(classes=()), tmp_path)
    other = made(None, image="b" * 64, image_file="e" * 64)
    with pytest.raises(InputError, match=r"another image of the same name.*--name"):
        write(Inversion(saliency=mask(None, provenance=other), discriminated=()), tmp_path)
