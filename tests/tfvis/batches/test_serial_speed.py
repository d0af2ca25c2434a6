"""What several processes have to be faster than."""

from dataclasses import replace
from pathlib import Path

from tfvis import load_model
from tfvis.batches import serial_speed
from tfvis.batches.serial_speed import seconds_alone

from .conftest import tmp_path_of


def test_a_few_images_are_timed_and_nothing_is_left(work, jobs, monkeypatch):
    times = iter([0, 50, 100, 102, 200, 201, 300, 309])  # the first, of 50 s, also compiles
    monkeypatch.setattr(serial_speed.time, "perf_counter", lambda: next(times))
    monkeypatch.setattr(serial_speed, "explained_image", lambda *arguments: ())
    assert seconds_alone(load_model("critters"), work(), jobs) == 2
    assert not tmp_path_of(work()).exists()


def test_images_that_cannot_be_read_are_left_out(work, jobs, tmp_path):
    (tmp_path / "bad.png").write_text("no image")
    bad = replace(jobs[0], path=str(tmp_path / "bad.png"))
    found = seconds_alone(load_model("critters"), work(), [bad, *jobs])
    assert found is not None and found > 0
    assert seconds_alone(load_model("critters"), work(), [bad] * 20) is None
    assert not Path(work().output).exists()
