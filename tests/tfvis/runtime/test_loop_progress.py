import pytest
import tensorflow as tf

from tfvis.runtime.loop_progress import LoopProgress


@pytest.fixture(scope="module")
def loop():
    """A compiled loop, its progress, and a list of what it has worked on."""
    progress, worked = LoopProgress(), []

    def work(k):
        worked.append(int(k))
        return k + 1

    @tf.function
    def run(n):
        def body(k):
            (after,) = tf.numpy_function(work, [k], [tf.int32])
            after.set_shape([])
            progress(k + 1, after)
            return (after,)

        return tf.while_loop(lambda k: k < n, body, (tf.constant(0),))

    return run, progress, worked


def test_each_run_tells_its_own_listener(loop):
    run, progress, _ = loop
    first, second = [], []
    for told in (first, second):
        with progress.to(told.append):
            run(tf.constant(3))
    run(tf.constant(3))
    assert first == second == [1, 2, 3]
    assert all(type(number) is int for number in first)
    assert run.experimental_get_tracing_count() == 1


def test_what_is_told_is_done(loop):
    run, progress, worked = loop
    worked.clear()
    done = []
    with progress.to(lambda number: done.append((number, len(worked)))):
        run(tf.constant(20))
    assert all(number <= n_worked for number, n_worked in done)


def test_a_listeners_error_is_its_own(loop):
    run, progress, _ = loop
    told = []

    def leave(number):
        told.append(number)
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError), progress.to(leave):
        run(tf.constant(5))
    assert told == [1]
    with progress.to(told.append):
        run(tf.constant(1))
    assert told == [1, 1]
