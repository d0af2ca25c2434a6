"""Cascading randomisation, with explainers that depend on weights and one that does not."""

import keras
import numpy as np
import pytest
from scipy import stats

from tfvis.evaluation.cascade import rank_correlation, study_cascade
from tfvis.explainers.base import ClassMap
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.grad_cam import GradCAM
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError


@pytest.fixture(scope="module")
def net():
    keras.utils.set_random_seed(0)
    images = x = keras.Input((24, 24, 3))
    for name in "abc":
        x = keras.layers.Conv2D(12, 3, activation="relu", padding="same", name=name)(x)
    x = keras.layers.Dense(4, name="dense")(keras.layers.GlobalAveragePooling2D()(x))
    return KerasNetwork(keras.Model(images, x), layers=["a", "b", "c"])


@pytest.fixture
def pictures():
    return list(np.random.default_rng(1).random((3, 24, 24, 3), np.float32))


class Edges:
    """Looks at the image alone, whatever the network has learnt."""

    def __init__(self, net):
        self.net = net

    def explain(self, images, classes, *, progress=None):
        own = {"class_index": 0, "label": "", "method": "edges"}
        return [ClassMap(map=image.mean(axis=-1), image=image, **own) for image in images]


def test_what_depends_on_the_weights_changes_and_what_does_not_stays(net, pictures):
    edges, cam = (
        study_cascade(net, pictures, [0, 1, 2], make, stages=2)
        for make in (Edges, lambda own: GradCAM(own, layer="c"))
    )
    assert [edges.estimate(stage).mean for stage in range(3)] == [1, 1, 1]
    assert cam.estimate(0).mean == 1
    assert cam.estimate(-1).mean < 0.7


def test_layers_are_made_fresh_from_the_output_down(net, pictures):
    seen = []

    def make(own):
        changed = [
            name
            for name, layer in own.keras_layers.items()
            if any(
                (new != old).any()
                for new, old in zip(
                    layer.get_weights(), net.keras_layers[name].get_weights(), strict=True
                )
            )
        ]
        seen.append(changed)
        return Edges(own)

    found = study_cascade(net, pictures, [0, 1, 2], make, stages=4)
    assert seen == [[], ["dense"], ["c", "dense"], ["b", "c", "dense"], ["a", "b", "c", "dense"]]
    assert found.layers == ("", "dense", "c", "b", "a")
    assert found.counts.tolist() == [0, 1, 2, 3, 4]


def test_groups_and_attributions_lose_their_meaning(net, pictures):
    found = study_cascade(
        net, pictures, [0, 1, 2], lambda own: FeatureGroupExplainer(own, layer="a", n_groups=3),
        stages=1,
    )  # fmt: skip
    assert found.estimate(0, "attributions").mean == found.estimate(0, "groups").mean == 1
    assert found.estimate(-1, "attributions").mean < 0.7
    assert found.estimate(-1, "groups").mean < 1


def test_maps_without_groups_have_no_attributions(net, pictures):
    found = study_cascade(net, pictures, [0, 1, 2], Edges, stages=1)
    assert np.isnan(found.similarities["groups"]).all()


def test_the_same_seed_gives_the_same_weights(net, pictures):
    def run(seed):
        own = study_cascade(
            net, pictures, [0, 1, 2], lambda own: GradCAM(own, layer="c"), stages=1, seed=seed
        )
        return own.similarities["map"]

    np.testing.assert_array_equal(run(1), run(1))
    assert (run(1) != run(2)).any()


def test_the_correlation_is_spearmans():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5, (2, 6, 6)).astype(float)
    expected = stats.spearmanr(first.ravel(), second.ravel()).statistic
    assert rank_correlation(first, second) == pytest.approx(expected)
    assert rank_correlation(first, np.ones((6, 6))) == 0
    assert rank_correlation(np.zeros((6, 6)), np.ones((6, 6))) == 1


def test_there_are_no_more_stages_than_layers(net, pictures):
    with pytest.raises(InputError, match="at most 4 stages, as many as layers with weights"):
        study_cascade(net, pictures, [0, 1, 2], Edges, stages=5)


def test_the_network_is_one_of_keras(closed_form, pictures):
    other = closed_form(np.eye(3), lambda a: a[:, 0, 0], 3)
    with pytest.raises(InputError, match="Expected a KerasNetwork"):
        study_cascade(other, pictures, [0, 1, 2], Edges)
