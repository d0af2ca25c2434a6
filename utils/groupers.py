"""Estimators that put the columns of a matrix into groups.

They follow scikit-learn: the constructor only stores its arguments, `fit` learns and returns self,
what is learned ends in an underscore. Their input X are activations with positions as rows and
channels as columns, (h·w, K). Shi, Du, Fan (2020), section 3.3.
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn.cluster
import sklearn.decomposition
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.metrics import explained_variance_score
from sklearn.utils.validation import check_is_fitted

from .choices import CLUSTERINGS, DECOMPOSITIONS, DEFAULT_GROUPING, UNSUPPORTED, require_grouping
from .decompositions import loadings, reconstruction
from .errors import InputError, require_count, unknown

if TYPE_CHECKING:
    from typing_extensions import Self

logger = logging.getLogger(__name__)

Estimator = Any
"""One of scikit-learn's, or any object with the same methods: which depends on its kind."""

MIN_COMPONENTS = 3
CLUSTER_COUNTS = (4, 25)
_NON_NEGATIVE = ("NMF", "MiniBatchNMF", "LatentDirichletAllocation")
_TINY = 1e-3
"""FactorAnalysis adds 1e-12 to variances, which changes those of columns this small."""


class _ColumnGrouper(TransformerMixin, BaseEstimator):
    """What both groupers share: checking X, and transforming to one column a group."""

    n_groups: int | None
    labels_: np.ndarray

    def fit(self, X: np.ndarray, y: None = None) -> Self:
        """Learn `labels_` of X (h·w, K); `y` is ignored."""
        raise NotImplementedError

    def fit_predict(self, X: np.ndarray, y: None = None) -> np.ndarray:
        """Fit, and return `labels_`: a group for each column of X."""
        return self.fit(X).labels_

    def _checked(self, X: np.ndarray) -> np.ndarray:
        X = np.asarray(X, np.float64)
        if X.ndim != 2 or 0 in X.shape:
            raise InputError(
                f"Expected activations of shape (positions, channels), received {X.shape}."
            )
        if not np.isfinite(X).all():
            raise InputError("Expected finite activations, received NaN or infinity.")
        if self.n_groups is not None:
            require_count("n_groups", self.n_groups)
        self.n_features_in_ = X.shape[1]
        return X


