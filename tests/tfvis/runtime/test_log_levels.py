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
