"""Short names of a graph's tensors."""

import pytest

from tfvis.models.graph_names import short_names


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # A model that Keras exports: the call, the model, and a number after every layer.
        (["Call/net_1/c1_1/Relu", "Call/net_1/c2_1/Relu"], ["c1/Relu", "c2/Relu"]),
        # Layers of a nested model are numbered too; operations inside of a layer are not.
        (
            ["net_1/back_1/bn_1/batchnorm/add_1", "net_1/back_1/c_1/Relu", "net_1/top_1/MatMul"],
            ["back/bn/batchnorm/add_1", "back/c/Relu", "top/MatMul"],
        ),
        # A layer's own number stays.
        (["net_1/unit_1_1/Relu", "net_1/unit_2_1/Relu"], ["unit_1/Relu", "unit_2/Relu"]),
        # Numbers that tell scopes apart stay, and those inside of scopes without one.
        (["net/unit_1/Relu", "net/unit_2/Relu"], ["unit_1/Relu", "unit_2/Relu"]),
        (["net/block/unit_1/Relu", "net/Mean"], ["block/unit_1/Relu", "Mean"]),
        (["a_1/unit_2/Relu", "b_1/unit_2/Relu"], ["a/unit_2/Relu", "b/unit_2/Relu"]),
        # Nothing in common: Caffe's names.
        (["conv1/conv1", "pool1", "output"], ["conv1/conv1", "pool1", "output"]),
        # Common letters are no common scope.
        (["conv_a/Relu", "conv_b/Relu"], ["conv_a/Relu", "conv_b/Relu"]),
        (["net/Relu", "net/Relu/Relu"], ["Relu", "Relu/Relu"]),
        (["only"], ["only"]),
    ],
)
def test_what_a_network_gives_its_layers_on_the_way_is_left_out(names, expected):
    assert short_names(names) == dict(zip(names, expected, strict=True))


def test_no_two_names_become_equal():
    names = [f"call/net_1/{scope}/{name}" for scope in ("a_1", "b_1", "a_1/c_1") for name in "ab"]
    assert len({*short_names([*names, "call/net_1/a"]).values()}) == 7
