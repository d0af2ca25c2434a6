"""Shards of a list."""

import pytest

from tfvis.datasets.shards import read_shard, shard_of
from tfvis.utils.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"), [("2/8", (2, 8)), ("1/1", (1, 1)), ("8/8", (8, 8)), ("02/10", (2, 10))]
)
def test_a_shard_is_read(text, expected):
    assert read_shard(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "2", "/8", "2/", "0/8", "9/8", "0/0", "-1/8", "1/-8", "1.5/8", "2 of 8", "1/2/3", " 1/2",
     "1/2\n", "²/8", "٢/٨"],
)  # fmt: skip
def test_what_is_no_shard_is_an_error(text):
    with pytest.raises(InputError) as error:
        read_shard(text)
    assert str(error.value) == f"Expected a shard like 2/8, received {text!r}."


def test_a_long_text_is_cut_in_the_message():
    with pytest.raises(InputError) as error:
        read_shard("1" * 10_000)
    assert str(error.value) == f"Expected a shard like 2/8, received '{'1' * 60}'."


def test_shards_take_turns():
    assert [shard_of(range(7), number, 3) for number in (1, 2, 3)] == [(0, 3, 6), (1, 4), (2, 5)]
    assert shard_of(("a",), 1, 1) == ("a",)
    assert shard_of(("a",), 2, 2) == ()
    assert shard_of((), 1, 2) == ()


@pytest.mark.parametrize(("number", "count"), [(0, 8), (9, 8), (-1, 8), (1, 0), (1, -1)])
def test_a_shard_beyond_the_count_is_an_error(number, count):
    with pytest.raises(InputError) as error:
        shard_of("abc", number, count)
    assert str(error.value) == f"Expected a shard like 2/8, received '{number}/{count}'."
