"""What runs the chunks of a batch."""

import importlib
import os
import time
from pathlib import Path

import pytest
from batch_tasks import pid_of, square, threads_of
from dask_clusters import dask_cluster

from tfvis import __version__
from tfvis.batches import engines
from tfvis.batches.engines import engine, require_same_versions
from tfvis.utils import InputError


def test_loky_is_never_this_process():
    with (
        pytest.raises(InputError, match="2 or more workers with loky, received 1"),
        engine("loky", 1),
    ):
        pass


def test_serial_runs_in_this_process():
    with engine("serial") as found:
        assert found.workers == 1
        assert list(found.map(pid_of, range(3))) == [os.getpid()] * 3


def test_tasks_are_asked_for_as_there_is_room_for_them():
    asked = []

    def tasks():
        for k in range(5):
            asked.append(k)
            yield k

    with engine("serial") as found:
        results = found.map(square, tasks())
        assert next(results) == 0
        assert len(asked) <= 2
        assert list(results) == [1, 4, 9, 16]


def test_loky_runs_in_processes_of_its_own_with_their_share_of_the_threads():
    with engine("loky", 2) as found:
        assert (found.workers, found.streams) == (2, True)
        assert sorted(found.map(square, range(8))) == [k * k for k in range(8)]
        assert os.getpid() not in set(found.map(pid_of, range(4)))
        (threads,) = set(found.map(threads_of, range(2)))
        assert threads == str(found.threads)


def test_the_processes_of_loky_end_with_the_block():
    with engine("loky", 2) as found:
        pids = set(found.map(pid_of, range(8)))
    end = time.monotonic() + 30
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < end
        time.sleep(0.1)


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_process_of_loky_is_told():
    from batch_tasks import die

    with engine("loky", 2) as found, pytest.raises(found.died):
        list(found.map(die, range(2)))


def test_without_streaming_results_come_in_waves():
    with engine("serial") as found:
        from dataclasses import replace

        assert list(replace(found, streams=False).map(square, range(11))) == [
            k * k for k in range(11)
        ]


@pytest.mark.slow
def test_dask_runs_on_the_workers_of_a_scheduler(tmp_path):
    pytest.importorskip("distributed")
    with (
        dask_cluster(tmp_path, workers=2) as cluster,
        engine("dask", 2, address=cluster.address) as found,
    ):
        assert (found.workers, found.threads) == (2, None)
        assert sorted(found.map(square, range(8))) == [k * k for k in range(8)]
        assert set(found.map(pid_of, range(8))) <= {own.pid for own in cluster.workers}


@pytest.mark.slow
def test_a_dask_worker_computes_with_the_threads_that_it_has(tmp_path):
    pytest.importorskip("distributed")
    from batch_tasks import own_threads_of

    with dask_cluster(tmp_path) as cluster:
        cluster.add_worker(threads=3)
        with engine("dask", address=cluster.address) as found:
            assert found.workers == 1
            assert list(found.map(own_threads_of, [0])) == [3]


@pytest.mark.slow
@pytest.mark.parametrize(("version", "told"), [(None, "no tfvis"), ("0.0.1", "tfvis 0.0.1")])
def test_a_dask_worker_without_this_version_of_tfvis(tmp_path, version, told):
    pytest.importorskip("distributed")
    preload = tmp_path / "other_tfvis.py"
    found = "None" if version is None else f"types.SimpleNamespace(__version__={version!r})"
    preload.write_text(f"import sys, types\nsys.modules['tfvis'] = {found}\n")
    with dask_cluster(tmp_path) as cluster:
        cluster.add_worker("--preload", str(preload))
        with (
            pytest.raises(InputError) as error,
            engine("dask", address=cluster.address),
        ):
            pass
    message = str(error.value)
    assert message.startswith(f"Expected workers with tfvis {__version__}, as ")
    assert f"found {told} at tcp://127.0.0.1:" in message and "\n" not in message


def test_a_scheduler_that_does_not_answer(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(engines, "SECONDS", 0.5)
    with (
        pytest.raises(InputError, match=r"No scheduler answers at 'tcp://127.0.0.1:9' within 0.5"),
        engine("dask", address="tcp://127.0.0.1:9"),
    ):
        pass


@pytest.mark.slow
def test_a_scheduler_without_workers(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(engines, "PATIENCE", 2.0)
    with (
        dask_cluster(tmp_path) as cluster,
        pytest.raises(InputError, match=r"Expected 2 workers at .*, found none after 2 seconds"),
        engine("dask", 2, address=cluster.address),
    ):
        pass


@pytest.mark.parametrize(("backend", "library"), [("dask", "dask"), ("ray", "ray")])
def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch, backend, library):
    def refuse(name, package=None):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with (
        pytest.raises(InputError) as error,
        engine(backend, address="tcp://127.0.0.1:9"),
    ):
        pass
    assert str(error.value) == (
        f"Expected {library} for --backend {backend}, which is not installed. Install it: "
        f"pip install 'tfvis[{backend}]'"
    )


def test_all_workers_must_have_this_version():
    require_same_versions({"tcp://a": __version__, "tcp://b": __version__})
    with pytest.raises(InputError, match=r"found no tfvis at tcp://b\. Install the same"):
        require_same_versions({"tcp://a": __version__, "tcp://b": None})


@pytest.mark.slow
def test_ray_runs_on_a_cluster_of_its_own():
    pytest.importorskip("ray")
    with engine("ray", 2) as found:
        assert not found.streams
        assert sorted(found.map(square, range(8))) == [k * k for k in range(8)]
