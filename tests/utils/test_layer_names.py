import pytest

from tfvis.utils.errors import InputError
from tfvis.utils.layer_names import resolve

LAYERS = (
    "net/block1/unit_1/Relu",
    "net/block1/unit_2/Relu",
    "net/block2/unit_1/Relu",
    "net/mixed4d_1/concat",
    "net/pool_1/MaxPool",
    "net/pool_2/MaxPool",
    "last",
)


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("last", "last"),
        ("unit_2/Relu", "net/block1/unit_2/Relu"),
        ("alias", "net/pool_1/MaxPool"),
        ("block1", "net/block1/unit_2/Relu"),
        ("block1/unit_1", "net/block1/unit_1/Relu"),
        ("mixed4d", "net/mixed4d_1/concat"),
        ("mixed4d_1", "net/mixed4d_1/concat"),
    ],
)
def test_a_layer_is_found_by_its_name_its_end_or_its_scope(name, layer):
    assert resolve(name, LAYERS, {"alias": "net/pool_1/MaxPool"}) == layer


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("MaxPool", "'MaxPool' may be any of net/pool_1/MaxPool, net/pool_2/MaxPool"),
        ("unit_1", "'unit_1' may lie in any of net/block1/unit_1, net/block2/unit_1"),
        ("pool", "'pool' may lie in any of net/pool_1, net/pool_2"),
        ("lust", "Unknown layer 'lust'. Closest: last"),
        ("net/block", "Unknown layer 'net/block'"),
        ("", "Unknown layer ''"),
    ],
)
def test_what_is_no_layer_or_several(name, message):
    with pytest.raises(InputError, match=message):
        resolve(name, LAYERS)
