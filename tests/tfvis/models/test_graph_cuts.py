"""Where networks can be cut; separators against all paths, listed one by one."""

import numpy as np
import pytest

from tfvis.models.graph_cuts import (
    TensorGraph,
    ancestors,
    descendants,
    separators,
    way_round,
)
from tfvis.utils.errors import InputError

MAPS = (None, 8, 8, 4)


@pytest.fixture
def residual():
    """images → a → (b → c) + a → d → pooled → logits, and a head beside that leads nowhere."""
    parents = {
        "images": [], "a": ["images"], "b": ["a"], "c": ["b"], "sum": ["a", "c"], "d": ["sum"],
        "beside": ["a"], "pooled": ["d"], "logits": ["pooled"],
    }  # fmt: skip
    shapes = {
        "a": MAPS, "b": MAPS, "c": MAPS, "sum": MAPS, "d": (None, None, None, 2), "beside": MAPS,
        "pooled": (None, 2), "logits": (None, 3),
    }  # fmt: skip
    return TensorGraph(parents, {name: name for name in shapes}, shapes, "images", "logits")


def test_maps_that_every_path_goes_through_can_be_cut(residual):
    assert residual.cuts == {"a": "a", "sum": "sum", "d": "d"}
    assert residual.require_cut("sum") == "sum"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("b", r"'b' cannot be cut: paths go round it\. Nearest that can: a and sum\."),
        ("pooled", r"its output has the shape \(N, 2\), not \(N, h, w, channels\).*can: d\."),
        ("beside", r"it does not lie between the images and the logits"),
        ("e", r"Unknown layer 'e'.*Expected one of: a, sum, d"),
    ],
)
def test_why_a_layer_cannot_be_cut_and_which_can(residual, name, message):
    with pytest.raises(InputError, match=message):
        residual.require_cut(name)


def test_what_goes_round_is_named():
    parents = {"images": [], "left": ["images"], "right": ["images"], "sum": ["left", "right"]}
    shapes = dict.fromkeys(("left", "right", "sum"), MAPS)
    graph = TensorGraph(parents, {name: name for name in shapes}, shapes, "images", "sum")
    with pytest.raises(InputError, match="paths go round it, through right. Nearest that can: sum"):
        graph.require_cut("left")


def test_channels_must_be_known():
    parents = {"images": [], "a": ["images"], "b": ["a"], "logits": ["b"]}
    shapes = {"a": (None, 8, 8, None), "b": None, "logits": (None, 2)}
    graph = TensorGraph(parents, {name: name for name in shapes}, shapes, "images", "logits")
    assert graph.cuts == {}
    with pytest.raises(InputError, match=r"\(N, 8, 8, \?\)"):
        graph.require_cut("a")
    with pytest.raises(InputError, match="its output has the shape unknown"):
        graph.require_cut("b")


def test_tensors_have_a_place_in_the_order_of_computing(residual):
    order = ["images", "a", "b", "c", "sum", "d", "pooled", "logits"]
    places = [residual.place(name) for name in order]
    assert places == sorted(places)


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
