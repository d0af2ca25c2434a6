"""Figures that notebooks show."""

import io
import pickle

import numpy as np
from PIL import Image

from tfvis.utils.plots import figure


def test_a_figure_is_shown_in_the_pixels_of_its_picture():
    picture = np.random.default_rng(0).random((40, 60, 3), np.float32)
    with Image.open(io.BytesIO(figure(picture)._repr_png_())) as shown:
        assert shown.size == (60, 40)
        np.testing.assert_allclose(np.asarray(shown)[..., :3] / 255, picture, atol=1 / 255)


def test_a_figure_can_be_kept():
    found = pickle.loads(pickle.dumps(figure(np.zeros((4, 4, 3)))))
    assert found._repr_png_()[:8] == b"\x89PNG\r\n\x1a\n"
