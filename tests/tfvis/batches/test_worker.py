"""A worker loads the network once, and explains the images it is given."""

import platform
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest
from batch_explainers import FAULTY, Faults

from tfvis import __version__
from tfvis.batches import ChosenExplainer, worker
from tfvis.batches.worker import ATTEMPTS, explain_chunk
from tfvis.models import load_model
from tfvis.report.batch_folder import BatchFolder
from tfvis.report.writing import WriteError

from .conftest import GRAD_CAM, GROUPS, tmp_path_of


@pytest.fixture
def begun_work(work):
    """Work whose run has begun, and its folder."""

    def begin(**changes):
        own = work(**changes)
        folder = BatchFolder(tmp_path_of(own))
        folder.make()
        return replace(own, token=folder.begin_run({})), folder

    return begin


def test_all_images_of_a_chunk_are_finished(begun_work, jobs):
    work, folder = begun_work()
    report = explain_chunk(work, jobs[:3])
    assert [found.name for found in report.finished] == ["a", "b", "c"]
    assert report.computed == 3 and report.failure is None
    assert all(folder.finished(found.name) == found for found in report.finished)
    assert [found.place for found in report.finished] == [0, 1, 2]
    assert not any(folder.attempts(job.name) for job in jobs)
    assert {found.network for found in report.finished} == {load_model("critters").digest}


def test_the_network_is_loaded_once_and_nothing_is_traced_again(begun_work, jobs, monkeypatch):
    work, _ = begun_work(explainers=(GROUPS, GRAD_CAM))
    worker.forget_loaded()
    explain_chunk(work, jobs[:1])
    loaded = worker._loaded
    import tensorflow as tf

    from tfvis.utils import compiling

    def refuse(*arguments, **options):
        raise AssertionError("It is traced again.")

    monkeypatch.setattr(compiling, "compiled", refuse)
    monkeypatch.setattr(tf, "function", refuse)
    traces = _traces(loaded.net)
    explain_chunk(work, jobs[1:4])
    assert worker._loaded is loaded
    assert _traces(loaded.net) == traces


def _traces(net):
    """How many functions a network keeps, and how many signatures each was traced for."""
    functions = [
        own for own in net._compiled.values() if hasattr(own, "experimental_get_tracing_count")
    ]
    return len(net._compiled), [own.experimental_get_tracing_count() for own in functions]


def test_another_folder_or_run_needs_no_other_network(begun_work, jobs):
    work, folder = begun_work()
    explain_chunk(work, jobs[:1])
    loaded = worker._loaded
    again = replace(work, token=folder.begin_run({}))
    explain_chunk(again, jobs[1:2])
    assert worker._loaded is loaded
    explain_chunk(replace(again, explainers=(GROUPS,)), jobs[2:3])
    assert worker._loaded is not loaded


def test_options_may_have_arrays(begun_work, jobs, tmp_path):
    options = Faults(folder=str(tmp_path), kill=(np.zeros(300),))
    own = ChosenExplainer(method=FAULTY, options=options)
    work, _ = begun_work(explainers=(own,))
    explain_chunk(work, jobs[:1])
    loaded = worker._loaded
    sent = replace(own, options=replace(options, kill=(np.zeros(300),)))
    explain_chunk(replace(work, explainers=(sent,)), jobs[1:2])
    assert worker._loaded is loaded
    sent = replace(own, options=replace(options, kill=(np.eye(300),)))
    explain_chunk(replace(work, explainers=(sent,)), jobs[2:3])
    assert worker._loaded is not loaded


def test_classes_may_be_named(begun_work, jobs):
    work, _ = begun_work(classes=("owl", 0))
    (found,) = explain_chunk(work, jobs[:1]).finished
    labels = worker._loaded.net.labels
    assert [row.class_name for row in found.rows] == ["owl", labels[0]]
    report = explain_chunk(replace(work, classes=("unicorn",)), jobs[1:2])
    assert report.failure.startswith("Unknown class 'unicorn'.") and not report.finished


def test_nothing_of_an_image_stays_in_memory(begun_work, jobs):
    work, _ = begun_work()
    explain_chunk(work, jobs[:2])
    assert len(worker._loaded.net.memory) == 0


def test_images_that_are_finished_are_left_alone(begun_work, jobs):
    work, folder = begun_work()
    first = explain_chunk(work, jobs[:2])
    before = (folder.path / "a" / "rows.json").stat().st_mtime_ns
    second = explain_chunk(work, jobs[:3])
    assert second.computed == 1
    assert {found.name for found in second.finished} == {"a", "b", "c"}
    assert (folder.path / "a" / "rows.json").stat().st_mtime_ns == before
    assert first.finished == second.finished[:2]


def test_a_worker_that_joins_later_with_another_tfvis_ends_the_run(begun_work, jobs):
    work, folder = begun_work()
    report = explain_chunk(replace(work, version="99.0"), jobs[:1])
    assert report.failure == (
        f"Expected workers with tfvis 99.0, found tfvis {__version__} at {platform.node()!r}. "
        "Install the same version there."
    )
    assert folder.names() == ()


