"""`tfvis explain --rather-than`: one class rather than another."""

import json

import pytest
from command_line import paint, result_folders, run_own

from tfvis import cli, load_result

QUICK = ("--icon-steps", "1", "--icon-size", "16", "--attribution-steps", "4", "--quiet")


@pytest.fixture
def own(own_model, tmp_path, capsys):
    """Run `tfvis explain` on a small model; returns status, stdout and stderr."""
    photo = tmp_path / "photo.png"
    paint(photo, 0)

    def run(*arguments):
        status = run_own(own_model, photo, tmp_path, "--value-range", "0", "1", "--layers",
                         "second", *QUICK, *map(str, arguments))  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_a_contrast_has_results_of_its_own_beside_the_class(own, tmp_path):
    labels = ("--labels", str(tmp_path / "names.txt"))
    (tmp_path / "names.txt").write_text("cat\ndog\nbird\n")
    assert own("--classes", "dog", *labels)[0] == 0
    status, out, err = own("--classes", "dog", "--rather-than", "cat", "--sign", "both", *labels)
    assert (status, err) == (0, "")
    folders = result_folders(tmp_path / "out")
    contrast = [name for name in folders if "dog rather than cat_IGSG" in str(name)]
    assert len(folders) - len(contrast) == 1
    assert contrast
    found = load_result(tmp_path / "out" / contrast[0])
    assert (found.label, found.contrast) == ("dog rather than cat", ("dog", "cat"))
    assert out == ""
    said = json.loads((tmp_path / "out" / contrast[0] / "result.json").read_text())
    assert said["rather_than"] == {"index": 0, "label": "cat"}
    for group, own_contrast in zip(said["groups"], found.contrasts, strict=True):
        assert group["of_class"] - group["of_other"] == pytest.approx(
            group["score"] * (1 if found.sign == "pos" else -1)
        )
        assert group["kind"] == own_contrast.kind
    # What was attributed is read back, with both classes.
    again = own("--classes", "dog", "--rather-than", "cat", "--sign", "both", *labels,
                "--read-attributions")  # fmt: skip
    assert again[0] == 0
    assert load_result(tmp_path / "out" / contrast[0]).contrasts == found.contrasts


def test_without_a_class_the_first_other_answer_is_explained(own, tmp_path):
    assert own("--rather-than", "0")[0] == 0
    (folder,) = result_folders(tmp_path / "out")
    assert load_result(tmp_path / "out" / folder).class_index != 0


def test_a_class_is_not_contrasted_with_itself(own, capsys):
    assert own("--classes", "1", "--rather-than", "1")[0] == 2
    status = cli.main(
        ["explain", "--model", "critters", "--classes", "dog", "--rather-than", "dog"]
    )
    assert status == 2
    assert capsys.readouterr().err == (
        "tfvis: error: Expected --rather-than to be another class than 'dog', which is explained, "
        "received the same.\n"
    )


def test_an_unknown_class_is_told_before_the_network_is_loaded(capsys):
    status = cli.main(
        ["explain", "--model", "critters", "--classes", "dog", "--rather-than", "cta"]
    )
    assert status == 2
    assert capsys.readouterr().err.startswith("tfvis: error: Unknown class 'cta'. Closest: cat")
