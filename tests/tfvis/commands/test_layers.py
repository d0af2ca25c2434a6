"""`tfvis layers` on a small model."""

import json

import pytest
from command_line import paint, result_folders

from tfvis import cli, load_result
from tfvis.utils.equality import same


@pytest.fixture
def run(own_model, tmp_path, capsys):
    """Run `tfvis layers` on a small model; returns status, stdout and stderr."""

    def run(*arguments, model=own_model):
        status = cli.main(
            ["layers", "--model", str(model), "--value-range", "0", "1", "--output",
             str(tmp_path / "out"), "--attribution-steps", "2", *map(str, arguments)]
        )  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def image(tmp_path):
    return paint(tmp_path / "photo.png", 0)


def test_each_class_has_a_table_and_a_result(run, image, tmp_path):
    status, out, err = run(image, "--classes", "0", "2")
    assert status == 0
    folders = result_folders(tmp_path / "out")
    assert folders == ["photo/layers_class 0", "photo/layers_class 2"]
    for name, index in zip(folders, (0, 2), strict=True):
        found = load_result(tmp_path / "out" / name)
        assert (found.class_index, found.names) == (index, ("first", "second"))
        for row in found.rows():
            assert all(cell in out for cell in row)
        assert found.notes()[-1] in out
        said = json.loads((tmp_path / "out" / name / "result.json").read_text())
        assert [layer["layer"] for layer in said["layers"]] == ["first", "second"]
    lines = out.splitlines()
    assert lines[0].startswith("photo: only the central")
    assert lines[1].startswith("mine, class 0: 2 layers -> ")
    assert lines[2].startswith("In a browser: file://")
    assert lines[-1] == str(tmp_path / "out" / folders[0] / "overview.png")
    assert "photo: layers: 2 of 2 layers in " in err


def test_the_fields_of_the_small_model(run, image, tmp_path):
    assert run(image, "--classes", "0", "--quiet")[0] == 0
    found = load_result(tmp_path / "out" / "photo" / "layers_class 0")
    # Kernels of 3 and strides of 2: 3, then 3 + 2 · 2.
    assert [own.receptive_field for own in found.layers] == [(3, 3), (7, 7)]
    first, second = 23 * 23 * 12 * 27, 11 * 11 * 16 * 12 * 9
    assert [own.multiply_adds for own in found.layers] == [first, first + second]


def test_the_top_answer_of_each_image_is_looked_at(run, image, tmp_path):
    other = paint(tmp_path / "other.png", 3)
    assert run(image, other, "--layers", "second", "--quiet")[0] == 0
    folders = result_folders(tmp_path / "out")
    assert [name.split("/")[0] for name in folders] == ["other", "photo"]
    for name in folders:
        found = load_result(tmp_path / "out" / name)
        assert found.names == ("second",)
        assert found.provenance.image_name == name.split("/")[0]


def test_without_an_image_the_structure_alone_is_told(run, tmp_path):
    status, out, err = run("--structure-only")
    assert status == 0
    assert result_folders(tmp_path / "out") == ["mine/layers"]
    assert "  first   23 x 23 x 12  3 " in out
    assert "Recommended" not in out
    assert "layers: 2 of 2 layers in " in err


def test_without_an_image_no_range_of_values_is_asked_for(own_model, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["layers", "--model", own_model, "--structure-only", "--output", out]
    assert cli.main([*map(str, words)]) == 0
    assert result_folders(out) == ["mine/layers"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--classes", "9"), "Expected a class index from 0 to 2, received 9"),
        (("--layers", "secnd"), "Unknown layer 'secnd'"),
        (("--layers", "dense"), "Layer 'dense' cannot be cut"),
        (("--grouping", "KMean"), "KMeans"),
        (("--attribution-steps", "0"), "Expected --attribution-steps to be"),
        (("--structure-only",), "Expected no image and no class beside --structure-only"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, image, tmp_path, arguments, message):
    status, out, err = run(image, *arguments)
    assert (status, err.count("\n")) == (2, 1)
    assert message in err
    assert "layers ->" not in out
    assert not (tmp_path / "out").exists()


def test_a_missing_image_or_model_is_named(run, image, tmp_path):
    status, _, err = run(tmp_path / "nothing.png")
    assert (status, err.count("\n")) == (2, 1)
    assert f"No image file {str(tmp_path / 'nothing.png')!r}" in err
    status, _, err = run(image, model=tmp_path / "nothing.keras")
    assert (status, err.count("\n")) == (2, 1)
    assert "No model at" in err


def test_a_folder_of_the_users_is_noticed_before_any_work(run, image, tmp_path):
    own = tmp_path / "out" / "photo" / "layers_class 1"
    own.mkdir(parents=True)
    (own / "notes.txt").write_text("mine")
    status, _, err = run(image, "--classes", "0", "1", "--quiet")
    assert (status, err.count("\n")) == (2, 1)
    assert "holds something else" in err
    assert result_folders(tmp_path / "out") == []


def test_json_has_a_line_a_result(run, image, capsys):
    status, out, _ = run(image, "--classes", "1", "2", "--layers", "second", "--json")
    assert status == 0
    found = [json.loads(line) for line in out.splitlines()]
    assert [(own["kind"], own["class"]) for own in found] == [
        ("layer_survey", "class 1"), ("layer_survey", "class 2"),
    ]  # fmt: skip
    for own in found:
        survey = load_result(own["folder"])
        assert own["recommended"]["layer"] == survey.recommendation.layer == "second"
        assert [layer["gap"] for layer in own["layers"]] == [survey.evidence[0].gap]


def test_the_configuration_that_is_written_repeats_the_run(run, image, tmp_path):
    assert run(image, "--classes", "1", "--quiet")[0] == 0
    folder = tmp_path / "out" / "photo" / "layers_class 1"
    before = load_result(folder)
    text = (folder / "config.toml").read_text()
    assert 'command = "layers"' in text
    config = tmp_path / "again.toml"
    config.write_text(text.replace(str(tmp_path / "out"), str(tmp_path / "again")))
    assert cli.main(["layers", "--config", str(config), "--quiet"]) == 0
    again = load_result(tmp_path / "again" / "photo" / "layers_class 1")
    assert same(again.evidence, before.evidence)
    assert again.recommendation == before.recommendation
