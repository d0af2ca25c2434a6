"""Networks whose attributions are known."""

import numpy as np
import pytest
from closed_forms import quadratic, relu_tail


@pytest.fixture
def symmetric():
    matrix = np.random.default_rng(4).standard_normal((2, 6, 6))
    return matrix + matrix.transpose(0, 2, 1)


@pytest.fixture
def pairs_net(closed_form, mix, symmetric):
    return closed_form(mix, quadratic(symmetric), 2)


@pytest.fixture
def relu_weights():
    rng = np.random.default_rng(5)
    return np.float32(rng.standard_normal((6, 4))), np.float32(rng.standard_normal((4, 2)))


@pytest.fixture
def relu_net(closed_form, mix, relu_weights):
    return closed_form(mix, relu_tail(*relu_weights), 2)
