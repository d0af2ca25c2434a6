"""`tfvis invert` as a user meets it."""

import json
import re
import runpy
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfvis.cli import main
from tfvis.explainers import InversionOptions, Preset
from tfvis.models import load_model
from tfvis.utils import images

ROOT = Path(__file__).parents[3]
QUICK = ["--model", "critters", "--iterations", "2", "2"]


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A grey photograph of no particular size."""
    file = tmp_path_factory.mktemp("photo") / "my photo.png"
    pixels = np.random.default_rng(0).integers(0, 255, (60, 90), np.uint8)
    Image.fromarray(pixels).save(file)
    return file


@pytest.fixture
def invert(tmp_path, capsys):
    """Run `tfvis invert`; returns status, stdout and stderr."""

    def run(*arguments):
        status = main(["invert", *QUICK, "--output", str(tmp_path / "out"), *map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def invert_own(invert, own_model):
    """The same on a small model, which knows cats, dogs and birds."""
    labels = own_model.with_name("labels.txt")

    def run(*arguments):
        return invert(*arguments, *_of(own_model), "--labels", labels)

    return run


def _of(model):
    return ["--model", model, "--value-range", "0", "1"]


FILES = {
    "arrays.npz", "config.toml",
    "cat_background_mask.png", "cat_heat_map.jpg", "cat_hidden.jpg", "cat_kept.jpg", "cat_mask.png",
    "overview.png", "report.html",
    "result.json", "saliency_background_mask.png", "saliency_heat_map.jpg",
    "saliency_hidden.jpg", "saliency_kept.jpg", "saliency_mask.png",
}  # fmt: skip


def test_an_image_and_a_class(invert_own, own_model, photo, tmp_path):
    status, out, _ = invert_own(photo, "--class", "cat")
    assert status == 0
    folder = tmp_path / "out" / "my photo" / "guided_inversion"
    assert {file.name for file in folder.iterdir()} == FILES
    assert "my photo, cat: logit " in out
    assert str(folder / "overview.png") in out
    result = json.loads((folder / "result.json").read_text())
    assert [step["iterations"] for step in result["steps"]] == [2, 2]
    assert result["steps"][1]["class"]["label"] == "cat"
    assert set(result["steps"][1]["logit"]) == {"image", "kept", "hidden"}
    options = result["provenance"]["options"]
    assert options["preset"]["iterations"] == [2, 2]
    net = load_model(own_model, value_range=(0, 1))
    # Every option is told, those that were not given as what they came to.
    assert options.keys() == {field.name for field in fields(InversionOptions)}
    assert options["preset"].keys() == {field.name for field in fields(Preset)}
    assert options["base_layer"] == list(net.inversion_layers[:-1])
    assert result["provenance"]["network"] == "mine"
    mask, rest = (images.load(folder / f"cat_{name}.png") for name in ("mask", "background_mask"))
    np.testing.assert_allclose(mask + rest, 1, atol=1.01 / 255)
    assert mask.shape == (48, 48, 3)


@pytest.mark.slow
def test_several_images_several_classes_and_the_top_answer(invert_own, photo, tmp_path):
    other = tmp_path / "other.jpg"
    Image.new("CMYK", (300, 20)).save(other)
    status, out, err = invert_own(photo, other, "--class", "dog", "2", "--quiet", "--json")
    assert (status, err) == (0, "")
    records = [json.loads(line) for line in out.splitlines()]
    assert [own["image"] for own in records] == ["my photo", "other"]
    assert [step["class_index"] for step in records[0]["steps"]] == [None, 1, 2]
    for name in ("my photo", "other"):
        result = json.loads(
            (tmp_path / "out" / name / "guided_inversion" / "result.json").read_text()
        )
        classes = [step["class"]["index"] for step in result["steps"] if "class" in step]
        assert len(classes) == 2
    status, out, _ = invert_own(photo, "--name", "again")
    assert status == 0
    result = json.loads(
        (tmp_path / "out" / "again" / "guided_inversion" / "result.json").read_text()
    )
    assert result["steps"][1]["class"]["label"] in out


@pytest.mark.slow
def test_without_an_image_the_example_is_taken(invert, tmp_path):
    assert invert("--class", "cat", "--quiet")[0] == 0
    folder = tmp_path / "out" / "owl_rabbit224" / "guided_inversion"
    assert (folder / "overview.png").is_file()
    assert images.load(folder / "cat_mask.png").shape == (224, 224, 3)
    made = json.loads((folder / "result.json").read_text())["provenance"]
    assert made["network"] == "critters"
    assert made["options"]["base_layer"] == list(load_model("critters").inversion_layers[:-1])


@pytest.mark.slow
def test_a_file_without_an_extension_is_not_the_example_of_its_name(invert, photo, tmp_path):
    file = tmp_path / "dog_cat224"
    file.write_bytes(photo.read_bytes())
    status, out, _ = invert(file, "--class", "cat", "--background", file)
    assert status == 0
    assert out.count("critters knows rendered scenes only") == 1
    kept = tmp_path / "out" / "dog_cat224" / "guided_inversion" / "cat_kept.jpg"
    # Before itself an image stays what it is.
    found, expected = images.load(kept), images.load(photo, (224, 224))
    assert np.abs(found - expected).mean() < 4 / 255


def test_the_module_is_the_command(photo, own_model, tmp_path, monkeypatch):
    words = [photo, *QUICK, *_of(own_model), "--output", tmp_path / "out", "--quiet"]
    monkeypatch.setattr(sys, "argv", ["tfvis.guided_inversion", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("tfvis.guided_inversion", run_name="__main__")
    assert ended.value.code == 0
    assert (tmp_path / "out" / "my photo" / "guided_inversion" / "overview.png").is_file()


@pytest.mark.slow
def test_terms_reach_the_result(invert_own, photo, tmp_path):
    given = ["--preset", "reimplementation", "--distance", "relative", "--score", "probability",
             "--scaling", "max", "--penalty-power", "2", "--penalties", "3", "4",
             "--learning-rate", "0.5", "--betas", "0", "0.5", "--halve-every", "0", "--start", "2",
             "--keep", "best", "--epsilon", "0.5", "--damping", "0.25",
             "--sigma", "3", "--blur-radius", "5", "--total-variation", "0.25", "--area", "0.5",
             "--tolerance", "0.125", "--patience", "7", "--restart", "0.75",
             "--noise-copies", "2", "--noise-deviation", "0.5"]  # fmt: skip
    assert invert_own(photo, "--class", "cat", *given)[0] == 0
    result = json.loads(
        (tmp_path / "out" / "my photo" / "guided_inversion" / "result.json").read_text()
    )
    assert result["provenance"]["options"]["preset"] == {
        "distance": "relative", "score": "probability", "scaling": "max", "penalty_power": 2,
        "penalties": [3, 4], "iterations": [2, 2], "learning_rate": 0.5, "betas": [0, 0.5],
        "epsilon": 0.5, "damping": 0.25, "halve_every": 0, "start": 2, "keep": "best", "sigma": 3,
        "blur_radius": 5, "total_variation": 0.25,
        "area": 0.5, "tolerance": 0.125, "patience": 7,
        "restart": 0.75, "noise_copies": 2, "noise_deviation": 0.5,
    }  # fmt: skip


@pytest.mark.slow
def test_less_precision_reaches_the_result(invert_own, photo, tmp_path):
    losses = []
    for dtype in ("float32", "bfloat16"):
        assert invert_own(photo, "--class", "cat", "--dtype", dtype, "--name", dtype)[0] == 0
        folder = tmp_path / "out" / dtype / "guided_inversion"
        result = json.loads((folder / "result.json").read_text())
        losses.append(result["steps"][0]["losses"])
    exact, rough = losses
    assert exact != rough
    np.testing.assert_allclose(exact, rough, rtol=0.02)


@pytest.mark.slow
def test_layers_and_background_reach_the_result(invert_own, photo, tmp_path):
    arguments = ["--base-layer", "first", "second", "--inversion-layer", "second"]
    status, out, _ = invert_own(photo, "--background", photo, *arguments)
    assert status == 0
    assert "first + second to second" in out
    folder = tmp_path / "out" / "my photo" / "guided_inversion"
    # What stands behind is the image itself, whatever the mask is.
    with Image.open(folder / "saliency_kept.jpg") as kept:
        size = kept.size
        values = np.float64(kept)
    with Image.open(photo) as image:
        expected = images.load(photo, size) * 255
        assert image.size != size
    assert np.abs(values - expected).mean() < 4


def test_help_shows_every_default(capsys):
    with pytest.raises(SystemExit) as error:
        main(["invert", "--help"])
    assert error.value.code == 0
    text = capsys.readouterr().out
    options = [line for line in text.splitlines() if line.startswith("  --")]
    assert text.count("(default:") == len(options)  # the image's stands beside its first name
    for term in ("distance", "score", "scaling", "penalty-power", "penalties", "iterations",
                 "learning-rate", "betas", "epsilon", "damping", "halve-every",
                 "keep", "start", "sigma", "blur-radius",
                 "total-variation", "area", "tolerance", "patience", "restart",
                 "noise-copies", "noise-deviation", "dtype"):  # fmt: skip
        assert f"--{term} " in text


BAD = [
    (["{tmp}/nowhere.jpg"], "No image file"),
    (["{tmp}/text.jpg"], "Expected an image in a format that Pillow reads"),
    (["{photo}", "{tmp}/my photo.png"], "whose results would have one folder"),
    (["{photo}", "--background", "a" * 300], "Cannot look at"),
    (["a" * 300], "Cannot read the image"),
    (["{photo}", "--class", "kat"], "Unknown class 'kat'. Closest: cat"),
    (["{photo}", "--preset", "author"], "Unknown preset 'author'. Closest: authors"),
    (["{photo}", "--background", "blurr"], "Unknown background 'blurr'. Closest: blur"),
    (["{photo}", "--background", "{tmp}/text.jpg"], "Expected an image in a format"),
    (["{photo}", "--score", "logits"], "Unknown score 'logits'. Closest: logit"),
    (["{photo}", "--iterations", "0", "1"], "Expected --iterations to be a whole number >= 1"),
    (["{photo}", "--betas", "1", "0"], "Expected two betas"),
    (["{photo}", "--dtype", "bf16"], "Unknown dtype 'bf16'. Closest: bfloat16"),
    (["{photo}", "--batch-size", "0"], "Expected --batch-size"),
    (["{photo}", "--base-layer", "mixed5b", "--inversion-layer", "mixed4d"],
     "'mixed5b' comes after 'mixed4d'"),
    (["{photo}", "--base-layer", "mixed4x"], "Unknown layer 'mixed4x'. Closest: mixed4"),
    (["{photo}", "--output", "{tmp}/text.jpg/out"], "Expected --output to be a folder"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_line_and_status_2(arguments, message, photo, tmp_path, capsys):
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "my photo.png").write_bytes(photo.read_bytes())
    before = sorted(tmp_path.rglob("*"))
    given = [argument.format(tmp=tmp_path, photo=photo) for argument in arguments]
    status = main(["invert", *QUICK, "--output", str(tmp_path / "out"), *given])
    captured = capsys.readouterr()
    assert status == 2
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_layer_without_positions_is_one_line(tmp_path, photo, capsys):
    import keras

    images = keras.Input((64, 64, 3))
    x = keras.layers.Conv2D(4, 3, name="maps")(images)
    x = keras.layers.GlobalMaxPooling2D(keepdims=True, name="pooled")(x)
    x = keras.layers.Conv2D(2, 1, name="last")(x)
    keras.Model(images, keras.layers.Flatten()(x)).save(tmp_path / "own.keras")
    arguments = ["invert", str(photo), "--model", str(tmp_path / "own.keras"), "--value-range", "0",
                 "1", "--output", str(tmp_path / "out"), "--iterations", "1", "1"]  # fmt: skip
    assert main([*arguments, "--base-layer", "pooled", "--inversion-layer", "last"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "several positions: 'pooled' has one" in error
    assert not (tmp_path / "out").exists()
    assert main([*arguments, "--base-layer", "maps", "--inversion-layer", "last"]) == 0


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_finished(invert_own, photo, tmp_path, monkeypatch):
    from tfvis.explainers.guided_inversion import GuidedFeatureInversion

    other = tmp_path / "other.png"
    Image.new("RGB", (30, 20)).save(other)
    calls = []
    whole = GuidedFeatureInversion.discriminate

    def interrupt(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*arguments, **options)

    monkeypatch.setattr(GuidedFeatureInversion, "discriminate", interrupt)
    status, _, err = invert_own(photo, other, "--quiet", "--batch-size", "1")
    assert status == 130
    kept = "1 of 2 images was finished and is"
    assert err == f"tfvis: interrupted; {kept} in {str(tmp_path / 'out')!r}.\n"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["my photo"]


@pytest.mark.slow
def test_a_folder_of_the_users_is_refused_before_anything_is_computed(
    invert, photo, tmp_path, monkeypatch
):
    monkeypatch.setattr("tfvis.commands.invert.loaded", None)
    theirs = tmp_path / "out" / "my photo" / "guided_inversion"
    theirs.mkdir(parents=True)
    (theirs / "mine.txt").write_text("mine")
    status, _, err = invert(photo, "--quiet")
    assert status == 2
    assert err.count("\n") == 1
    assert "an earlier result of tfvis, received" in err
    assert [path.name for path in theirs.iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_the_users_files_beside_a_result_stay(invert_own, photo, tmp_path):
    folder = tmp_path / "out" / "my photo" / "guided_inversion"
    assert invert_own(photo, "--class", "cat", "--quiet")[0] == 0
    (folder / "mynotes.txt").write_text("mine")
    written = (folder / "result.json").stat().st_mtime_ns
    assert invert_own(photo, "--class", "cat", "--quiet")[0] == 0
    assert (folder / "result.json").stat().st_mtime_ns > written
    assert {file.name for file in folder.iterdir()} == FILES | {"mynotes.txt"}
    result = json.loads((folder / "result.json").read_text())
    assert set(result["files"]) == FILES
    assert result["format"] == {"name": "tfvis result", "version": 1, "kind": "inversion"}


@pytest.mark.slow
def test_a_run_with_other_options_keeps_the_first(invert_own, photo, tmp_path):
    for seed in ("5", "6", "5"):
        assert invert_own(photo, "--class", "cat", "--seed", seed, "--quiet")[0] == 0
    first, second = sorted((tmp_path / "out" / "my photo").iterdir())
    assert first.name == "guided_inversion"
    assert re.fullmatch("guided_inversion_[0-9a-f]{8}", second.name)
    assert (first / "cat_mask.png").is_file()
    assert (second / "cat_mask.png").is_file()


@pytest.mark.slow
def test_results_of_one_image_can_have_a_name(invert_own, photo, tmp_path):
    assert invert_own(photo, "--class", "cat", "--name", "portrait", "--quiet")[0] == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["portrait"]
    status, _, err = invert_own(photo, photo, "--name", "portrait", "--quiet")
    assert status == 2
    assert "Expected --name with a single image, received 2 images." in err


@pytest.mark.slow
def test_another_photograph_of_the_same_name_is_refused_before_anything_is_computed(
    invert_own, photo, tmp_path, monkeypatch
):
    assert invert_own(photo, "--class", "cat", "--quiet")[0] == 0
    other = tmp_path / "elsewhere" / photo.name
    other.parent.mkdir()
    Image.new("RGB", (60, 90), "red").save(other)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}
    with monkeypatch.context() as patch:
        patch.setattr("tfvis.commands.invert._invert_batch", None)
        status, _, err = invert_own(other, "--class", "cat", "--quiet")
    assert status == 2
    assert "found some of another image of the same name" in err
    assert "--name, or another output folder" in err
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")} == before
    assert invert_own(other, "--class", "cat", "--quiet", "--name", "red")[0] == 0
    # The same photograph replaces its own.
    other.write_bytes(photo.read_bytes())
    assert invert_own(other, "--class", "cat", "--quiet")[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"my photo", "red"}
