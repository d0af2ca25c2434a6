import numpy as np
import pytest
import sklearn.cluster
import sklearn.decomposition
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import explained_variance_score

from tfvis.utils.choices import (
    CLUSTERINGS,
    DECOMPOSITIONS,
    DEFAULT_GROUPING,
    FIND_THEIR_COUNT,
    UNSUPPORTED,
)
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import grouper
from tfvis.utils.groupers import MatrixDecomposer, SklearnCluster

SLOW = ("DictionaryLearning", "MiniBatchDictionaryLearning", "MiniBatchSparsePCA", "SparsePCA")


@pytest.fixture(scope="module")
def planted():
    """Activations (49, 12) of four kinds of channels, three each, and their kinds."""
    rng = np.random.default_rng(0)
    sources = rng.gamma(1.0, size=(49, 4))
    kinds = np.arange(12) % 4
    X = sources[:, kinds] * rng.uniform(0.8, 1.2, 12) + 0.02 * rng.random((49, 12))
    return X, kinds


def same_partition(labels, kinds):
    return len(set(zip(labels, kinds, strict=True))) == len(set(labels)) == len(set(kinds))


def test_the_names_are_all_that_scikit_learn_has():
    def estimators(module):
        classes = {name: getattr(module, name) for name in module.__all__}
        return {
            name
            for name, found in classes.items()
            if isinstance(found, type) and issubclass(found, BaseEstimator)
        }

    known = {*DECOMPOSITIONS, *CLUSTERINGS, *UNSUPPORTED}
    assert estimators(sklearn.decomposition) | estimators(sklearn.cluster) == known


def test_the_clusterings_without_a_count_are_known():
    without = {
        name
        for name in CLUSTERINGS
        if "n_clusters" not in getattr(sklearn.cluster, name)().get_params()
    }
    assert without == set(FIND_THEIR_COUNT)


@pytest.mark.parametrize("name", [n for n in DECOMPOSITIONS if n not in SLOW])
def test_every_decomposition_finds_planted_groups(planted, name):
    X, kinds = planted
    model = MatrixDecomposer(name, n_groups=4).fit(X)
    assert model.n_groups_ == 4
    assert model.components_.shape == (4, 12)
    assert model.transform(X).shape == (49, 4)
    assert model.labels_.shape == kinds.shape
    if name in ("FactorAnalysis", "NMF", "FastICA"):
        # The others rotate the sources together, and are tested for running alone.
        assert same_partition(model.labels_, kinds)


@pytest.mark.parametrize("name", SLOW)
def test_sparse_decompositions_run(planted, name):
    model = MatrixDecomposer(name, n_groups=3).fit(planted[0])
    assert model.components_.shape == (3, 12)


@pytest.mark.parametrize("name", CLUSTERINGS)
def test_every_clustering_runs(planted, name):
    X, _ = planted
    model = SklearnCluster(name).fit(X)
    assert model.labels_.shape == (12,)
    assert model.labels_.max() == model.n_groups_ - 1
    assert model.transform(X).shape == (49, model.n_groups_)


@pytest.mark.parametrize("name", ["KMeans", "AgglomerativeClustering", "SpectralClustering"])
def test_clusterings_find_planted_groups(planted, name):
    X, kinds = planted
    assert same_partition(SklearnCluster(name, n_groups=4).fit_predict(X), kinds)


def test_the_fewest_components_that_explain_enough_are_taken(planted):
    X, _ = planted
    model = MatrixDecomposer("PCA", explained_variance=0.9).fit(X)

    def explained(n):
        pca = sklearn.decomposition.PCA(n)
        W = pca.fit_transform(X)
        return explained_variance_score(X, W @ pca.components_)

    assert model.n_groups_ == next(n for n in range(3, 12) if explained(n) > 0.9)
    assert model.explained_variance_ == pytest.approx(explained(model.n_groups_))
    assert model.reached_


