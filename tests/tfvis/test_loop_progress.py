import tensorflow as tf

from tfvis.loop_progress import LoopProgress


def test_each_run_of_a_loop_tells_its_own_listener():
    progress = LoopProgress()

    @tf.function
    def counted(n):
        def more(k):
            progress(k + 1)
            return (k + 1,)

        return tf.while_loop(lambda k: k < n, more, (tf.constant(0),))

    first, second = [], []
    for told in (first, second):
        progress.report = told.append
        counted(tf.constant(3))
    assert first == second == [1, 2, 3]
    assert all(type(number) is int for number in first)
    assert counted.experimental_get_tracing_count() == 1