def test_a_worker_ends_when_its_run_has_ended(begun_work, jobs, monkeypatch):
    work, folder = begun_work()
    real = worker.explained_image

    def then_end(*arguments):
        folder.end_run()
        return real(*arguments)

    monkeypatch.setattr(worker, "explained_image", then_end)
    report = explain_chunk(work, jobs)
    assert [found.name for found in report.finished] == ["a"]
    assert explain_chunk(work, jobs).computed == 0


def test_an_image_that_killed_its_worker_three_times_is_given_up(begun_work, jobs):
    work, folder = begun_work()
    for _ in range(ATTEMPTS):
        folder.begin("b")
    report = explain_chunk(work, jobs[:3])
    rows = {found.name: found.rows[0].problem for found in report.finished}
    assert rows == {
        "a": None, "b": "Its worker was killed 3 times while it was explained.", "c": None,
    }  # fmt: skip


def test_a_file_that_is_no_image_stops_nothing(begun_work, jobs, tmp_path):
    (tmp_path / "bad.png").write_text("no image")
    bad = replace(jobs[1], path=str(tmp_path / "bad.png"))
    gone = replace(jobs[2], path=str(tmp_path / "gone.png"))
    work, _ = begun_work()
    first, second, third, fourth = explain_chunk(work, [jobs[0], bad, gone, jobs[3]]).finished
    assert (first.problem, fourth.problem) == (None, None)
    assert "bad.png" in second.problem and "gone.png" in third.problem


def test_an_error_that_nobody_foresaw_stops_nothing(begun_work, jobs, monkeypatch):
    real = worker.explained_image

    def sometimes(net, explainers, work, job, source):
        if job.name == "a":
            raise RecursionError("deep")
        return real(net, explainers, work, job, source)

    monkeypatch.setattr(worker, "explained_image", sometimes)
    first, second = explain_chunk(begun_work()[0], jobs[:2]).finished
    assert first.problem == "RecursionError: deep" and second.problem is None


def test_a_full_disk_ends_the_chunk_with_its_reason(begun_work, jobs, monkeypatch):
    work, folder = begun_work()

    def refuse(*arguments):
        raise WriteError("Cannot write 'x': No space left on device.")

    monkeypatch.setattr(worker, "explained_image", refuse)
    report = explain_chunk(work, jobs)
    assert report.failure == "Cannot write 'x': No space left on device."
    assert report.finished == () and folder.attempts("a") == 0


def test_a_worker_that_does_not_see_the_folder_says_so(work, jobs, monkeypatch):
    monkeypatch.setattr(worker, "PATIENCE", 0.1)
    report = explain_chunk(work(token="t"), jobs)
    assert "Expected the folder" in report.failure and "choose an --output" in report.failure
    assert not tmp_path_of(work()).exists()


def test_a_network_that_cannot_be_had_ends_the_run(begun_work, jobs, tmp_path):
    from tfvis.batches import ModelSource

    work, _ = begun_work(source=ModelSource(model=str(tmp_path / "gone.keras")))
    assert "gone.keras" in explain_chunk(work, jobs).failure


def test_one_image_is_explained_at_a_time_in_a_process_with_several_threads(
    begun_work, jobs, monkeypatch
):
    work, _ = begun_work()
    now, most = [], []
    real = worker.explained_image

    def counted(*arguments):
        now.append(1)
        most.append(len(now))
        try:
            return real(*arguments)
        finally:
            now.pop()

    monkeypatch.setattr(worker, "explained_image", counted)
    threads = [
        threading.Thread(target=explain_chunk, args=(work, jobs[k : k + 2])) for k in (0, 2, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 6 and max(most) == 1


def test_a_run_that_cannot_be_read_of_for_a_moment_goes_on(begun_work, jobs, monkeypatch):
    work, _ = begun_work()
    real, asked = BatchFolder.running, []

    def running(self):
        asked.append(1)
        return None if len(asked) == 2 else real(self)

    monkeypatch.setattr(BatchFolder, "running", running)
    assert explain_chunk(work, jobs[:2]).computed == 2
    monkeypatch.setattr(worker, "PATIENCE", 0.1)
    monkeypatch.setattr(BatchFolder, "running", lambda self: None)
    assert explain_chunk(work, jobs[2:3]).computed == 0


def test_signals_are_ignored_in_processes_of_the_run_alone(begun_work, jobs):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    work, _ = begun_work(own_process=True)
    explain_chunk(work, jobs[:1])
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_worker_with_other_weights_explains_nothing(begun_work, jobs):
    work, folder = begun_work(network="0" * 64)
    report = explain_chunk(work, jobs[:2])
    assert report.failure.startswith("Expected the same network on all workers, ")
    assert folder.names() == ()
