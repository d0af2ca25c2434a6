"""Tables of pandas."""

import sys

import numpy as np
import pytest

from tfvis.utils import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.tables import none_as_missing, table, table_of_rows


def test_columns_are_kept_in_their_order_with_their_types():
    found = table({"b": np.arange(2), "a": np.float32([0.5, 1.5]), "name": "x"})
    assert list(found) == ["b", "a", "name"]
    assert [kind.kind for kind in found.dtypes[:2]] == ["i", "f"]
    assert found.name.tolist() == ["x", "x"]


def test_a_table_without_rows_has_its_columns():
    found = table_of_rows(["image", "problem"], [])
    assert list(found) == ["image", "problem"]
    assert len(found) == 0


def test_none_is_a_missing_value():
    rows = table_of_rows(["score", "problem"], [(1.0, None), (2.0, "silent")])
    assert rows.problem.isna().tolist() == [True, False]
    numbers = none_as_missing([2, None], "Int64")
    assert (numbers[0], numbers.isna().tolist()) == (2, [False, True])


def test_without_pandas_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match=r'not installed: pip install "tfvis\[pandas\]"$'):
        ChannelAttribution("Shap", "layer", 0, np.ones(2)).to_dataframe()


def test_names_that_are_no_utf_8_are_written_as_escapes():
    """As pandas needs it where pyarrow holds its texts."""
    assert table({"name": ["caf\udce9"], "of": "\udcff"}).values.tolist() == [
        ["caf\\udce9", "\\udcff"]
    ]
    assert table_of_rows(["name", "n"], [("caf\udce9", 1)]).values.tolist() == [["caf\\udce9", 1]]
