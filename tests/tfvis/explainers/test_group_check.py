"""Verdicts on groups."""

import pytest

from tfvis.explainers.group_check import (
    LEAST_COSINE,
    NOT_SPECIFIC,
    RELIABLE,
    UNSTABLE,
    GroupCheck,
)


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        (GroupCheck(1.0, 1.0, 2.0), RELIABLE),
        (GroupCheck(LEAST_COSINE, 0.95, 0.1), RELIABLE),
        (GroupCheck(LEAST_COSINE - 0.01, 1.0, 2.0), UNSTABLE),
        (GroupCheck(1.0, 0.94, 2.0), NOT_SPECIFIC),
        (GroupCheck(0.0, 0.5, 2.0), NOT_SPECIFIC),
        (GroupCheck(1.0, 1.0, 0.0), NOT_SPECIFIC),
    ],
)
def test_verdicts(check, verdict):
    assert check.verdict == verdict


def test_the_reason_says_what_was_found():
    assert GroupCheck(0.876, 0.95, 1.2345).reason == (
        "Without it the logit moves by 1.23 the way that the group claims. "
        "95% of random sets of as many channels matter less. "
        "After noise the most similar group has a cosine of 0.88."
    )
    other = "Without it the logit moves by 2 the other way. 50% of random sets"
    assert GroupCheck(1.0, 0.5, -2.0).reason.startswith(other)
