"""Deletion over many images, by explainers of anyone's."""

import numpy as np
import pytest
import tensorflow as tf
from watched_explainers import Watched, require_read_only

from tfvis.evaluation.deletion_study import study_deletion
from tfvis.evaluation.estimates import estimate_of_mean
from tfvis.evaluation.group_deletion import GROUPS, RANDOM, delete_groups, insert_groups
from tfvis.explainers.base import ClassMap, NothingSelected
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.utils import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups

C, PLANTED = 8, [2, 5]


@pytest.fixture
def net(closed_form):
    """Class 1 is carried by channels 2 and 5 alone, class 0 by channel 7."""
    weights = np.zeros((C, 2), np.float32)
    weights[PLANTED, 1] = 5.0
    weights[7, 0] = 1.0
    return closed_form(
        np.random.default_rng(0).uniform(0.5, 1, (3, C)),
        lambda a: tf.reduce_mean(a, [1, 2]) @ tf.constant(weights),
        2,
    )


@pytest.fixture
def pictures():
    return list(np.random.default_rng(1).random((6, 8, 8, 3), np.float32))


class Named:
    """An explainer of someone's own, which says the same channels for every image."""

    def __init__(self, name, channels, nothing_for=()):
        self.name, self.channels, self.nothing_for = name, channels, nothing_for
        self.calls = 0

    def explain(self, images, classes, *, progress):
        found = []
        for image, index in zip(images, classes, strict=True):
            self.calls += 1
            own = {
                "map": np.ones((8, 8)), "image": image, "class_index": index, "label": str(index),
                "method": self.name,
            }  # fmt: skip
            if self.calls - 1 in self.nothing_for:
                found.append(NothingSelected(**own, problem="nothing"))
                continue
            result = ClassMap(**own)
            attribution = ChannelAttribution("by hand", "features", index, np.ones(C))
            groups = (FeatureGroup(np.array(self.channels), np.ones(len(self.channels))),)
            object.__setattr__(
                result, "groups", FeatureGroups(groups, attribution, "pos", np.empty(0, int))
            )
            found.append(result)
        return found


def test_the_right_channels_win_and_others_do_not(net, pictures):
    right, wrong = Named("right", PLANTED), Named("wrong", [0, 1])
    found = study_deletion(net, pictures, [1] * 6, [right, wrong])
    assert found.advantage("right", RANDOM).low > 0
    assert found.advantage("right", "wrong").low > 0
    assert found.advantage("wrong", RANDOM).high < 0
    assert found.estimate("wrong").mean == pytest.approx(0, abs=1e-5)


def test_the_packages_own_explainer_finds_the_planted_channels(net, pictures):
    own = FeatureGroupExplainer(net, layer="features", grouping="KMeans", n_groups=1)
    own.name = "own"
    found = study_deletion(net, pictures, [1] * 6, [own])
    assert found.advantage("own", RANDOM).low > 0


@pytest.mark.parametrize(("insert", "move"), [(False, delete_groups), (True, insert_groups)])
def test_each_pair_has_the_curves_of_its_own_image(net, pictures, insert, move):
    explainer = Named("mine", PLANTED)
    found = study_deletion(
        net, [pictures[0], pictures[1], pictures[0]], [1, 1, 0], [explainer],
        insert=insert, n_random=3, seed=4,
    )  # fmt: skip
    assert found.images.tolist() == [0, 1, 0]
    for k, (picture, index) in enumerate([(pictures[0], 1), (pictures[1], 1), (pictures[0], 0)]):
        (result,) = Named("mine", PLANTED).explain([picture], [index], progress=None)
        expected = move(net, picture, result.groups, n_random=3, seed=4)
        for score in ("logit", "probability"):
            assert found.effects("mine", GROUPS, score)[k] == expected.effect(GROUPS, score)


def test_images_are_resampled_not_pairs(net, pictures):
    found = study_deletion(
        net, [pictures[0], pictures[0], pictures[1]], [1, 0, 1], [Named("mine", PLANTED)]
    )
    first, second, third = found.effects("mine")
    expected = estimate_of_mean(np.array([(first + second) / 2, third]))
    assert found.estimate("mine") == expected


def test_pairs_without_groups_are_left_out_and_told(net, pictures, caplog):
    found = study_deletion(net, pictures, [1] * 6, [Named("mine", PLANTED, nothing_for=[2])])
    assert "mine: no channel stands out for 1 of 6" in caplog.text
    effects = found.effects("mine")
    assert np.flatnonzero(np.isnan(effects)).tolist() == [2]
    assert found.estimate("mine").mean == pytest.approx(np.nanmean(effects))


def test_without_any_groups_there_is_no_estimate(net, pictures):
    nothing = Named("mine", PLANTED, nothing_for=range(6))
    found = study_deletion(net, pictures, [1] * 6, [nothing])
    with pytest.raises(InputError, match="at least one value"):
        found.estimate("mine")


def test_an_explainer_without_groups_is_an_error(net, pictures):
    with pytest.raises(InputError, match="results with groups of channels from 'uniform'"):
        study_deletion(net, pictures, [1] * 6, ["uniform"])


def test_results_are_counted_and_images_are_read_only(net, pictures):
    watched = Watched(Named("mine", PLANTED))
    study_deletion(net, pictures[:2], [1, 1], [watched], n_random=2)
    require_read_only(watched)
    few = Watched(Named("mine", PLANTED), left_out=1)
    with pytest.raises(InputError, match="2 results, one a pair, from 'watched', received 1"):
        study_deletion(net, [pictures[0]] * 2, [0, 1], [few], n_random=2)


def test_progress_counts_pairs_of_all_explainers(net, pictures):
    told = []
    study_deletion(
        net, pictures[:2], [1, 1], [Named("one", PLANTED), Named("two", [0])],
        n_random=2, progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_table_has_a_row_for_each_curve(net, pictures):
    pytest.importorskip("pandas")
    found = study_deletion(net, pictures[:2], [1, 1], [Named("mine", PLANTED)], n_random=2)
    table = found.to_dataframe()
    assert len(table) == 2 * 2 * 4  # pairs, scores, orders
    chosen = table[(table.order == GROUPS) & (table.score == "logit")]
    np.testing.assert_allclose(chosen.effect, found.effects("mine"))


def test_the_result_says_what_made_it(net, pictures):
    found = study_deletion(net, pictures[:1], [1], [Named("mine", PLANTED)], n_random=2, seed=3)
    made = found.provenance
    assert made.method == "deletion of groups"
    assert (made.options["n_random"], made.options["seed"]) == (2, 3)
    assert list(made.options["explainers"]) == ["mine"]
