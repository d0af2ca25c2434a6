"""`tfvis explain` once more: what a result is called, and which earlier one it replaces."""

import itertools
import re
import shutil

import pytest
from command_line import QUICK, contents, paint, remove_results, result_folders, the_result
from PIL import Image

from tfvis import load_result
from tfvis.cli import main
from tfvis.experiments.group_visualisation import GroupVisualisation


@pytest.mark.slow
def test_a_second_run_replaces_the_first(own, tmp_path):
    own("--quiet")
    (result,) = (tmp_path / "out").rglob("result.json")
    written = result.stat().st_mtime_ns
    result.with_name("mynotes.txt").write_text("mine")
    own("--quiet")
    (again,) = (tmp_path / "out").rglob("result.json")
    assert again == result
    assert again.stat().st_mtime_ns > written
    assert result.with_name("mynotes.txt").is_file()


@pytest.mark.slow
def test_runs_with_other_options_keep_each_other(own, tmp_path):
    """In this network two channels stand out, so that two groups are found if three are asked."""
    options = (
        [],
        ["--seed", "6"],
        ["--n-groups", "3"],
        ["--heat-maps", "activation"],
        ["--icon-steps", "3"],
    )
    for _ in range(2):
        for option in options:
            given = ("--quiet", "--grouping", "KMeans", "--n-groups", "2", *option)
            assert own(*given)[0] == 0
    found = [load_result(tmp_path / "out" / name) for name in result_folders(tmp_path / "out")]
    assert len(found) == len(options)
    for one, other in itertools.combinations(found, 2):
        assert one.provenance.options != other.provenance.options
    assert {len(own_result.groups) for own_result in found} == {2}


@pytest.mark.slow
def test_results_can_have_a_name_of_their_own(own, tmp_path):
    assert own("--name", "my: cat", "--quiet")[0] == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["my_ cat"]
    assert the_result(tmp_path)["provenance"]["image_name"] == "my: cat"
    assert own("--name", "my: cat", "--read-attributions", "--quiet")[0] == 0


@pytest.mark.slow
def test_the_example_image_can_have_a_name(tmp_path):
    arguments = ["--model", "critters", "--classes", "cat", "--name", "scene", "--quiet"]
    assert main(["explain", *arguments, "--output", str(tmp_path / "out"), *QUICK]) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scene"]


@pytest.mark.slow
def test_the_same_photograph_in_another_folder_replaces_its_results(own, tmp_path):
    own("--quiet")
    before = the_result(tmp_path)["provenance"]
    copy = tmp_path / "elsewhere" / "photo.png"
    copy.parent.mkdir()
    shutil.copy(tmp_path / "photo.png", copy)
    assert own("--quiet", image=copy)[0] == 0
    after = the_result(tmp_path)["provenance"]
    assert after["image_file"] == before["image_file"]


@pytest.mark.slow
def test_photographs_of_equal_pixels_are_explained_at_several_layers(own_model, tmp_path):
    """The second layer's attributions are the second file's own."""
    photo, same = paint(tmp_path / "photo.png", 0), tmp_path / "same.png"
    Image.open(photo).save(same, compress_level=0)
    assert photo.read_bytes() != same.read_bytes()
    status = main(
        ["explain", str(photo), str(same), "--model", str(own_model), "--value-range", "0", "1",
         "--layers", "first", "second", "--classes", "1", "--quiet", "--output",
         str(tmp_path / "out"), *QUICK]
    )  # fmt: skip
    assert status == 0
    found = [load_result(tmp_path / "out" / name) for name in result_folders(tmp_path / "out")]
    named = [(result.provenance.image_name, result.layer) for result in found]
    assert sorted(named) == [(name, k) for name in ("photo", "same") for k in ("first", "second")]
    for result in found:
        assert result.groups.attribution.provenance.image_name == result.provenance.image_name


@pytest.mark.slow
def test_another_photograph_of_the_same_name_is_refused_before_anything_is_computed(
    own, tmp_path, monkeypatch
):
    own("--quiet")
    other = paint(tmp_path / "elsewhere" / "photo.png", 1)
    before = contents(tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr(GroupVisualisation, "attribute", None)
        patch.setattr("tfvis.utils.network.Network.logits_of", None)
        status, out, err = own(image=other)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "found some of another image of the same name. Choose another name for this one" in err
    assert "--name, or another output folder" in err
    assert contents(tmp_path / "out") == before
    # The way out:
    assert own("--name", "other", "--quiet", image=other)[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"photo", "other"}
    assert before.items() <= contents(tmp_path / "out").items()


@pytest.mark.slow
def test_another_number_of_groups_replaces_the_earlier(own, tmp_path):
    own("--quiet")
    remove_results(tmp_path)
    (text,) = (tmp_path / "out").rglob("IGSG_second_class 1.txt")
    given = ("--read-attributions", "--quiet", "--grouping", "KMeans")
    text.write_text("9\n8\n7\n6\n" + "0.1\n" * 6 + "-1\n" * 6)
    assert own(*given)[0] == 0
    assert [name[-4:] for name in result_folders(tmp_path / "out")] == ["pos3"]
    text.write_text("9\n8\n" + "0.1\n" * 8 + "-1\n" * 6)  # two channels are no three groups
    assert own(*given)[0] == 0
    assert [name[-4:] for name in result_folders(tmp_path / "out")] == ["pos2"]
    # An answer to another question stays.
    assert own(*given, "--seed", "6")[0] == 0
    text.write_text("9\n8\n7\n6\n" + "0.1\n" * 6 + "-1\n" * 6)
    assert own(*given)[0] == 0
    apart, found = result_folders(tmp_path / "out")
    assert re.search("pos2_[0-9a-f]{8}$", apart)
    assert load_result(tmp_path / "out" / apart).provenance.options["seed"] == 6
    assert found.endswith("pos3")


@pytest.mark.slow
def test_a_folder_of_the_users_is_refused_before_anything_is_computed(
    tmp_path, monkeypatch, capsys
):
    theirs = tmp_path / "out" / "dog_cat224" / "cat_IGSG" / "PCA" / "mixed4d_pos3"
    theirs.mkdir(parents=True)
    (theirs / "mine.txt").write_text("mine")
    monkeypatch.setattr(GroupVisualisation, "attribute", None)
    status = main(["explain", "--model", "critters", "--classes", "cat", "--quiet", "--output",
                   str(tmp_path / "out"), *QUICK])  # fmt: skip
    assert status == 2
    assert "which holds something else" in capsys.readouterr().err
    assert [path.name for path in theirs.iterdir()] == ["mine.txt"]