class MatrixDecomposer(_ColumnGrouper):
    """Groups columns by the component of a matrix decomposition with the largest loading.

    X ≈ W · components. A column's loading is its entry in a component times the component's
    standard deviation over positions, so that it does not depend on how a product W · components
    is split; in factor analysis, whose factors have unit variance, it is the entry itself. The
    sign of a component means nothing in most decompositions, so the loading's absolute value
    decides; where a decomposition has no components (KernelPCA), the absolute correlation of the
    column with W does. A column that is constant has no variance to explain and joins no group.
    Where components have no loading on any other column, fewer are taken; a single one takes all.

    Args:
        estimator: a name in `sklearn.decomposition`, one of its classes, or an instance of any
            class with an attribute `n_components`, `fit_transform` and, best, `components_`.
        n_groups: how many components. If left out, an instance's own `n_components` if that is a
            number; else it is searched for: the fewest, at least 3, that explain more than
            `explained_variance` of X, and failing that the best.
        explained_variance: the share of X's variance to explain, in (0, 1).
        multioutput: how the explained variance of X's columns is averaged:
            "uniform_average" (the reference) or "variance_weighted".
        random_state: for estimators that are random.

    Attributes:
        labels_: a component for each column, int (K,); −1 for a constant one among several.
        n_groups_: how many components were fitted.
        components_: their loadings, (n_groups_, K).
        explained_variance_: the share explained, at most 1.
        reached_: whether that is more than was asked for; True if `n_groups` was given.
        scale_: what X is multiplied by for the estimator: 1 unless X is tiny.
        estimator_: the fitted estimator; None for a single column.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import MatrixDecomposer
        >>> t = np.linspace(0, 9, 60)
        >>> X = np.stack([np.sin(t), 2 * np.sin(t), np.cos(2 * t), 3 * np.cos(2 * t)], axis=1)
        >>> a, b, c, d = MatrixDecomposer("PCA", n_groups=2).fit_predict(X)
        >>> bool(a == b != c == d)
        True
    """

    def __init__(
        self,
        estimator: str | type | Estimator = DEFAULT_GROUPING,
        *,
        n_groups: int | None = None,
        explained_variance: float = 0.7,
        multioutput: str = "uniform_average",
        random_state: int | None = 0,
    ) -> None:
        self.estimator = estimator
        self.n_groups = n_groups
        self.explained_variance = explained_variance
        self.multioutput = multioutput
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: None = None) -> Self:
        """Decompose X (h·w, K); `y` is ignored."""
        X = self._checked(X)
        wanted = _count(self.estimator, "n_components", self.n_groups)
        if not 0 < self.explained_variance < 1:
            raise InputError(
                "Expected explained_variance between 0 and 1, "
                f"received {self.explained_variance!r}."
            )
        if self.multioutput not in ("uniform_average", "variance_weighted"):
            raise unknown("multioutput", self.multioutput, ["uniform_average", "variance_weighted"])
        template = _instance(self.estimator, DECOMPOSITIONS, self.random_state)
        if type(template).__name__ in _NON_NEGATIVE and X.min() < 0:
            raise InputError(
                f"Expected non-negative activations for {type(template).__name__}, received "
                f"{X.min():g}: choose a layer behind a ReLU, or {DEFAULT_GROUPING}."
            )
        self.scale_ = _scale(X)
        limit = max(1, min(X.shape) - 1)
        if X.shape[1] == 1:
            self._take(_Decomposition(None, np.ones((1, 1)), 1.0), X)
            self.labels_ = np.zeros(1, int)
            self.reached_ = True
        elif wanted is not None:
            if wanted > limit:
                logger.warning("%d components are too many here; took %d.", wanted, limit)
            self._take(self._decompose(template, X, min(wanted, limit)), X)
            self.reached_ = True
        else:
            first = min(MIN_COMPONENTS, limit)
            best = self._decompose(template, X, first)
            for n in range(first, limit + 1):
                found = best if n == first else self._decompose(template, X, n)
                if found.explained_variance > best.explained_variance:
                    best = found
                if found.explained_variance > self.explained_variance:
                    break
            self._take(best, X)
            self.reached_ = best.explained_variance > self.explained_variance
            if not self.reached_:
                logger.warning(
                    "No number of components up to %d explains more than %g of the variance; "
                    "took the best, %d, which explain %.3f.",
                    limit,
                    self.explained_variance,
                    self.n_groups_,
                    self.explained_variance_,
                )
        if not (self.labels_ >= 0).any():
            self._take_fewer(template, X)
        found, n = len({*self.labels_} - {-1}), self.n_groups_
        if wanted is not None and 0 < found < n:
            logger.warning("Only %d of %d components lead a channel: %d groups.", found, n, found)
        return self

    def _take_fewer(self, template: Estimator, X: np.ndarray) -> None:
        """Instead of components that load no column: the most that load some, or one for all."""
        varying = np.ptp(X, axis=0) > 0
        if not varying.any():
            return
        wanted = self.n_groups_
        for n in range(wanted - 1, 0, -1):
            self._take(self._decompose(template, X, n), X)
            if (self.labels_ >= 0).any():
                break
        else:
            self.labels_ = np.where(varying, 0, -1)
        logger.warning("None of %d components loads any channel; took %d.", wanted, self.n_groups_)

    def transform(self, X: np.ndarray) -> np.ndarray:
        """W, the components' strength at each position: (h·w, n_groups_)."""
        check_is_fitted(self, "labels_")
        X = np.asarray(X, np.float64)
        return X.copy() if self.estimator_ is None else self.estimator_.transform(X * self.scale_)

    def _take(self, found: _Decomposition, X: np.ndarray) -> None:
        self.estimator_ = found.estimator
        self.components_ = found.loadings
        self.n_groups_ = len(found.loadings)
        self.explained_variance_ = found.explained_variance
        strength = np.abs(found.loadings)
        # Rounding gives constant columns tiny loadings: X itself says which they are.
        touched = (np.ptp(X, axis=0) > 0) & (strength.max(axis=0) > 0)
        self.labels_ = np.where(touched, strength.argmax(axis=0), -1)

    def _decompose(self, template: Estimator, X: np.ndarray, n: int) -> _Decomposition:
        X = X * self.scale_
        estimator = _copy(template, n_components=n)
        W = _quietly(lambda: np.asarray(estimator.fit_transform(X)), estimator)
        found = loadings(estimator, X, W) / self.scale_
        explained = explained_variance_score(
            X, reconstruction(estimator, X, W), multioutput=self.multioutput
        )
        return _Decomposition(estimator, found, float(explained))


