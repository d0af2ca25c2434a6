"""What a run says of its masks: their number format, and after how many iterations they settled."""

import json

import keras
import numpy as np
import pytest
from PIL import Image
from toml_files import toml

from tfvis.cli import main
from tfvis.report import load_result

layers = keras.layers


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network of two layers, and a photograph."""
    folder = tmp_path_factory.mktemp("own")
    images = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, activation="softplus", name="base")(images)
    x = layers.Conv2D(4, 3, activation="softplus", name="deep")(x)
    logits = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
    keras.Model(images, logits).save(folder / "own.keras")
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(folder / "photo.png")
    return folder


def test_a_run_says_its_number_format_and_after_how_many_iterations_masks_settled(
    folder, tmp_path, capsys
):
    words = ["invert", folder / "photo.png", "--model", folder / "own.keras", "--class", "0",
             "--value-range", "0", "1", "--iterations", "2", "9", "--patience", "2",
             "--tolerance", "1000", "--output", tmp_path]  # fmt: skip
    assert main([str(word) for word in words]) == 0
    out = capsys.readouterr().out
    assert "Masks are computed in float32, for a test.\n" in out
    assert "photo, class 0: the mask settled after 4 of 9 iterations.\n" in out
    (result,) = tmp_path.rglob("result.json")
    written = json.loads(result.read_text())
    assert [step["iterations"] for step in written["steps"]] == [2, 4]
    found = load_result(result)
    assert found.discriminated[0].iterations == 4
    assert found.saliency.provenance.options["dtype"] == "float32"
    assert toml((result.parent / "config.toml").read_text())["dtype"] == "float32"
