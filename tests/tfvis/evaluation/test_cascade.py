"""Cascading randomisation, with explainers that depend on weights and one that does not."""

import keras
import numpy as np
import pytest
from known_networks import PLANTED, RED, Says, planted_network, planted_scene
from scipy import stats
from watched_explainers import Watched, require_read_only

from tfvis.evaluation.cascade import rank_correlation, study_cascade
from tfvis.explainers.base import ClassMap
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.grad_cam import GradCAM
from tfvis.models.keras_network import KerasNetwork
from tfvis.utils.errors import InputError
from tfvis.utils.icon_options import IconOptions


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


def test_preprocessing_is_no_stage(pictures):
    """It has weights, which are not learnt."""
    images = keras.Input((24, 24, 3))
    scale = keras.layers.Normalization(name="scale")
    scale.adapt(np.stack(pictures))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="a")(scale(images))
    x = keras.layers.Dense(3, name="dense")(keras.layers.GlobalAveragePooling2D()(x))
    net = KerasNetwork(keras.Model(images, x), layers=["a"])
    assert net.keras_layers["scale"].get_weights()
    found = study_cascade(net, pictures[:1], [0], Edges, stages=2)
    assert found.layers == ("", "dense", "a")
    assert found.counts.tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="at most 2 stages"):
        study_cascade(net, pictures[:1], [0], Edges, stages=3)


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


def test_results_are_counted_and_images_are_read_only(net, pictures):
    watched = Watched(Edges(net))
    study_cascade(net, pictures, [0, 1, 2], lambda own: watched, stages=1)
    require_read_only(watched)
    few = Watched(Edges(net), left_out=1)
    with pytest.raises(InputError, match="3 results, one a pair, from 'watched', received 2"):
        study_cascade(net, pictures, [0, 1, 2], lambda own: few, stages=1)


class Turns:
    """Says one map and one set of groups of the first network, and others of all that follow."""

    def __init__(self, *, first, then):
        self.said = [first, then]

    def __call__(self, net):
        return self.said.pop(0) if len(self.said) > 1 else self.said[0]


def striped(rows):
    """An icon whose upper rows are white, with some colours."""
    icon = np.zeros((8, 8, 3), np.float32)
    icon[:rows] = 1
    return icon


def test_similarities_by_hand():
    net, (picture, _) = planted_network(), planted_scene()
    ramp = np.arange(32.0 * 32).reshape(32, 32)
    one, other, third = striped(2), striped(6), striped(4)
    make = Turns(
        first=Says([(2, 5), (0, 1)], a_map=lambda *_: ramp, icons=lambda _: np.stack([one, other])),
        # The groups have changed their places, a channel has gone, and there is one group more.
        then=Says(
            [(0, 1), (2,), (7,)],
            a_map=lambda *_: ramp.max() - ramp,
            icons=lambda _: np.stack([other, third, one]),
        ),
    )
    found = study_cascade(net, [picture], [RED], make, stages=1, icons=True)
    assert found.similarities["map"][:, 0].tolist() == [1, -1]
    # Of channels 0, 1, 2, 5 and 7, five in a group of either, two pairs share one before, one after
    # too: (1 − 2 · 1 / 10) / ((2 + 1) / 2 − 2 · 1 / 10).
    assert found.similarities["groups"][:, 0] == pytest.approx([1, (1 - 0.2) / (1.5 - 0.2)])
    # {0, 1} has the same icon; {2, 5} is matched with {2}. A quarter of white against a half:
    # the correlation of two yes-or-no variables, (¼ − ¼ · ½) / √(¼ · ¾ · ½ · ½). {7} is left over.
    half = (1 / 4 - 1 / 8) / np.sqrt(3 / 16 * 1 / 4)
    assert found.similarities["icons"][:, 0] == pytest.approx([1, (1 + half + 0) / 3])


def test_planted_channels_are_lost_with_the_weights_and_said_ones_are_not():
    net, (picture, _) = planted_network(others=0.05), planted_scene()

    def by_weights(own):
        explainer = FeatureGroupExplainer(own, layer="features", grouping="KMeans", n_groups=1)
        found.append(explainer.explain([picture], [RED])[0].groups)
        return explainer

    found = []
    lost = study_cascade(net, [picture], [RED], by_weights, stages=1)
    assert sorted(found[0][0].channels) == list(PLANTED)
    assert sorted(found[1][0].channels) != list(PLANTED)
    assert lost.estimate(0, "groups").mean == lost.estimate(0, "attributions").mean == 1
    assert lost.estimate(-1, "groups").mean < 0.5
    assert lost.estimate(-1, "attributions").mean < 0.5
    kept = study_cascade(net, [picture], [RED], lambda own: Says([PLANTED, (0,)]), stages=1)
    assert kept.estimate(-1, "groups").mean == kept.estimate(-1, "attributions").mean == 1


ICONS = IconOptions(steps=8, size=32, learning_rate=0.5, redirected_relu_steps=8)


@pytest.mark.slow
def test_icons_lose_their_meaning_with_the_layers_that_they_are_of(net, pictures):
    found = study_cascade(
        net,
        pictures[:1],
        [0],
        lambda own: Says([(0, 1), (2, 3)], layer="a", n=12),
        stages=2,
        icons=ICONS,
    )
    assert found.layers == ("", "c", "a")
    # The groups are those of always; but they are of a layer whose weights are fresh at the end.
    assert found.similarities["groups"][:, 0].tolist() == [1, 1, 1]
    assert found.estimate(0, "icons").mean == found.estimate(1, "icons").mean == 1
    assert found.estimate(2, "icons").mean < 0.5


def test_icons_are_compared_only_if_that_is_asked_for(net, pictures):
    found = study_cascade(net, pictures[:1], [0], Edges, stages=1)
    assert list(found.similarities) == ["map", "attributions", "groups"]
    with pytest.raises(InputError, match="icons"):
        found.estimate(0, "icons")
    found = study_cascade(net, pictures[:1], [0], Edges, stages=1, icons=ICONS)
    assert np.isnan(found.similarities["icons"]).all()  # there are no groups


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
