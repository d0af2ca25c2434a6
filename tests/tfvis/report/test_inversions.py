"""What `tfvis invert` and `tfvis localise` write: whole, inside the output folder, and JSON."""

import csv
import json

import numpy as np
import pytest

from tfvis.evaluation.box_localisation import BoxLocalisation, LocatedObject
from tfvis.explainers.guided_inversion import PRESETS
from tfvis.explainers.masks import MaskExplanation
from tfvis.report.inversions import write_inversion
from tfvis.report.localisations import error_table, write_localisation
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels

LABELS = Labels([("../../etc/passwd",), ("Saliency",), ("cat / dog",), ("cat / dog_background",)])


def explanation(class_index, losses=(2.0, 1.0)):
    rng = np.random.default_rng(0)
    image = rng.random((8, 8, 3), np.float32)
    return MaskExplanation(
        image=image, mask=rng.random((8, 8)), mixture=image, complement=1 - image,
        weights=np.ones(4), losses=np.array(losses), class_index=class_index, logits=np.ones(4),
        kept=np.full((2, 4), 2.0), hidden=np.zeros((2, 4)),
    )  # fmt: skip


def written(tmp_path, stem="photo", classes=(0, 1, 2, 3), **changes):
    given = {
        "labels": LABELS, "preset": PRESETS["authors"],
        "configuration": {"weights": tmp_path / "w", "classes": ("a", "b")},
        "seconds": {"step_1": 1.23456}, **changes,
    }  # fmt: skip
    found = [explanation(c) for c in classes]
    return write_inversion(tmp_path / "out", stem, explanation(None), found, **given)


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_an_inversion_has_its_files(tmp_path):
    folder = written(tmp_path, classes=(2,))
    assert folder == tmp_path / "out" / "photo" / "guided_inversion"
    kinds = ["background_mask.png", "heat_map.jpg", "hidden.jpg", "kept.jpg", "mask.png"]
    assert names(folder) == sorted(
        [f"{step}_{kind}" for step in ("saliency", "cat _ dog") for kind in kinds]
        + ["overview.png", "result.json"]
    )
    result = json.loads((folder / "result.json").read_text())
    assert result["configuration"] == {"weights": str(tmp_path / "w"), "classes": ["a", "b"]}
    first, second = result["steps"]
    assert "class" not in first
    assert second["class"] == {"index": 2, "label": "cat / dog"}
    assert second["logit"] == {"image": 1, "kept": [2, 2], "hidden": [0, 0]}
    assert second["losses"] == [2, 1]
    assert all((folder / name).is_file() for step in result["steps"] for name in step["files"])
    assert result["seconds"] == {"step_1": 1.235}
    assert result["files"] == names(folder)
    assert result["format"] == {"name": "tfvis result", "version": 1}


def test_names_from_outside_stay_inside_and_apart(tmp_path):
    folder = written(tmp_path, stem="../../up")
    assert folder.parents[1] == tmp_path / "out"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    # A class called saliency does not write over step 1, nor one called x_background over x.
    assert len(names(folder)) == 5 + 4 * 5 + 2
    assert "Saliency_1_mask.png" in names(folder)
    assert "cat _ dog_background_3_mask.png" in names(folder)


def test_an_earlier_result_is_replaced_whole(tmp_path):
    written(tmp_path, classes=(0, 2))
    folder = written(tmp_path, classes=(2,))
    assert not [name for name in names(folder) if "passwd" in name]


def test_a_failure_leaves_the_earlier_result(tmp_path):
    folder = written(tmp_path, classes=(2,))
    before = (folder / "result.json").read_bytes()
    with pytest.raises(TypeError):
        written(tmp_path, classes=(0,), seconds={"step_1": "long"})
    assert (folder / "result.json").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["guided_inversion"]


def test_what_is_not_finite_is_null(tmp_path):
    folder = write_inversion(
        tmp_path, "photo", explanation(None, (np.nan, np.inf)), [], labels=LABELS,
        preset=PRESETS["authors"], configuration={}, seconds={},
    )  # fmt: skip
    (step,) = json.loads((folder / "result.json").read_text())["steps"]
    assert step["losses"] == [None, None]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match=r"Cannot write '.*out/photo/guided_inversion'"):
        written(tmp_path)


def localisation(unreadable=()):
    objects = tuple(
        LocatedObject(name, (30, 40), k, np.array([[1, 2, 3.25, 4], [5, 6, 7, 8]]), 1.5)
        for k, name in enumerate(("a,b.jpg", '"q".png', "\udcffx.png"))
    )
    overlaps = {"m": np.array([[0.9, 0.2], [0.6, 0.4], [0.0, 0.7]])}
    boxes = np.arange(24.0).reshape(3, 2, 4)
    boxes[2, 0] = np.nan
    return BoxLocalisation(
        (0.0, 1.5), objects, overlaps, {"m": boxes}, {"m": (None, "it is silent", None)}, unreadable
    )


def test_the_error_table():
    assert error_table(localisation()) == [("alpha", "m"), ("0", "0.333"), ("1.5", "0.667")]


def test_a_localisation_has_its_files(tmp_path):
    folder = write_localisation(
        tmp_path, "my/table", localisation([("gone.png", "It is gone.")]), labels=LABELS,
        preset=PRESETS["authors"], configuration={}, seconds=1.0,
    )  # fmt: skip
    assert folder == tmp_path / "my_table" / "localisation"
    assert names(folder) == [
        "errors.csv", "iou_histogram.png", "objects.csv", "result.json", "unreadable.csv"
    ]  # fmt: skip
    with (folder / "objects.csv").open(newline="", encoding="utf-8") as stream:
        first, second, third = csv.DictReader(stream)
    assert first["image"] == "a,b.jpg"
    assert second["image"] == '"q".png'
    assert first["boxes"] == "1 2 3.2 4; 5 6 7 8"
    assert (first["m: alpha"], first["m: box"], first["m: iou"]) == ("0.0", "0 1 2 3", "0.9")
    assert second["m: problem"] == "it is silent"
    assert third["m: box"] == ""
    assert (folder / "unreadable.csv").read_text() == "image,reason\ngone.png,It is gone.\n"
    result = json.loads((folder / "result.json").read_text())
    assert result["methods"]["m"]["best_alpha"] == 0
    assert result["methods"]["m"]["errors"] == pytest.approx([1 / 3, 2 / 3])
    assert result["methods"]["m"]["problems"] == 1
    assert result["objects"] == 3
    assert result["files"] == names(folder)
