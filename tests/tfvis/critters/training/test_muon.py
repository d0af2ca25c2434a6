import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.critters.training.muon import Muon, orthogonalised


@pytest.mark.parametrize("shape", [(6, 40), (40, 6), (8, 8)])
def test_singular_values_become_about_one_and_vectors_stay(shape):
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=shape).astype(np.float32)
    u, values, v = np.linalg.svd(matrix, full_matrices=False)
    assert values.min() / np.linalg.norm(values) > 1e-3
    found = u.T @ orthogonalised(tf.constant(3e4 * matrix)).numpy() @ v.T
    assert np.diag(found).min() > 0.6 and np.diag(found).max() < 1.3
    np.testing.assert_allclose(found - np.diag(np.diag(found)), 0, atol=1e-2)


def test_a_gradient_of_zero_changes_nothing():
    assert not orthogonalised(tf.zeros((3, 5))).numpy().any()


@pytest.mark.parametrize("shape", [(3, 3, 4, 8), (1, 1, 6, 30)])
def test_a_kernel_moves_by_the_learning_rate_however_long_its_gradient(shape):
    """All singular values alike: a step of 0.2 √max(n, m) times the rate in each direction."""
    n, m = np.prod(shape[:3]), shape[3]
    square = np.linalg.qr(np.random.default_rng(1).normal(size=(max(n, m), min(n, m))))[0]
    matrix = square if n > m else square.T
    for scale in (1e-3, 1e3):
        kernel = keras.Variable(np.zeros(shape, np.float32))
        optimizer = Muon(0.01, weight_decay=0.0)
        optimizer.apply([tf.constant(scale * matrix.reshape(shape), tf.float32)], [kernel])
        moved = -kernel.numpy().reshape(n, m) / (0.01 * 0.2 * max(n, m) ** 0.5)
        along = np.sum(moved * matrix) / min(n, m)
        assert 0.6 < along < 1.3
        np.testing.assert_allclose(moved, along * matrix, atol=2e-3)


def test_momentum_is_nesterovs():
    """m₂ = 0.95 g₁ + g₂, and the step is along g₂ + 0.95 m₂: it has that matrix's directions."""
    first, second = np.random.default_rng(2).normal(size=(2, 4, 4)).astype(np.float32)
    kernel = keras.Variable(np.zeros((1, 1, 4, 4), np.float32))
    optimizer = Muon(0.01, weight_decay=0.0)
    optimizer.apply([tf.constant(first.reshape(1, 1, 4, 4))], [kernel])
    before = kernel.numpy()
    optimizer.apply([tf.constant(second.reshape(1, 1, 4, 4))], [kernel])
    step = (before - kernel.numpy()).reshape(4, 4) / (0.01 * 0.2 * 2)
    u, _, v = np.linalg.svd(second + 0.95 * (0.95 * first + second))
    found = u.T @ step @ v.T
    np.testing.assert_allclose(found - np.diag(np.diag(found)), 0, atol=1e-2)
    assert 0.6 < np.diag(found).min() < np.diag(found).max() < 1.3


def test_weights_of_a_kernel_decay():
    kernel = keras.Variable(np.ones((1, 1, 2, 2), np.float32))
    Muon(0.01, weight_decay=0.1).apply([tf.zeros((1, 1, 2, 2))], [kernel])
    np.testing.assert_allclose(kernel.numpy(), 1 - 0.01 * 0.1, rtol=1e-5)


def test_all_other_variables_move_as_with_adamw():
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(5, 3)).astype(np.float32)
    gradients = [rng.normal(size=(5, 3)).astype(np.float32) for _ in range(3)]
    found = []
    for kind in (Muon, keras.optimizers.AdamW):
        variable = keras.Variable(matrix)
        optimizer = kind(0.01, weight_decay=0.1)
        for gradient in gradients:
            optimizer.apply([tf.constant(gradient)], [variable])
        found.append(variable.numpy())
    np.testing.assert_array_equal(*found)
    assert np.abs(found[0] - matrix).mean() > 0.01
