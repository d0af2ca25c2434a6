"""What images are made into before a network sees them."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.models.preprocessing import (
    BYTES,
    CAFFE,
    SIGNED,
    UNIT,
    Preprocessing,
)


@pytest.mark.parametrize(
    ("preprocessing", "expected"),
    [
        (UNIT, [0.0, 0.5, 1.0]),
        (SIGNED, [-1.0, 0.0, 1.0]),
        (BYTES, [0.0, 127.5, 255.0]),
        (CAFFE, [255 - 103.939, 127.5 - 116.779, -123.68]),
        (Preprocessing((0, 1), "RGB", (0.5, 0.25, 0.0), (0.5, 1, 2)), [-1.0, 0.25, 0.5]),
    ],
)
def test_preprocessing_is_its_formula(preprocessing, expected):
    pixel = tf.constant([[[[0.0, 0.5, 1.0]]]])
    np.testing.assert_allclose(preprocessing(pixel)[0, 0, 0], expected, rtol=1e-5, atol=1e-5)
    assert str(preprocessing).startswith("value_range=(")
