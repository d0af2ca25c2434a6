"""`tfvis models` as a user meets it."""

import re
import subprocess
import sys

import keras
import pytest
from command_line import ROOT

from tfvis.cli import main
from tfvis.models import SPECS


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


@pytest.fixture
def any_size(tmp_path):
    """A model that takes images of any size."""
    images = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, 2, activation="relu", name="maps")(images)
    x = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x))
    keras.Model(images, x).save(tmp_path / "any.keras")
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    return tmp_path / "any.keras"


def test_what_no_file_says_of_a_model_can_be_said(any_size, capsys):
    asked = ["models", str(any_size)]
    assert main(asked) == 2
    assert "Expected --input-size (height, width), since the model" in capsys.readouterr().err
    labels = any_size.with_name("labels.txt")
    assert main([*asked, "--input-size", "40", "60", "--value-range", "-1", "1", "--labels",
                 str(labels)]) == 0  # fmt: skip
    out = capsys.readouterr().out
    assert out.startswith("any: 2 classes, 40 x 60\n")
    assert out.endswith("  maps (4)  worth looking at\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{any}", "--value-range", "1", "0"], "Expected --value-range (low, high), received (1"),
        (["{any}", "--input-size", "0", "3"], "Expected --input-size (height, width), received"),
        (["critters", "--input-size", "9", "9"], "Expected --input-size for a model of your own"),
        (["critter"], "Unknown model 'critter'. Closest: critters"),
        (["--input-size", "9", "9"], "Expected a model beside --input-size, received none."),
    ],
)
def test_what_is_said_wrongly_is_one_line(any_size, capsys, arguments, message):
    assert main(["models", *(word.format(any=any_size) for word in arguments)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