def test_variance_can_be_weighted():
    rng = np.random.default_rng(0)
    # One loud channel pair and many quiet independent ones.
    X = np.column_stack([100 * rng.random((60, 1)) @ [[1, 1]], rng.random((60, 10))])
    uniform = MatrixDecomposer("PCA").fit(X)
    weighted = MatrixDecomposer("PCA", multioutput="variance_weighted").fit(X)
    assert weighted.n_groups_ == 3 < uniform.n_groups_


def test_the_best_is_taken_and_said_where_none_explains_enough(caplog):
    X = np.random.default_rng(0).random((30, 5))
    model = MatrixDecomposer("FactorAnalysis", explained_variance=0.999).fit(X)
    assert not model.reached_
    assert "took the best" in caplog.text
    scores = [MatrixDecomposer("FactorAnalysis", n_groups=n).fit(X) for n in (3, 4)]
    assert model.explained_variance_ == max(m.explained_variance_ for m in scores)


class Flipped(sklearn.decomposition.FactorAnalysis):
    """Factor analysis with the sign of every second factor turned round."""

    def fit_transform(self, X, y=None):
        W = super().fit_transform(X)
        self.components_[::2] *= -1
        W[:, ::2] *= -1
        return W


def test_grouping_does_not_depend_on_the_signs_of_components(planted):
    X, _ = planted
    plain = MatrixDecomposer(sklearn.decomposition.FactorAnalysis(random_state=0)).fit(X)
    turned = MatrixDecomposer(Flipped(random_state=0)).fit(X)
    assert (np.sign(plain.components_) != np.sign(turned.components_)).any()
    np.testing.assert_array_equal(plain.labels_, turned.labels_)


QUICK = [name for name in DECOMPOSITIONS + CLUSTERINGS if name not in SLOW]


@pytest.mark.parametrize("K", [1, 2, 3, 4])
@pytest.mark.parametrize("name", QUICK)
def test_few_channels_are_ordinary(K, name):
    X = np.random.default_rng(0).random((20, K))
    labels = grouper(name).fit_predict(X)
    assert labels.shape == (K,)
    assert np.isin(labels, range(-1, K)).all()
    if name not in FIND_THEIR_COUNT:
        assert (labels >= 0).all()
        assert grouper(name, n_groups=9).fit_predict(X).shape == (K,)


@pytest.mark.parametrize("name", QUICK)
def test_constant_maps_are_ordinary(name):
    X = np.random.default_rng(0).random((20, 6))
    X[:, 2:4] = [0.0, 1.5]
    labels = grouper(name).fit_predict(X)
    assert labels.shape == (6,)
    if name in DECOMPOSITIONS:
        assert (labels == -1).tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize("name", QUICK)
def test_all_maps_alike_give_a_grouping_or_one_line(name):
    for X in (np.zeros((20, 5)), np.repeat(np.random.default_rng(0).random((20, 1)), 5, axis=1)):
        try:
            labels = grouper(name).fit_predict(X)
        except InputError as error:
            assert "cannot group these channels" in str(error)
        else:
            assert labels.shape == (5,)
            assert len(set(labels)) == 1


def test_loadings_do_not_depend_on_how_a_product_is_split(planted):
    """NMF's W · H stays the same if a row of H grows and the column of W shrinks."""

    class Rescaled(sklearn.decomposition.NMF):
        def fit_transform(self, X, y=None):
            W = super().fit_transform(X)
            self.components_[0] *= 30
            W[:, 0] /= 30
            return W

    X, _ = planted
    plain, scaled = (
        MatrixDecomposer(kind(random_state=0, max_iter=500), n_groups=3).fit(X)
        for kind in (sklearn.decomposition.NMF, Rescaled)
    )
    np.testing.assert_array_equal(plain.labels_, scaled.labels_)
    np.testing.assert_allclose(plain.components_, scaled.components_)


def test_whitening_does_not_change_what_is_explained(planted):
    X, _ = planted
    plain, white = (
        MatrixDecomposer(sklearn.decomposition.PCA(whiten=whiten), n_groups=3).fit(X)
        for whiten in (False, True)
    )
    assert white.explained_variance_ == pytest.approx(plain.explained_variance_)
    np.testing.assert_array_equal(white.labels_, plain.labels_)


