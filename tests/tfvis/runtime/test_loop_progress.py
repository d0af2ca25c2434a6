"""Who is told of a compiled loop's progress, and what ends the loop early."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from tfvis.runtime.interruption import Interrupted, interruptible
from tfvis.runtime.loop_progress import LoopProgress

ROOT = Path(__file__).parents[3]
FOREVER = 1_000_000


@pytest.fixture(scope="module")
def loop():
    """A compiled loop, its progress, and a list of what it has worked on."""
    progress, worked = LoopProgress(), []

    def work(k):
        worked.append(int(k))
        return k + 1

    @tf.function
    def count(n):
        def body(k, _):
            after = tf.numpy_function(work, [k], tf.int32)
            after.set_shape([])
            return after, progress(k + 1, after)

        k, _ = tf.while_loop(
            lambda k, go_on: tf.logical_and(k < n, go_on), body, (tf.constant(0), True)
        )
        return k

    return count, progress, worked


def counts_to_three(loop):
    count, progress, _ = loop
    told = []
    return int(progress.run(count, tf.constant(3), report=told.append)) == 3 and told == [1, 2, 3]


def test_each_run_tells_its_own_listener(loop):
    count, progress, _ = loop
    first, second = [], []
    for told in (first, second):
        assert int(progress.run(count, tf.constant(3), report=told.append)) == 3
    assert int(count(tf.constant(3))) == 3
    assert first == second == [1, 2, 3]
    assert all(type(number) is int for number in first)
    assert count.experimental_get_tracing_count() == 1


def test_what_is_told_is_done(loop):
    count, progress, worked = loop
    worked.clear()
    done = []
    progress.run(count, tf.constant(20), report=lambda number: done.append((number, len(worked))))
    assert len(done) == 20
    assert all(number <= n_worked for number, n_worked in done)


@pytest.mark.parametrize("error", [BrokenPipeError, KeyboardInterrupt])
def test_a_listeners_error_ends_the_loop_and_is_its_own(loop, error):
    count, progress, worked = loop
    worked.clear()
    told = []

    def leave(number):
        told.append(number)
        if number == 3:
            raise error

    with pytest.raises(error):
        progress.run(count, tf.constant(FOREVER), report=leave)
    assert told == [1, 2, 3]
    assert len(worked) <= 5
    assert counts_to_three(loop)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_loop(loop, number):
    count, progress, worked = loop
    worked.clear()
    handled = threading.Event()

    def handle(*_):
        handled.set()
        raise TimeoutError

    def report(done):
        if done == 3:
            os.kill(os.getpid(), number)
            assert handled.wait(60)  # while the loop is running, not after it

    before = signal.signal(number, handle)
    try:
        with pytest.raises(TimeoutError):
            progress.run(count, tf.constant(FOREVER), report=report)
    finally:
        signal.signal(number, before)
    assert len(worked) < FOREVER
    assert counts_to_three(loop)


@pytest.mark.parametrize("eagerly", [False, True])
def test_an_interruption_that_got_lost_ends_the_loop(loop, eagerly):
    count, progress, _ = loop
    ended = []
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 1000)  # without the timer that raises it again
    tf.config.run_functions_eagerly(eagerly)
    try:
        with pytest.raises(Interrupted), interruptible():
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
            progress.run(count, tf.constant(FOREVER), report=lambda done: None)
            ended.append("by itself")
    finally:
        tf.config.run_functions_eagerly(False)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGTERM, before)
    assert not ended
    assert counts_to_three(loop)


def test_a_signal_whose_handler_raises_nothing_changes_nothing(loop):
    count, progress, _ = loop
    handled = threading.Event()

    def report(done):
        if done == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            assert handled.wait(60)

    before = signal.signal(signal.SIGTERM, lambda *_: handled.set())
    try:
        assert int(progress.run(count, tf.constant(9), report=report)) == 9
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_error_of_the_loop_is_raised(loop):
    _, progress, _ = loop

    @tf.function
    def fail(x):
        tf.debugging.assert_positive(x)
        return progress(x, x)

    with pytest.raises(tf.errors.InvalidArgumentError):
        progress.run(fail, tf.constant(-1), report=print)
    assert counts_to_three(loop)


def test_threads_take_turns(loop):
    count, progress, _ = loop
    told = [[] for _ in range(4)]

    def run(own):
        progress.run(count, tf.constant(50), report=own.append)

    threads = [threading.Thread(target=run, args=(own,)) for own in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [list(range(1, 51))] * 4


def test_an_error_while_another_threads_loop_is_running_stops_only_its_own(loop):
    count, progress, _ = loop
    begun, go_on = threading.Event(), threading.Event()
    told = []

    def report(done):
        told.append(done)
        begun.set()
        assert go_on.wait(60)

    thread = threading.Thread(
        target=progress.run, args=(count, tf.constant(5)), kwargs={"report": report}
    )
    thread.start()
    assert begun.wait(60)

    def handle(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(TimeoutError):
            progress.run(count, tf.constant(FOREVER), report=pytest.fail)
    finally:
        signal.signal(signal.SIGALRM, before)
        go_on.set()
        thread.join()
    assert told == [1, 2, 3, 4, 5]
    assert counts_to_three(loop)


def test_the_function_is_traced_in_the_callers_thread_with_its_dtype_policy():
    progress, seen = LoopProgress(), []

    @tf.function
    def look(x):
        seen.append((keras.mixed_precision.dtype_policy().name, threading.current_thread()))
        return tf.identity(x)

    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        progress.run(look, tf.constant(1.0), report=print)
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    assert seen == [("mixed_bfloat16", threading.current_thread())]


@pytest.mark.slow
def test_the_function_has_the_callers_device():
    """In a process of its own, which has two."""
    code = """
import tensorflow as tf
from tfvis.runtime.loop_progress import LoopProgress
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
run = tf.function(lambda x: x + 1)
x = tf.constant(1.0)
for device in ("CPU:1", "CPU:0"):
    with tf.device(device):
        print(LoopProgress().run(run, x, report=print).device)
"""
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert [line[-5:] for line in found.stdout.splitlines()] == ["CPU:1", "CPU:0"], found.stderr


def test_eagerly_the_loop_stays_in_its_thread(loop):
    count, progress, worked = loop
    worked.clear()
    threads = set()

    def report(done):
        threads.add(threading.current_thread())
        if done == 3:
            raise BrokenPipeError

    tf.config.run_functions_eagerly(True)
    try:
        with pytest.raises(BrokenPipeError):
            progress.run(count, tf.constant(FOREVER), report=report)
    finally:
        tf.config.run_functions_eagerly(False)
    assert threads == {threading.current_thread()}
    assert len(worked) <= 5
    assert counts_to_three(loop)
