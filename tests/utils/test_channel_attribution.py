import math

import numpy as np
import pytest

from utils.channel_attribution import ChannelAttribution
from utils.errors import InputError


def test_the_gap_is_the_sum_less_the_total():
    attribution = ChannelAttribution("IGSG", "features", 0, np.array([1.0, 2.0]), total=4.0)
    assert attribution.completeness_gap == -1
    assert attribution.relative_gap == 0.25


def test_a_total_of_zero_has_no_relative_gap():
    attribution = ChannelAttribution("IGSG", "features", 0, np.array([1.0]), total=0.0)
    assert math.isnan(attribution.relative_gap)


def test_a_file_gives_the_same_values(tmp_path):
    values = np.random.default_rng(0).standard_normal(6)
    attribution = ChannelAttribution("Shap", "features", 3, values)
    attribution.save(tmp_path / "a.txt")
    lines = (tmp_path / "a.txt").read_text().splitlines()
    assert [float(line) for line in lines] == values.tolist()
    loaded = ChannelAttribution.load(
        tmp_path / "a.txt", method="Shap", layer="features", class_index=3, n_channels=6
    )
    np.testing.assert_array_equal(loaded.values, values)
    assert loaded.completeness_gap is None
    assert loaded.relative_gap is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n2\n", "Expected 3 attributions, one a channel of features, received 2"),
        ("1\ntwo\n3\n", "Expected a finite number on every line of .*received 'two' as number 2"),
        ("1\nnan\n3\n", "received 'nan'"),
        ("\xff\xfe", "Expected a finite number"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, text, message):
    (tmp_path / "a.txt").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=message):
        ChannelAttribution.load(
            tmp_path / "a.txt", method="Shap", layer="features", class_index=0, n_channels=3
        )


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"Cannot read the attributions .*none\.txt"):
        ChannelAttribution.load(
            tmp_path / "none.txt", method="Shap", layer="features", class_index=0, n_channels=3
        )