def _scale(X: np.ndarray) -> float:
    """A power of two, so that nothing is rounded, by which X gets an ordinary size."""
    size = X.std()
    return 2.0 ** -np.floor(np.log2(size)) if 0 < size < _TINY else 1.0


@dataclass(frozen=True, eq=False)
class _Decomposition:
    estimator: Estimator | None
    loadings: np.ndarray
    explained_variance: float


class SklearnCluster(_ColumnGrouper):
    """Groups columns by clustering them: each column, scaled to [0, 1], is a sample.

    Args:
        estimator: a name in `sklearn.cluster`, one of its classes, or an instance of any class
            with `fit_predict`, and `n_clusters` if it takes a count.
        n_groups: how many clusters, for estimators that take a count. If left out, an instance's
            own `n_clusters`; else the count from 4 to 25 where the inertia's second difference is
            largest. Inertia is computed here, as only the KMeans family has it.
        random_state: for estimators that are random.

    Attributes:
        labels_: a cluster for each column, int (K,); −1 for noise.
        n_groups_: how many clusters there are.
        components_: each cluster's averaging weights, (n_groups_, K): X · components_ᵀ are the
            clusters' mean columns.
        estimator_: the fitted estimator; None where all columns are alike.

    Example:
        >>> import numpy as np
        >>> from tfvis.utils import SklearnCluster
        >>> X = np.array([[0.0, 0.1, 1.0, 0.9], [1.0, 0.9, 0.0, 0.2], [0.0, 0.0, 1.0, 1.0]])
        >>> a, b, c, d = SklearnCluster("KMeans", n_groups=2).fit_predict(X)
        >>> bool(a == b != c == d)
        True
    """

    def __init__(
        self,
        estimator: str | type | Estimator = "KMeans",
        *,
        n_groups: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.estimator = estimator
        self.n_groups = n_groups
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: None = None) -> Self:
        """Cluster the columns of X (h·w, K); `y` is ignored."""
        X = self._checked(X)
        template = _instance(self.estimator, CLUSTERINGS, self.random_state)
        maps = _min_max(X).T
        if (maps == maps[0]).all():
            self.estimator_, labels = None, np.zeros(len(maps), int)
        else:
            self.estimator_, labels = self._cluster(template, maps)
        found = np.unique(labels[labels >= 0])
        self.labels_ = np.where(labels >= 0, np.searchsorted(found, labels), -1)
        self.n_groups_ = len(found)
        members = self.labels_ == np.arange(self.n_groups_)[:, np.newaxis]
        self.components_ = members / members.sum(axis=1, keepdims=True)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """The clusters' mean columns: (h·w, n_groups_)."""
        check_is_fitted(self, "labels_")
        return np.asarray(X, np.float64) @ self.components_.T

    def _cluster(self, template: Estimator, maps: np.ndarray) -> tuple[Estimator, np.ndarray]:
        if not hasattr(template, "n_clusters"):
            if self.n_groups is not None:
                raise InputError(
                    f"{type(template).__name__} finds the number of groups itself: "
                    "leave n_groups out, or choose KMeans."
                )
            # HDBSCAN and OPTICS refuse neighbourhoods of more samples than there are.
            small = {
                name: len(maps)
                for name in ("min_samples", "min_cluster_size")
                if (getattr(template, name, None) or 5) > len(maps) and hasattr(template, name)
            }
            return _fitted(_copy(template, **small), maps)
        distinct = len(np.unique(maps, axis=0))
        wanted = _count(self.estimator, "n_clusters", self.n_groups)
        if wanted is not None:
            if wanted > distinct:
                logger.warning("%d groups are too many here; took %d.", wanted, distinct)
            return _fitted(_copy(template, n_clusters=min(wanted, distinct)), maps)
        low, high = CLUSTER_COUNTS
        counts = range(min(low, distinct), min(high, distinct) + 1)
        fits = [_fitted(_copy(template, n_clusters=n), maps) for n in counts]
        if len(fits) < 3:
            return fits[0]
        bend = np.diff([_inertia(maps, labels) for _, labels in fits], n=2)
        return fits[1 + int(np.argmax(bend))]


