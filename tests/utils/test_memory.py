"""What was used longest ago is dropped when the limit is reached."""

import threading
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


def test_a_value_that_is_made_while_it_is_made_is_counted_once(memory):
    def again():
        memory.get("own", KILO.copy)
        return KILO.copy()

    memory.get("own", again)
    memory.get("other", lambda: np.zeros(2000, np.uint8))
    assert "own" in memory
    assert "other" in memory


def in_another_thread(work):
    """The thread that works; it has ended unless something holds it up."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=0.2)
    return thread


def test_other_threads_do_not_wait_for_what_is_made(memory):
    def make():
        assert not in_another_thread(lambda: memory.get("other", KILO.copy)).is_alive()
        return KILO.copy()

    memory.get("own", make)
    assert len(memory) == 2


class SlowKey:
    """A key whose second look-up, and those after it, take so long that another thread can work."""

    def __init__(self):
        self.meanwhile, self.lookups, self.threads = None, 0, []

    def __hash__(self):
        self.lookups += self.meanwhile is not None
        if self.lookups > 1:
            self.threads.append(in_another_thread(self.meanwhile))
        return 0


def test_what_another_thread_drops_meanwhile_is_found_all_the_same(memory):
    key = SlowKey()
    memory.get(key, lambda: 42)
    memory.get("newer", lambda: 43)
    key.meanwhile = memory.clear
    assert memory.get(key, pytest.fail) == 42
    for thread in key.threads:
        thread.join()
    assert len(memory) == 0
