"""Which of several layers is recommended."""

import numpy as np
import pytest

from tfvis.explainers.layer_evidence import LayerEvidence
from tfvis.explainers.layer_recommendation import agreements, recommended
from tfvis.utils.activation_maps import area_of_half
from tfvis.utils.layer_facts import LayerStructure

SIZE = (28, 28)


def spot(row, column, side):
    a_map = np.zeros(SIZE, np.float32)
    a_map[row : row + side, column : column + side] = 1
    return a_map


def layer(name, field=50):
    pixels = None if field is None else (field, field)
    return LayerStructure(
        layer=name, shape=(28, 28, 4), receptive_field=pixels,
        field_by=None if field is None else "computed", multiply_adds=1, work=0.5,
    )  # fmt: skip


def evidence(a_map, n_selected=2):
    return LayerEvidence(
        channels=0.5, groups=0.5, area=area_of_half(a_map), group_area=0.1, n_selected=n_selected,
        n_groups=1, total=1.0, gap=0.0, signed_map=a_map,
    )  # fmt: skip


def chosen(*maps, fields=None, selected=None):
    fields = fields or [50] * len(maps)
    selected = selected or [2] * len(maps)
    layers = [layer(f"layer {k}", field) for k, field in enumerate(fields)]
    found = [evidence(own, n) for own, n in zip(maps, selected, strict=True)]
    return recommended(layers, found, SIZE)


def test_of_maps_that_agree_the_most_compact_is_taken():
    found = chosen(spot(4, 4, 8), spot(6, 6, 4), spot(2, 2, 12))
    assert found.layer == "layer 1"
    # Half of 16 pixels of 784.
    assert found.reason.startswith("half of its heat map lies in 1.0 % of the image, and its ")


def test_a_compact_map_that_no_other_confirms_is_not_taken():
    apart = spot(24, 24, 2)
    found = chosen(spot(4, 4, 8), apart, spot(5, 5, 7))
    assert found.layer == "layer 2"
    assert found.agreement[1] == 0


def test_agreement_is_the_cosine_with_the_median():
    # Shares: 1/2 in each of two cells; in the first alone; in both. The median is the first's.
    one, other = spot(0, 0, 1), spot(0, 9, 1)
    found = agreements([one + other, one, one + other])
    assert found == pytest.approx((1, 1 / np.sqrt(2), 1))


def test_maps_without_a_cell_in_common_are_compared_with_their_mean():
    found = agreements([spot(0, 0, 1), spot(9, 9, 1), spot(20, 20, 1)])
    assert found == pytest.approx([1 / np.sqrt(3)] * 3)
    assert agreements([np.zeros(SIZE), np.zeros(SIZE)]) == (0, 0)


def test_maps_of_any_size_are_compared():
    large = np.kron(spot(4, 4, 8), np.ones((8, 8), np.float32))
    assert agreements([large, spot(4, 4, 8)]) == pytest.approx((1, 1))


def test_a_layer_whose_units_see_little_is_left_out():
    maps = (spot(6, 6, 4), spot(4, 4, 8))
    assert chosen(*maps, fields=[1, 50]).layer == "layer 1"  # 1 of 28 pixels is less than 4 %
    assert chosen(*maps, fields=[2, 50]).layer == "layer 0"
    assert chosen(*maps, fields=[None, 50]).layer == "layer 0"
    assert chosen(*maps, fields=[1, 1]).layer == "layer 0"  # as good as the others


def test_a_layer_where_nothing_stands_out_is_left_out():
    empty = np.zeros(SIZE, np.float32)
    assert chosen(empty, spot(4, 4, 8), selected=[0, 2]).layer == "layer 1"
    found = chosen(empty, empty, selected=[0, 0])
    assert found.layer == "layer 0"
    assert found.reason.startswith("no channel stands out in any layer")


def test_a_single_layer_needs_no_reason():
    assert chosen(spot(4, 4, 8)).reason == "it is the only layer that was looked at"
