"""`tfvis explain` as a user meets it."""

import json
import shutil
import signal
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from command_line import QUICK, remove_results, result_folders, run_own, the_result
from PIL import Image

from tfvis.cli import main
from tfvis.experiments.group_visualisation import GroupVisualisation
from tfvis.explainers.options import FeatureGroupOptions
from tfvis.utils.icon_options import IconOptions


@pytest.mark.slow
def test_a_run_prints_the_top_answers_and_writes_a_folder_for_each_class_and_sign(
    explain, tmp_path
):
    status, out, _ = explain("--classes", "Egyptian cat", "n02099601", "--sign", "both")
    assert status == 0
    assert out.startswith("Using GoogLeNet, whose weights are in ")
    assert "my photo: only the central 50 × 50 of 50 × 70 pixels are used;" in out
    assert "GoogLeNet (BVLC's weights, ImageNet) sees:" in out.splitlines()
    assert len([line for line in out.splitlines() if line.startswith("  ")]) == 5
    found = result_folders(tmp_path / "out")
    assert len(found) == 4
    for label in ("Egyptian cat", "golden retriever"):
        above = f"my photo/{label}_IGSG/PCA/mixed4d_"
        assert [result.startswith(above) for result in found].count(True) == 2
    for result in found:
        assert str(tmp_path / "out" / result / "overview.png") in out
    *_, done, first = out.splitlines()  # the picture to open first: of the first class, for it
    assert done.startswith("Done in ")
    assert (tmp_path / "out" / "my photo" / "Egyptian cat_IGSG") in Path(first).parents
    assert "mixed4d_pos" in first
    assert Path(first).is_file()


@pytest.mark.slow
def test_without_classes_the_top_two_are_explained(explain, tmp_path):
    status, out, _ = explain(image=None)
    assert status == 0
    lines = out.splitlines()
    (seen,) = [k for k, line in enumerate(lines) if line.endswith(" sees:")]
    top = [line.split("(")[-1].rstrip(")") for line in lines[seen + 1 : seen + 3]]
    results = [json.loads(path.read_text()) for path in (tmp_path / "out").rglob("result.json")]
    assert {str(result["class"]["index"]) for result in results} == set(top)
    assert (tmp_path / "out" / "cat_coffee").is_dir()


@pytest.fixture
def photographs_of_two(tmp_path):
    """Two images that a network with random weights answers to in two ways, by their files."""
    files = []
    for name, seed in (("first", 0), ("second", 1)):
        pixels = np.random.default_rng(seed).integers(0, 255, (40, 60, 3), np.uint8)
        files.append(tmp_path / f"{name}.png")
        Image.fromarray(pixels).save(files[-1])
    return files


@pytest.mark.slow
def test_several_images_are_told_apart_and_give_what_each_gives_alone(
    own_model, tmp_path, photographs_of_two, capsys
):
    def run(output, *files):
        status = main(
            ["explain", "--image", *map(str, files), "--model", str(own_model), "--value-range",
             "0", "1", "--output", str(tmp_path / output), *QUICK]
        )  # fmt: skip
        assert status == 0
        return {
            (*path.parts[-5:-2], path.name): path.read_bytes()
            for path in (tmp_path / output).rglob("*.jpg")
        }

    together = run("together", *photographs_of_two)
    out = capsys.readouterr().out
    assert {place[0] for place in together} == {"first", "second"}
    # The top two answers of each.
    found = {place[:2] for place in together}
    assert len(found) == 4
    for name, folder in found:
        label = folder.removesuffix("_IGSG")
        assert f"{name}: mine sees:" in out
        assert f"{name}: second, {label}: IGSG values sum to " in out
        assert f"{name}: second, {label}, pos: " in out
    alone = [run("alone", file) for file in photographs_of_two]
    assert together == alone[1]