class Halves:
    """A clustering that is no scikit-learn estimator."""

    def fit_predict(self, samples):
        return (samples.mean(axis=1) > np.median(samples.mean(axis=1))).astype(int)


class MeanAndRest:
    """A decomposition that is no scikit-learn estimator: singular vectors, no centring."""

    n_components = 1

    def fit_transform(self, X):
        U, S, V = np.linalg.svd(X, full_matrices=False)
        self.components_ = V[: self.n_components]
        return (U * S)[:, : self.n_components]


def test_classes_of_ones_own_can_be_passed(planted):
    X, _ = planted
    assert SklearnCluster(Halves()).fit(X).n_groups_ == 2
    assert SklearnCluster(Halves).fit(X).n_groups_ == 2
    model = MatrixDecomposer(MeanAndRest(), n_groups=4).fit(X)
    svd = MatrixDecomposer("TruncatedSVD", n_groups=4).fit(X)
    np.testing.assert_array_equal(model.labels_, svd.labels_)


def test_each_grouper_takes_its_own_kind_of_name():
    for grouper_of, name in ((MatrixDecomposer, "KMeans"), (SklearnCluster, "PCA")):
        with pytest.raises(InputError, match=f"Unknown grouping '{name}'"):
            grouper_of(name).fit(np.ones((4, 2)))


def test_an_instance_that_cannot_group_channels_is_refused():
    with pytest.raises(InputError, match="SpectralCoclustering cannot group channels"):
        SklearnCluster(sklearn.cluster.SpectralCoclustering()).fit(np.ones((4, 2)))


@pytest.mark.parametrize("name", ["KMeans", "AgglomerativeClustering"])
def test_equal_maps_are_ordinary(name):
    X = np.repeat(np.random.default_rng(0).random((20, 2)), 4, axis=1)
    labels = grouper(name).fit_predict(X)
    assert same_partition(labels, [0] * 4 + [1] * 4)


@pytest.mark.parametrize("name", ["NMF", "MiniBatchNMF", "LatentDirichletAllocation"])
def test_negative_input_is_refused_where_it_must_be(name):
    with pytest.raises(InputError, match=f"Expected non-negative activations for {name}"):
        MatrixDecomposer(name).fit(np.random.default_rng(0).standard_normal((20, 5)))


def test_the_count_of_clusters_is_where_the_inertia_bends():
    rng = np.random.default_rng(0)
    centres = 10 * rng.random((40, 6))
    X = np.repeat(centres, 8, axis=1) + 0.1 * rng.random((40, 48))
    assert SklearnCluster().fit(X).n_groups_ == 6


def test_groupers_are_scikit_learn_estimators(planted):
    X, _ = planted
    for model in (MatrixDecomposer("PCA", n_groups=3), SklearnCluster("KMeans", n_groups=4)):
        copy = clone(model)
        assert copy.get_params() == model.get_params()
        assert copy.fit(X) is copy
        np.testing.assert_array_equal(copy.labels_, model.fit_predict(X))
        copy.set_params(n_groups=2)
        assert copy.n_groups == 2


@pytest.mark.parametrize("kind", ["name", "class", "instance"])
def test_estimators_can_be_given_in_three_ways(planted, kind):
    X, kinds = planted
    given = {
        "name": "NMF",
        "class": sklearn.decomposition.NMF,
        "instance": sklearn.decomposition.NMF(max_iter=500),
    }[kind]
    model = MatrixDecomposer(given, n_groups=4).fit(X)
    assert same_partition(model.labels_, kinds)
    if kind == "instance":
        assert not hasattr(given, "components_")  # it was copied, not fitted


