"""What values a network takes, found by trying photographs."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.models import value_range_probe as probe
from tfvis.models.preprocessing import (
    BYTES,
    CAFFE,
    UNIT,
)
from tfvis.models.value_range_probe import Probe
from tfvis.utils.errors import InputError


def test_what_fits_hardly_better_is_doubtful():
    assert Probe("x", ((UNIT, 4.0), (BYTES, 3.0))).likeliest == UNIT
    for first, second in ((4.0, 3.8), (0.5, 0.1)):
        with pytest.raises(
            InputError,
            match=r"--value-range LOW HIGH. Closest: 0 1, then 0 255\.$",
        ):
            _ = Probe("x", ((UNIT, first), (BYTES, second))).likeliest


def test_the_score_is_its_formula():
    """Two photographs, two views, four classes, by hand."""
    a, b = np.array([3.0, -1, -1, -1]), np.array([-1.0, -1, 3, -1])
    logits = np.array([[a, 2 * a + 7], [b, b]])
    largest = 3 / np.sqrt(3)
    other = (a @ b) / 4 / 3
    assert probe._score(logits) == pytest.approx((1 - other) * largest)
    logits[1, 1] = a  # another answer for one of the mirror images
    same = (1 + other) / 2
    assert probe._score(logits) == pytest.approx(0.5 * (same - other) * largest)
    assert probe._score(np.ones((2, 2, 4))) == 0
    assert probe._score(np.full((2, 2, 4), np.nan)) == 0


@pytest.mark.slow
def test_the_probe_tells_what_the_real_network_takes(googlenet_real):
    """GoogLeNet behind the inverse of each kind of preprocessing."""

    class Behind:
        input_size, name = googlenet_real.input_size, "behind"

        def __init__(self, preprocessing):
            self.preprocessing = preprocessing

        def classifier(self):
            low, high = self.preprocessing.value_range
            classify = googlenet_real.classifier()

            def run(x):
                if self.preprocessing.channel_order == "BGR":
                    x = x[..., ::-1]
                x = x * tf.constant(self.preprocessing.std) + tf.constant(self.preprocessing.mean)
                return classify((x - low) / (high - low))

            return run

    for preprocessing in (UNIT, BYTES, CAFFE):
        assert probe.probe(Behind(preprocessing)).likeliest == preprocessing