@pytest.mark.slow
def test_several_layers_and_another_grouping(own, tmp_path):
    status, _, _ = own(
        "--layers", "first", "second", "--grouping", "KMeans",
        "--attribution", "Shap", "--iterations", "2", "--quiet",
    )  # fmt: skip
    assert status == 0
    found = [result.rsplit("/", 1)[1] for result in result_folders(tmp_path / "out")]
    assert [name.split("_pos")[0] for name in found] == ["first", "second"]
    assert list((tmp_path / "out").rglob("class 1_KM_second_opt0.jpg"))


@pytest.mark.slow
def test_a_layer_without_positive_channels_is_told(own, tmp_path):
    own()
    (text,) = (tmp_path / "out").rglob("IGSG_second_class 1.txt")
    text.write_text("-1\n" * 15 + "-2\n")
    status, _, err = own("--read-attributions")
    assert status == 2
    assert "No positive channel in second stands out" in err
    # With both signs asked for, the other one is shown.
    status, out, err = own("--read-attributions", "--sign", "both")
    assert status == 0
    assert "No positive channel" in err
    assert "class 1, neg: 1 group ->" in out


@pytest.mark.slow
def test_options_reach_the_result(own, tmp_path):
    own("--quiet")
    (text,) = (tmp_path / "out").rglob("IGSG_second_class 1.txt")
    plain = {path.name: path.read_bytes() for path in text.parent.rglob("*.*")}
    icon = "class 1_PCA_second_opt0.jpg"
    for option in (
        ["--dtype", "bfloat16"],
        ["--icon-dtype", "float16"],
        ["--size", "48"],
        ["--steps", "3"],
        ["--icon-steps", "4"],
    ):
        remove_results(tmp_path)
        own("--quiet", *option)
        (found,) = (tmp_path / "out").rglob(icon)
        assert found.read_bytes() != plain[icon], option
        assert text.read_bytes() == plain[text.name]
    with Image.open(found) as picture:
        assert picture.size == (32, 32)
    own("--quiet", "--fit", "squash")
    assert text.read_bytes() != plain[text.name]


@pytest.mark.slow
def test_a_class_without_features_does_not_stop_the_others(own, tmp_path):
    own("--classes", "1", "2")
    (text,) = (tmp_path / "out").rglob("IGSG_second_class 1.txt")
    text.write_text("-1\n" * 15 + "-2\n")
    for result in list((tmp_path / "out").rglob("result.json")):
        shutil.rmtree(result.parent)
    status, out, err = own("--classes", "1", "2", "--read-attributions")
    assert status == 2
    assert "error: class 1: No positive channel in second" in err
    assert "class 2, pos:" in out
    assert len(result_folders(tmp_path / "out")) == 1


@pytest.mark.slow
def test_without_weights_the_bundled_network_explains_a_rendered_scene(
    nothing_here, tmp_path, capsys
):
    status = main(["explain", "--output", str(tmp_path / "out"), *QUICK])
    out, _ = capsys.readouterr()
    assert status == 0
    first, second, third = out.splitlines()[:3]
    assert first.startswith("Using the bundled network, critters")
    assert "GoogLeNet's weights are not on this machine and cannot be downloaded" in first
    assert "--weights or $TFVIS_WEIGHTS_DIR" in first
    assert second.startswith("Icons are computed in float32, ")
    assert third == "GoogLeNet in small (bundled, trained on rendered scenes) sees:"
    labels = {result.split("/")[1] for result in result_folders(tmp_path / "out")}
    assert labels == {"dog_IGSG", "cat_IGSG"}
    assert (tmp_path / "out" / "dog_cat224").is_dir()
    result = json.loads(next((tmp_path / "out").rglob("result.json")).read_text())
    assert result["provenance"]["network"] == "critters"


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


