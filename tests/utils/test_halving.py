"""Work that runs out of memory begins again with half as many at once."""

import logging
import weakref

import numpy as np
import pytest
import tensorflow as tf

from tfvis.utils.halving import halving, is_out_of_memory


def exhausted():
    return tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")


@pytest.mark.parametrize("error", [MemoryError(), exhausted()])
def test_half_as_many_until_it_fits(error, caplog):
    tried = []

    def work(batch_size):
        tried.append(batch_size)
        if batch_size > 3:
            raise error
        return "done"

    with caplog.at_level(logging.WARNING):
        assert halving(work, 12, "icons") == "done"
    assert tried == [12, 6, 3]
    assert caplog.messages == [
        f"There is not enough memory for {n} icons at once: going on with {n // 2}."
        for n in (12, 6)
    ]


def test_what_failed_is_let_go_before_the_next_try():
    held = []

    def work(batch_size):
        assert all(reference() is None for reference in held)
        if batch_size > 1:
            large = np.zeros(batch_size)
            held.append(weakref.ref(large))
            raise MemoryError
        return batch_size

    assert halving(work, 4, "gradients") == 1


def test_one_at_a_time_that_does_not_fit_is_an_error():
    def work(batch_size):
        raise exhausted()

    with pytest.raises(MemoryError, match="not even one at a time of the icons fits into memory"):
        halving(work, 2, "icons")


def test_other_errors_pass():
    def work(batch_size):
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        halving(work, 4, "icons")
    assert not is_out_of_memory(tf.errors.InvalidArgumentError(None, None, "shapes"))
