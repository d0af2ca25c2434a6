"""Which groups pass: planted ones do, and those of attributions of other channels do not."""

import logging
import threading
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from known_networks import Says, named_groups, planted_network, planted_scene
from watched_explainers import Watched, require_read_only

from tfvis.evaluation import group_checks
from tfvis.evaluation.group_checks import check_groups, is_decided
from tfvis.explainers.base import NothingSelected
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.group_check import NOT_SPECIFIC, RELIABLE, UNSTABLE
from tfvis.utils import ChannelAttribution, SklearnCluster, group_channels
from tfvis.utils.channel_sets import logits_with_channels
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import NothingSelectedError

C, PLANTED = 24, [2, 5]


@pytest.fixture
def net(closed_form):
    """Class 1 is carried by channels 2 and 5, and all others hardly count."""
    weights = np.full((C, 2), 0.001, np.float32)
    weights[PLANTED, 1] = 3.0
    weights[7, 0] = 1.0
    return closed_form(
        np.random.default_rng(0).uniform(0.5, 1, (3, C)),
        lambda a: tf.nn.relu(tf.reduce_mean(a, [1, 2]) @ tf.constant(weights) - 0.1),
        2,
    )


@pytest.fixture
def pictures():
    return list(np.random.default_rng(1).random((8, 8, 8, 3), np.float32))


def explained(net, picture):
    explainer = FeatureGroupExplainer(net, layer="features", grouping="KMeans", n_groups=1)
    (found,) = explainer.explain([picture], [1])
    return explainer, found


def test_the_true_group_is_reliable(net, pictures):
    for picture in pictures:
        explainer, found = explained(net, picture)
        assert sorted(found.groups[0].channels) == PLANTED
        (check,) = check_groups(net, picture, found.groups, explainer)
        assert check.verdict == RELIABLE
        assert check.cosine > 0.99
        assert check.rank > 0.95
        # Without them the ReLU is silent.
        assert check.fall == pytest.approx(net.logits(picture[np.newaxis])[0, 1], rel=1e-4)


def test_checks_by_hand():
    net, (scene, _) = planted_network(), planted_scene()
    # After noise channel 2 is all that is found.
    checks = check_groups(net, scene, named_groups([2, 5], [5], [0]), Says([(2,)]), n_random=2000)
    # Each of channels 2 and 5 is half of the logit, which is 1.
    assert [own.fall for own in checks] == pytest.approx([1, 1 / 2, 0], abs=1e-6)
    assert [own.cosine for own in checks] == pytest.approx([np.sqrt(1 / 2), 0, 0])
    # Of 28 pairs of channels one is as good, and counts one half. Of 8 channels two are as good as
    # channel 5, and six as channel 0, with two that are better.
    expected = [27.5 / 28, (6 + 2 / 2) / 8, (6 / 2) / 8]
    assert [own.rank for own in checks] == pytest.approx(expected, abs=0.04)
    assert [own.verdict for own in checks] == [RELIABLE, NOT_SPECIFIC, NOT_SPECIFIC]


def test_groups_of_shuffled_attributions_are_not_specific(net, pictures):
    rng = np.random.default_rng(2)
    verdicts = []
    for picture in pictures:
        explainer, found = explained(net, picture)
        activations = net.activations(picture[np.newaxis], "features")[0]
        for _ in range(10):
            values = rng.permutation(found.groups.attribution.values)
            shuffled = ChannelAttribution("shuffled", "features", 1, values)
            groups = group_channels(
                activations, shuffled, grouper=SklearnCluster("KMeans", n_groups=1)
            )
            verdicts += [own.verdict for own in check_groups(net, picture, groups, explainer)]
    assert np.mean([verdict != RELIABLE for verdict in verdicts]) >= 0.95
    assert NOT_SPECIFIC in verdicts


class Elsewhere:
    """Finds the planted channels first, and others after noise."""

    def __init__(self, explainer, *, nothing=False):
        self.explainer, self.nothing = explainer, nothing

    def explain(self, images, classes, *, progress=None):
        (found,) = self.explainer.explain(images, classes)
        if self.nothing:
            own = {name: getattr(found, name) for name in ("map", "image", "class_index", "label")}
            return [NothingSelected(**own, method="elsewhere", problem="nothing")]
        (group,) = found.groups
        moved = replace(group, channels=(group.channels + 9) % C)
        return [replace(found, groups=replace(found.groups, groups=(moved,)))]


@pytest.mark.parametrize("nothing", [False, True])
def test_a_group_that_is_not_found_again_is_unstable(net, pictures, nothing):
    explainer, found = explained(net, pictures[0])
    other = Elsewhere(explainer, nothing=nothing)
    (check,) = check_groups(net, pictures[0], found.groups, other)
    assert check.cosine == 0
    assert check.verdict == UNSTABLE


def test_a_group_that_moves_the_class_the_other_way_is_not_specific(net, pictures):
    explainer, found = explained(net, pictures[0])
    groups = replace(found.groups, sign="neg")
    (check,) = check_groups(net, pictures[0], groups, explainer)
    assert check.fall < 0
    assert check.verdict == NOT_SPECIFIC


def test_the_same_seed_gives_the_same_checks(net, pictures):
    explainer, found = explained(net, pictures[0])

    def run(seed):
        return check_groups(net, pictures[0], found.groups, explainer, noise=0.2, seed=seed)

    assert run(1) == run(1)


