"""Shards of a batch, made into one: what the whole batch would have had."""

import json

import pandas as pd
import pytest
from batch_pages import made_row

from tfvis.datasets.shards import shard_of
from tfvis.report import batch_merging
from tfvis.report.batch_folder import BATCH, ROWS, BatchFolder, FinishedImage
from tfvis.report.batch_index import write_batch_index
from tfvis.report.batch_merging import merge_batches
from tfvis.report.own_files import RESULT
from tfvis.report.writing import WriteError
from tfvis.utils.errors import InputError

NAMES = ("e", "b", "g", "a", "f", "c", "d")  # in an order of their own
OPTIONS = {"tfvis": "1", "--model": "critters", "--explainers": ["groups"], "--seed": 5}


def explain(folder, names, **options):
    """A batch, as its run leaves it."""
    folder.make()
    folder.begin_run({**OPTIONS, **options})
    for name in names:
        place = NAMES.index(name)
        results = folder.path / name / "cat"
        results.mkdir(parents=True)
        (results / RESULT).write_text(json.dumps({"says": name}))
        (results / "heat_map.jpg").write_bytes(name.encode() * 1000)
        row = made_row(place, name=name, folder=f"{name}/cat", picture=f"{name}/cat/heat_map.jpg")
        folder.finish(FinishedImage(name=name, rows=(row, row), place=place, network="5"))
    folder.end_run()
    return folder


def shards_of(tmp_path, count, **options):
    return [
        explain(
            BatchFolder(tmp_path / f"shard-{k}"), shard_of(NAMES, k, count),
            **{"--shard": f"{k}/{count}", **options},
        )
        for k in range(1, count + 1)
    ]  # fmt: skip


@pytest.fixture
def whole(tmp_path):
    """The same batch, explained at once, and its rows."""
    folder = explain(BatchFolder(tmp_path / "whole"), NAMES, **{"--shard": None})
    rows = [row for name in NAMES for row in folder.finished(name).rows]
    facts = {"network": "critters", "explainers": "groups", "tfvis": "1"}
    write_batch_index(
        folder.path, rows, "whole", {**facts, "images": "7", "with a problem": "0"}
    )  # fmt: skip
    return folder, tuple(rows)


@pytest.fixture
def target(tmp_path):
    return BatchFolder(tmp_path / "merged" / "whole")


def contents(folder, *without):
    """All files by their places, without what only a run that is at work needs."""
    return {
        str(file.relative_to(folder.path)): file.read_bytes()
        for file in sorted(folder.path.rglob("*"))
        if file.is_file() and ".batch" not in file.parts and file.name not in without
    }


def refused(shards, target):
    with pytest.raises(InputError) as error:
        merge_batches(shards, target)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_become_what_the_whole_batch_would_have_been(tmp_path, whole, target, count):
    folder, rows = whole
    assert merge_batches(shards_of(tmp_path, count), target) == rows
    # Parquet and CSV and the page too, byte for byte.
    assert contents(target) == contents(folder)
    assert target.options() == folder.options()


def test_the_rows_stand_in_the_order_of_the_whole_batch(tmp_path, target):
    merge_batches(shards_of(tmp_path, 3)[::-1], target)
    names = [name for name in NAMES for _ in range(2)]
    assert list(pd.read_csv(target.path / "index.csv")["name"]) == names
    assert list(pd.read_parquet(target.path / "index.parquet")["name"]) == names


def test_the_shards_stay_as_they_are(tmp_path, target):
    shards = shards_of(tmp_path, 2)
    before = [contents(own) for own in shards]
    merge_batches(shards, target)
    merge_batches(shards, target)
    assert [contents(own) for own in shards] == before


def test_no_lock_and_no_other_trace_is_left(tmp_path, target):
    merge_batches(shards_of(tmp_path, 2), target)
    hidden = [file.name for file in target.path.rglob("*") if file.is_file()]
    assert not [name for name in hidden if name.endswith(".new")]
    assert not list((target.path / ".batch").glob("lock*"))
    assert sorted(own.name for own in target.path.iterdir() if own.is_dir()) == [
        ".batch", *sorted(NAMES)
    ]  # fmt: skip


def test_files_are_copied_where_they_cannot_be_linked(tmp_path, target, monkeypatch, whole):
    def refuse(*arguments, **options):
        raise OSError(18, "Invalid cross-device link")

    shards = shards_of(tmp_path, 2)
    with monkeypatch.context() as patch:
        patch.setattr(batch_merging.os, "link", refuse)
        patch.setattr(batch_merging, "BatchLock", NoLock)  # which links its own file
        merge_batches(shards, target)
    assert contents(target) == contents(whole[0])


class NoLock:
    def __init__(self, file, wait):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


def test_a_merge_that_was_ended_goes_on(tmp_path, target, whole, monkeypatch):
    shards = shards_of(tmp_path, 3)
    real, left, copied = batch_merging._copy, [None] * 4, []

    def some(source, place):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        real(source, place)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(batch_merging, "_copy", some)
        merge_batches(shards, target)
    assert len(target.names()) == 4

    def noted(source, place):
        copied.append(place.name)
        real(source, place)

    monkeypatch.setattr(batch_merging, "_copy", noted)
    merge_batches(shards, target)
    assert len(copied) == len(NAMES) - 4  # the others are there
    assert contents(target) == contents(whole[0])


def test_a_copy_that_is_ended_leaves_nothing_half_made(tmp_path, target, monkeypatch):
    shards = shards_of(tmp_path, 2)
    with monkeypatch.context() as patch, pytest.raises(WriteError) as error:
        patch.setattr(batch_merging, "_link", full_after(1))
        merge_batches(shards, target)
    assert "\n" not in str(error.value)
    assert target.names() == ()
    assert [own.name for own in target.path.iterdir() if own.name not in (".batch", BATCH)] == []


