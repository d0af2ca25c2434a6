"""Batches are as large as a bound of memory lets them be."""

from dataclasses import dataclass, field

import pytest

from tfvis.utils import memory_bounds
from tfvis.utils.errors import InputError
from tfvis.utils.memory_bounds import (
    CACHE,
    HEAD,
    OF_TENSORS,
    OF_WEIGHTS,
    RUNTIME,
    TAIL,
    Footprint,
    batch_size_within,
    cache_limit,
    memory_bound,
    memory_size,
)

IMAGE, WEIGHTS = 10_000_000, 1_000_000
KNOWN = Footprint(IMAGE, WEIGHTS)


@dataclass
class Known:
    """A network of which nothing is asked but its footprint."""

    name: str = "known"
    found: Footprint | None = KNOWN
    asked: list = field(default_factory=list)

    def footprint(self, part, layer=None, *, gradient=True):
        self.asked.append((part, layer, gradient))
        return self.found


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GB", 2_000_000_000),
        ("1.5GiB", 3 << 29),
        ("800 mb", 800_000_000),
        ("64KiB", 1 << 16),
        (12345, 12345),
    ],
)
def test_a_size_has_a_unit(text, size):
    assert memory_size(text) == size


@pytest.mark.parametrize("value", ["2", "GB", "-1GB", "0GB", "2XB", "", 0, True, 1.5, None])
def test_what_is_no_size_is_refused(value):
    with pytest.raises(InputError, match="Expected memory to be a number with a unit, such as 2GB"):
        memory_size(value)


def test_without_a_bound_nothing_is_traced():
    net = Known()
    assert batch_size_within(net, HEAD, "a", most=7) == 7
    with memory_bound(None):
        assert batch_size_within(net, HEAD, "a", most=7) == 7
    assert net.asked == []


def test_as_many_images_as_fit_beside_what_is_fixed():
    net = Known()
    fixed = RUNTIME + OF_WEIGHTS * WEIGHTS + CACHE + 500
    each = OF_TENSORS * 2 * IMAGE + 300
    with memory_bound(int(fixed + 99.5 * each)):  # an eighth of it is above the cache
        found = batch_size_within(
            net, TAIL, "a", most=1000, gradient=False, times=2, each=300, fixed=500
        )
        assert found == 99
        assert batch_size_within(net, TAIL, "a", most=3) == 3
    assert net.asked[0] == (TAIL, "a", False)


def test_a_bound_that_is_too_small_names_one_that_is_not():
    net = Known()
    message = "^Expected --memory of at least .* for known, received '200MB'"
    with memory_bound("200MB", name="--memory"), pytest.raises(InputError, match=message) as error:
        batch_size_within(net, HEAD, "a", most=8)
    enough = str(error.value).split("at least ")[1].split(" ")[0]
    with memory_bound(enough):
        assert 1 <= batch_size_within(net, HEAD, "a", most=8) < 8
        with pytest.raises(InputError, match="Expected memory of at least"):
            batch_size_within(net, HEAD, "a", most=100, least=100)


def test_of_a_network_of_which_nothing_is_known_one_image_at_a_time():
    with memory_bound("2GB"):
        assert batch_size_within(Known(found=None), HEAD, "a", most=8) == 1


def test_the_inner_bound_holds_until_its_block_ends():
    with memory_bound("8GB"):
        with memory_bound("1GB"):
            assert cache_limit(CACHE) == 125_000_000
        assert cache_limit(CACHE) == CACHE


def test_a_limit_of_the_system_is_a_bound(monkeypatch):
    resource = pytest.importorskip("resource")
    infinite = resource.RLIM_INFINITY
    limits = {resource.RLIMIT_DATA: (300_000_000, infinite)}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits.get(kind, (infinite, infinite)))
    message = "Expected `ulimit -d` of at least 1.0GB for known, received 0.30GB."
    with pytest.raises(InputError, match=message):
        batch_size_within(Known(), HEAD, "a", most=8)
    limits[resource.RLIMIT_DATA] = (10**9, infinite)
    assert batch_size_within(Known(), HEAD, "a", most=8) >= 1
    limits[resource.RLIMIT_DATA] = (infinite, infinite)
    limits[resource.RLIMIT_AS] = (2 * 10**9, infinite)
    message = "Expected `ulimit -v` of at least 2.4GB for known, received 2.00GB."
    with pytest.raises(InputError, match=message):
        batch_size_within(Known(), HEAD, "a", most=8)
    limits[resource.RLIMIT_AS] = (2_400_000_000, infinite)
    assert batch_size_within(Known(), HEAD, "a", most=8) >= 1
    limits[resource.RLIMIT_DATA] = (infinite, infinite)
    limits[resource.RLIMIT_AS] = (memory_bounds._MAPPED + 10**12, infinite)
    assert batch_size_within(Known(), HEAD, "a", most=8) == 8
