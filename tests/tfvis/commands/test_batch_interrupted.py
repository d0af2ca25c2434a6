"""`tfvis batch` that is ended in the middle, in a process of its own: the same command goes on."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from batch_results import results
from disks import enlarged, small_disk
from PIL import Image

from tfvis.critters import render_scene

ROOT = Path(__file__).parents[3]
NAMES = tuple("abcdefghijkl")
QUICK = ["--model", "critters", "--attribution-steps", "4", "--n-groups", "2"]
BACKEND = ["--backend", "loky", "--workers", "2"]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of twelve scenes."""
    folder = tmp_path_factory.mktemp("scenes") / "photos"
    folder.mkdir()
    for k, name in enumerate(NAMES):
        pixels = render_scene([("dog", "cat", "owl")[k % 3]], seed=k).image
        whole = np.uint8(np.round(255 * np.asarray(pixels)))
        Image.fromarray(whole).save(folder / f"{name}.png")
    return folder


def command(photos, output):
    words = ["batch", photos, "--output", output, *QUICK, *BACKEND]
    return [sys.executable, "-m", "tfvis", *map(str, words)]


def run(photos, output):
    """Run the command to its end; returns what it says."""
    found = subprocess.run(
        command(photos, output), capture_output=True, text=True, check=False, cwd=ROOT, timeout=300
    )
    assert found.returncode == 0, found.stderr
    assert "Traceback" not in found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def undisturbed(photos, tmp_path_factory):
    """The folder of a run that nobody disturbed."""
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    run(photos, output)
    return output


@contextlib.contextmanager
def begun(photos, output, finished):
    """A run in a session of its own, of which so many images are finished."""
    with subprocess.Popen(
        command(photos, output), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=ROOT, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            while len(list(output.glob("*/rows.json"))) < finished:
                assert process.poll() is None, process.communicate()
                time.sleep(0.02)
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def table(folder):
    return pd.read_parquet(folder / "index.parquet").drop(columns="seconds")


def require_the_same(folder, undisturbed):
    assert results(folder) == results(undisturbed)
    assert len({Path(place).parts[0] for place in results(folder)}) == len(NAMES)
    pd.testing.assert_frame_equal(table(folder), table(undisturbed))
    assert {path.name for path in folder.iterdir()} == {path.name for path in undisturbed.iterdir()}
    assert (folder / "batch.json").read_bytes() == (undisturbed / "batch.json").read_bytes()
    assert not list((folder / ".batch").glob("lock*"))
    assert not list(folder.rglob("*.new"))


@pytest.mark.slow
def test_a_run_that_was_asked_to_end_is_gone_on_with(photos, undisturbed, tmp_path):
    output = tmp_path / "out"
    with begun(photos, output, finished=3) as process:
        process.send_signal(signal.SIGTERM)
        said, err = process.communicate(timeout=120)
    assert process.returncode == 143
    assert "Traceback" not in err
    n = len(list(output.glob("*/rows.json")))
    assert 3 <= n < len(NAMES)
    assert err.splitlines()[-1] == (
        f"tfvis: interrupted; {n} of {len(NAMES)} images were finished and are in {str(output)!r}; "
        "the same command goes on."
    )
    assert "Ending: the images that are begun are finished first. Once more to end at once." in said
    assert len(table(output)) == n  # the index has what there is
    said = run(photos, output)
    assert f"{n} of {len(NAMES)} images are taken over from an earlier run." in said
    require_the_same(output, undisturbed)


@pytest.mark.slow
def test_a_run_that_was_killed_is_gone_on_with(photos, undisturbed, tmp_path):
    output = tmp_path / "out"
    with begun(photos, output, finished=3) as process:
        os.killpg(process.pid, signal.SIGKILL)  # its workers too, as where the power fails
        process.wait()
    n = len(list(output.glob("*/rows.json")))
    assert 3 <= n < len(NAMES)
    said = run(photos, output)  # which waits for the lock's time, half a minute
    assert f"Another run works in {str(output)!r}, or was killed a moment ago" in said
    assert f"{n} of {len(NAMES)} images are taken over from an earlier run." in said
    require_the_same(output, undisturbed)


@pytest.mark.slow
def test_workers_whose_run_was_killed_alone_do_not_disturb_the_next(photos, undisturbed, tmp_path):
    output = tmp_path / "out"
    with begun(photos, output, finished=2) as process:
        process.kill()  # its workers live on for a moment
        process.wait()
        run(photos, output)
    require_the_same(output, undisturbed)


@pytest.mark.slow
def test_a_run_that_filled_the_disk_is_gone_on_with(photos, undisturbed, tmp_path):
    with small_disk(tmp_path, "6m") as disk:
        output = disk / "out"
        full = subprocess.run(
            command(photos, output), capture_output=True, text=True, check=False, cwd=ROOT,
            timeout=300,
        )  # fmt: skip
        assert full.returncode == 2
        assert "Traceback" not in full.stderr
        line = full.stderr.splitlines()[-1]
        assert line.startswith("tfvis: error: Cannot write ")
        assert line.endswith("No space left on device.")
        before = results(output)
        n = len(list(output.glob("*/rows.json")))
        assert 1 <= n < len(NAMES)
        enlarged(disk, "64m")
        said = run(photos, output)
        assert f"{n} of {len(NAMES)} images are taken over from an earlier run." in said
        require_the_same(output, undisturbed)
        kept = {place for place in before if Path(place).name == "rows.json"}
        assert kept and all(before[place] == results(output)[place] for place in kept)


@pytest.mark.slow
def test_a_second_run_at_once_is_refused(photos, undisturbed, tmp_path):
    output = tmp_path / "out"
    with begun(photos, output, finished=1) as process:
        os.killpg(process.pid, signal.SIGSTOP)  # so that it is not finished meanwhile
        second = subprocess.Popen(
            command(photos, output), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=ROOT,
        )  # fmt: skip
        with second:
            waiting = f"Another run works in {str(output)!r}, or was killed"
            assert any(line.startswith(waiting) for line in second.stdout)
            os.kill(process.pid, signal.SIGCONT)  # it is alive, but its workers do not go on yet
            _, err = second.communicate(timeout=120)
        os.killpg(process.pid, signal.SIGCONT)
        assert second.returncode == 2
        assert err.splitlines()[-1] == (
            f"tfvis: error: Another run works in {str(output)!r}. Wait for its end, or choose "
            "another --output."
        )
        process.communicate(timeout=300)
        assert process.returncode == 0
    require_the_same(output, undisturbed)
