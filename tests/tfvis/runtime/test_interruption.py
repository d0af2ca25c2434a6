"""A signal ends a command, which says what is finished."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tfvis.runtime.interruption import (
    Finished,
    Interrupted,
    finishing,
    interruptible,
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


@pytest.mark.parametrize("number", SIGNALS)
def test_a_later_second_signal_kills(number):
    code = f"""
import signal, time
from tfvis.runtime.interruption import interruptible
with interruptible():
    try:
        signal.raise_signal({int(number)})
    finally:
        time.sleep(1.1)
        signal.raise_signal({int(number)})
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