@pytest.mark.slow
def test_a_model_of_ones_own_is_explained(own_model, photo, tmp_path, capsys):
    status = run_own(
        own_model, photo, tmp_path, "--value-range", "-1", "1", "--labels",
        str(own_model.parent / "labels.txt"), "--classes", "dog", "bird", "--layers", "second",
    )  # fmt: skip
    out = capsys.readouterr().out
    assert status == 0
    assert "mine sees:" in out.splitlines()
    found = result_folders(tmp_path / "out")
    assert [result.split("_pos")[0] for result in found] == [
        f"my photo/{label}_IGSG/PCA/second" for label in ("bird", "dog")
    ]
    result = json.loads((tmp_path / "out" / found[0] / "result.json").read_text())
    assert result["provenance"]["network"] == "mine"
    assert result["class"]["label"] == "bird"
    # What the model takes is part of what it is.
    weights = result["provenance"]["weights"]
    run_own(own_model, photo, tmp_path, "--value-range", "0", "1", "--classes", "1", "--quiet")
    (other,) = (tmp_path / "out" / "my photo" / "class 1_IGSG").rglob("result.json")
    assert json.loads(other.read_text())["provenance"]["weights"] not in (weights, None)


def heat_maps_of(tmp_path):
    (result,) = (tmp_path / "out").rglob("result.json")
    return json.loads(result.read_text())["heat_maps"]


@pytest.mark.slow
def test_heat_maps_are_of_attributions_also_when_they_are_read_back(own, tmp_path):
    own()
    said = heat_maps_of(tmp_path)
    assert (said["of"], said["cut_at_quantile"]) == ("attribution", 0)
    pictures = {p.name: p.read_bytes() for p in (tmp_path / "out").rglob("*HM*.jpg")}
    status, out, _ = own("--read-attributions")
    assert status == 0
    assert "heat maps are of activations" not in out
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").rglob("*HM*.jpg")} == pictures
    # A text file alone does not say where.
    (archive,) = (tmp_path / "out").rglob("IGSG_second_class 1.npz")
    archive.unlink()
    remove_results(tmp_path)
    status, out, _ = own("--read-attributions", "--show-against")
    assert status == 0
    assert "second, class 1: heat maps are of activations" in out
    assert "nothing is blue" in out
    assert heat_maps_of(tmp_path)["of"] == "activation"


@pytest.mark.slow
def test_the_papers_heat_maps_are_an_option_away(own, tmp_path):
    _, out, _ = own("--heat-maps", "activation")
    assert "heat maps are of activations" not in out  # that is what was asked for
    said = heat_maps_of(tmp_path)
    assert (said["of"], said["cut_at_quantile"]) == ("activation", 0.85)


@pytest.mark.slow
def test_a_signal_leaves_the_finished_folders(own, tmp_path, monkeypatch):
    whole, calls = GroupVisualisation.with_icons, []

    def stop_at_the_second(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGTERM)
        return whole(*arguments, **options)

    monkeypatch.setattr(GroupVisualisation, "with_icons", stop_at_the_second)
    status, _, err = own("--sign", "both", "--quiet")
    assert status == 143
    assert err == (
        "tfvis: interrupted; 1 of 2 result folders, 1 of 2 result folders without icons and 1 of 1 "
        f"attribution files were finished and are in {str(tmp_path / 'out')!r}.\n"
    )
    assert len(result_folders(tmp_path / "out")) == 2
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_result_lists_every_option(own, tmp_path):
    assert own("--quiet", "--cut", "0.25", "--icon-decay", "2", "--seed", "7")[0] == 0
    options = the_result(tmp_path)["provenance"]["options"]
    assert options.keys() == {*(field.name for field in fields(FeatureGroupOptions)), "icons"}
    assert options["icons"].keys() == {field.name for field in fields(IconOptions)}
    assert {key: options[key] for key in ("layer", "attribution_steps", "cut", "seed", "sign")} == {
        "layer": "second", "attribution_steps": 4, "cut": 0.25, "seed": 7, "sign": "pos"
    }  # fmt: skip
    assert {key: options["icons"][key] for key in ("steps", "size", "decay", "transforms")} == {
        "steps": 2, "size": 32, "decay": 2, "transforms": "paper"
    }  # fmt: skip
