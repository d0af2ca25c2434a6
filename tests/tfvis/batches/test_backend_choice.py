"""Which backend suits a batch, and how many workers."""

import pytest

from tfvis.batches import backend_choice
from tfvis.batches.backend_choice import choose_backend, workers_for


@pytest.fixture
def machine(monkeypatch):
    def make(cores=4, gpu=False, memory=64e9):
        monkeypatch.setattr(backend_choice, "cores", lambda: cores)
        monkeypatch.setattr(backend_choice, "has_gpu", lambda device: gpu)
        monkeypatch.setattr(backend_choice, "_available", lambda: int(memory))

    return make


@pytest.mark.parametrize(
    ("cores", "gpu", "images", "expected"),
    [(4, False, 1000, "loky"), (1, False, 1000, "serial"), (4, True, 1000, "serial"),
     (4, False, 31, "serial"), (4, False, 32, "loky")],
)  # fmt: skip
def test_several_processes_where_they_are_worth_their_start(machine, cores, gpu, images, expected):
    machine(cores, gpu)
    backend, reason = choose_backend(None, images)
    assert backend == expected and reason


def test_what_is_named_is_taken(machine):
    machine(cores=1)
    assert choose_backend("dask", 3) == ("dask", None)


def test_one_worker_a_core_as_far_as_memory_and_images_go(machine):
    machine(cores=8)
    assert workers_for("loky", None, 1000) == 8
    assert workers_for("loky", None, 3) == 3
    machine(cores=8, memory=4.6e9)
    assert workers_for("loky", None, 1000) == 3
    machine(cores=8, memory=1e6)
    assert workers_for("loky", None, 1000) == 1


def test_what_is_asked_for_is_taken_and_a_cluster_has_its_own_number(machine):
    machine(cores=8)
    assert workers_for("loky", 20, 5) == 20
    assert workers_for("dask", None, 5) is None
    assert workers_for("serial", None, 5) == 1


def test_this_machine_can_be_asked():
    assert backend_choice.cores() >= 1
    assert backend_choice._available() > 0
    import tensorflow as tf

    assert backend_choice.has_gpu() == bool(tf.config.list_physical_devices("GPU"))
    assert backend_choice.has_gpu("GPU:0") and not backend_choice.has_gpu("CPU:0")


def test_the_bounds_of_a_container_count(tmp_path):
    from tfvis.batches.backend_choice import _left_in_container

    assert _left_in_container(tmp_path) == []
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert _left_in_container(tmp_path) == []
    (tmp_path / "memory.max").write_text("4000\n")
    assert _left_in_container(tmp_path) == [3000]
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("500")
    (tmp_path / "memory" / "memory.usage_in_bytes").write_text("700")
    assert _left_in_container(tmp_path) == [3000, 0]