def full_after(n):
    left = [None] * n

    def link(source, place):
        if not left:
            raise OSError(28, "No space left on device")
        left.pop()
        return place

    return link


def test_an_image_that_is_half_there_is_replaced(tmp_path, target, whole):
    shards = shards_of(tmp_path, 2)
    merge_batches(shards, target)
    (target.path / "a" / "cat" / "heat_map.jpg").unlink()
    (target.path / "a" / ROWS).unlink()
    (target.path / "b" / "cat" / RESULT).unlink()
    merge_batches(shards, target)
    assert contents(target) == contents(whole[0])


def test_an_image_without_whole_results_is_left_out_with_a_word(tmp_path, target):
    shards, said = shards_of(tmp_path, 2), []
    (shards[0].path / "e" / "cat" / RESULT).unlink()
    rows = merge_batches(shards, target, say=said.append)
    assert said == [f"Left out: {str(shards[0].path / 'e')!r} has no whole result."]
    assert {row.name for row in rows} == {*NAMES} - {"e"}
    assert not (target.path / "e").exists()


# What cannot be merged


def test_other_options_are_refused_by_their_name(tmp_path, target):
    shards = [
        explain(BatchFolder(tmp_path / "one"), "eg", **{"--shard": "1/2"}),
        explain(BatchFolder(tmp_path / "two"), "ba", **{"--shard": "2/2", "--seed": 6}),
    ]
    assert refused(shards, target) == (
        f"Expected --seed 6, as the batch in {str(shards[1].path)!r} was begun with, received "
        "--seed 5. "
        "Choose another --output for other options."
    )
    assert not target.path.exists()


def test_a_target_of_other_options_is_refused(tmp_path, target):
    explain(target, "e", **{"--shard": None, "--seed": 6})
    assert refused(shards_of(tmp_path, 2), target).startswith("Expected --seed 6, as the batch in ")
    assert target.names() == ("e",)


def test_the_same_part_twice_is_refused(tmp_path, target):
    shards = [
        explain(BatchFolder(tmp_path / name), "eg", **{"--shard": "1/2"}) for name in ("x", "y")
    ]
    assert refused(shards, target) == (
        f"Expected different shards, received 1/2 in {str(shards[0].path)!r} and "
        f"{str(shards[1].path)!r}."
    )


def test_two_whole_batches_are_refused(tmp_path, target):
    both = [explain(BatchFolder(tmp_path / name), "eg", **{"--shard": None}) for name in ("x", "y")]
    assert refused(both, target).startswith("Expected different shards, received a whole batch in ")


def test_a_missing_part_is_named(tmp_path, target):
    first, second, third, _ = shards_of(tmp_path, 4)
    assert refused([first, second, third], target) == "Expected all 4 shards, 4/4 is missing."
    assert refused([third], target) == "Expected all 4 shards, 1/4, 2/4, 4/4 are missing."
    assert not target.path.exists()


def test_parts_of_different_wholes_are_refused(tmp_path, target):
    one = explain(BatchFolder(tmp_path / "x"), "eg", **{"--shard": "1/2"})
    other = explain(BatchFolder(tmp_path / "y"), "ba", **{"--shard": "2/3"})
    assert refused([one, other], target) == "Expected parts of one whole, received 1/2, 2/3."


def test_an_image_in_two_shards_is_refused(tmp_path, target):
    one = explain(BatchFolder(tmp_path / "x"), "eg", **{"--shard": "1/2"})
    other = explain(BatchFolder(tmp_path / "y"), "ge", **{"--shard": "2/2"})
    told = refused([one, other], target)
    assert told == (
        f"Expected each image in one shard, found 'e' in {str(other.path)!r} and in one before."
    )


def test_a_folder_without_a_batch_is_refused(tmp_path, target):
    shards = shards_of(tmp_path, 2)
    for path in (tmp_path, tmp_path / "gone"):
        told = refused([*shards, BatchFolder(path)], target)
        assert told == f"Expected the folder of a batch, received {str(path)!r}."


def test_no_folder_at_all_is_refused(target):
    assert refused([], target) == "Expected the folders of shards, received none."


def test_a_shard_is_no_target(tmp_path):
    shards = shards_of(tmp_path, 2)
    before = contents(shards[1])
    path = shards[1].path
    (tmp_path / "link").symlink_to(path)
    for place in (path, tmp_path / "link"):
        told = f"Expected --output to be none of the shards, received {place}."
        assert refused(shards, BatchFolder(place)) == told
    assert contents(shards[1]) == before


def test_a_target_that_holds_something_else_is_refused(tmp_path, target):
    target.path.mkdir(parents=True)
    (target.path / "notes.txt").write_text("mine")
    told = refused(shards_of(tmp_path, 2), target)
    assert told.startswith("Expected an empty folder or one of an earlier batch, received ")


@pytest.mark.parametrize("shard", ["two", "1/x", 3, "9/2", ["1/2"]])
def test_a_part_that_was_damaged_by_hand_is_one_line(tmp_path, target, shard):
    one = explain(BatchFolder(tmp_path / "x"), "eg", **{"--shard": shard})
    assert refused([one], target) == f"Expected a shard like 2/8, received {str(shard)!r}."


def test_a_shard_that_is_not_finished_is_no_part_yet(tmp_path):
    first, second = shards_of(tmp_path, 2)
    second.begin_run({**OPTIONS, "--shard": "2/2"}, 5)
    with pytest.raises(InputError) as error:
        merge_batches([first, second], BatchFolder(tmp_path / "out"))
    assert str(error.value) == (
        f"Expected shards that are finished, found 3 of 5 images in {str(second.path)!r}: go on "
        "with it first."
    )
