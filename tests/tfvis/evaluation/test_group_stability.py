"""Stability under changes that should not matter, with explainers of known stability."""

import numpy as np
import pytest
import tensorflow as tf
from known_networks import PLANTED, RED, Says, other_channels, planted_network, planted_scene
from watched_explainers import Watched, require_read_only

from tfvis.evaluation.group_stability import CHANGES, study_stability
from tfvis.explainers.base import ClassMap, NothingSelected
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.utils import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups

C = 12


class Drawn:
    """Draws two groups of three channels anew for every image, or says always the same."""

    def __init__(self, *, chance, nothing=False):
        self.chance, self.nothing, self.seen = chance, nothing, []
        self.rng = np.random.default_rng(0)

    def explain(self, images, classes, *, progress):
        found = []
        for image, index in zip(images, classes, strict=True):
            self.seen.append(np.array(image))
            own = {
                "map": np.ones((8, 8)), "image": image, "class_index": index, "label": "",
                "method": "drawn",
            }  # fmt: skip
            if self.nothing:
                found.append(NothingSelected(**own, problem="nothing"))
                continue
            order = self.rng.permutation(C) if self.chance else np.arange(C)
            attribution = ChannelAttribution("by hand", "features", index, np.ones(C))
            groups = tuple(FeatureGroup(c, np.ones(3)) for c in (order[:3], order[3:6]))
            result = ClassMap(**own)
            object.__setattr__(
                result, "groups", FeatureGroups(groups, attribution, "pos", np.empty(0, int))
            )
            found.append(result)
        return found


@pytest.fixture
def net(closed_form):
    rng = np.random.default_rng(0)
    weights = tf.constant(rng.standard_normal((C, 3)), tf.float32)
    return closed_form(rng.random((3, C)), lambda a: tf.reduce_mean(a, [1, 2]) ** 2 @ weights, 3)


@pytest.fixture
def pictures():
    return list(np.random.default_rng(1).random((3, 8, 8, 3), np.float32))


def test_the_same_groups_agree_and_drawn_ones_do_not(net, pictures):
    same, drawn = (
        study_stability(net, pictures, [0, 1, 2], Drawn(chance=chance), repeats=8)
        for chance in (False, True)
    )
    assert list(same.scores) == ["noise", "crop"]
    for change in same.scores:
        assert same.estimate(change).mean == 1
        assert same.estimate(change, "cosine").mean == pytest.approx(1)
        assert drawn.estimate(change).mean < 0.25
        assert drawn.estimate(change, "cosine").mean < 0.8


def test_noise_is_as_large_as_it_says_and_crops_show_a_part(net):
    picture = np.full((40, 40, 3), 0.5, np.float32)
    picture[:, 20:] = 0.25
    explainer = Drawn(chance=False)
    study_stability(net, [picture], [0], explainer, repeats=4, noise=0.02)
    before, *noisy = explainer.seen[:5]
    crops = explainer.seen[5:]
    np.testing.assert_array_equal(before, picture)
    for image in noisy:
        assert (image - picture).std() == pytest.approx(0.02, rel=0.05)
        assert abs((image - picture).mean()) < 0.002
    assert len({image.tobytes() for image in noisy}) == 4
    for image in crops:
        assert image.shape == picture.shape
        share = (image[..., 0] < 0.375).mean()
        assert 0.4 < share < 0.6
    assert len({image.tobytes() for image in crops}) > 1


def test_an_explainer_of_the_package_allows_every_change(net, pictures):
    explainer = FeatureGroupExplainer(net, layer="features", grouping="KMeans", n_groups=2)
    found = study_stability(net, pictures, [0, 1, 2], explainer, repeats=2)
    assert tuple(found.scores) == CHANGES
    assert {change: own["cosine"].shape for change, own in found.scores.items()} == {
        "seed": (3, 2),
        "noise": (3, 2),
        "crop": (3, 2),
        "one group more": (3, 1),
        "one group fewer": (3, 1),
    }


class Alternates:
    """Says some groups, and others the second time."""

    def __init__(self, *said):
        self.said, self.calls = said, 0

    def explain(self, images, classes, *, progress):
        groups = self.said[self.calls % len(self.said)]
        self.calls += 1
        return Says(groups, n=C).explain(images, classes)


def test_scores_by_hand(net, pictures):
    said = Alternates([(0, 1), (2, 3)], [(2, 4), (0, 1)])
    found = study_stability(net, pictures[:1], [0], said, changes=["noise"], repeats=1)
    # Of the ten pairs of channels 0 … 4 two share a group before, two after, and one both times.
    assert found.estimate("noise").mean == pytest.approx((1 - 0.4) / (2 - 0.4))
    # {0, 1} is the same, and {2, 3} and {2, 4} have one of two channels in common.
    assert found.estimate("noise", "cosine").mean == pytest.approx((1 + 1 / 2) / 2)


