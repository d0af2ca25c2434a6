"""A signal ends a command, which says what is finished."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest

from tfvis.runtime.interruption import (
    Finished,
    Interrupted,
    finishing,
    interruptible,
    raise_if_requested,
    report_interruption,
)

ROOT = Path(__file__).parents[3]
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def defaults():
    """The handlers that a process begins with."""
    before = [signal.getsignal(number) for number in SIGNALS]
    own = [signal.default_int_handler, signal.SIG_DFL]
    for number, handler in zip(SIGNALS, own, strict=True):
        signal.signal(number, handler)
    yield own
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_raised_within_the_block_only(defaults, number):
    with pytest.raises(Interrupted) as error, interruptible():
        signal.raise_signal(number)
    assert error.value.number == number
    assert [signal.getsignal(each) for each in SIGNALS] == defaults


def test_handlers_are_restored_when_nothing_happens(defaults):
    with interruptible():
        assert [signal.getsignal(each) for each in SIGNALS] != defaults
    assert [signal.getsignal(each) for each in SIGNALS] == defaults


def test_a_second_signal_at_once_is_the_first_one(defaults):
    """`timeout` sends each signal twice."""
    with pytest.raises(Interrupted), interruptible():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)


CLEANING_UP = """
    try:
        signal.raise_signal(number)
    finally:
        time.sleep(1.1)
        signal.raise_signal(number)
"""
LOSING_EVERYTHING = """
    end = time.monotonic() + 1.1
    while time.monotonic() < end:
        with contextlib.suppress(BaseException):
            signal.raise_signal(number)
            time.sleep(2)
    with contextlib.suppress(BaseException):
        signal.raise_signal(number)
"""


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("block", [CLEANING_UP, LOSING_EVERYTHING])
def test_a_later_second_signal_kills(number, block):
    code = f"""
import contextlib, signal, time
from tfvis.runtime.interruption import interruptible
number = {int(number)}
with interruptible():
{block}
    print("alive")
