"""The program as a user meets it."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from tfvis.cli import main
from tfvis.models import SPECS, architectures, googlenet, registry

ROOT = Path(__file__).parents[2]
QUICK = ["--steps", "2", "--size", "32", "--iterations", "4", "--n-groups", "3"]


@pytest.fixture(scope="session")
def photo(tmp_path_factory):
    """A small grey-scale photograph of no particular size."""
    file = tmp_path_factory.mktemp("photo") / "my photo.png"
    pixels = np.random.default_rng(0).integers(0, 255, (50, 70), np.uint8)
    Image.fromarray(pixels).save(file)
    return file


@pytest.fixture
def explain(random_weights, photo, tmp_path, capsys):
    """Run `tfvis explain` with random weights; returns status, stdout and stderr."""

    def run(*arguments, image=photo):
        given = [] if image is None else ["--image", str(image)]
        status = main(
            ["explain", *given, "--weights", str(random_weights), "--output", str(tmp_path / "out"),
             *QUICK, *map(str, arguments)]
        )  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def units(folder):
    return sorted(str(path.parent.relative_to(folder)) for path in folder.rglob("result.json"))


def test_a_run_prints_the_top_answers_and_writes_a_unit_for_each_class_and_sign(explain, tmp_path):
    status, out, _ = explain("--classes", "Egyptian cat", "n02099601", "--sign", "both")
    assert status == 0
    assert out.startswith("Using GoogLeNet, whose weights are in ")
    assert out.splitlines()[1] == "GoogLeNet (BVLC's weights, ImageNet) sees:"
    assert len([line for line in out.splitlines() if line.startswith("  ")]) == 5
    found = units(tmp_path / "out")
    assert len(found) == 4
    for label in ("Egyptian cat", "golden retriever"):
        above = f"my photo/{label}_IGSG/FactorAnalysis/mixed4d_"
        assert [unit.startswith(above) for unit in found].count(True) == 2
    for unit in found:
        assert str(tmp_path / "out" / unit / "overview.png") in out


def test_without_classes_the_top_two_are_explained(explain, tmp_path):
    status, out, _ = explain(image=None)
    assert status == 0
    top = [line.split("(")[-1].rstrip(")") for line in out.splitlines()[2:4]]
    results = [json.loads(path.read_text()) for path in (tmp_path / "out").rglob("result.json")]
    assert {str(result["class"]["index"]) for result in results} == set(top)
    assert (tmp_path / "out" / "cat_coffee").is_dir()


@pytest.mark.slow
def test_several_layers_and_another_grouping(explain, tmp_path):
    status, _, _ = explain(
        "--classes", "1", "--layers", "mixed5a", "mixed5b", "--grouping", "KMeans",
        "--attribution", "Shap", "--iterations", "2", "--quiet",
    )  # fmt: skip
    assert status == 0
    assert [unit.rsplit("/", 1)[1][:11] for unit in units(tmp_path / "out")] == [
        "mixed5a_pos", "mixed5b_pos"
    ]  # fmt: skip
    assert list((tmp_path / "out").rglob("goldfish_KM_mixed5b_opt0.jpg"))


def test_quiet_prints_nothing(explain):
    assert explain("--classes", "1", "--quiet") == (0, "", "")


def test_attributions_are_read_back(explain, tmp_path, monkeypatch):
    explain("--classes", "1")
    (text,) = (tmp_path / "out").rglob("IGSG_mixed4d_goldfish.txt")
    values = np.arange(528.0) - 200
    text.write_text("\n".join(map(str, values)))
    status, _, _ = explain("--classes", "1", "--read-attributions")
    assert status == 0
    (result,) = (tmp_path / "out").rglob("result.json")
    result = json.loads(result.read_text())
    groups = result["groups"]
    channels = [channel for group in groups for channel in group["channels"]]
    channels = sorted(channels + result["grouping"]["channels_in_no_group"])
    assert channels == [i for i in range(528) if values[i] > values[values > 0].mean()]


@pytest.mark.slow
def test_a_second_run_replaces_the_first(explain, tmp_path):
    explain("--classes", "1", "--quiet")
    (result,) = (tmp_path / "out").rglob("result.json")
    first = result.read_text()
    explain("--classes", "1", "--quiet", "--seed", "6")
    (result,) = (tmp_path / "out").rglob("result.json")
    assert json.loads(first)["seed"] == 5
    assert json.loads(result.read_text())["seed"] == 6


BAD = [
    (["--image", "{tmp}/nowhere.jpg"], "No image file"),
    (["--image", "{tmp}/text.jpg"], "Expected an image"),
    (["--image", "{tmp}/half.png"], "Cannot read the image"),
    (["--image", "{tmp}"], "received the folder"),
    (["--layers", "mixed4z"], "Unknown layer 'mixed4z'. Closest: mixed4"),
    (["--classes", "zebbra"], "Unknown class 'zebbra'. Closest: zebra"),
    (["--classes", "1000"], "from 0 to 999"),
    (["--model", "vgg"], "Unknown model 'vgg'"),
    (["--grouping", "SpectralBiclustering"], "cannot group channels"),
    (["--iterations", "0"], "Expected --iterations"),
    (["--steps", "0"], "Expected --steps"),
    (["--n-groups", "0"], "Expected --n-groups"),
    (["--weights", "{tmp}/none.npz"], "No weights at"),
    (["--weights", "{tmp}/half.npz", "--classes", "1"], "truncated"),
    (["--weights", "{tmp}/nan.npz", "--classes", "1"], "received NaN or infinity"),
    (["--output", "{tmp}/text.jpg/below"], "Expected --output to be a folder"),
    (["--device", "GPU:7", "--classes", "1"], "No device 'GPU:7' here. Expected one of: CPU:0"),
    (["--read-attributions", "--classes", "1"], "Cannot read the attributions"),
    (["--classes", "1", "--grouping", "DBSCAN", "--n-groups", "3"], "finds the number of groups"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_line_and_status_2(
    arguments, message, random_weights, photo, tmp_path, capsys
):
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "half.png").write_bytes(photo.read_bytes()[:900])
    if "half.npz" in str(arguments):
        (tmp_path / "half.npz").write_bytes(random_weights.read_bytes()[: 10**7])
    if "nan.npz" in str(arguments):
        with np.load(random_weights) as archive:
            name = googlenet.weight_names(architectures.BVLC, "npz")["mixed4a_1x1"]
            np.savez(tmp_path / "nan.npz", **{
                **archive, f"{name}/bias": np.full_like(archive[f"{name}/bias"], np.nan)
            })  # fmt: skip
    before = sorted(tmp_path.rglob("*"))
    given = [argument.format(tmp=tmp_path) for argument in arguments]
    defaults = ["--image", photo, "--weights", random_weights, "--output", tmp_path / "out"]
    status = main(["explain", *map(str, defaults), *QUICK, *given])
    captured = capsys.readouterr()
    assert status == 2
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("tfvis: error: ")
    assert message in captured.err
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] == []


def test_attributions_that_do_not_fit_are_refused(explain, tmp_path):
    explain("--classes", "1")
    (text,) = (tmp_path / "out").rglob("IGSG_mixed4d_goldfish.txt")
    text.write_text("1\n2\n")
    status, _, err = explain("--classes", "1", "--read-attributions")
    assert status == 2
    assert "Expected 528 attributions, one a channel of mixed4d, received 2" in err


@pytest.mark.slow
def test_a_layer_without_positive_channels_is_told(explain, tmp_path):
    explain("--classes", "1")
    (text,) = (tmp_path / "out").rglob("IGSG_mixed4d_goldfish.txt")
    text.write_text("-1\n" * 527 + "-2\n")
    status, _, err = explain("--classes", "1", "--read-attributions")
    assert status == 2
    assert "No positive channel in mixed4d stands out" in err
    # With both signs asked for, the other one is shown.
    status, out, err = explain("--classes", "1", "--read-attributions", "--sign", "both")
    assert status == 0
    assert "No positive channel" in err
    assert "goldfish, neg: 1 group ->" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "--steps", "many"], "argument --steps: invalid int value: 'many'"),
        (["explain", "--stepz", "3"], "unrecognized arguments: --stepz 3"),
        (["explian"], "invalid choice: 'explian'"),
    ],
)
def test_arguments_that_make_no_sense_are_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_help_shows_every_default(capsys):
    with pytest.raises(SystemExit) as error:
        main(["--image", "x", "--help"], prog="GroupClassDiscVis.py", command="explain")
    assert error.value.code == 0
    text = capsys.readouterr().out
    options = [line for line in text.splitlines() if line.startswith("  --")]
    assert len(options) == 31
    assert text.count("(default:") == len(options)


@pytest.mark.slow
def test_options_reach_the_result(explain, tmp_path, photo):
    explain("--classes", "1", "--quiet")
    (text,) = (tmp_path / "out").rglob("IGSG_mixed4d_goldfish.txt")
    plain = {path.name: path.read_bytes() for path in text.parent.rglob("*.*")}
    icon = "goldfish_FA_mixed4d_opt0.jpg"
    for option in (["--dtype", "bfloat16"], ["--size", "48"], ["--steps", "3"]):
        explain("--classes", "1", "--quiet", *option)
        (found,) = (tmp_path / "out").rglob(icon)
        assert found.read_bytes() != plain[icon], option
        assert text.read_bytes() == plain[text.name]
    with Image.open(found) as picture:
        assert picture.size == (32, 32)
    explain("--classes", "1", "--quiet", "--fit", "squash")
    assert text.read_bytes() != plain[text.name]


@pytest.mark.slow
def test_a_class_without_features_does_not_stop_the_others(explain, tmp_path):
    explain("--classes", "1", "2")
    (text,) = (tmp_path / "out").rglob("IGSG_mixed4d_goldfish.txt")
    text.write_text("-1\n" * 527 + "-2\n")
    for result in list((tmp_path / "out").rglob("result.json")):
        shutil.rmtree(result.parent)
    status, out, err = explain("--classes", "1", "2", "--read-attributions")
    assert status == 2
    assert "error: goldfish: No positive channel in mixed4d" in err
    assert "great white shark, pos:" in out
    assert len(units(tmp_path / "out")) == 1


def test_an_interrupt_ends_cleanly(explain, tmp_path, monkeypatch):
    from tfvis.utils import rendering

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(rendering, "compose", interrupt)
    status, _, err = explain("--classes", "1", "--quiet")
    assert status == 130
    kept = "1 of 1 files of attributions was finished and is"
    assert err == f"tfvis: interrupted; {kept} in {str(tmp_path / 'out')!r}.\n"
    assert not list((tmp_path / "out").rglob("*partial*"))
    assert list((tmp_path / "out").rglob("IGSG_mixed4d_goldfish.txt"))


def test_a_signal_leaves_the_finished_folders(explain, tmp_path, monkeypatch):
    from tfvis.explainers import feature_groups

    whole, calls = feature_groups.explain, []

    def stop_at_the_second(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGTERM)
        return whole(*arguments, **options)

    monkeypatch.setattr(feature_groups, "explain", stop_at_the_second)
    status, _, err = explain("--classes", "1", "--sign", "both", "--quiet")
    assert status == 143
    assert err == (
        "tfvis: interrupted; 1 of 2 result folders and 1 of 1 files of attributions were finished "
        f"and are in {str(tmp_path / 'out')!r}.\n"
    )
    assert len(units(tmp_path / "out")) == 1
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def script(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, str(ROOT / "GroupClassDiscVis.py"), *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


@pytest.fixture
def nothing_here(tmp_path, monkeypatch):
    """A machine without GoogLeNet's weights, from which they cannot be downloaded either."""
    monkeypatch.delenv("TFVIS_WEIGHTS_DIR", raising=False)
    monkeypatch.setenv("TFVIS_CACHE_DIR", str(tmp_path / "cache"))
    spec = replace(SPECS["googlenet"], url="http://127.0.0.1:9/weights")  # nothing listens there
    monkeypatch.setattr(registry, "SPECS", {**SPECS, "googlenet": spec})


