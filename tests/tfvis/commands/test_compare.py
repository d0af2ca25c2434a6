"""`tfvis compare` on a small model."""

import json

import numpy as np
import pytest
from command_line import paint, result_folders
from PIL import Image

from tfvis import cli, load_result

QUICK = ("--icon-steps", "1", "--icon-size", "16", "--attribution-steps", "4", "--n-groups", "2",
         "--layers", "second", "--value-range", "0", "1")  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """An image, and the same with a part of it covered."""
    before = paint(tmp_path / "before_it.png", 0)
    pixels = np.array(Image.open(before))
    pixels[:, :25] = 128
    Image.fromarray(pixels).save(tmp_path / "after_it.png")
    return before, tmp_path / "after_it.png"


@pytest.fixture
def run(own_model, tmp_path, capsys):
    """Run `tfvis compare` on a small model; returns status, stdout and stderr."""

    def run(*arguments):
        status = cli.main(
            ["compare", "--model", str(own_model), "--output", str(tmp_path / "out"), *QUICK,
             *map(str, arguments)]
        )  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_each_class_has_a_result(run, files, tmp_path):
    status, out, _ = run(*files, "--classes", "0", "1")
    assert status == 0
    folders = result_folders(tmp_path / "out")
    assert [name.split("/")[:2] for name in folders] == [
        ["after_it", "compare_class 0_IGSG"], ["after_it", "compare_class 1_IGSG"],
    ]  # fmt: skip
    for name, index in zip(folders, (0, 1), strict=True):
        found = load_result(tmp_path / "out" / name)
        assert found.class_index == index
        assert found.provenance.options["before"]["name"] == "before_it"
        said = json.loads((tmp_path / "out" / name / "result.json").read_text())
        assert said["kinds"] == found.counts
        assert len(said["groups"]) == len(found.groups)
        assert (tmp_path / "out" / name / said["groups"][0]["icon"]).is_file()
        assert (tmp_path / "out" / name / said["rest"]["heat_map_after"]).is_file()
    lines = out.splitlines()
    assert lines[0].startswith("Icons are computed in float32, ")
    assert lines[2].startswith("before: class ")
    assert lines[3].startswith("after: class ")
    assert lines[-1] == str(tmp_path / "out" / folders[0] / "overview.png")


def test_another_image_before_gets_a_folder_of_its_own(run, files, tmp_path):
    before, after = files
    other = paint(tmp_path / "other.png", 3)
    for image in (before, other, before):
        assert run(image, after, "--classes", "1", "--quiet")[0] == 0
    assert len(result_folders(tmp_path / "out")) == 2  # the third run replaced the first's


def test_a_class_rather_than_another_is_compared(run, files, tmp_path):
    asked = ("--classes", "0", "--rather-than", "1", "--sign", "both", "--quiet", "--json")
    status, out, _ = run(*files, *asked)
    assert status == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == len(result_folders(tmp_path / "out"))
    for line in lines:
        found = load_result(line["folder"])
        assert found.label == line["class"] == "class 0 rather than class 1"
        assert (line["kind"], line["image"]) == ("comparison", "after_it")
        assert line["logit"] == {"before": found.logit_before, "after": found.logit_after}
        assert (line["sign"], line["kinds"]) == (found.sign, found.counts)


@pytest.mark.parametrize("sample", [False, True])
def test_images_of_two_sizes_are_refused(run, tmp_path, sample):
    before = paint(tmp_path / "photo.png", 0)
    after = tmp_path / "attack" / "photo_fgsm.png"
    after.parent.mkdir()
    Image.new("RGB", (48, 48)).save(after)
    if sample:  # as `tfvis attack` writes it
        Image.new("RGB", (48, 48)).save(after.with_name("before.png"))
    status, out, err = run(before, after)
    assert (status, out) == (2, "")
    hint = "cut or scale both alike"
    if sample:
        hint = f"the image before an attack is {str(after.with_name('before.png'))!r}"
    assert err == (
        "tfvis: error: Expected two images of one size, received 60 x 50 and 48 x 48 pixels: "
        f"{hint}.\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--classes", "9"), "Expected a class"),
        (("--sign", "up"), "Unknown sign 'up'. Expected one of: pos, neg, both."),
        (("--classes", "1", "--rather-than", "1"), "Expected --rather-than to be another class"),
        (("--name", " "), "Expected --name to have a letter or more"),
        (("--attribution-steps", "0"), "Expected --attribution-steps to be"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, files, tmp_path, arguments, message):
    status, _, err = run(*files, *arguments)
    assert (status, err.count("\n")) == (2, 1)
    assert message in err
    assert not (tmp_path / "out").exists()


def test_a_missing_image_is_named(run, files, tmp_path):
    status, _, err = run(files[0], tmp_path / "nothing.png")
    assert status == 2
    assert f"No image file {str(tmp_path / 'nothing.png')!r}" in err


def test_a_folder_of_the_users_is_noticed_before_any_work(run, files, tmp_path):
    own = tmp_path / "out" / "after_it" / "compare_class 1_IGSG" / "PCA" / "second_pos"
    own.mkdir(parents=True)
    (own / "notes.txt").write_text("mine")
    status, _, err = run(*files, "--classes", "0", "1", "--quiet")
    assert (status, err.count("\n")) == (2, 1)
    assert "holds something else" in err
    assert result_folders(tmp_path / "out") == []
