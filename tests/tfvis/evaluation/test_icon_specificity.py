"""Icons of known colours: what they excite, and what a network sees that was not asked for them."""

import numpy as np
import pytest
from known_networks import (
    CHANNELS,
    GAIN,
    PLANTED,
    PLANTED_COLOURS,
    RED,
    Says,
    named_groups,
    planted_network,
    planted_scene,
)
from watched_explainers import Watched, require_read_only

from tfvis.evaluation.icon_specificity import (
    margin_of,
    objectives_on_icons,
    specificity_of,
    study_icons,
)
from tfvis.evaluation.randomisation import randomised
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.utils.errors import InputError
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.labels import Labels

GREEN, BLUE = 0, 2
QUICK = IconOptions(
    steps=32, size=32, transforms="none", learning_rate=0.5, redirected_relu_steps=32
)
# Of each class first the channels that carry it, then others.
RIGHT = {RED: [PLANTED, (0,), (1,)], GREEN: [(0,), (1,), PLANTED]}


@pytest.fixture(scope="module")
def net():
    return planted_network()


@pytest.fixture
def picture():
    return planted_scene()[0]


def plain(*colours):
    """An icon of each colour; half of the icon where there are two of them."""
    icons = np.empty((len(colours), 32, 32, 3), np.float32)
    for icon, own in zip(icons, colours, strict=True):
        first, *second = (PLANTED_COLOURS[colour] for colour in own.split())
        icon[:16], icon[16:] = first, (second or [first])[0]
    return icons


def test_the_matrix_has_the_mean_of_each_groups_weighted_channels(net):
    groups = named_groups([2, 5], [0, 1], values=[1, 3, 2, 0, 0, 4, 0, 0])
    found = objectives_on_icons(net, groups, plain("red", "green blue", "red green"))
    # Red excites channels 2 and 5, of weights 2 and 4; green channel 0, of 1; blue channel 1, of 3.
    np.testing.assert_allclose(found, [[6, 0, 3], [0, 0.5 + 1.5, 0.5]], atol=1e-6)


@pytest.mark.parametrize(
    ("matrix", "specificity", "margin"),
    [
        ([[4, 1], [0, 2]], 1, (3 / 4 + 1) / 2),
        ([[3, 1], [5, 2]], 1 / 2, (2 / 3 - 3 / 5) / 2),
        ([[2, 2, 1], [0, 0, 0], [1, 1, 4]], (1 / 2 + 1 / 3 + 1) / 3, (0 + 0 + 3 / 4) / 3),
        ([[-1, -2], [-4, -2]], 1, (1 / 2 + 2 / 4) / 2),
    ],
)
def test_specificity_and_margin_by_hand(matrix, specificity, margin):
    assert specificity_of(matrix) == pytest.approx(specificity)
    assert margin_of(matrix) == pytest.approx(margin)


def test_random_matrices_are_specific_by_chance():
    rng = np.random.default_rng(0)
    found = [specificity_of(rng.random((5, 5))) for _ in range(2000)]
    assert np.mean(found) == pytest.approx(1 / 5, abs=0.02)
    assert np.mean([margin_of(rng.random((5, 5))) for _ in range(200)]) < 0


def test_icons_of_planted_channels_are_specific(net, picture):
    found = study_icons(net, [picture] * 2, [RED, GREEN], Says(RIGHT), icons=QUICK)
    assert found.estimate().mean == 1
    assert found.estimate("margin").mean > 0.5
    assert found.chance == pytest.approx(1 / 3)


def test_icons_dealt_out_at_random_are_not(net, picture):
    rng = np.random.default_rng(0)
    colours = np.array(["red", "green", "blue"])

    def dealt(index):
        return plain(*rng.permutation(colours))

    said = Says([PLANTED, (0,), (1,)], icons=dealt)
    found = study_icons(net, [picture] * 300, [RED] * 300, said)
    assert found.scores["specificity"].mean() == pytest.approx(found.chance, abs=0.06)
    assert found.scores["margin"].mean() < 0


def test_a_judge_sees_the_class_in_icons_of_planted_channels(net, picture):
    # Another network: its channels have another order, and its classes another one.
    judge = planted_network(order=[7, 3, 1, 0, 2, 6, 4, 5], classes=("yellow", "green", "red"))
    says = Says({RED: [PLANTED], GREEN: [(0,)]})
    found = study_icons(net, [picture] * 2, [RED, GREEN], says, judge=judge, icons=QUICK)
    assert found.estimate("judge_classes").mean == 1
    # The groups named for each class are those of the other.
    wrong = Says({RED: [(0,)], GREEN: [PLANTED]})
    found = study_icons(net, [picture] * 2, [RED, GREEN], wrong, judge=judge, icons=QUICK)
    assert found.estimate("judge_classes").mean == 0


