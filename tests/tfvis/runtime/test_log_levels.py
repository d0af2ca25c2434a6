"""A library says less as long as a block lasts."""

import logging

import pytest

from tfvis.runtime.log_levels import at_level


@pytest.mark.parametrize("before", [logging.NOTSET, logging.INFO])
def test_the_level_is_put_back_also_after_an_error(before):
    logger = logging.getLogger("tfvis test of levels")
    logger.setLevel(before)
    with pytest.raises(ZeroDivisionError), at_level(logger.name, logging.CRITICAL):
        assert not logger.isEnabledFor(logging.ERROR)
        raise ZeroDivisionError
    assert logger.level == before


def test_blocks_of_two_threads_may_overlap():
    logger = logging.getLogger("tfvis test of overlapping blocks")
    logger.setLevel(logging.INFO)
    one, two = (at_level(logger.name, logging.CRITICAL) for _ in range(2))
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    assert logger.level == logging.CRITICAL  # the other one lasts
    two.__exit__(None, None, None)
    assert logger.level == logging.INFO