class DrawsAnew:
    """Says two random channels, which do not carry the class, every time."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def explain(self, images, classes, *, progress):
        return Says([other_channels(self.rng)]).explain(images, classes)


def test_planted_channels_are_found_again_and_random_ones_are_not():
    net = planted_network(others=0.05)
    scenes = [planted_scene(seed=seed)[0] for seed in range(4)]
    planted = FeatureGroupExplainer(net, layer="features", grouping="KMeans", n_groups=1)
    changes = ["seed", "noise"]
    found = study_stability(net, scenes, [RED] * 4, planted, changes=changes, repeats=2)
    (first,) = planted.explain(scenes[:1], [RED])
    assert sorted(first.groups[0].channels) == list(PLANTED)
    for change in changes:
        assert found.estimate(change).mean == 1
        assert found.estimate(change, "cosine").mean == pytest.approx(1, abs=0.01)
    drawn = study_stability(net, scenes, [RED] * 4, DrawsAnew(), changes=["noise"], repeats=9)
    assert drawn.estimate("noise").high < 0.5
    assert drawn.estimate("noise", "cosine").high < 0.6


def test_without_a_change_everything_agrees(net, pictures):
    explainer = FeatureGroupExplainer(net, layer="features", grouping="KMeans", n_groups=2)
    found = study_stability(net, pictures, [0, 1, 2], explainer, noise=0.0, changes=["noise"])
    assert found.estimate("noise").mean == 1


def test_the_same_seed_changes_images_in_the_same_way(net, pictures):
    def shown(seed):
        explainer = Drawn(chance=False)
        study_stability(net, pictures, [0, 1, 2], explainer, repeats=2, seed=seed)
        return np.stack(explainer.seen)

    np.testing.assert_array_equal(shown(1), shown(1))
    assert (shown(1) != shown(2)).any()


def test_where_no_channel_stands_out_there_is_no_score(net, pictures):
    found = study_stability(net, pictures, [0, 1, 2], Drawn(chance=False, nothing=True))
    with pytest.raises(InputError, match="at least one value"):
        found.estimate("noise")


def test_of_one_group_alone_there_is_none_fewer():
    net, (scene, _), told = planted_network(others=0.05), planted_scene(), []
    explainer = FeatureGroupExplainer(net, layer="features", grouping="KMeans", n_groups=1)
    found = study_stability(
        net, [scene], [RED], explainer, changes=["one group more", "one group fewer"],
        progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert np.isnan(found.scores["one group fewer"]["cosine"]).all()
    assert not np.isnan(found.scores["one group more"]["cosine"]).any()
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_results_are_counted_and_images_are_read_only(net, pictures):
    watched = Watched(Drawn(chance=False))
    study_stability(net, pictures, [0, 1, 2], watched, repeats=1)
    require_read_only(watched)
    few = Watched(Drawn(chance=False), left_out=1)
    with pytest.raises(InputError, match="2 results, one a pair, from 'watched', received 1"):
        study_stability(net, pictures[:1] * 2, [0, 1], few, repeats=1)


def test_progress_counts_explanations(net, pictures):
    told = []
    study_stability(
        net, pictures[:2], [0, 1], Drawn(chance=False), changes=["noise"], repeats=2,
        progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert told == [(k, 6) for k in range(1, 7)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["noize"], "noize.*noise"),
        (["seed"], r"`net` and `options.seed` for the change 'seed', received 'Drawn' without"),
        (["one group more"], r"options.n_groups"),
    ],
)
def test_a_change_that_cannot_be_made_is_an_error(net, pictures, changes, message):
    with pytest.raises(InputError, match=message):
        study_stability(net, pictures, [0, 1, 2], Drawn(chance=False), changes=changes)


def test_known_groups_are_not_looked_for_again(net, pictures):
    explainer = FeatureGroupExplainer(net, layer="features", grouping="KMeans", n_groups=2)
    images, classes = [*pictures, pictures[0]], [0, 1, 2, 1]
    known = [own.groups for own in explainer.explain(images, classes)]
    watched, told = Watched(explainer), []
    given = {"changes": ["noise"], "repeats": 2}
    found = study_stability(
        net, images, classes, watched, known=known, **given,
        progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert len(watched.seen) == 8
    assert not any((image == own).all() for image in watched.seen for own in pictures)
    assert told[-1] == (8, 8)
    again = study_stability(net, images, classes, explainer, **given)
    np.testing.assert_array_equal(found.scores["noise"]["cosine"], again.scores["noise"]["cosine"])


def test_known_groups_are_one_a_pair(net, pictures):
    with pytest.raises(InputError, match="known groups of 3 pairs, received 1"):
        study_stability(net, pictures, [0, 1, 2], Drawn(chance=False), known=[None])


def test_an_unknown_noise_is_an_error(net, pictures):
    with pytest.raises(InputError, match="noise of 0 or more and below 1, received -1"):
        study_stability(net, pictures, [0, 1, 2], Drawn(chance=False), noise=-1)
