"""`tfvis localise` as a user meets it."""

import csv
import hashlib
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from tfvis.cli import main
from tfvis.datasets.example_images import example_scene
from tfvis.evaluation.box_metrics import intersection_over_union

CRITTERS = ["--model", "critters"]
QUICK = ["--iterations", "1", "1", "--mask-iterations", "1"]


@pytest.fixture
def localise(tmp_path, capsys):
    """Run `tfvis localise`; returns status, stdout and stderr."""

    def run(*arguments):
        output = ["--output", str(tmp_path / "out")]
        status = main(["localise", *CRITTERS, *output, *map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def table(tmp_path):
    """A table of both animals of an example scene, and of an image that is not there."""
    scene = example_scene("dog_cat224")
    Image.fromarray((scene.image * 255).round().astype("uint8")).resize((448, 224)).save(
        tmp_path / "scene.png"
    )
    lines = ["image,left,top,right,bottom,class"]
    for label, (left, top, right, bottom) in zip(scene.labels, scene.boxes, strict=True):
        lines.append(f"scene.png,{2 * left},{top},{2 * right},{bottom},{label}")
    lines.append("gone.png,1,2,3,4,dog")
    file = tmp_path / "boxes.csv"
    file.write_text("\n".join(lines))
    return file


def rows(file):
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.slow
def test_a_table(localise, table, tmp_path):
    status, out, _ = localise(table, "--methods", "Grad-CAM", "all groups")
    assert status == 0
    folder = tmp_path / "out" / "boxes" / "localisation"
    assert {file.name for file in folder.iterdir()} == {
        "arrays.npz", "errors.csv", "objects.csv", "unreadable.csv", "iou_histogram.png",
        "config.toml", "report.html", "result.json",
    }  # fmt: skip
    errors = rows(folder / "errors.csv")
    assert [float(row["alpha"]) for row in errors] == [k / 2 for k in range(11)]
    assert set(errors[0]) == {"alpha", "Grad-CAM", "all groups"}
    found = rows(folder / "objects.csv")
    assert [(row["image"], row["class"]) for row in found] == [
        ("scene.png", "dog"), ("scene.png", "cat")
    ]  # fmt: skip
    assert found[0]["width"] == "448"
    result = json.loads((folder / "result.json").read_text())
    for method in ("Grad-CAM", "all groups"):
        overlaps = []
        for row in found:
            truth, mine = (
                np.array(row[name].split(), float) for name in ("boxes", f"{method}: box")
            )
            overlaps.append(intersection_over_union(mine, truth[np.newaxis])[0])
            # Boxes are written to a tenth of a pixel.
            assert float(row[f"{method}: iou"]) == pytest.approx(overlaps[-1], abs=0.01)
            assert 0 <= mine[0] < mine[2] <= 448
            assert 0 <= mine[1] < mine[3] <= 224
        best = [row for row in errors if float(row["alpha"]) == float(found[0][f"{method}: alpha"])]
        assert float(best[0][method]) == np.mean(np.array(overlaps) < 0.5)
        assert min(result["methods"][method]["errors"]) == float(best[0][method])
    assert [row["image"] for row in rows(folder / "unreadable.csv")] == ["gone.png"]
    assert result["unreadable"][0]["image"] == "gone.png"
    assert "1 image could not be read:" in out
    assert "  'gone.png': No image file" in out
    assert "Share of 2 objects missed" in out
    for method in ("Grad-CAM", "all groups"):
        best = float(found[0][f"{method}: alpha"])
        missed = next(float(row[method]) for row in errors if float(row["alpha"]) == best)
        mean = np.mean([float(row[f"{method}: iou"]) for row in found])
        told = f"{method}: {missed:.3f} missed at the best alpha, {best:g}; mean overlap "
        (line,) = (line for line in out.splitlines() if line.startswith(told))
        assert float(line.removeprefix(told)) == pytest.approx(mean, abs=1e-3)


@pytest.mark.slow
def test_scenes_are_taken_where_there_is_no_table(localise, tmp_path):
    methods = ["guided-inversion", "guided inversion, step 1", "extremal-perturbation"]
    status, out, _ = localise("--scenes", "1", "--methods", *methods, "--model", "auto", *QUICK)
    assert status == 0
    assert "Share of 2 objects missed" in out
    folder = tmp_path / "out" / "critters scenes" / "localisation"
    result = json.loads((folder / "result.json").read_text())
    assert set(result["methods"]) == {
        "guided inversion", "guided inversion, step 1", "extremal perturbation"
    }  # fmt: skip
    assert result["provenance"]["network"] == "critters"
    assert not (folder / "unreadable.csv").exists()


@pytest.mark.slow
def test_a_list_with_names_that_are_no_class(localise, tmp_path, capsys):
    scene = example_scene("dog_cat224")
    Image.fromarray((scene.image * 255).round().astype("uint8")).save(tmp_path / "a.png")
    file = tmp_path / "list.csv"
    box = " ".join(map(str, scene.boxes[0]))
    file.write_text(f'Bbox,name,size,url\n"[{box}]",photo 7,"(224, 224)",a.png\n')
    status, out, _ = localise(file, "--methods", "Grad-CAM")
    assert status == 0
    assert "1 of 1 objects has a name that is no class: the network's top answer" in out


BAD = [
    (["{tmp}/nowhere.csv"], "No table"),
    (["a" * 300], "Cannot look at"),
    (["{tmp}/newline.csv"], "line 3: Expected a path or an address, received 'http://a"),
    (["{tmp}/empty.csv"], "Expected a table with a header"),
    (["{tmp}/header.csv"], "Expected a row a box"),
    (["{tmp}/columns.csv"], "'left' is missing. Closest: lift"),
    (["{tmp}/outside.csv"], "line 2: expected a box inside 'a.png', 20 x 10"),
    (["{tmp}/class.csv"], "line 2: Unknown class 'kat'. Closest: cat"),
    (["{tmp}/gone.csv"], "None of 1 images can be read. The first, 'gone.png'"),
    (["--scenes", "0"], "Expected --scenes"),
    (["--methods", "grad"], "Unknown method 'grad'. Closest: Grad-CAM"),
    (["--methods", "every group"], "method 'every group' has several maps"),
    (["--mask-area", "1"], "Expected --mask-area between 0 and 1, received 1.0"),
    (["--mask-iterations", "0"], "Expected --mask-iterations"),
    (["--layer", "mixed4x"], "Unknown layer 'mixed4x'. Closest: mixed4"),
    (["--methods", "uniform", "--layer", "mixed4d"], "Expected --layer with a method of a layer"),
    (
        ["--sigma", "3", "--halve-every", "0"],
        "Expected --halve-every, --sigma with --methods that take it (guided inversion, step 1; "
        "guided inversion), received --methods Grad-CAM.",
    ),
    (
        ["--methods", "all groups", "guided inversion", "--mask-area", "0.2", "--sigma", "3"],
        "Expected --mask-area with --methods that take it (extremal perturbation), received "
        "--methods all groups; guided inversion.",
    ),
    (["--output", "{tmp}/gone.csv/out"], "Expected --output to be a folder"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_line_and_status_2(arguments, message, localise, tmp_path):
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    header = "image,left,top,right,bottom,class\n"
    for name, text in {
        "empty": "", "header": header, "newline": header + '"http://a\nb.png",1,2,3,4,cat\n',
        "columns": header.replace("left", "lift") + "a.png,1,2,3,4,\n",
        "outside": header + "a.png,1,2,30,4,cat\n", "class": header + "a.png,1,2,3,4,kat\n",
        "gone": header + "gone.png,1,2,3,4,cat\n",
    }.items():  # fmt: skip
        (tmp_path / f"{name}.csv").write_text(text)
    before = sorted(tmp_path.rglob("*"))
    given = [argument.format(tmp=tmp_path) for argument in arguments]
    scenes = ["--scenes", "1"] if given[0].startswith("--") else []
    status, _, err = localise(*scenes, "--methods", "Grad-CAM", "--quiet", *given)
    assert status == 2
    assert err.count("\n") == 1
    assert message in err
    assert sorted(tmp_path.rglob("*")) == before


def test_an_unknown_method_is_not_answered_with_methods_that_are_refused(localise):
    _, _, err = localise("--scenes", "1", "--methods", "xyz", "--quiet")
    assert "Unknown method 'xyz'. Expected one of: all groups; best group; best channel;" in err
    assert "every" not in err


@pytest.mark.slow
def test_only_the_methods_that_are_run_are_announced_and_built(localise, monkeypatch):
    monkeypatch.setattr("tfvis.explainers.guided_inversion.inversion.GuidedFeatureInversion", None)
    given = ["--methods", "Grad-CAM", "uniform", "--layer", "mixed4c", "--batch-size", "4"]
    status, out, _ = localise("--scenes", "1", *given, "--seed", "7")
    assert status == 0
    assert out.splitlines()[:2] == [
        "critters: Grad-CAM of mixed4c; uniform",
        "--seed 7 has no effect: these methods are not random.",
    ]


def test_scenes_need_a_network_that_knows_them(localise, random_weights):
    status, _, err = localise("--model", "googlenet", "--weights", random_weights)
    assert status == 2
    assert "Expected a table of boxes, or a network that knows the scenes, such as critters" in err


@pytest.mark.slow
def test_a_folder_of_the_users_is_refused_before_anything_is_computed(
    localise, table, tmp_path, monkeypatch
):
    monkeypatch.setattr("tfvis.commands.localise.loaded", None)
    theirs = tmp_path / "out" / "boxes" / "localisation"
    theirs.mkdir(parents=True)
    (theirs / "mine.txt").write_text("mine")
    status, _, err = localise(table, "--quiet")
    assert status == 2
    assert err.count("\n") == 1
    assert "an earlier result of tfvis, received" in err
    assert [path.name for path in theirs.iterdir()] == ["mine.txt"]


def provenance(folder):
    return json.loads((folder / "result.json").read_text())["provenance"]


@pytest.mark.slow
def test_two_tables_of_one_name_and_one_that_changed_keep_their_results(localise, table, tmp_path):
    given = ["--methods", "Grad-CAM", "--quiet"]
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in (table, tmp_path / "scene.png"):
        shutil.copy(file, copy)
    folder = tmp_path / "out" / "boxes"
    for n, own in enumerate((table, copy / table.name)):
        for _ in range(2):
            assert localise(own, *given)[0] == 0
            assert len(list(folder.iterdir())) == n + 1
    lines = table.read_text().splitlines()
    table.write_text("\n".join(lines[:-1]))
    assert localise(table, *given)[0] == 0
    assert len(list(folder.iterdir())) == 3
    made = provenance(folder / "localisation")
    assert made["options"]["folder"] == str(tmp_path)
    assert localise(table, "--methods", "uniform", "--quiet")[0] == 0
    # Nothing but the four results: no journal is left.
    found = [path.name for path in folder.iterdir()]
    assert len(found) == 4
    assert all(re.fullmatch("localisation(_[0-9a-f]{8})?", name) for name in found)
    assert provenance(folder / "localisation") == made


@pytest.mark.slow
def test_a_table_and_scenes_can_have_a_name(localise, table, tmp_path):
    for given in ([table], ["--scenes", "1"]):
        asked = ("--name", "mine", "--methods", "Grad-CAM", "--quiet", "--json")
        status, out, _ = localise(*given, *asked)
        record = json.loads(out)
        assert (status, record["kind"], record["name"]) == (0, "localisation", "mine")
        assert list(record["methods"]) == ["Grad-CAM"]
        assert record["objects"] == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]
    folders = sorted((tmp_path / "out" / "mine").iterdir())
    assert [provenance(folder)["image_name"] for folder in folders] == ["mine", "mine"]
    files = [provenance(folder)["image_file"] for folder in folders]
    assert files == [hashlib.sha256(table.read_bytes()).hexdigest(), None]


@pytest.mark.slow
@pytest.mark.parametrize("first", ["table", "image"])
def test_a_table_and_an_image_of_one_name_keep_their_results(
    localise, table, own_model, tmp_path, first
):
    image = tmp_path / "boxes.png"
    shutil.copy(tmp_path / "scene.png", image)
    labels = own_model.with_name("labels.txt")
    own = ["--model", str(own_model), "--value-range", "0", "1", "--labels", str(labels)]
    output = ["--output", str(tmp_path / "out"), *own]

    def of_the_table():
        assert localise(table, "--methods", "Grad-CAM", "--quiet", *own)[0] == 0

    def of_the_image():
        given = [str(image), "--classes", "cat", "--quiet", *output]
        assert main(["invert", *given, "--iterations", "1", "1"]) == 0
        quick = ["--icon-steps", "1", "--icon-size", "32", "--attribution-steps", "2"]
        assert main(["explain", *given, *quick, "--n-groups", "3"]) == 0

    runs = [of_the_table, of_the_image]
    for run in runs if first == "table" else runs[::-1]:
        run()
    found = [path.name for path in (tmp_path / "out" / "boxes").iterdir()]
    assert sorted(found) == ["cat_IGSG", "guided_inversion", "localisation"]
    before = {file: file.read_bytes() for file in (tmp_path / "out").rglob("result.json")}
    assert len(before) == 3
    # Again, now that both are there: each replaces its own.
    for run in runs:
        run()
    assert before.keys() == {*(tmp_path / "out").rglob("result.json")}
    # Another image of that name is refused all the same.
    Image.new("RGB", (60, 60), "red").save(image)
    given = [str(image), "--classes", "cat", "--quiet", *output]
    for command in ("invert", "explain"):
        assert main([command, *given]) == 2


def test_help_shows_every_default(capsys):
    with pytest.raises(SystemExit) as error:
        main(["localise", "--help"])
    assert error.value.code == 0
    text = capsys.readouterr().out
    options = [line for line in text.splitlines() if line.startswith("  --")]
    assert text.count("(default:") == len(options) + 1  # and the table
    assert "--fit" not in text
    general, inversion, perturbation = re.split(r"\nfor .* only:\n", text.split("[TABLE]")[1])
    assert "--batch-size" in general and "--seed" in general and "--allow-local" in general
    assert "--sigma" in inversion and "--mask-sigma" in perturbation
    assert "--sigma" not in general and "--mask-sigma" not in general
