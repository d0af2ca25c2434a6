"""`tfvis attack` as a user runs it, on the bundled network."""

import json

import numpy as np
import pytest
from command_line import ROOT

import tfvis
from tfvis.cli import main
from tfvis.utils import images

SCENE = ROOT / "data" / "owl_rabbit224.jpg"


def attack(*arguments, output, files=(SCENE,)):
    return main(
        ["attack", *map(str, files), "--model", "critters", "--output", str(output), *arguments]
    )


def said(folder):
    return json.loads((folder / "result.json").read_text())


def test_a_sample_is_an_image_that_the_network_answers_otherwise(tmp_path, capsys):
    assert attack("--epsilon", "8", output=tmp_path) == 0
    folder = tmp_path / "owl_rabbit224" / "attack_fgsm"
    found = tfvis.load_result(folder)
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith(f"owl_rabbit224: owl is now {found.answer_label} (largest change 8/255)")
    sample = images.load(folder / "owl_rabbit224_fgsm.png")
    np.testing.assert_array_equal(sample, found.sample)
    before = images.load(folder / "before.png")
    assert np.abs(np.rint((sample - before) * 255)).max() == 8
    net = tfvis.load_model("critters")
    assert net.labels[net.top(sample)[0][0]] == found.answer_label
    assert said(folder)["answer"]["label"] == found.answer_label
    assert said(folder)["succeeded"] is True


def test_several_images_and_a_target(tmp_path, capsys):
    files = (SCENE, ROOT / "data" / "dog_cat224.jpg")
    options = ["--method", "pgd", "--steps", "3", "--target", "fish"]
    assert attack(*options, output=tmp_path, files=files) == 0
    assert said(tmp_path / "dog_cat224" / "attack_pgd")["target"]["label"] == "fish"
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_other_options_go_beside_and_the_same_replace(tmp_path):
    for epsilon in ("8", "8", "4"):
        assert attack("--epsilon", epsilon, output=tmp_path) == 0
    assert len(list((tmp_path / "owl_rabbit224").iterdir())) == 2


def test_a_patch_changes_its_place_alone(tmp_path):
    options = ["--method", "patch", "--target", "cat", "--patch-side", "32", "--patch-steps", "2"]
    assert attack(*options, "--centre", "100.5", "60.5", output=tmp_path) == 0
    found = tfvis.load_result(tmp_path / "owl_rabbit224" / "attack_patch")
    rows, columns = np.nonzero(found.change.any(axis=-1))
    assert (rows.min(), rows.max()) == (85, 116)
    assert (columns.min(), columns.max()) == (45, 76)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--steps", "0", "--method", "pgd"],
            "Expected --steps to be a whole number >= 1, received 0",
        ),
        (["--epsilon", "256"], "Expected --epsilon to be a whole number from 1 to 255"),
        (["--epsilon", "0"], "Expected --epsilon to be a whole number from 1 to 255"),
        (["--steps", "3"], "Expected --steps with --method pgd only"),
        (["--method", "pdg"], "Closest: pgd"),
        (["--target", "owl"], "'owl' for 'owl_rabbit224', which is its answer already"),
        (["--class", "cat"], "Expected a class that the network answers, received 'cat'"),
        (
            ["--method", "patch", "--target", "cat", "--patch-side", "300", "--patch-steps", "1"],
            "received a side of 300",
        ),
        (
            ["--method", "patch", "--target", "cat", "--patch-steps", "1", "--centre", "3", "3"],
            "its row from",
        ),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path, capsys, arguments, message):
    assert attack(*arguments, output=tmp_path / "out") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("tfvis: error: ")
    assert message in error
    assert not (tmp_path / "out").exists()