def test_without_weights_the_bundled_network_explains_a_rendered_scene(
    nothing_here, tmp_path, capsys
):
    status = main(["explain", "--output", str(tmp_path / "out"), *QUICK])
    out, _ = capsys.readouterr()
    assert status == 0
    first, second = out.splitlines()[:2]
    assert first.startswith("Using the bundled network, critters")
    assert "GoogLeNet's weights are not on this machine and cannot be downloaded" in first
    assert "--weights or $TFVIS_WEIGHTS_DIR" in first
    assert second == "GoogLeNet in small (bundled, trained on rendered scenes) sees:"
    labels = {unit.split("/")[1] for unit in units(tmp_path / "out")}
    assert labels == {"dog_IGSG", "cat_IGSG"}
    assert (tmp_path / "out" / "dog_cat224").is_dir()
    result = json.loads(next((tmp_path / "out").rglob("result.json")).read_text())
    assert result["configuration"]["model"] == "critters"


def test_a_network_that_is_named_is_never_replaced(nothing_here, tmp_path, capsys):
    status = main(["explain", "--model", "googlenet", "--output", str(tmp_path / "out"), *QUICK])
    out, err = capsys.readouterr()
    assert status == 2
    assert err.startswith("tfvis: error: Cannot download 'http://127.0.0.1:9/weights'")
    assert err.count("\n") == 1
    assert out == ""
    assert not (tmp_path / "out").exists()


