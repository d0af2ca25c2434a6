"""A batch from its images to its index, in a call."""

from dataclasses import replace

import pytest

from tfvis import load_result
from tfvis.batches import run_batch
from tfvis.report.batch_folder import BatchFolder
from tfvis.report.batch_merging import merge_batches
from tfvis.utils import InputError

from .conftest import GROUPS, tmp_path_of


def test_images_are_explained_and_indexed(work, jobs):
    told = []
    ended = run_batch(jobs[:3], work(), progress=lambda done, total: told.append((done, total)))
    assert (ended.finished, ended.total, ended.problems) == (3, 3, 0)
    folder = tmp_path_of(work())
    for row in ended.rows:
        assert load_result(folder / row.folder).class_index == row.class_index
    assert (folder / "index.html").is_file()
    assert told[-1] == (3, 3)


def test_a_second_call_goes_on(work, jobs):
    run_batch(jobs[:2], work())
    ended = run_batch(jobs[:3], work())
    assert (ended.finished, ended.computed) == (3, 1)


def test_other_options_are_refused(work, jobs):
    run_batch(jobs[:1], work())
    with pytest.raises(InputError, match="Expected top 1, as the batch in .*, received top 2"):
        run_batch(jobs[:1], work(top=2))
    with pytest.raises(InputError, match="Expected explainers "):
        run_batch(jobs[:1], work(explainers=(GROUPS,)))


def test_of_an_explainers_options_the_one_that_differs_is_named(work, jobs):
    run_batch(jobs[:1], work(explainers=(GROUPS,)))
    other = replace(GROUPS, options=replace(GROUPS.options, n_groups=3))
    with pytest.raises(InputError) as error:
        run_batch(jobs[:1], work(explainers=(other,)))
    assert str(error.value) == (
        f"Expected explainers[0].n_groups 2, as the batch in {work().output!r} was begun with, "
        "received explainers[0].n_groups 3. Choose another --output for other options."
    )


def test_shards_merge(work, jobs, tmp_path):
    shards = [BatchFolder(tmp_path / f"shard-{k}") for k in (1, 2)]
    for k, shard in enumerate(shards, 1):
        ended = run_batch(jobs[:3], work(output=str(shard.path)), shard=(k, 2))
        assert ended.total == 3 - k
    rows = merge_batches(shards, BatchFolder(tmp_path / "merged"))
    assert [row.name for row in rows] == [job.name for job in jobs[:3]]
    page = (tmp_path / "merged" / "index.html").read_text(encoding="utf-8")
    assert "critters" in page and "Grad-CAM" in page
    ended = run_batch(jobs[:3], work(output=str(tmp_path / "merged")))  # it is the whole batch
    assert (ended.finished, ended.computed) == (3, 0)


def test_a_shard_may_be_written_as_on_the_command_line(work, jobs):
    assert run_batch(jobs[:3], work(), shard="2/2").total == 1
    for wrong in ("2 of 2", (3, 2)):
        with pytest.raises(InputError, match="Expected a shard like 2/8, received "):
            run_batch(jobs[:3], work(), shard=wrong)


def test_shards_of_another_list_are_refused(work, jobs):
    run_batch(jobs[:3], work(), shard=(1, 2))
    with pytest.raises(InputError, match="Expected list of images"):
        run_batch(jobs[:4], work(), shard=(1, 2))


def test_an_unknown_backend_is_named(work, jobs):
    with pytest.raises(InputError, match="Unknown backend 'threads'"):
        run_batch(jobs[:1], work(), backend="threads")


def test_a_folder_with_something_else_is_refused(work, jobs, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="which holds something else"):
        run_batch(jobs, work())
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["diary.txt"]


def test_relative_folders_are_the_callers(work, jobs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_batch(jobs[:1], work(output="here"))
    assert (tmp_path / "here" / "a" / "rows.json").is_file()
