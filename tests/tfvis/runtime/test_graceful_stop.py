"""The first signal asks a run to end, a second one ends it at once."""

import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from tfvis.runtime import graceful_stop as module
from tfvis.runtime.graceful_stop import graceful_stop

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_calls_the_function_and_is_remembered(number):
    told, after = [], False
    with graceful_stop(told.append) as request:
        assert request.number is None
        signal.raise_signal(number)
        after = True  # nothing was raised
    assert after
    assert told == [number]
    assert request.number == number


def test_without_a_signal_nothing_is_called():
    told = []
    with graceful_stop(told.append) as request:
        pass
    assert told == []
    assert request.number is None


@pytest.mark.parametrize("error", [None, ZeroDivisionError])
def test_the_handlers_before_are_put_back(error):
    before = [signal.getsignal(number) for number in SIGNALS]
    try:
        with graceful_stop(lambda number: None):
            assert [signal.getsignal(number) for number in SIGNALS] != before
            if error:
                raise error
    except ZeroDivisionError:
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_signals_at_once_count_as_one():
    told = []
    with graceful_stop(told.append) as request:
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):  # as `timeout` sends them
            signal.raise_signal(number)
    assert told == [request.number] == [signal.SIGTERM]


SECOND = """
    import signal, sys, time
    from tfvis.runtime.graceful_stop import graceful_stop

    with graceful_stop(lambda number: print("ending", flush=True)):
        signal.raise_signal(signal.SIGTERM)
        time.sleep(1.2)  # later than the grace of a second
        print("still there", flush=True)
        signal.raise_signal(int(sys.argv[1]))
        print("never printed", flush=True)
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_the_process_at_once(number):
    code = [sys.executable, "-c", textwrap.dedent(SECOND), str(int(number))]
    found = subprocess.run(code, capture_output=True, text=True, check=False)
    assert found.stdout == "ending\nstill there\n"
    assert found.returncode == -number
    assert found.stderr == ""


def test_another_thread_changes_nothing():
    before = [signal.getsignal(number) for number in SIGNALS]
    found = []

    def within():
        with graceful_stop(found.append) as request:
            found.append([signal.getsignal(number) for number in SIGNALS])
        found.append(request.number)

    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    assert found == [before, None]


def test_the_grace_is_that_of_other_commands():
    from tfvis.runtime import interruption

    assert module._GRACE == interruption._GRACE
