"""An explainer that cannot explain a pair ends a run, or is tolerated; wrong results always end it.

How results are checked is in test_contenders.py.
"""

import logging

import numpy as np
import pytest

from tfvis.evaluation.contenders import contenders_of
from tfvis.evaluation.explaining import Unexplained, WrongResultError, explain_all
from tfvis.explainers.base import ClassMap
from tfvis.utils.errors import InputError


@pytest.fixture
def net(closed_form, mix):
    return closed_form(mix, lambda activations: activations[:, 0, 0, :3], 3)


class Mine:
    """Brightness; it cannot explain class 1, nor anything together with it."""

    shows = "first"

    def __init__(self, error):
        self.error, self.asked = error, []

    def explain(self, images, classes, *, progress=None):
        self.asked.append(list(classes))
        if 1 in classes:
            raise self.error
        return [
            ClassMap(map=image.mean(axis=-1), image=image, class_index=c, label=str(c), method="m")
            for image, c in zip(images, classes, strict=True)
        ]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ZeroDivisionError("by\nzero"), "ZeroDivisionError: by zero"),
        (KeyError(), "KeyError"),
        (InputError("Expected another image."), "Expected another image."),
    ],
)
def test_a_pair_that_cannot_be_explained_becomes_zeros_with_the_reason(net, image, error, reason):
    mine = Mine(error)
    images = [image, image]
    with pytest.raises(type(error)):
        explain_all(contenders_of(net, [mine]), images, [0, 1])
    mine.asked.clear()
    found = explain_all(contenders_of(net, [mine, "uniform"]), images, [0, 1], tolerant=True)
    assert mine.asked == [[0, 1], [0], [1]]  # the one that can be explained is
    whole, failed = found["Mine"]
    np.testing.assert_array_equal(whole.maps, image.mean(axis=-1)[np.newaxis])
    assert whole.result.problem is None
    np.testing.assert_array_equal(failed.maps, np.zeros((1, 8, 8)))
    assert isinstance(failed.result, Unexplained)
    assert failed.result.problem == reason
    assert [own.result.problem for own in found["uniform"]] == [None, None]


def test_the_log_has_the_traceback(net, image, caplog):
    with caplog.at_level(logging.DEBUG, logger="tfvis"):
        explain_all(contenders_of(net, [Mine(KeyError("x"))]), [image], [1], tolerant=True)
    (record,) = caplog.records
    assert record.getMessage() == "Cannot explain '1' by 'Mine': KeyError: 'x'"
    assert record.exc_info


@pytest.mark.parametrize("error", [WrongResultError("No map."), KeyboardInterrupt()])
def test_what_is_not_tolerated(net, image, error):
    with pytest.raises(type(error)):
        explain_all(contenders_of(net, [Mine(error)]), [image], [1], tolerant=True)