@pytest.mark.slow
def test_a_judge_that_has_learnt_nothing_is_chance(net, picture):
    says = Says({RED: [PLANTED, (6,)], GREEN: [(0,), (4,)]})
    found = [
        study_icons(
            net, [picture] * 2, [RED, GREEN],
            Says(says.groups, icons=lambda index: plain(*ICONS[index])),
            judge=randomised(net, seed),
        ).scores["judge_classes"]
        for seed in range(40)
    ]  # fmt: skip
    error = np.mean(found, axis=1).std(ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found) - 1 / 2) < 3 * error


ICONS = {RED: ("red", "magenta"), GREEN: ("green", "cyan")}


def test_the_judges_agreement_by_hand(net, picture):
    icons = {RED: plain("red", "red green", "white"), GREEN: plain("green", "blue")}
    says = Says({RED: [PLANTED, (0,), (1,)], GREEN: [(0,), (1,)]}, icons=lambda index: icons[index])
    found = study_icons(net, [picture] * 2, [RED, GREEN], says, judge=net)

    def seen(index, *colours):
        """The logit of a colour is its channels' gain times its share; less the mean of others."""
        count = {colour: CHANNELS.count(colour) for colour in ("green", "red", "blue", "yellow")}
        logits = np.array([
            [GAIN * n * own.split().count(colour) / len(own.split()) for colour, n in count.items()]
            for own in colours
        ])  # fmt: skip
        return logits[:, index] - (logits.sum(axis=1) - logits[:, index]) / 3

    red = seen(RED, "red", "red green", "white"), seen(RED, "green", "blue")
    green = seen(GREEN, "green", "blue"), seen(GREEN, "red", "red green", "white")
    for score, (own, others) in zip(found.scores["judge_classes"], (red, green), strict=True):
        wins = [np.sign(a - b) / 2 + 1 / 2 for a in own for b in others]
        assert score == pytest.approx(np.mean(wins))
    # Green's second icon is blue, in which there is less of green than in half green and in white.
    assert found.scores["judge_classes"].tolist() == pytest.approx([1, 4 / 6])


def test_icons_that_are_the_same_for_both_classes_are_chance(net, picture):
    says = Says(
        {RED: [PLANTED, (0,)], GREEN: [(0,), (1,)]}, icons=lambda index: plain("red", "blue")
    )
    found = study_icons(net, [picture] * 2, [RED, GREEN], says, judge=net)
    assert found.scores["judge_classes"].tolist() == [0.5, 0.5]


@pytest.mark.slow
def test_icons_of_groups_against_the_class_are_the_other_comparison(picture):
    # Red is lowered by magenta and white, by magenta more.
    net = planted_network(others=[0.05, 0.05, 0, 0, 0, 0, -4, -1])
    explainer = FeatureGroupExplainer(net, layer="features", grouping="KMeans", n_groups=1)
    found = study_icons(
        net, [picture], [RED], explainer, judge=planted_network(), against=True, icons=QUICK
    )
    assert list(found.scores) == ["specificity", "margin", "judge_against"]
    assert found.estimate("judge_against").mean == 1
    assert np.isnan(found.scores["specificity"]).all()  # of one group there is nothing to say


def test_where_no_channel_stands_out_there_is_no_score(net, picture):
    says = Says({RED: RIGHT[RED], GREEN: None}, icons=lambda index: plain("red", "green", "blue"))
    found = study_icons(net, [picture] * 2, [RED, GREEN], says, judge=net)
    assert found.matrices[1] is None
    assert np.isnan(found.scores["specificity"]).tolist() == [False, True]
    assert np.isnan(found.scores["judge_classes"]).all()  # no icon of another class is left
    assert found.estimate().mean == 1
    assert found.chance == pytest.approx(1 / 3)


def test_images_are_resampled_not_pairs(net):
    first, second = planted_scene(seed=1)[0], planted_scene(seed=2)[0]
    icons = {RED: plain("red", "green", "blue"), GREEN: plain("blue", "red", "green")}
    says = Says(RIGHT, icons=lambda index: icons[index])
    found = study_icons(net, [first, first, second], [RED, GREEN, RED], says)
    assert found.scores["specificity"].tolist() == [1, 0, 1]
    assert found.images.tolist() == [0, 0, 1]
    assert found.estimate().mean == pytest.approx((1 / 2 + 1) / 2)


