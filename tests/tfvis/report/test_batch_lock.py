"""One run at a time works in a batch's folder, wherever it runs; one that is dead holds nothing."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from disks import remounted_read_only, small_disk
from flufl.lock import _lockfile

from tfvis.report import batch_lock
from tfvis.report.batch_lock import BatchLock
from tfvis.report.writing import WriteError
from tfvis.utils.errors import InputError

LONG, SHORT, EVERY = 20.0, 2.0, 0.3
"""Seconds: a lock is to last however busy the machine is, or to be over soon."""


@pytest.fixture(autouse=True)
def clocks_are_right(monkeypatch):
    """Locks are taken over after 2 seconds, not 30."""
    monkeypatch.setattr(batch_lock, "_CLOCKS", 0.3)
    monkeypatch.setattr(_lockfile, "CLOCK_SLOP", batch_lock.timedelta(seconds=0.3))


@pytest.fixture
def file(tmp_path):
    return place_in(tmp_path / "out")


def place_in(folder):
    """The file of a batch's lock."""
    (folder / ".batch").mkdir(parents=True)
    return folder / ".batch" / "lock"


def lock_of(file, said=None, lifetime=LONG):
    said = [] if said is None else said
    return BatchLock(file, said.append, lifetime=lifetime, every=EVERY)


def refused(file, said=None):
    """What a second run is told."""
    with pytest.raises(InputError) as error, lock_of(file, said):
        pass
    return str(error.value)


class Server:
    """The module `os` on a file server, whose calls may do otherwise."""

    def __init__(self, **calls):
        vars(self).update(calls)

    def __getattr__(self, name):
        return getattr(os, name)


def uncounted(path):
    """What is said of a file by a server that counts no links."""
    found = Path(path).stat()
    return SimpleNamespace(st_nlink=1, st_mtime=found.st_mtime)


def test_a_server_may_not_count_links(file, monkeypatch):
    monkeypatch.setattr(_lockfile, "os", Server(stat=uncounted))
    with lock_of(file) as lock:
        time.sleep(4 * EVERY)
        assert not lock.lost.is_set()
        assert refused(file).startswith("Another run works in ")
    assert not list(file.parent.glob("lock*"))


def test_a_renewal_that_is_shown_late_is_no_sign_of_life(file, monkeypatch):
    with run_elsewhere(file) as process:
        process.kill()
    late = iter([file.stat().st_mtime - EVERY])
    real = BatchLock._until
    monkeypatch.setattr(BatchLock, "_until", lambda lock: next(late, None) or real(lock))
    with lock_of(file):
        pass


def test_a_server_may_be_asked_twice_for_one_link(file, monkeypatch):
    def link(source, target):
        os.link(source, target)
        raise FileExistsError(errno.EEXIST, "the answer to the second question", target)

    monkeypatch.setattr(_lockfile, "os", Server(link=link))
    with lock_of(file) as lock:
        assert refused(file).startswith("Another run works in ")
        assert not lock.lost.is_set()
    assert not list(file.parent.glob("lock*"))


TAKES = """
    import sys, time
    from datetime import timedelta
    from pathlib import Path
    from flufl.lock import _lockfile
    from tfvis.report import batch_lock

    batch_lock._CLOCKS, _lockfile.CLOCK_SLOP = 0.3, timedelta(seconds=0.3)
    file, lifetime, every = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    with batch_lock.BatchLock(file, lifetime=lifetime, every=every):
        print("taken", flush=True)
        time.sleep(600)
"""


