"""What was used longest ago is dropped when the limit is reached."""

from dataclasses import dataclass

import numpy as np
import pytest

from tfvis.utils.image_sources import read_image
from tfvis.utils.memory import LIMIT, Memory

KILO = np.zeros(1000, np.uint8)


@pytest.fixture
def memory():
    """Room for three arrays of a thousand bytes."""
    return Memory(limit=3000)


def test_a_value_is_made_once(memory):
    made = []
    for _ in range(3):
        assert memory.get("answer", lambda: made.append(1) or 42) == 42
    assert made == [1]
    assert "answer" in memory
    assert "question" not in memory


def test_the_value_that_was_used_longest_ago_is_dropped(memory):
    for key in "abc":
        memory.get(key, KILO.copy)
    memory.get("a", pytest.fail)  # used again: b is the oldest now
    memory.get("d", KILO.copy)
    assert [key in memory for key in "abcd"] == [True, False, True, True]
    assert len(memory) == 3


def test_as_many_are_dropped_as_a_large_value_needs(memory):
    for key in "abc":
        memory.get(key, KILO.copy)
    memory.get("large", lambda: np.zeros(2500, np.uint8))
    assert [key in memory for key in ("a", "b", "c", "large")] == [False, False, False, True]
    # Their room is free again.
    memory.get("small", lambda: np.zeros(500, np.uint8))
    assert "large" in memory


def test_a_value_beyond_the_limit_is_returned_but_not_kept(memory):
    memory.get("a", KILO.copy)
    huge = np.zeros(3001, np.uint8)
    assert memory.get("huge", lambda: huge) is huge
    assert "huge" not in memory
    assert "a" in memory
    memory.get("exact", lambda: np.zeros(3000, np.uint8))
    assert "exact" in memory


@dataclass(frozen=True)
class Holder:
    array: np.ndarray
    name: str = "own"


@pytest.mark.parametrize(
    "value",
    [
        (KILO, KILO), [KILO, [KILO]], {"one": KILO, "two": (KILO, 3)}, (Holder(KILO), Holder(KILO)),
        np.zeros((10, 50), np.float32),
    ],
)  # fmt: skip
def test_arrays_are_counted_wherever_they_are(value):
    memory = Memory(limit=2000)
    memory.get("value", lambda: value)
    assert "value" in memory
    memory.get("one byte", lambda: np.zeros(1, np.uint8))
    assert "value" not in memory


def test_an_error_is_not_kept(memory):
    with pytest.raises(ZeroDivisionError):
        memory.get("answer", lambda: 1 / 0)
    assert memory.get("answer", lambda: 42) == 42


def test_a_value_that_is_made_of_others_finds_them_in_the_memory(memory):
    found = memory.get("outer", lambda: memory.get("inner", lambda: 6) * 7)
    assert found == 42
    assert len(memory) == 2


def test_a_networks_activations_are_kept_and_cannot_be_written_to(closed_form, image, mix):
    net = closed_form(mix, lambda a: a, 1)
    first = net.activations_of(read_image(image), "features")
    assert net.activations_of(read_image(image.copy()), "features") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1
    assert LIMIT >= 100 << 20