def test_the_image_is_explained_again_with_noise_of_its_own_each_time(net):
    picture = np.full((40, 40, 3), 0.5, np.float32)
    explainer, found = explained(net, picture)
    watched = Watched(explainer)
    check_groups(net, picture, found.groups, watched, noise=0.05, repeats=3)
    assert len({image.tobytes() for image in watched.seen}) == 3
    for image in watched.seen:
        assert (image - picture).std() == pytest.approx(0.05, rel=0.05)


def test_results_are_counted_and_images_are_read_only(net, pictures):
    explainer, found = explained(net, pictures[0])
    watched = Watched(explainer)
    check_groups(net, pictures[0], found.groups, watched)
    require_read_only(watched)
    few = Watched(explainer, left_out=1)
    with pytest.raises(InputError, match="1 results, one a pair, from 'watched', received 0"):
        check_groups(net, pictures[0], found.groups, few)


@pytest.mark.parametrize(
    ("fall", "drawn", "decided"),
    [
        (1.0, {2: []}, False),
        (1.0, {2: [0.5] * 10}, True),  # ahead of all, and a quarter is drawn
        (1.0, {2: [0.5] * 9}, False),
        (1.0, {2: [0.5] * 9 + [2.0]}, False),  # one does better: it may still pass
        (1.0, {2: [0.5] * 7 + [2.0] * 3}, True),  # 37 of 40 are too few
        (1.0, {2: [0.5] * 6 + [1.0] * 4}, False),  # equal sets count half: 38 of 40 are possible
        (-1.0, {2: [-2.0] * 10}, True),  # the class does not fall
        (1.0, {2: [0.5] * 10, 5: [0.5] * 9 + [2.0]}, False),  # of more channels one does better
        (1.0, {1: [2.0] * 10, 2: [0.5] * 10}, True),  # fewer channels do not count
        (1.0, {2: [0.5] * 10, 5: []}, True),
    ],
)
def test_a_verdict_may_be_known_before_all_sets_are_drawn(fall, drawn, decided):
    falls = {size: np.array(own) for size, own in drawn.items()}
    assert is_decided(2, fall, falls, 40) is decided


def sets_evaluated(monkeypatch):
    """The numbers of sets of channels that are evaluated from now on."""
    counts = []

    def counted(net, layer, activations, present, **options):
        counts.append(len(present))
        return logits_with_channels(net, layer, activations, present, **options)

    monkeypatch.setattr(group_checks, "logits_with_channels", counted)
    return counts


def test_a_clear_verdict_needs_a_quarter_of_the_random_sets(net, pictures, monkeypatch):
    explainer, found = explained(net, pictures[0])
    counts = sets_evaluated(monkeypatch)
    check_groups(net, pictures[0], found.groups, explainer, n_random=40)
    assert counts == [2, 10]  # all channels, and all but the group's; then random sets


def test_undecided_groups_need_all_random_sets(net, pictures, monkeypatch):
    explainer, found = explained(net, pictures[0])
    monkeypatch.setattr(group_checks, "is_decided", lambda *given: False)
    counts = sets_evaluated(monkeypatch)
    check_groups(net, pictures[0], found.groups, explainer, n_random=25)
    assert counts == [2, 10, 10, 5]


@pytest.mark.parametrize("name", ["groupers", "feature_groups"])
def test_only_the_thread_that_checks_is_quiet(name, caplog):
    """Of two checks at once either may end first."""
    logger, steps = logging.getLogger(f"tfvis.utils.{name}"), [threading.Event() for _ in range(2)]

    def other():
        with group_checks._quiet():
            steps[0].set()
            steps[1].wait(10)
            logger.warning("not said")
        logger.warning("said by the other")

    thread = threading.Thread(target=other)
    level = logger.level
    logger.warning("said before")
    with group_checks._quiet():
        thread.start()
        steps[0].wait(10)
        logger.warning("not said")
        logger.error("an error")
    logger.warning("said after")
    steps[1].set()
    thread.join()
    assert logger.level == level
    assert caplog.messages == ["said before", "an error", "said after", "said by the other"]


def test_an_explainer_of_tfvis_finds_the_same_without_heat_maps(net, pictures):
    class Whole(FeatureGroupExplainer):
        """Another type: its `explain` is called."""

    given = {"layer": "features", "grouping": "KMeans", "n_groups": 2}
    explainer, whole = FeatureGroupExplainer(net, **given), Whole(net, **given)
    (found,) = explainer.explain(pictures[:1], [1])
    checks = [
        check_groups(net, pictures[0], found.groups, own, noise=0.3) for own in (explainer, whole)
    ]
    assert checks[0] == checks[1]


def test_where_nothing_stands_out_after_noise_a_group_is_not_found_again(
    net, pictures, monkeypatch
):
    explainer, found = explained(net, pictures[0])

    def nothing(self, source, attribution):
        raise NothingSelectedError("nothing")

    monkeypatch.setattr(FeatureGroupExplainer, "groups", nothing)
    (check,) = check_groups(net, pictures[0], found.groups, explainer)
    assert check.cosine == 0


def test_progress_counts_explanations(net, pictures):
    told = []
    explainer, found = explained(net, pictures[0])
    check_groups(
        net, pictures[0], found.groups, explainer,
        repeats=2, progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert told == [(1, 2), (2, 2)]


def test_noise_is_a_standard_deviation(net, pictures):
    explainer, found = explained(net, pictures[0])
    with pytest.raises(InputError, match="noise of 0 or more and below 1, received 2"):
        check_groups(net, pictures[0], found.groups, explainer, noise=2)
