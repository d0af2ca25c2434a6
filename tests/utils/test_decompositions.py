"""Loadings and reconstructions against what they mean."""

import numpy as np
import pytest
from sklearn.decomposition import NMF, PCA, FactorAnalysis, FastICA, KernelPCA

from tfvis.utils.decompositions import loadings, reconstruction


@pytest.fixture
def planted():
    """(20000, 6): two sources, and a column's weight in each."""
    rng = np.random.default_rng(0)
    sources = rng.gamma(1.0, size=(20000, 2))
    weights = np.array([[1.0, 2.0, 3.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 2.0, 4.0]])
    return sources @ weights + 1e-3 * rng.random((20000, 6)), sources, weights


@pytest.mark.parametrize(
    "estimator",
    [
        FastICA(2, random_state=0, whiten="unit-variance"),
        NMF(2, init="nndsvda", max_iter=2000),
    ],
    ids=["FastICA", "NMF"],
)
def test_loadings_are_weights_times_the_sources_deviation(planted, estimator):
    X, sources, weights = planted
    found = np.abs(loadings(estimator, X, estimator.fit_transform(X)))
    expected = weights * sources.std(axis=0)[:, np.newaxis]
    order = np.argsort(-found[:, 2])
    np.testing.assert_allclose(found[order], expected, atol=0.1)


@pytest.mark.slow
def test_squared_loadings_of_factors_are_the_columns_variance(planted):
    X, _, _ = planted
    estimator = FactorAnalysis(2)
    found = loadings(estimator, X, estimator.fit_transform(X))
    np.testing.assert_allclose(np.sum(found**2, axis=0), X.var(axis=0), rtol=0.02)


def test_without_components_loadings_are_correlations(planted):
    X = planted[0][:200]
    estimator = KernelPCA(2, kernel="rbf", gamma=0.01)
    W = estimator.fit_transform(X)
    found = loadings(estimator, X, W)
    np.testing.assert_allclose(found, np.corrcoef(W.T, X.T)[:2, 2:], atol=1e-9)


@pytest.mark.parametrize("whiten", [False, True])
def test_two_sources_are_reconstructed(planted, whiten):
    X, _, _ = planted
    estimator = PCA(2, whiten=whiten)
    W = estimator.fit_transform(X)
    np.testing.assert_allclose(reconstruction(estimator, X, W), X, atol=2e-3)
