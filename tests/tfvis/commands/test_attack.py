"""`tfvis attack` as a user runs it, on the bundled network."""

import json
import re

import numpy as np
import pytest
from command_line import ROOT

import tfvis
from tfvis.attacks import AdversarialPatch, AdversarialSample, apply_patch
from tfvis.cli import main
from tfvis.commands import attack as command
from tfvis.commands.attack import _outcome
from tfvis.utils import images

SCENE, OTHER = (ROOT / "data" / f"{name}224.jpg" for name in ("owl_rabbit", "dog_cat"))
PATCH = ["--method", "patch", "--target"]


@pytest.fixture(scope="module")
def net():
    return tfvis.load_model("critters")


@pytest.fixture(autouse=True)
def loaded_once(net, monkeypatch):
    """What is compiled for the network serves all tests."""
    monkeypatch.setattr(command, "loaded", lambda settings, progress: net)


def attack(*arguments, output, files=(SCENE,)):
    return main(
        ["attack", *map(str, files), "--model", "critters", "--output", str(output), *arguments]
    )


def said(folder):
    return json.loads((folder / "result.json").read_text())


def test_a_sample_is_an_image_that_the_network_answers_otherwise(tmp_path, capsys, net):
    assert attack("--epsilon", "8", output=tmp_path) == 0
    folder = tmp_path / "owl_rabbit224" / "attack_fgsm"
    found = tfvis.load_result(folder)
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith(f"owl_rabbit224: owl is now {found.answer_label} (largest change 8/255)")
    sample = images.load(folder / "owl_rabbit224_fgsm.png")
    np.testing.assert_array_equal(sample, found.sample)
    before = images.load(folder / "before.png")
    assert np.abs(np.rint((sample - before) * 255)).max() == 8
    assert net.labels[net.top(sample)[0][0]] == found.answer_label
    assert said(folder)["answer"]["label"] == found.answer_label
    assert said(folder)["succeeded"] is True


def test_several_images_and_a_target(tmp_path, capsys):
    options = ["--method", "pgd", "--steps", "3", "--target", "fish"]
    assert attack(*options, "--json", output=tmp_path, files=(SCENE, OTHER)) == 0
    assert said(tmp_path / "dog_cat224" / "attack_pgd")["target"]["label"] == "fish"
    captured = capsys.readouterr()
    assert sum(" -> " in line for line in captured.err.splitlines()) == 2
    records = [json.loads(line) for line in captured.out.splitlines()]
    assert [(own["image"], own["target"]) for own in records] == [
        ("owl_rabbit224", "fish"), ("dog_cat224", "fish"),
    ]  # fmt: skip


@pytest.mark.slow
def test_other_options_go_beside_and_the_same_replace(tmp_path):
    for epsilon in ("8", "8", "4"):
        assert attack("--epsilon", epsilon, output=tmp_path) == 0
    assert len(list((tmp_path / "owl_rabbit224").iterdir())) == 2


def test_a_patch_changes_its_place_alone_and_is_written(tmp_path):
    options = ["--method", "patch", "--target", "cat", "--patch-side", "32", "--patch-steps", "2"]
    assert attack(*options, "--centre", "100.5", "60.5", output=tmp_path) == 0
    folder = tmp_path / "owl_rabbit224" / "attack_patch"
    found = tfvis.load_result(folder)
    rows, columns = np.nonzero(found.change.any(axis=-1))
    assert (rows.min(), rows.max()) == (85, 116)
    assert (columns.min(), columns.max()) == (45, 76)
    patch, before = (images.load(folder / f"{name}.png") for name in ("patch", "before"))
    images.save(tmp_path / "again.png", apply_patch(before, patch, centre=(100.5, 60.5)))
    np.testing.assert_array_equal(images.load(tmp_path / "again.png"), found.sample)