def test_classes_that_the_chosen_network_does_not_know(nothing_here, tmp_path, capsys):
    status = main(["explain", "--classes", "Egyptian cat", "--output", str(tmp_path / "out")])
    out, err = capsys.readouterr()
    assert status == 2
    assert out.startswith("Using the bundled network")
    assert err.startswith("tfvis: error: Unknown class 'Egyptian cat'. Closest: cat.")
    assert err.count("\n") == 1


def test_the_script_names_itself(tmp_path):
    found = script("--layers", "nosuch", "--output", tmp_path)
    assert found.returncode == 2
    assert found.stderr.startswith("GroupClassDiscVis.py: error: Unknown layer 'nosuch'.")
    assert found.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_reader_that_leaves_ends_the_run_without_a_traceback(random_weights, photo, tmp_path):
    command = (
        f"{sys.executable} {ROOT / 'GroupClassDiscVis.py'} --image '{photo}' --weights "
        f"'{random_weights}' --classes 1 --steps 1 --size 16 --output '{tmp_path}' | true"
    )
    found = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in found.stderr
    assert "BrokenPipe" not in found.stderr


def test_help_works_in_a_folder_that_cannot_be_written_to():
    found = script("--help", cwd="/proc")
    assert found.returncode == 0
    assert found.stdout.startswith("usage: GroupClassDiscVis.py")


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(random_weights, photo, tmp_path):
    digests = []
    for name in ("first", "second"):
        found = script(
            "--image", photo, "--weights", random_weights, "--classes", "1", "--output",
            tmp_path / name, "--steps", "12", "--size", "64", "--n-groups", "3",
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        assert "I0000" not in found.stderr  # TensorFlow's start-up lines
        digest = {}
        for path in sorted((tmp_path / name).rglob("*.*")):
            data = path.read_bytes()
            if path.name == "result.json":
                result = json.loads(data)
                assert result.pop("seconds")
                assert result["configuration"].pop("output")
                data = json.dumps(result).encode()
            digest[str(path.relative_to(tmp_path / name))] = hashlib.sha256(data).hexdigest()
        digests.append(digest)
    assert len(digests[0]) >= 6
    assert digests[0] == digests[1]


def test_models_lists_what_is_known(capsys, tmp_path, monkeypatch, random_weights):
    monkeypatch.setenv("TFVIS_WEIGHTS_DIR", str(random_weights.parent))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    blocks = {
        block.split(":")[0]: block for block in re.split(r"^(?=\w)", out, flags=re.M) if block
    }
    assert list(blocks) == list(SPECS)
    assert f"here, in {str(random_weights)!r}" in blocks["googlenet"]
    assert "(bundled)" in blocks["critters"]
    assert "not here; https://storage.googleapis.com" in blocks["resnet50"]
    assert "conv4_block1_out, conv5_block1_out" in blocks["resnet50"]
    assert "224 x 224" in blocks["vgg19"]
    assert main(["models", "--layers"]) == 0
    assert "mixed4d (528)" in capsys.readouterr().out


def test_the_list_of_models_needs_no_tensorflow():
    code = (
        "import sys; from tfvis.cli import main; main(['models']); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL,
                          check=False).returncode == 0  # fmt: skip


@pytest.fixture(scope="session")
def own_model(tmp_path_factory):
    """A small Keras model in a file, and its labels in another."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("own")
    images = keras.Input((48, 48, 3))
    x = keras.layers.Conv2D(12, 3, 2, activation="relu", name="first")(images)
    x = keras.layers.Conv2D(16, 3, 2, activation="relu", name="second")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    keras.Model(images, keras.layers.Dense(3, activation="softmax", name="dense")(x)).save(
        folder / "mine.keras"
    )
    (folder / "labels.txt").write_text("cat\ndog\nbird\n")
    return folder / "mine.keras"


def run_own(own_model, photo, tmp_path, *arguments):
    return main(
        ["explain", "--image", str(photo), "--model", str(own_model), "--output",
         str(tmp_path / "out"), *QUICK, *arguments]
    )  # fmt: skip


def test_a_model_of_ones_own_is_explained(own_model, photo, tmp_path, capsys):
    status = run_own(
        own_model, photo, tmp_path, "--value-range", "-1", "1", "--labels",
        str(own_model.parent / "labels.txt"), "--classes", "dog", "bird", "--layers", "second",
    )  # fmt: skip
    out = capsys.readouterr().out
    assert status == 0
    assert out.startswith("mine sees:")
    found = units(tmp_path / "out")
    assert [unit.split("_pos")[0] for unit in found] == [
        f"my photo/{label}_IGSG/FactorAnalysis/second" for label in ("bird", "dog")
    ]
    result = json.loads((tmp_path / "out" / found[0] / "result.json").read_text())
    assert result["configuration"]["value_range"] == [-1, 1]
    assert result["class"]["label"] == "bird"


def test_the_layers_of_a_model_of_ones_own_are_listed(own_model, capsys):
    assert main(["models", str(own_model)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "mine: 3 classes, 48 x 48",
        "  worth looking at: second",
        "    the last layer that is an activation, sum or concatenation, has 7 to 28 positions a "
        "side, lies in the second half of the network, never is negative and has a stride of at "
        "most 16",
        "  guided inversion: mask of second, keeps second",
        "    the mask is of the same layer; what is kept is the last layer with more than one "
        "position",
        "  first (12)",
        "  second (16)  worth looking at",
    ]
    assert main(["models", "nowhere.keras"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--value-range", "1", "0"], "Expected value_range (low, high), received (1, 0)."),
        (["--value-range", "0", "1", "--layers", "third"], "Unknown layer 'third'"),
        (["--value-range", "0", "1", "--layers", "dense"], "its output has the shape (N, 3)"),
        (["--value-range", "0", "1", "--classes", "dog"], "Unknown class 'dog'"),
        (["--value-range", "0", "1", "--labels", "nowhere.txt"], "Cannot read the labels"),
        (["--value-range", "0", "1", "--input-size", "9", "9"], "Expected input_size (48, 48)"),
        (["--value-range", "0", "1", "--dtype", "bfloat17"], "Unknown dtype 'bfloat17'"),
        (["--value-range", "0", "1", "--weights", "{photo}"], "Expected weights=…"),
        ([], "Cannot tell what values 'mine' takes"),
    ],
)
def test_what_is_said_wrongly_of_a_model_of_ones_own(
    own_model, photo, tmp_path, capsys, arguments, message
):
    status = run_own(own_model, photo, tmp_path, *(word.format(photo=photo) for word in arguments))
    captured = capsys.readouterr()
    assert status == 2
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def residual_script(*arguments, **environment):
    return subprocess.run(
        [sys.executable, ROOT / "GroupKernelVisShapResNet.py", *arguments], capture_output=True,
        text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.fixture
def offline(tmp_path):
    """An environment without weights or a network."""
    return {
        "TFVIS_CACHE_DIR": str(tmp_path / "cache"), "KERAS_HOME": str(tmp_path / "keras"),
        "TFVIS_WEIGHTS_DIR": "", "https_proxy": "http://127.0.0.1:9",
    }  # fmt: skip


def test_the_residual_script_says_how_to_get_weights_that_are_not_there(offline):
    done = residual_script("--model", "resnet50", "--quiet", **offline)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("GroupKernelVisShapResNet.py: error: Cannot download 'https://")
    assert "resnet50_weights_tf_dim_ordering_tf_kernels.h5" in line
    assert "--weights" in line


def test_the_residual_script_runs_offline(offline, tmp_path):
    done = residual_script(*QUICK, "--output", str(tmp_path / "out"), **offline)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Using the bundled network, critters_resnet")
    found = units(tmp_path / "out")
    assert [unit.split("_pos")[0] for unit in found] == [
        f"dog_cat224/{label}_IGSG/FactorAnalysis/{layer}"
        for label in ("cat", "dog")
        for layer in ("conv4_block1_out", "conv5_block1_out")
    ]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--heat-maps", "activations"], "Unknown heat_maps 'activations'. Closest: activation"),
        (["--cut", "1"], "Expected --cut from 0 to below 1, received 1."),
        (["--cut", "-0.1"], "Expected --cut from 0 to below 1, received -0.1."),
        (["--show-against", "--heat-maps", "activation"], "Leave out --heat-maps activation"),
        (["--show-against", "--attribution", "Shap"], "Expected --show-against with maps of attr"),
    ],
)
def test_heat_maps_that_cannot_be_had(explain, tmp_path, option, message):
    status, out, err = explain(*option)
    assert (status, out) == (2, "")
    assert err.startswith("tfvis: error: ")
    assert message in err
    assert not (tmp_path / "out").exists()


def heat_maps_of(tmp_path):
    (result,) = (tmp_path / "out").rglob("result.json")
    return json.loads(result.read_text())["heat_maps"]


def test_heat_maps_are_of_attributions_also_when_they_are_read_back(explain, tmp_path):
    explain("--classes", "1")
    said = heat_maps_of(tmp_path)
    assert (said["of"], said["cut_at_quantile"]) == ("attribution", 0)
    pictures = {p.name: p.read_bytes() for p in (tmp_path / "out").rglob("*HM*.jpg")}
    status, out, _ = explain("--classes", "1", "--read-attributions")
    assert status == 0
    assert "heat maps are of activations" not in out
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").rglob("*HM*.jpg")} == pictures
    # A text file alone does not say where.
    (archive,) = (tmp_path / "out").rglob("IGSG_mixed4d_goldfish.npz")
    archive.unlink()
    status, out, _ = explain("--classes", "1", "--read-attributions", "--show-against")
    assert status == 0
    assert "mixed4d, goldfish: heat maps are of activations" in out
    assert "nothing is blue" in out
    assert heat_maps_of(tmp_path)["of"] == "activation"


def test_the_papers_heat_maps_are_an_option_away(explain, tmp_path):
    _, out, _ = explain("--classes", "1", "--heat-maps", "activation")
    assert "heat maps are of activations" not in out  # that is what was asked for
    said = heat_maps_of(tmp_path)
    assert (said["of"], said["cut_at_quantile"]) == ("activation", 0.85)
