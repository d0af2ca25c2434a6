"""Separators against all paths, listed one by one."""

import numpy as np
import pytest

from utils.dag import ancestors, descendants, separators, way_round


def paths(parents, start, end):
    """All paths, as lists of nodes."""
    if start == end:
        return [[end]]
    return [
        [*path, end] for parent in parents.get(end, ()) for path in paths(parents, start, parent)
    ]


def drawn(seed, n=9):
    """A random graph whose edges go from lower to higher numbers."""
    rng = np.random.default_rng(seed)
    return {node: [parent for parent in range(node) if rng.random() < 2.2 / n] for node in range(n)}


@pytest.mark.parametrize("seed", range(60))
def test_separators_are_what_all_paths_share(seed):
    parents = drawn(seed)
    for end in (5, 8):
        found = paths(parents, 0, end)
        shared = set.intersection(*map(set, found)) if found else set()
        assert separators(parents, 0, end) == sorted(shared)


@pytest.mark.parametrize("seed", range(60))
def test_the_way_round_is_a_shortest_path_that_avoids_the_node(seed):
    parents = drawn(seed)
    for node in range(1, 8):
        avoiding = [path for path in paths(parents, 0, 8) if node not in path]
        way = way_round(parents, 0, 8, node)
        assert bool(way) == bool(avoiding)
        if way:
            assert way in avoiding
            assert len(way) == min(map(len, avoiding))


def test_nothing_leads_round_the_ends():
    chain = {1: [0], 2: [1]}
    assert way_round(chain, 0, 2, 0) == way_round(chain, 0, 2, 2) == []
    assert separators(chain, 0, 2) == [0, 1, 2]
    assert separators(chain, 2, 0) == []


def test_ancestors_and_descendants():
    diamond = {"b": ["a"], "c": ["a"], "d": ["b", "c"], "side": ["a"]}
    assert ancestors(diamond, "d") == {"a", "b", "c", "d"}
    assert descendants(diamond, "b") == {"b", "d"}


def test_deep_chains_do_not_exhaust_the_stack():
    chain = {node: [node - 1] for node in range(1, 20_000)}
    assert len(separators(chain, 0, 19_999)) == 20_000