def test_an_instance_keeps_its_own_count(planted):
    X, _ = planted
    assert SklearnCluster(sklearn.cluster.KMeans(5, random_state=0)).fit(X).n_groups_ == 5
    assert SklearnCluster(sklearn.cluster.KMeans(5), n_groups=2).fit(X).n_groups_ == 2
    assert MatrixDecomposer(sklearn.decomposition.NMF(6, max_iter=500)).fit(X).n_groups_ == 6
    searched = MatrixDecomposer(sklearn.decomposition.PCA(), explained_variance=0.9).fit(X)
    assert searched.n_groups_ == MatrixDecomposer("PCA", explained_variance=0.9).fit(X).n_groups_


def test_clusterings_that_find_their_count_refuse_one(planted):
    with pytest.raises(InputError, match="MeanShift finds the number of groups itself"):
        SklearnCluster("MeanShift", n_groups=3).fit(planted[0])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((3, 3, 3)), r"\(positions, channels\), received \(3, 3, 3\)"),
        (np.zeros((0, 3)), r"received \(0, 3\)"),
        (np.full((4, 3), np.nan), "Expected finite activations"),
    ],
)
@pytest.mark.parametrize("model", [MatrixDecomposer(), SklearnCluster()])
def test_input_that_cannot_be_grouped(model, X, message):
    with pytest.raises(InputError, match=message):
        model.fit(X)


@pytest.mark.parametrize("share", [0, 1, -0.5])
def test_the_share_of_variance_is_between_0_and_1(planted, share):
    with pytest.raises(InputError, match="explained_variance between 0 and 1"):
        MatrixDecomposer(explained_variance=share).fit(planted[0])


@pytest.mark.parametrize("name", [DEFAULT_GROUPING, "FactorAnalysis"])
@pytest.mark.parametrize("scale", [1e-9, 1e-30])
def test_tiny_activations_are_grouped_as_others_are(planted, name, scale):
    # A factor analysis that is left alone adds 1e-12 to the variances.
    X = np.asarray(planted[0])
    found, tiny = MatrixDecomposer(name).fit(X), MatrixDecomposer(name).fit(X * scale)
    np.testing.assert_array_equal(tiny.labels_, found.labels_)
    # Factors have unit variance; the scores of PCA are in the units of what the estimator is given.
    unit = 1 if name == "FactorAnalysis" else scale * tiny.scale_ / found.scale_
    # Not closer: the algorithm stops once a step gains little.
    for own, expected in (
        (tiny.components_ / scale, found.components_),
        (tiny.transform(X * scale), found.transform(X) * unit),
    ):
        np.testing.assert_allclose(own, expected, atol=0.01 * np.abs(expected).max())


class Loading:
    """A decomposition whose components load nothing if there are more than `most`."""

    def __init__(self, most, n_components=None):
        self.most, self.n_components = most, n_components

    def fit_transform(self, X):
        n = self.n_components
        share = np.eye(n, X.shape[1]) if n <= self.most else np.zeros((n, X.shape[1]))
        self.components_ = share + share[:, ::-1]
        return X[:, :n]


def test_fewer_groups_than_asked_for_are_explained(caplog):
    """A component that no channel loads more than every other has no group."""
    rng = np.random.default_rng(0)
    X = rng.random((60, 2)) @ rng.random((2, 12)) + 0.01 * rng.random((60, 12))
    found = MatrixDecomposer("PCA", n_groups=30).fit(X)
    groups = len(np.unique(found.labels_))
    assert groups < found.n_groups_ == 11
    assert "30 components are too many here; took 11." in caplog.text
    assert f"Only {groups} of 11 components lead a channel: {groups} groups." in caplog.text


@pytest.mark.parametrize(("most", "taken"), [(2, 2), (1, 1), (0, 1)])
def test_components_that_load_nothing_give_way_to_fewer(caplog, most, taken):
    X = np.random.default_rng(0).random((20, 5))
    found = MatrixDecomposer(Loading(most), n_groups=4).fit(X)
    assert found.n_groups_ == taken
    assert (found.labels_ >= 0).any()
    assert f"None of 4 components loads any channel; took {taken}." in caplog.text
    if most == 0:
        assert found.labels_.tolist() == [0] * 5
