import numpy as np
import pytest

from tfvis.examples import EXAMPLES, example_image
from tfvis.models import SPECS
from utils.errors import InputError


def test_the_cat_is_beside_the_coffee():
    image = example_image("cat_coffee", (224, 224))
    assert image.shape == (224, 224, 3)
    assert image.dtype == np.float32
    # The table and the saucer are redder than the cat.
    redness = image[..., 0] - image[..., 2]
    assert redness[:, 112:].mean() > redness[:, :112].mean() + 0.05


def test_sizes_that_are_not_square():
    assert example_image("cat_coffee", (64, 101)).shape == (64, 101, 3)


def test_every_network_has_an_example():
    assert {spec.example for spec in SPECS.values()} <= set(EXAMPLES)


def test_an_unknown_example():
    with pytest.raises(InputError, match="Unknown example image 'cat_coffe'. Closest: cat_coffee"):
        example_image("cat_coffe")