@pytest.mark.slow
def test_an_image_whose_answer_is_the_target_is_left_out(tmp_path, capsys):
    assert attack("--target", "owl", output=tmp_path, files=(SCENE, OTHER)) == 0
    said = capsys.readouterr()
    assert "tfvis: Not attacked: " in said.err
    assert "'owl' for 'owl_rabbit224', which is its answer already" in said.err
    outcome, page, end = said.out.splitlines()
    assert outcome.startswith("dog_cat224: dog is now")
    assert page.startswith("In a browser: file://") and end.startswith("Done in ")
    assert [folder.name for folder in tmp_path.iterdir()] == ["dog_cat224"]


@pytest.mark.slow
def test_images_of_another_class_are_refused_and_the_others_attacked(tmp_path, capsys):
    assert attack("--class", "owl", output=tmp_path, files=(OTHER, SCENE)) == 2
    said = capsys.readouterr()
    assert said.out.startswith("owl_rabbit224: owl is now")
    assert said.err.splitlines()[-1].startswith(
        "tfvis: error: Expected a class that the network answers, received 'owl' for 'dog_cat224'"
    )
    assert [folder.name for folder in tmp_path.iterdir()] == ["owl_rabbit224"]


def test_where_no_image_is_left_all_are_named(tmp_path, capsys):
    scene = tmp_path / "again.jpg"
    scene.write_bytes(SCENE.read_bytes())
    output = tmp_path / "out"
    assert attack("--target", "owl", output=output, files=(SCENE, scene)) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert "'owl_rabbit224', which" in error
    assert "'again', which" in error
    assert not output.exists()


def test_help_says_which_method_takes_an_option(capsys):
    with pytest.raises(SystemExit):
        main(["attack", "--help"])
    _, *groups = re.split(r"^for (.*) only:$", capsys.readouterr().out, flags=re.MULTILINE)
    flags = {
        name: re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE)
        for name, text in zip(groups[::2], groups[1::2], strict=True)
    }
    assert flags["fgsm and pgd"] == ["--epsilon", "--batch-size"]
    assert flags["pgd"] == ["--norm", "--steps", "--step-size", "--random-start"]
    assert {"--patch-side", "--train", "--centre"} <= {*flags["patch"]}


@pytest.mark.parametrize(
    ("answer", "target", "line"),
    [
        (0, None, "dog is now cat (largest change 0/255)"),
        (0, 0, "dog is now cat (largest change 0/255)"),
        (0, 2, "dog is now cat, not owl (largest change 0/255); the attack did not succeed"),
        (1, 2, "still dog, not owl (largest change 0/255); the attack did not succeed"),
        (1, None, "still dog (largest change 0/255); the attack did not succeed"),
    ],
)
def test_a_line_says_what_became_of_an_image(answer, target, line):
    labels, grey = ("cat", "dog", "owl"), np.full((4, 4, 3), 0.5, np.float32)
    found = AdversarialSample(
        image=grey, sample=grey, class_index=1, label="dog", target=target,
        target_label="" if target is None else labels[target], answer_label=labels[answer],
        logits=np.eye(3)[1], sample_logits=np.eye(3)[answer], method="fgsm",
    )  # fmt: skip
    assert _outcome(found) == f"image: {line}"


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
        ([*PATCH, "cat", "--patch-side", "300"], "received a side of 300"),
        ([*PATCH, "cat", "--centre", "3", "3"], "its row from"),
        ([*PATCH, "owl"], "'owl' for 'owl_rabbit224', which is its answer already"),
        ([*PATCH, "dog", "--class", "cat"], "Expected a class that the network answers"),
    ],
)
def test_what_cannot_be_used_is_one_line_before_a_patch_is_trained(
    tmp_path, capsys, monkeypatch, arguments, message
):
    monkeypatch.setattr(AdversarialPatch, "fit", lambda *_, **__: pytest.fail("trained"))
    assert attack(*arguments, output=tmp_path / "out") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("tfvis: error: ")
    assert message in error
    assert not (tmp_path / "out").exists()