def _fitted(estimator: Estimator, maps: np.ndarray) -> tuple[Estimator, np.ndarray]:
    if isinstance(estimator, sklearn.cluster.FeatureAgglomeration):
        labels = _quietly(lambda: estimator.fit(maps.T).labels_, estimator)
    else:
        labels = _quietly(lambda: estimator.fit_predict(maps), estimator)
    return estimator, np.asarray(labels)


def _quietly(fit: Callable[[], np.ndarray], estimator: Estimator) -> np.ndarray:
    """Fit without scikit-learn's warnings; what it refuses becomes an `InputError`.

    It warns of too few iterations, of as many components as samples, of graphs that fall apart:
    with few or equal channels these are ordinary, and the grouping is coarse, not wrong.
    """
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return fit()
    except (ValueError, np.linalg.LinAlgError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{type(estimator).__name__} cannot group these channels: {reason.rstrip('.')}. "
            f"Choose another grouping, {DEFAULT_GROUPING} or KMeans."
        ) from None


def _min_max(X: np.ndarray) -> np.ndarray:
    """Columns scaled to [0, 1]; constant ones become 0."""
    low, span = X.min(axis=0), np.ptp(X, axis=0)
    return np.divide(X - low, span, out=np.zeros_like(X), where=span > 0)


def _inertia(samples: np.ndarray, labels: np.ndarray) -> float:
    """The sum of squared distances of samples from the mean of their cluster."""
    return sum(
        float(np.square(own - own.mean(axis=0)).sum())
        for own in (samples[labels == label] for label in np.unique(labels))
    )


def _instance(
    estimator: str | type | Estimator, names: tuple[str, ...], random_state: int | None
) -> Estimator:
    """An estimator from its name in `names`, its class or an instance (which is not changed)."""
    if isinstance(estimator, str):
        require_grouping(estimator, names)
        home = sklearn.cluster if estimator in CLUSTERINGS else sklearn.decomposition
        estimator = getattr(home, estimator)
    kind = estimator if isinstance(estimator, type) else type(estimator)
    if kind.__module__.startswith("sklearn.") and kind.__name__ in UNSUPPORTED:
        require_grouping(kind.__name__)
    if not isinstance(estimator, type):
        return estimator
    made = estimator()
    return _copy(made, random_state=random_state) if hasattr(made, "random_state") else made


def _count(estimator: str | type | Estimator, parameter: str, n_groups: int | None) -> int | None:
    """How many groups are asked for: by `n_groups`, else by an instance's own whole number."""
    if n_groups is not None or isinstance(estimator, str | type):
        return n_groups
    own = getattr(estimator, parameter, None)
    return own if isinstance(own, int) else None


def _copy(estimator: Estimator, **parameters: object) -> Estimator:
    """An unfitted copy with other parameters, also of a class that is not scikit-learn's."""
    if isinstance(estimator, BaseEstimator):
        twin: Estimator = clone(estimator)
        return twin.set_params(**parameters)
    twin = copy.deepcopy(estimator)
    for name, value in parameters.items():
        setattr(twin, name, value)
    return twin