def test_the_same_seed_gives_the_same_matrices(net, picture):
    def run(seed):
        return study_icons(net, [picture], [RED], Says(RIGHT), icons=QUICK, seed=seed).matrices[0]

    np.testing.assert_array_equal(run(1), run(1))
    assert (run(1) != run(2)).any()


def test_results_are_counted_and_images_are_read_only(net, picture):
    says = Says(RIGHT, icons=lambda index: plain("red", "green", "blue"))
    watched = Watched(says)
    study_icons(net, [picture] * 2, [RED, GREEN], watched)
    require_read_only(watched)
    with pytest.raises(InputError, match="2 results, one a pair, from 'watched', received 1"):
        study_icons(net, [picture] * 2, [RED, GREEN], Watched(says, left_out=1))


def test_progress_counts_explanations(net, picture):
    told = []
    says = Says(RIGHT, icons=lambda index: plain("red", "green", "blue"))
    study_icons(net, [picture] * 2, [RED, GREEN], says, progress=lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]


def test_the_result_says_what_made_it(net, picture):
    says = Says(RIGHT, icons=lambda index: plain("red", "green", "blue"))
    judge = planted_network(name="other")
    made = study_icons(net, [picture] * 2, [RED, GREEN], says, judge=judge, seed=3).provenance
    assert made.method == "specificity of icons"
    assert made.options["judge"] == {"network": "other", "weights": judge.digest}
    assert made.options["seed"] == 3


def named(net, *names):
    return net.with_labels(Labels(names))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"judge": "stranger"}, "judge with one class called 'red', received 'planted' with 0"),
        ({"judge": "twice"}, "judge with one class called 'red', received 'planted' with 2"),
        ({"classes": [RED, RED]}, "images of at least 2 classes with a judge, or against=True"),
        ({"against": True}, r"`net` and `options.sign` for against=True, received 'says' without"),
        ({"against": True, "judge": None}, "Expected a judge with against=True, received none"),
        ({"sign": "neg"}, "groups for the class with a judge, received some against it"),
        ({"icons": 2}, r"icons of shape \(3, H, W, 3\), one a group, received \(2, 32, 32, 3\)"),
        ({"explainer": "uniform"}, "results with groups of channels from 'uniform'"),
    ],
)
def test_what_cannot_be_judged_is_an_error(net, picture, change, message):
    judges = {
        "stranger": named(net, ["a"], ["b"], ["c"], ["d"]),
        "twice": named(net, ["crimson", "red"], ["b"], ["c"], ["x", "red"]),
        "net": net,
    }
    colours = ("red", "green", "blue")[: change.get("icons", 3)]
    says = Says(RIGHT, icons=lambda index: plain(*colours), sign=change.get("sign", "pos"))
    judge = change.get("judge", "net")
    with pytest.raises(InputError, match=message) as error:
        study_icons(
            net, [picture] * 2, change.get("classes", [RED, GREEN]),
            change.get("explainer", says),
            judge=judges.get(judge), against=change.get("against", False), icons=QUICK,
        )  # fmt: skip
    assert "\n" not in str(error.value)


def test_a_judge_is_known_by_any_name_of_the_class_and_case_is_ignored(net, picture):
    icons = {RED: plain("red"), GREEN: plain("green")}
    says = Says({RED: [PLANTED], GREEN: [(0,)]}, icons=lambda index: icons[index])
    judge = named(net, ["lawn", "GREEN"], ["Red"], ["sea", "red"], ["sand"])  # its first name wins
    own = named(net, ["grass", "green"], ["red", "1"], ["blue"], ["yellow"])
    found = study_icons(own, [picture] * 2, ["red", "grass"], says, judge=judge)
    assert found.scores["judge_classes"].tolist() == [1, 1]


@pytest.mark.parametrize("matrix", [np.ones(3), np.ones((2, 3)), np.empty((0, 0))])
@pytest.mark.parametrize("call", [specificity_of, margin_of])
def test_a_matrix_is_square(call, matrix):
    with pytest.raises(InputError, match=r"matrix of shape \(n, n\), received"):
        call(matrix)


def test_of_one_group_there_is_no_margin():
    with pytest.raises(InputError, match="at least 2 groups"):
        margin_of([[1.0]])


def test_an_unknown_score_is_an_error(net, picture):
    says = Says(RIGHT, icons=lambda index: plain("red", "green", "blue"))
    with pytest.raises(InputError, match="judge_clases.*specificity"):
        study_icons(net, [picture], [RED], says).estimate("judge_clases")
