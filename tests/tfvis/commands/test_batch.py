"""`tfvis batch`, as a user meets it."""

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest
from batch_results import results
from PIL import Image

from tfvis.cli import main
from tfvis.critters import render_scene
from tfvis.models import spec_of
from tfvis.report import load_result

QUICK = [
    "--model", "critters", "--attribution-steps", "4", "--n-groups", "2", "--backend", "serial"
]  # fmt: skip
LABELS = spec_of("critters").labels


def scene(file, kind, seed):
    pixels = render_scene([kind], seed=seed).image
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.uint8(np.round(255 * np.asarray(pixels)))).save(file)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of three scenes, one of them in a folder below."""
    folder = tmp_path_factory.mktemp("scenes") / "photos"
    scene(folder / "dog.png", "dog", 2)
    scene(folder / "cat.png", "cat", 1)
    scene(folder / "more" / "owl.png", "owl", 2)
    return folder


@pytest.fixture
def batch(tmp_path, capsys):
    """Run the command with small options; returns status, stdout and stderr."""

    def run(*arguments, output=tmp_path / "out", options=QUICK):
        words = ["batch", *options, "--output", str(output), *map(str, arguments)]
        status = main(words)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def refused(batch, tmp_path):
    """Run the command, which is to end with status 2, one line, and nothing written."""

    def run(*arguments, **options):
        before = contents(tmp_path)
        status, _, err = batch(*arguments, **options)
        assert status == 2
        assert contents(tmp_path) == before
        (line,) = err.splitlines()
        start = "tfvis: error: "
        assert line.startswith(start)
        return line.removeprefix(start)

    return run


def contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def table(folder, *columns):
    """Columns of the index, row by row; the name if none is given."""
    with (folder / "index.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    if not columns:
        return [row["name"] for row in rows]
    return [tuple(row[name] for name in columns) for row in rows]


def manifest(folder, *lines):
    file = folder / "list.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


# What it does


def test_a_folder_of_images_is_explained_and_the_bad_one_is_told(batch, photos, tmp_path):
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "bad.png").write_bytes(b"no image")
    scene(mixed / "dog.png", "dog", 2)
    scene(mixed / "below" / "cat.png", "cat", 1)
    out = tmp_path / "out"
    status, said, err = batch(mixed)
    assert status == 0
    assert re.fullmatch(r"explaining: 3 of 3 images in \d+ s\n", err)
    assert said.splitlines()[-2:] == [
        "3 images, 1 with a problem. Open first:", str(out / "index.html")
    ]  # fmt: skip
    assert "serial: 1 worker, 3 images" in said.splitlines()
    rows = {row["name"]: row for row in pd.read_parquet(out / "index.parquet").to_dict("records")}
    assert set(rows) == {"bad", "cat", "dog"}
    assert "bad.png" in rows["bad"]["problem"]
    for name in ("cat", "dog"):
        row = rows[name]
        assert (row["answer"], row["class_name"], row["rank"]) == (name, name, 1)
        assert (row["explainer"], row["layer"], row["sign"]) == ("groups", "mixed4d", "pos")
        assert row["n_groups"] == 2
        assert list(row["scores"]) == sorted(row["scores"], reverse=True)
        # The index says what the result does.
        result = load_result(out / row["folder"])
        assert [group.score for group in result.groups] == pytest.approx(list(row["scores"]))
        assert [len(group.channels) for group in result.groups] == list(row["channels"])
        assert result.label == name
        assert result.groups.attribution.relative_gap == pytest.approx(row["gap"])
    page = (out / "index.html").read_text(encoding="utf-8")
    assert all(row["folder"] in page for row in (rows["cat"], rows["dog"]))


def test_a_manifest_names_classes(batch, photos, tmp_path):
    listed = manifest(
        tmp_path, "image,class,name", f"{photos}/dog.png,cat,", f"{photos}/dog.png,owl,",
        f"{photos}/cat.png,{LABELS.index('cat')},my cat", f"{photos}/more/owl.png,unicorn,",
    )  # fmt: skip
    assert batch(listed)[0] == 0
    assert table(tmp_path / "out", "name", "class_name", "answer") == [
        ("dog", "cat", "dog"), ("dog", "owl", "dog"), ("my cat", "cat", "cat"), ("owl", "", "")
    ]  # fmt: skip
    (problem,) = table(tmp_path / "out", "problem")[-1]
    assert problem.startswith("Unknown class 'unicorn'.")


def test_top_explains_the_first_answers(batch, photos, tmp_path):
    assert batch(photos / "dog.png", "--top", 3)[0] == 0
    found = table(tmp_path / "out", "class_name", "rank", "answer")
    assert found[0][0] == "dog"
    assert [row[1:] for row in found] == [(str(rank), "dog") for rank in (1, 2, 3)]
    assert len({row[0] for row in found}) == 3


def test_classes_are_explained_in_every_image(batch, photos, tmp_path):
    assert batch(photos, "--classes", "owl", "zebra")[0] == 0
    assert table(tmp_path / "out", "class_name") == [("owl",), ("zebra",)] * 3


def test_several_explainers_have_a_row_each(batch, photos, tmp_path):
    status, _, _ = batch(photos / "dog.png", "--explainers", "groups", "grad-cam", "--sign", "both")
    assert status == 0
    assert table(tmp_path / "out", "explainer", "sign") == [
        ("groups", "pos"), ("groups", "neg"), ("Grad-CAM", "")
    ]  # fmt: skip
    folders = [folder for (folder,) in table(tmp_path / "out", "folder")]
    assert len(set(folders)) == 3
    for folder, kind in zip(folders, ("feature groups", "feature groups", "Grad-CAM"), strict=True):
        assert load_result(tmp_path / "out" / folder).method == kind


def test_programs_read_one_line_of_json(batch, photos, tmp_path):
    status, out, err = batch(photos, "--json")
    assert status == 0
    assert json.loads(out) == {
        "kind": "batch", "folder": str(tmp_path / "out"), "images": 3, "rows": 3,
        "images_with_a_problem": 0,
    }  # fmt: skip
    assert str(tmp_path / "out" / "index.html") in err


def test_quiet_prints_nothing(batch, photos):
    assert batch(photos, "--quiet") == (0, "", "")


def test_the_same_images_have_the_same_results(batch, photos, tmp_path):
    batch(photos, output=tmp_path / "one")
    batch(photos, output=tmp_path / "two")
    assert results(tmp_path / "one") == results(tmp_path / "two")
    assert len(results(tmp_path / "one")) > 6


@pytest.mark.parametrize("model", ["critters", "critters_resnet"])
def test_config_toml_repeats_the_run(batch, photos, tmp_path, model):
    given = ["--explainers", "groups", "grad-cam", "--seed", "7"]
    options = ["--model", model, *QUICK[2:]]
    assert batch(photos / "dog.png", *given, output=tmp_path / "one", options=options)[0] == 0
    config = tmp_path / "one" / "config.toml"
    assert batch("--config", config, output=tmp_path / "two", options=[])[0] == 0
    assert results(tmp_path / "one") == results(tmp_path / "two")
    assert table(tmp_path / "one", "name", "layer") == table(tmp_path / "two", "name", "layer")


# A run that goes on


def test_the_same_command_takes_over_what_is_finished(batch, photos, tmp_path):
    out = tmp_path / "out"
    batch(photos / "dog.png")
    before = results(out)
    status, said, _ = batch(photos / "dog.png", photos / "cat.png")
    assert status == 0
    assert "1 of 2 images are taken over from an earlier run." in said.splitlines()
    assert table(out) == ["dog", "cat"]
    assert {name: text for name, text in results(out).items() if name in before} == before
    rows = (out / "dog" / "rows.json").stat().st_mtime_ns
    assert "2 of 2 images are taken over" in batch(photos / "dog.png", photos / "cat.png")[1]
    assert (out / "dog" / "rows.json").stat().st_mtime_ns == rows


def test_again_explains_those_with_a_problem(batch, photos, tmp_path):
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    scene(mixed / "dog.png", "dog", 2)
    (mixed / "late.png").write_bytes(b"no image")
    batch(mixed)
    assert "2 of 2 images are taken over" in batch(mixed)[1]
    assert table(tmp_path / "out", "answer") == [("dog",), ("",)]
    status, said, _ = batch(mixed, "--again")
    assert status == 0
    assert "1 of 2 images are taken over" in said
    scene(mixed / "late.png", "cat", 1)  # another file is explained without being asked for
    assert "1 of 2 images are taken over" in batch(mixed)[1]
    assert table(tmp_path / "out", "answer", "problem") == [("dog", ""), ("cat", "")]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--n-groups", "3"], "Expected --n-groups 2, as the batch in {}, received --n-groups 3."),
        (["--seed", "9"], "Expected --seed 5, as the batch in {}, received --seed 9."),
        (["--top", "2"], "Expected --top left out, as the batch in {}, received --top 2."),
        (["--classes", "dog"], "Expected --classes left out, as the batch in {}, received "
         f"--classes {LABELS.index('dog')}."),
        (["--explainers", "grad-cam"], "Expected --explainers groups, as the batch in {}, "
         "received --explainers Grad-CAM."),
    ],
)  # fmt: skip
def test_other_options_are_refused_by_their_name(batch, refused, photos, tmp_path, options, told):
    batch(photos / "dog.png")
    begun = f"{str(tmp_path / 'out')!r} was begun with"
    line = refused(photos / "dog.png", *options)
    assert line == f"{told.format(begun)} Choose another --output for other options."


def test_shards_merge_into_the_whole(batch, photos, tmp_path):
    given = [photos, "--explainers", "groups", "grad-cam"]
    shards = [tmp_path / "shard-1", tmp_path / "shard-2"]
    for k, shard in enumerate(shards, 1):
        assert batch(*given, "--shard", f"{k}/2", output=shard)[0] == 0
    assert sorted(len(set(table(shard))) for shard in shards) == [1, 2]
    batch(*given, output=tmp_path / "whole")
    status, said, err = batch("--merge", *shards, output=tmp_path / "merged", options=[])
    assert (status, err) == (0, "")
    assert said.splitlines() == [
        "3 images, 0 with a problem. Open first:", str(tmp_path / "merged" / "index.html")
    ]  # fmt: skip
    assert results(tmp_path / "merged") == results(tmp_path / "whole")
    assert table(tmp_path / "merged") == table(tmp_path / "whole")
    # The merged batch is the whole one: it can be gone on with.
    status, said, _ = batch(*given, output=tmp_path / "merged")
    assert status == 0
    assert "3 of 3 images are taken over" in said


def test_a_merged_batch_has_the_title_that_it_is_given(batch, photos, tmp_path):
    batch(photos / "dog.png")
    merging = ["--merge", tmp_path / "out", "--name", "An <audit>"]
    assert batch(*merging, output=tmp_path / "merged", options=[])[0] == 0
    page = (tmp_path / "merged" / "index.html").read_text(encoding="utf-8")
    assert "<title>An &lt;audit&gt;" in page


# What cannot be done


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--top", "2", "--classes", "dog"], None),
        (["--top", "2"], "--top"),
        (["--n-groups", "3", "--seed", "9"], "--seed, --n-groups"),
        (["--shard", "1/2"], "--shard"),
    ],
)
def test_merging_takes_no_other_options(refused, tmp_path, options, named):
    (tmp_path / "shard").mkdir()
    line = refused("--merge", tmp_path / "shard", *options, options=[])
    if named is not None:
        assert line == (
            "Expected the folders of shards, --output and --name with --merge, received other "
            f"options: {named}. What a shard was made with stands in its folder."
        )


def test_merging_speaks_of_shards(refused, tmp_path):
    assert refused("--merge", options=[]) == "Expected the folders of shards, received none."
    gone = tmp_path / "gone"
    assert refused("--merge", gone, options=[]) == f"No folder of a shard {str(gone)!r}."


def test_a_folder_without_images_is_one_line(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    assert str(tmp_path / "empty") in refused(tmp_path / "empty")


def test_no_images_at_all_is_one_line(refused):
    assert refused() == "Expected images, folders, or a manifest (.csv), received none."


def test_a_missing_folder_is_one_line(refused, tmp_path):
    gone = tmp_path / "gone"
    assert refused(gone) == f"No image, folder or manifest {str(gone)!r}."


def test_missing_files_of_a_manifest_are_told_before_anything_is_done(refused, photos, tmp_path):
    listed = manifest(tmp_path, "image", f"{photos}/dog.png", "gone.png", "gone too.png")
    assert refused(listed) == (
        f"{str(listed)!r}, line 3: No image {str(tmp_path / 'gone.png')!r}, and 1 more."
    )


def test_a_manifest_without_the_column_image_is_one_line(refused, tmp_path):
    listed = manifest(tmp_path, "imgae,class", "dog.png,dog")
    assert refused(listed) == (
        f"Expected a header with the column image in {str(listed)!r}, received 'imgae, class'. "
        "Closest: imgae."
    )


def test_an_empty_manifest_is_one_line(refused, tmp_path):
    assert str(tmp_path / "list.csv") in refused(manifest(tmp_path))
    listed = manifest(tmp_path, "image")
    assert refused(listed) == f"Expected a row an image in {str(listed)!r}, found no row."


def test_an_unknown_explainer_is_one_line(refused, photos):
    line = refused(photos, "--explainers", "groups", "grad-kam")
    assert line.startswith("Unknown explainer 'grad-kam'. Closest: Grad-CAM;")


def test_an_unknown_class_or_layer_is_one_line(refused, photos):
    assert refused(photos, "--classes", "dgo").startswith("Unknown class 'dgo'. Closest: dog")
    assert refused(photos, "--layers", "mixed9").startswith("Unknown layer 'mixed9'.")


def test_a_scheduler_that_does_not_answer_is_one_line(refused, photos, monkeypatch):
    pytest.importorskip("distributed")
    from tfvis.batches import engines

    monkeypatch.setattr(engines, "SECONDS", 0.5)
    address = "tcp://127.0.0.1:9"  # nothing listens there
    options = [*QUICK[:-2], "--backend", "dask", "--address", address]
    line = refused(photos, options=options)
    assert line.startswith(f"No scheduler answers at {address!r} within 0.5 seconds: ")


def test_a_folder_of_something_else_is_left_alone(refused, photos, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert refused(photos).startswith("Expected an empty folder or one of an earlier batch,")


def test_a_batch_in_which_every_image_is_bad_fails(batch, tmp_path):
    (tmp_path / "bad").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "bad" / name).write_bytes(b"no image")
    status, said, err = batch(tmp_path / "bad")
    assert status == 2
    assert "2 images, 2 with a problem. Open first:" in said.splitlines()
    line = err.splitlines()[-1]
    assert "Traceback" not in err
    assert line.startswith("tfvis: error: No image could be explained. The first: ")
    assert "a.png" in line
    assert table(tmp_path / "out") == ["a", "b"]  # what was wrong stands in the index
