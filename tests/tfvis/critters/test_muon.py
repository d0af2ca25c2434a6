import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.critters.muon import Muon, orthogonalised


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


def test_a_kernel_moves_by_the_learning_rate_however_long_its_gradient():
    """All singular values alike: a step of 0.2 √max(n, m) times the rate in each direction."""
    square = np.linalg.qr(np.random.default_rng(1).normal(size=(12, 12)))[0]
    for scale in (1e-3, 1e3):
        kernel = keras.Variable(np.zeros((2, 2, 3, 12), np.float32))
        optimizer = Muon(0.01, weight_decay=0.0)
        optimizer.apply([tf.constant(scale * square.reshape(2, 2, 3, 12), tf.float32)], [kernel])
        moved = -kernel.numpy().reshape(12, 12) / (0.01 * 0.2 * 12**0.5)
        along = np.sum(moved * square) / 12
        assert 0.6 < along < 1.3
        np.testing.assert_allclose(moved, along * square, atol=1e-3)


def test_momentum_carries_a_kernel_on_when_the_gradient_has_ended():
    """Nesterov's: the second step is along 0.95 m with m = 0.95 g, the same direction."""
    gradient = np.random.default_rng(2).normal(size=(1, 1, 4, 4)).astype(np.float32)
    kernel = keras.Variable(np.zeros_like(gradient))
    optimizer = Muon(0.01, weight_decay=0.0)
    optimizer.apply([tf.constant(gradient)], [kernel])
    first = kernel.numpy()
    optimizer.apply([tf.zeros_like(gradient)], [kernel])
    np.testing.assert_allclose(kernel.numpy(), 2 * first, rtol=1e-3, atol=1e-6)


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
