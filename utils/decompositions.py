"""What a fitted matrix decomposition of scikit-learn says of the columns: X ≈ W · components."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.decomposition


def loadings(estimator: Any, X: np.ndarray, W: np.ndarray) -> np.ndarray:
    """How strongly each component is present in each column: (n, K)."""
    # FastICA's `components_` unmix; its mixing matrix loads.
    components = estimator.mixing_.T if hasattr(estimator, "mixing_") else _components(estimator, W)
    if components is None:
        return _correlation(W, X)
    if isinstance(
        estimator,
        sklearn.decomposition.FactorAnalysis | sklearn.decomposition.LatentDirichletAllocation,
    ):  # factors of unit variance; counts, which are in units of X
        return components
    return components * W.std(axis=0)[:, np.newaxis]


def reconstruction(estimator: Any, X: np.ndarray, W: np.ndarray) -> np.ndarray:
    """X as far as the decomposition explains it, up to a constant for each column."""
    components = _components(estimator, W)
    if components is None or isinstance(estimator, sklearn.decomposition.LatentDirichletAllocation):
        # KernelPCA has no components; LDA's are counts, and its W shares: not in units of X.
        return _regression(W, X)
    if hasattr(estimator, "inverse_transform"):  # it knows of whitening
        return estimator.inverse_transform(W)
    return W @ components


def _components(estimator: Any, W: np.ndarray) -> np.ndarray | None:
    """The estimator's components, (n, K), if it has one for each column of W."""
    components = getattr(estimator, "components_", None)
    return components if components is not None and len(components) == W.shape[1] else None


def _regression(W: np.ndarray, X: np.ndarray) -> np.ndarray:
    """X as far as it is linear in W."""
    design = np.column_stack([W, np.ones(len(W))])
    return design @ np.linalg.lstsq(design, X, rcond=None)[0]


def _correlation(W: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Pearson's correlation of each column of W with each of X; 0 where either is constant."""

    def standardised(M: np.ndarray) -> np.ndarray:
        centred = M - M.mean(axis=0)
        length = np.linalg.norm(centred, axis=0)
        return np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)

    return standardised(W).T @ standardised(X)