@contextlib.contextmanager
def run_elsewhere(file, lifetime=SHORT, every=EVERY):
    """A process that has the lock; it is killed in the end."""
    code = [sys.executable, "-c", textwrap.dedent(TAKES), str(file), str(lifetime), str(every)]
    with subprocess.Popen(code, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "taken\n"
            yield process
        finally:
            process.kill()


def test_the_lock_is_there_within_the_block_alone(file):
    with lock_of(file) as lock:
        assert file.is_file()
        assert not lock.lost.is_set()
    assert not list(file.parent.iterdir())


def test_the_lock_goes_after_an_error_too(file):
    with pytest.raises(ZeroDivisionError), lock_of(file):
        raise ZeroDivisionError
    assert not list(file.parent.iterdir())


def test_a_free_lock_is_taken_at_once_and_without_a_word(file):
    said = []
    with lock_of(file, said):
        pass
    with lock_of(file, said):
        pass
    assert said == []


def test_a_second_run_is_refused_while_the_first_one_gives_signs(file):
    out, said = str(file.parent.parent), []
    with lock_of(file) as lock:
        start = time.monotonic()
        told = refused(file, said)
        assert time.monotonic() - start < LONG  # it need not wait for the end
        assert not lock.lost.is_set()
    assert told == f"Another run works in {out!r}. Wait for its end, or choose another --output."
    assert said == [
        f"Another run works in {out!r}, or was killed a moment ago: waiting to see which."
    ]


def test_signs_are_given_for_as_long_as_the_block_lasts(file):
    with lock_of(file) as lock:
        ends = [file.stat().st_mtime]
        for _ in range(3):
            time.sleep(3 * EVERY)
            ends.append(file.stat().st_mtime)
        assert ends == sorted(set(ends))
        assert not lock.lost.is_set()
    assert not [own for own in threading.enumerate() if own.name == "batch lock"]


def test_a_run_of_another_process_is_seen(file):
    with run_elsewhere(file, LONG):
        assert refused(file).startswith("Another run works in ")


def test_the_lock_of_a_killed_run_is_taken_over_after_its_time(file):
    said = []
    with run_elsewhere(file) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert file.is_file()
        left = file.stat().st_mtime - time.time()
        start = time.monotonic()
        with lock_of(file, said) as lock:
            assert time.monotonic() - start >= left
            assert not lock.lost.is_set()
    assert len(said) == 1
    assert not list(file.parent.iterdir())  # what the killed one left is gone too


def test_a_lock_that_is_over_is_taken_at_once(file):
    with run_elsewhere(file, LONG):
        pass
    long_ago = time.time() - 3600
    os.utime(file, (long_ago, long_ago))
    start = time.monotonic()
    with lock_of(file):
        assert time.monotonic() - start < LONG


def test_a_process_that_lives_and_gives_no_sign_holds_nothing(file):
    # Process ids mean nothing on another machine.
    with run_elsewhere(file, every=600) as process, lock_of(file) as lock:
        assert process.poll() is None
        assert not lock.lost.is_set()


def test_a_run_that_was_stopped_learns_that_another_has_the_lock(file):
    with lock_of(file, lifetime=SHORT) as lock:
        lock._left.set()  # as if asleep: no sign is given
        lock._signs.join()
        with run_elsewhere(file, LONG):
            lock._left.clear()
            lock._renew()  # it wakes up
            assert lock.lost.is_set()
    assert file.is_file()  # the other's lock is not removed


def test_of_two_that_wait_for_a_dead_run_one_gets_the_lock(file):
    with run_elsewhere(file):
        pass
    found, over = [], threading.Event()

    def attempt():
        try:
            with lock_of(file):
                found.append("taken")
                over.wait(30)
        except InputError:
            found.append("refused")
            over.set()

    both = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(found) == ["refused", "taken"]


@pytest.mark.parametrize("left", [-1800, 5, 1800])
def test_clocks_that_go_back_soon_or_lately_make_no_lock_longer(file, monkeypatch, left):
    # Summer time ends in so many seconds: what clocks say in its last hour they say twice.
    end = time.gmtime(time.time() + left + 3600)
    clock = time.strftime("%H:%M:%S", end)
    monkeypatch.setenv("TZ", f"WIN0SUM-1,0/0,{end.tm_yday - 1}/{clock}")
    time.tzset()
    try:
        with lock_of(file):
            assert 0 < file.stat().st_mtime - time.time() <= LONG
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("name", ["a^b", "a|b~c", "^|~", "a#b^c|d", "with space", "caf\udce9"])
def test_the_folder_may_have_any_sign_in_its_name(tmp_path, name):
    file = place_in(tmp_path / name)
    with lock_of(file):
        assert refused(file).startswith("Another run works in ")
    assert not list(file.parent.iterdir())


def test_a_read_only_folder_is_one_line(tmp_path):
    with small_disk(tmp_path) as disk:
        file = place_in(disk / "out")
        remounted_read_only(disk)
        with pytest.raises(WriteError) as error, lock_of(file):
            pass
    assert str(error.value) == f"Cannot write {str(file)!r}: Read-only file system."


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    file = tmp_path / "gone" / "lock"
    with pytest.raises(WriteError) as error, lock_of(file):
        pass
    assert str(error.value) == f"Cannot write {str(file)!r}: No such file or directory."


def test_a_disk_that_turns_read_only_hides_no_other_error(tmp_path):
    with small_disk(tmp_path) as disk:
        file = place_in(disk / "out")
        with pytest.raises(ZeroDivisionError), lock_of(file):
            remounted_read_only(disk)
            raise ZeroDivisionError


def test_a_sign_that_the_disk_refuses_may_be_given_later(file, monkeypatch):
    with lock_of(file) as lock:
        monkeypatch.setattr(lock._lock, "refresh", refusing(lock._lock.refresh, times=2))
        before = file.stat().st_mtime
        time.sleep(5 * EVERY)
        assert file.stat().st_mtime > before
        assert not lock.lost.is_set()


def refusing(method, times):
    left = [OSError(28, "No space left on device")] * times

    def attempt():
        if left:
            raise left.pop()
        method()

    return attempt
