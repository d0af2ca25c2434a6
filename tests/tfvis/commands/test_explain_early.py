"""Heat maps that `tfvis explain` writes before it renders icons."""

import json
import signal

import numpy as np
import pytest
from command_line import result_folders, run_own
from PIL import Image

from tfvis import load_result
from tfvis.experiments.group_visualisation import GroupVisualisation


@pytest.fixture
def own(own_model, tmp_path, capsys):
    """Run `tfvis explain` on a small model for two classes; returns status, stdout and stderr."""
    photo = tmp_path / "photo.png"
    colours = np.random.default_rng(0).integers(0, 255, (60, 50, 3), np.uint8)
    Image.fromarray(colours).save(photo)

    def run(*arguments):
        status = run_own(own_model, photo, tmp_path, "--value-range", "0", "1", "--layers",
                         "second", "--classes", "1", "2", *arguments)  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def interrupted_at(monkeypatch):
    """Send Ctrl-C when icons are about to be rendered, for the n-th time."""
    whole = GroupVisualisation.with_icons

    def patch(number):
        calls = []

        def stop(*arguments, **options):
            calls.append(1)
            if len(calls) == number:
                signal.raise_signal(signal.SIGINT)
            return whole(*arguments, **options)

        monkeypatch.setattr(GroupVisualisation, "with_icons", stop)

    return patch


def icons_of(folder):
    return [
        json.loads((folder / name / "result.json").read_text())["icons"]
        for name in result_folders(folder)
    ]


@pytest.mark.slow
def test_all_heat_maps_are_there_before_the_first_icon(own, tmp_path, monkeypatch):
    whole, seen = GroupVisualisation.with_icons, []

    def look(*arguments, **options):
        seen.append([load_result(tmp_path / "out" / name).icons_missing
                     for name in result_folders(tmp_path / "out")])  # fmt: skip
        return whole(*arguments, **options)

    monkeypatch.setattr(GroupVisualisation, "with_icons", look)
    status, out, err = own("--json")  # the lines for people are on stderr
    assert status == 0
    assert seen == [[True, True], [False, True]]
    found = result_folders(tmp_path / "out")
    assert [json.loads(line)["icons"] for line in out.splitlines()] == ["rendered", "rendered"]
    assert icons_of(tmp_path / "out") == ["rendered", "rendered"]
    lines = [line for line in err.splitlines() if "overview.png" in line]
    assert len(lines) == 5
    for line, name in zip(lines[:2], found, strict=True):
        picture = tmp_path / "out" / name / "overview.png"
        assert line.endswith(f", pos: heat maps -> {picture}; icons follow")
    for line, name in zip(lines[2:4], found, strict=True):
        assert line.endswith(f" -> {tmp_path / 'out' / name / 'overview.png'}")
    assert lines[4] == str(tmp_path / "out" / found[0] / "overview.png")  # the one to open first


@pytest.mark.slow
def test_an_interrupted_run_leaves_the_heat_maps_and_the_next_one_replaces_them(
    own, tmp_path, interrupted_at
):
    interrupted_at(2)
    status, _, err = own("--quiet")
    assert status == 130
    assert err == (
        "tfvis: interrupted; 1 of 2 result folders, 1 of 2 result folders without icons and 2 of 2 "
        f"attribution files were finished and are in {str(tmp_path / 'out')!r}.\n"
    )
    found = result_folders(tmp_path / "out")
    assert icons_of(tmp_path / "out") == ["rendered", "missing"]
    assert load_result(tmp_path / "out" / found[1]).icons is None
    notes = tmp_path / "out" / found[1] / "mynotes.txt"
    notes.write_text("mine")
    assert own("--quiet")[0] == 0
    assert result_folders(tmp_path / "out") == found
    assert icons_of(tmp_path / "out") == ["rendered", "rendered"]
    assert notes.read_text() == "mine"


@pytest.mark.slow
def test_a_rerun_keeps_the_complete_result_until_it_has_another(own, tmp_path, interrupted_at):
    assert own("--quiet") == (0, "", "")
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jpg")}
    interrupted_at(1)
    status, out, err = own()
    assert status == 130
    assert "icons follow" not in out
    assert "interrupted; 2 of 2 attribution files were finished" in err
    assert icons_of(tmp_path / "out") == ["rendered", "rendered"]
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jpg")} == before


@pytest.mark.slow
def test_the_colours_of_heat_maps_are_an_option(own, tmp_path):
    assert own("--quiet", "--colormap", "viridis")[0] == 0
    for name in result_folders(tmp_path / "out"):
        found = load_result(tmp_path / "out" / name)
        assert found.colormap == found.provenance.options["colormap"] == "viridis"
    status, out, err = own("--colormap", "virdis")
    assert (status, out) == (2, "")
    assert err.startswith("tfvis: error: Unknown colormap 'virdis'. Closest: viridis")
