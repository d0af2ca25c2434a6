"""A batch as a whole: faults are met, and what is finished is never lost."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from batch_results import results
from dask_clusters import dask_cluster

from tfvis.batches import running
from tfvis.batches.engines import engine
from tfvis.batches.worker import ATTEMPTS
from tfvis.report.batch_folder import BatchFolder
from tfvis.utils import InputError

from .conftest import GRAD_CAM, GROUPS, NAMES, tmp_path_of


def explained(tmp_path):
    """The names of images in the order in which they were explained, and by how many processes."""
    lines = (tmp_path / "explained").read_text().split()
    return lines[::2], len(set(lines[1::2]))


def test_all_images_are_explained_and_the_index_has_them(work, jobs, begun):
    told = []
    with begun(work(), jobs) as run, engine("serial") as found:
        run.progress = lambda done, total: told.append((done, total))
        ended = run.run(found)
    assert (ended.finished, ended.total, ended.computed, ended.deaths) == (6, 6, 6, 0)
    assert ended.problems == 0
    assert [row.name for row in ended.rows] == list(NAMES)
    folder = tmp_path_of(work())
    assert list(pd.read_parquet(folder / "index.parquet")["name"]) == list(NAMES)
    assert list(pd.read_csv(folder / "index.csv")["name"]) == list(NAMES)
    assert (folder / "index.html").is_file()
    assert told[0] == (0, 6) and told[-1] == (6, 6)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_rows_stand_in_the_order_of_the_images_whoever_was_faster(faulty, jobs, begun):
    with begun(faulty(), jobs[::-1]) as run, engine("loky", 2) as found:
        ended = run.run(found)
    assert [row.name for row in ended.rows] == list(NAMES[::-1])


@pytest.mark.slow
def test_an_image_whose_worker_was_killed_is_explained_again(faulty, jobs, begun, tmp_path):
    with begun(faulty(kill=("c",)), jobs) as run, engine("loky", 2) as found:
        ended = run.run(found)
    assert ended.deaths == 1 and ended.problems == 0
    assert (tmp_path / "c.killed").read_text() == "x"
    assert set(explained(tmp_path)[0]) == set(NAMES)  # the one beside it may be begun twice


@pytest.mark.slow
def test_the_image_that_kills_every_worker_is_given_up_and_no_other(faulty, jobs, begun, tmp_path):
    deadly = faulty(kill=("c",), times=99, seconds=0.3)
    with begun(deadly, jobs) as run, engine("loky", 2) as found:
        ended = run.run(found)
    assert ended.deaths == ATTEMPTS
    assert (tmp_path / "c.killed").read_text() == "x" * ATTEMPTS
    problems = {row.name: row.problem for row in ended.rows}
    assert problems.pop("c") == "Its worker was killed 3 times while it was explained."
    assert set(problems.values()) == {None}


@pytest.mark.slow
def test_workers_that_are_killed_before_they_begin_end_the_run(work, jobs, begun, monkeypatch):
    from batch_tasks import die

    monkeypatch.setattr(running, "explain_chunk", lambda work, jobs: die(0))
    with (
        begun(work(), jobs) as run,
        engine("loky", 2) as found,
        pytest.raises(InputError, match="Workers were killed 3 times before they explained"),
    ):
        run.run(found)


def test_bad_images_stop_nothing(faulty, jobs, begun, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no image")
    bad = replace(jobs[1], path=str(tmp_path / "bad.png"))
    mixed = [jobs[0], bad, *jobs[2:]]
    with begun(faulty(fail=("d",), crash=("e",)), mixed) as run, engine("serial") as found:
        ended = run.run(found)
    problems = {row.name: row.problem for row in ended.rows if row.problem}
    assert set(problems) == {"b", "d", "e"} and ended.problems == 3
    assert "bad.png" in problems["b"]


def test_a_stopped_run_is_gone_on_with_and_ends_with_the_same(work, jobs, begun, tmp_path):
    whole = work(explainers=(GROUPS, GRAD_CAM), output=str(tmp_path / "whole"))
    parts = work(explainers=(GROUPS, GRAD_CAM))
    with begun(whole, jobs) as run, engine("serial") as found:
        run.run(found)
    with begun(parts, jobs) as run, engine("serial") as found:
        run.progress = lambda done, total: done == 2 and run.stop()
        first = run.run(found)
    assert first.finished < first.total
    assert len({row.name for row in first.rows}) == first.finished
    with begun(parts, jobs) as run, engine("serial") as found:
        assert run.known() == first.finished
        second = run.run(found)
    assert second.computed == len(NAMES) - first.finished
    assert results(tmp_path / "whole") == results(tmp_path_of(parts))


def test_an_image_whose_file_is_another_one_now_is_explained_again(work, jobs, begun, tmp_path):
    file, mine = tmp_path / "changing.png", tmp_path_of(work()) / "a" / "mine.txt"
    changing = replace(jobs[0], path=str(file))
    shutil.copy(jobs[0].path, file)
    whole = work(explainers=(GROUPS, GRAD_CAM))
    with begun(whole, [changing]) as run, engine("serial") as found:
        before = run.run(found).rows
    mine.write_text("notes")
    shutil.copy(jobs[1].path, file)
    with begun(whole, [changing]) as run, engine("serial") as found:
        assert run.known() == 0
        after = run.run(found).rows
    assert [row.problem for row in after] == [None, None]
    assert {row.folder for row in after}.isdisjoint(row.folder for row in before)  # another class
    kept = {path.parent for path in tmp_path_of(whole).rglob("result.json")}
    assert kept == {tmp_path_of(whole) / row.folder for row in after}
    assert mine.read_text() == "notes"


def test_results_that_somebody_has_removed_are_made_again(work, jobs, begun):
    with begun(work(), jobs[:2]) as run, engine("serial") as found:
        (row, _) = run.run(found).rows
    (tmp_path_of(work()) / row.folder / "result.json").unlink()
    with begun(work(), jobs[:2]) as run, engine("serial") as found:
        assert run.known() == 1
        assert run.run(found).computed == 1


def test_images_with_a_problem_are_explained_again_where_that_is_asked_for(faulty, jobs, begun):
    with begun(faulty(fail=("b",)), jobs[:3]) as run, engine("serial") as found:
        assert run.run(found).problems == 1
    with begun(faulty(), jobs[:3]) as run:
        assert run.known() == 3
    with begun(faulty(), jobs[:3]) as run, engine("serial") as found:
        assert run.known(again=True) == 2
        ended = run.run(found)
    assert (ended.computed, ended.problems) == (1, 0)


def test_new_images_are_added(work, jobs, begun):
    with begun(work(), jobs[:2]) as run, engine("serial") as found:
        run.run(found)
    with begun(work(), jobs[:4]) as run, engine("serial") as found:
        assert run.known() == 2
        ended = run.run(found)
    assert (ended.finished, ended.computed) == (4, 2)


def test_a_disk_that_is_full_loses_nothing_that_was_finished(work, jobs, begun, monkeypatch):
    from tfvis.batches import worker
    from tfvis.report.writing import WriteError

    real = worker.explained_image

    def sometimes(*arguments):
        if arguments[3].name == "c":
            raise WriteError("Cannot write 'x': No space left on device.")
        return real(*arguments)

    monkeypatch.setattr(worker, "explained_image", sometimes)
    with (
        begun(work(), jobs) as run,
        engine("serial") as found,
        pytest.raises(InputError, match="No space left"),
    ):
        run.run(found)
    folder = BatchFolder(tmp_path_of(work()))
    assert folder.names() == ("a", "b")
    assert list(pd.read_csv(folder.path / "index.csv")["name"]) == ["a", "b"]


def test_a_worker_with_another_network_ends_the_run(work, jobs, begun):
    with begun(work(), jobs[:3]) as run, engine("serial") as found:
        run.run(found)
    file = tmp_path_of(work()) / "b" / "rows.json"
    found = json.loads(file.read_text())
    file.write_text(json.dumps({**found, "network": "0" * 64}))
    with begun(work(), jobs[:3]) as run, pytest.raises(InputError) as error:
        run.known()
    assert str(error.value).startswith("Expected one network for all images, found another one's")


def test_a_run_whose_lock_was_taken_ends(work, jobs, begun):
    with begun(work(), jobs) as run, engine("serial") as found:
        run.progress = lambda done, total: done == 1 and run.lock.lost.set()
        with pytest.raises(InputError, match="Another run has taken over"):
            run.run(found)
        run.lock.lost.clear()


def test_the_index_is_written_on_the_way(work, jobs, begun, monkeypatch):
    monkeypatch.setattr(running, "EVERY", 0.0)
    counts = []
    file = tmp_path_of(work()) / "index.csv"
    with begun(work(), jobs) as run, engine("serial") as found:
        run.progress = lambda done, total: counts.append(
            len(pd.read_csv(file)) if file.exists() else 0
        )
        run.run(found)
    assert counts == [0, 0, 1, 2, 3, 4, 5]


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_in_the_middle(faulty, jobs, begun, tmp_path):
    pytest.importorskip("distributed")
    with dask_cluster(tmp_path, workers=2) as cluster:
        work = replace(faulty(kill=("c",)), own_process=False)
        with begun(work, jobs) as run, engine("dask", 2, address=cluster.address) as found:
            ended = run.run(found)
        alive = [worker for worker in cluster.workers if worker.poll() is None]
    assert len(alive) == 1
    assert ended.problems == 0 and ended.finished == len(NAMES)
    assert sorted(explained(tmp_path)[0]) == list(NAMES)


@pytest.mark.slow
def test_dask_gives_up_the_image_that_kills_every_worker(faulty, jobs, begun, tmp_path):
    pytest.importorskip("distributed")
    with dask_cluster(tmp_path, workers=5) as cluster:
        work = replace(faulty(kill=("c",), times=99), own_process=False)
        with begun(work, jobs) as run, engine("dask", 5, address=cluster.address) as found:
            ended = run.run(found)
    assert (tmp_path / "c.killed").read_text() == "x" * ATTEMPTS
    problems = {row.name: row.problem for row in ended.rows if row.problem}
    assert problems == {"c": "Its worker was killed 3 times while it was explained."}


@pytest.mark.slow
def test_a_scheduler_that_goes_away_ends_the_run_with_one_line(faulty, jobs, begun, tmp_path):
    pytest.importorskip("distributed")
    with dask_cluster(tmp_path, workers=1) as cluster:
        work = replace(faulty(seconds=1), own_process=False)
        with (
            begun(work, jobs) as run,
            pytest.raises(InputError) as error,
            engine("dask", 1, address=cluster.address) as found,
        ):
            run.progress = lambda done, total: done >= 1 and cluster.scheduler.kill()
            run.run(found)
    message = str(error.value)
    assert message.startswith("The cluster has gone: ") and "\n" not in message
    assert BatchFolder(tmp_path_of(work)).names()[:1] == ("a",)


def test_a_name_that_means_another_image_now_is_refused(work, jobs, begun):
    with begun(work(), jobs[:2]) as run, engine("serial") as found:
        run.run(found)
    moved = [replace(jobs[1], name="a"), replace(jobs[0], name="b")]
    with begun(work(), moved) as run, pytest.raises(InputError) as error:
        run.known()
    assert str(error.value).startswith("Expected 'b.png' in ")
    assert "found the results of 'a.png'" in str(error.value)


def test_an_image_that_has_other_classes_now_is_explained_again(work, jobs, begun):
    whole = work(by_label=True)
    with begun(whole, [replace(jobs[0], labels=("cat",))]) as run, engine("serial") as found:
        run.run(found)
    with begun(whole, [replace(jobs[0], labels=("dog",))]) as run, engine("serial") as found:
        assert run.known() == 0
        (row,) = run.run(found).rows
    assert row.class_name == "dog"


def test_a_run_that_has_lost_its_folder_leaves_the_next_one_alone(work, jobs, begun):
    with begun(work(), jobs[:3]) as first:
        token = first.folder.begin_run({}, 3)  # the next one's
        first.stop()
        assert first.folder.goes_on(token)
        first.lock.lost.set()
        with engine("serial") as found, pytest.raises(InputError, match="has taken over"):
            first.run(found)
        assert first.folder.goes_on(token)
        assert not (first.folder.path / "index.csv").exists()
        first.lock.lost.clear()


def test_workers_that_give_up_end_the_run_in_place_of_being_asked_for_ever(work, jobs, begun):
    with begun(work(), jobs[:3]) as run, engine("serial") as found:
        run.folder.begin("a")  # as if its worker had been killed
        run.folder.end_run()
        ended = run.run(found)
    assert (ended.finished, ended.total) == (0, 3)


def test_an_index_that_cannot_be_written_on_the_way_is_written_at_the_end(
    work, jobs, begun, monkeypatch
):
    monkeypatch.setattr(running, "EVERY", 0.0)
    real, told, tries = running.write_batch_index, [], []

    def sometimes(*arguments):
        tries.append(1)
        if len(tries) == 1:
            raise InputError("Cannot write 'index.csv': it is open.")
        return real(*arguments)

    monkeypatch.setattr(running, "write_batch_index", sometimes)
    with begun(work(), jobs[:2]) as run, engine("serial") as found:
        run.say = told.append
        assert run.run(found).finished == 2
    assert told == ["Cannot write 'index.csv': it is open."]


@pytest.mark.slow
def test_a_dask_worker_that_joins_later_helps(faulty, jobs, begun, tmp_path):
    pytest.importorskip("distributed")
    with dask_cluster(tmp_path, workers=1) as cluster:
        work = replace(faulty(seconds=4), own_process=False)

        def add(done, total):
            if done == 0:
                cluster.add_worker()

        with begun(work, jobs) as run, engine("dask", address=cluster.address) as found:
            run.progress = add
            assert run.run(found).finished == len(NAMES)
    assert explained(tmp_path)[1] == 2


def test_the_same_file_may_be_named_from_another_folder(work, jobs, begun):
    with begun(work(), jobs[:2]) as run, engine("serial") as found:
        run.run(found)
    elsewhere = [replace(job, image=f"elsewhere/{job.image}") for job in jobs[:2]]
    with begun(work(), elsewhere) as run:
        assert run.known() == 2


def test_images_that_are_not_in_the_list_any_more_are_told(work, jobs, begun):
    told = []
    with begun(work(), jobs[:3]) as run, engine("serial") as found:
        run.run(found)
    with begun(work(), jobs[1:4]) as run:
        run.say = told.append
        assert run.known() == 2
    assert told == [
        "1 of the images that earlier runs have explained are not in the list now, such as 'a': "
        "the index leaves them out, their folders stay."
    ]


def test_another_list_altogether_is_refused(work, jobs, begun):
    with begun(work(), jobs[:2]) as run, engine("serial") as found:
        run.run(found)
    with begun(work(), jobs[2:4]) as run, pytest.raises(InputError) as error:
        run.known()
    assert "received others alone: 'a', for one, is not among them" in str(error.value)