"""
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (found.returncode, found.stdout, found.stderr) == (-number, "", "")


@pytest.mark.parametrize("own", [signal.SIG_IGN, lambda *_: None])
def test_what_others_handle_or_ignore_is_left_to_them(defaults, own):
    signal.signal(signal.SIGINT, own)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is own
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is own


class Deleted:
    """Is sent a signal while it goes."""

    def __del__(self):
        signal.raise_signal(signal.SIGTERM)


def lose_in_del():
    Deleted()


def lose_in_a_callback():
    class Value:
        pass

    value = Value()
    kept = weakref.ref(value, lambda _: signal.raise_signal(signal.SIGTERM))
    del value
    assert kept() is None


def lose_in_an_except_clause():
    with contextlib.suppress(BaseException):
        signal.raise_signal(signal.SIGTERM)


LOSSES = (lose_in_del, lose_in_a_callback, lose_in_an_except_clause)
dropped = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@dropped
@pytest.mark.parametrize("lose", LOSSES)
def test_an_interruption_that_got_lost_is_raised_again(defaults, lose):
    start = time.monotonic()
    with pytest.raises(Interrupted) as error, interruptible():
        lose()
        while time.monotonic() < start + 20:
            time.sleep(0.01)
    assert time.monotonic() < start + 20  # a failure in the block would count as interrupted
    assert error.value.number == signal.SIGTERM
    assert_nothing_is_left(defaults)


@dropped
def test_one_that_is_lost_again_and_again_is_raised_again_and_again(defaults):
    class Slow:
        def __del__(self):
            try:
                time.sleep(20)
            finally:
                lost.append(self)

    lost = []
    with pytest.raises(Interrupted), interruptible():
        lose_in_del()
        for _ in range(2):
            Slow()
        time.sleep(20)
        lost.append("the block went on")
    assert len(lost) == 2


def assert_nothing_is_left(defaults):
    assert [signal.getsignal(each) for each in SIGNALS] == defaults
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@dropped
@pytest.mark.parametrize("lose", LOSSES)
def test_one_that_got_lost_at_the_very_end_still_ends_the_block(defaults, lose, capsys):
    with pytest.raises(Interrupted) as error, interruptible():
        lose()
    assert_nothing_is_left(defaults)
    assert report_interruption(error.value, "tfvis") == 143
    assert capsys.readouterr().err == "tfvis: interrupted; everything was finished.\n"


@pytest.mark.parametrize("other", [SystemError("bad argument to internal function"), OSError("x")])
def test_an_error_in_the_interruptions_place_counts_as_the_interruption(defaults, other):
    with pytest.raises(Interrupted) as error, interruptible():
        lose_in_an_except_clause()
        raise other
    assert error.value.number == signal.SIGTERM
    assert error.value.__cause__ is other
    assert_nothing_is_left(defaults)


def test_what_was_finished_is_told_whatever_became_of_the_interruption(defaults):
    def interrupted(then):
        with pytest.raises(Interrupted) as error, interruptible():
            with finishing(Path("out"), images=2) as finished:
                finished.add("images")
                lose_in_an_except_clause()
                then()
            then = None  # the command goes on
        assert then is not None
        return error.value.number, error.value.kept

    def fail():
        raise SystemError("bad argument to internal function")

    for then in (fail, lambda: None):
        assert interrupted(then) == (signal.SIGTERM, "1 of 2 images was finished and is in 'out'")


def test_errors_and_ends_without_a_signal_are_as_ever(defaults):
    with pytest.raises(SystemError, match="another"), interruptible():
        raise SystemError("another")
    with interruptible(), finishing(Path("out"), images=2):
        raise_if_requested()
    assert_nothing_is_left(defaults)


def test_cleaning_up_is_not_cut_short(defaults):
    done = False
    with pytest.raises(Interrupted), interruptible():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            end = time.monotonic() + 0.8
            while time.monotonic() < end:
                raise_if_requested()
                time.sleep(0.01)
            done = True
    assert done


def test_a_timer_of_somebody_elses_is_left_alone(defaults):
    """The request is then seen by those that look for it, and when the block ends."""
    signal.setitimer(signal.ITIMER_REAL, 100)
    went_on = []
    try:
        with pytest.raises(Interrupted), interruptible():
            lose_in_an_except_clause()
            assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
            assert 90 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
            raise_if_requested()
            went_on.append(True)
        assert not went_on
        assert 90 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_a_block_within_another_leaves_the_request_to_it(defaults):
    went_on = False
    with pytest.raises(Interrupted), interruptible():
        with interruptible():
            lose_in_an_except_clause()
        time.sleep(20)
        went_on = True
    assert not went_on
    assert_nothing_is_left(defaults)


def test_other_threads_are_asked_nothing(defaults):
    found = []

    def look():
        with interruptible():
            raise_if_requested()
        found.append("went on")

    with pytest.raises(Interrupted), interruptible():
        lose_in_an_except_clause()
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        raise_if_requested()
    assert found == ["went on"]


def test_another_thread_changes_no_handler(defaults):
    found = []

    def look():
        with interruptible():
            found.extend(signal.getsignal(each) for each in SIGNALS)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == defaults


def test_what_is_finished_in_words():
    finished = Finished(Path("generated"), {"images": 5, "tables": 2})
    assert str(finished) == "nothing was finished"
    finished.add("images")
    assert str(finished) == "1 of 5 images was finished and is in 'generated'"
    finished.add("images")
    assert str(finished) == "2 of 5 images were finished and are in 'generated'"
    finished.add("tables")
    assert str(finished) == "2 of 5 images and 1 of 2 tables were finished and are in 'generated'"


def test_what_takes_the_place_of_something_else_counts_once():
    finished = Finished(Path("out"), {"folders": 3, "drafts": 3, "files": 3})
    finished.add("drafts")
    finished.add("drafts")
    finished.add("folders", instead_of="drafts")
    finished.add("files")
    assert str(finished) == (
        "1 of 3 folders, 1 of 3 drafts and 1 of 3 files were finished and are in 'out'"
    )
    finished.add("folders", instead_of="drafts")
    assert str(finished) == "2 of 3 folders and 1 of 3 files were finished and are in 'out'"


def test_an_interruption_says_what_was_finished(defaults, capsys):
    with (
        pytest.raises(Interrupted) as error,
        interruptible(),
        finishing(Path("out"), result_folders=3) as finished,
    ):
        finished.add("result folders")
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    assert report_interruption(error.value, "tfvis") == 143
    assert capsys.readouterr().err == (
        "tfvis: interrupted; 1 of 3 result folders was finished and is in 'out'.\n"
    )


def test_any_keyboard_interrupt_is_told(capsys):
    assert report_interruption(KeyboardInterrupt(), "tfvis") == 130
    assert capsys.readouterr().err == "tfvis: interrupted; nothing was finished.\n"
    with pytest.raises(Interrupted) as error, finishing(Path("out"), images=2) as finished:
        finished.add("images")
        raise KeyboardInterrupt
    assert error.value.number == signal.SIGINT
    assert error.value.kept == "1 of 2 images was finished and is in 'out'"


def test_other_errors_are_left_as_they_are():
    with pytest.raises(OSError, match="disk"), finishing(Path("out"), images=2):
        raise OSError("disk")
