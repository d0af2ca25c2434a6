"""Guided inversion of a network with one logit, from the command line."""

import json

import keras
import pytest

from tfvis.cli import main
from tfvis.explainers import GuidedFeatureInversion


@pytest.fixture(scope="module")
def dog_or_not(tmp_path_factory):
    """A Keras model that ends in one sigmoid, in a file."""
    keras.utils.set_random_seed(0)
    images = keras.Input((48, 48, 3))
    x = keras.layers.Conv2D(6, 3, 4, activation="relu", name="maps")(images)
    x = keras.layers.Dense(1, activation="sigmoid")(keras.layers.GlobalAveragePooling2D()(x))
    file = tmp_path_factory.mktemp("one class") / "dog.keras"
    keras.Model(images, x).save(file)
    return file


@pytest.fixture
def run(dog_or_not, photo, tmp_path, capsys):
    """Run a command on the photograph; returns status and stderr without warnings."""

    def run(command, *arguments):
        status = main([command, str(photo), "--model", str(dog_or_not), "--value-range", "0", "1",
                       "--output", str(tmp_path / "out"), *arguments])  # fmt: skip
        return status, capsys.readouterr().err

    return run


def test_without_a_word_the_logit_is_raised(run, tmp_path):
    assert run("invert", "--iterations", "1", "2", "--quiet") == (0, "")
    (file,) = (tmp_path / "out").rglob("result.json")
    preset = json.loads(file.read_text())["provenance"]["options"]["preset"]
    assert preset["score"] == "logit"


@pytest.mark.parametrize("score", ["probability", "cross-entropy"])
def test_another_score_is_refused_before_step_1_as_the_option_it_is(
    run, monkeypatch, tmp_path, score
):
    monkeypatch.setattr(GuidedFeatureInversion, "saliency", None)
    status, error = run("invert", "--score", score)
    assert status == 2
    assert error == (
        "tfvis: error: Expected --score to be logit or auto for a network of one class, received "
        f"'{score}': the softmax of a single logit is always 1.\n"
    )
    assert not (tmp_path / "out").exists()


def test_groups_of_features_of_the_only_class(run, tmp_path):
    quick = ["--icon-steps", "1", "--icon-size", "32", "--attribution-steps", "2"]
    assert run("explain", "--n-groups", "1", "--sign", "both", *quick)[0] == 0
    assert len(list((tmp_path / "out").rglob("overview.png"))) == 1
