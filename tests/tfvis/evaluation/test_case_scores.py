"""Each score of a result, against a network of which everything is known."""

import numpy as np
import pytest
import tensorflow as tf

from tfvis.evaluation.case_scores import (
    Answers,
    Asked,
    of_confidence,
    of_grid,
    of_groups,
    of_part_check,
    of_pixels,
    of_single_deletion,
    of_stability,
)
from tfvis.evaluation.cases import GRID, IMAGE, ONE_OBJECT, Case
from tfvis.evaluation.explaining import Found
from tfvis.evaluation.part_interventions import IMPORTANT
from tfvis.evaluation.pixel_deletion import confidence_change
from tfvis.explainers.base import ClassMap
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.utils.errors import InputError

WORTH = {"trunk": 3.0, "ear": 1.0, "eye": 0.5, "leg": 0.0}
"""Brightness of each part of the figure: what it is worth to class 1."""
PLACES = {"trunk": (0, 0), "ear": (0, 4), "eye": (4, 0), "leg": (4, 4)}


def drawn(without=()):
    image = np.zeros((8, 8, 3), np.float32)
    for name, (row, column) in PLACES.items():
        if name not in without:
            image[row : row + 4, column : column + 4] = WORTH[name] / 4
    return image


def mask_of(name):
    row, column = PLACES[name]
    mask = np.zeros((8, 8), bool)
    mask[row : row + 4, column : column + 4] = True
    return mask


def answering(closed_form, threshold):
    """Class 1 has 16 times the mean of the image, class 0 always the same logit."""
    weights, bias = tf.constant([[0.0, 16.0]]), tf.constant([threshold, 0.0])
    return closed_form(np.ones((3, 1)) / 3, lambda a: tf.reduce_mean(a, [1, 2]) @ weights + bias, 2)


@pytest.fixture
def net(closed_form):
    """The figure gives 4.5 to class 1, its trunk alone 3, all but the trunk 1.5."""
    return answering(closed_form, 3.5)


@pytest.fixture
def case():
    return Case(
        key="one", picture="one", kind=ONE_OBJECT, image=drawn(), class_index=1, label="elephant",
        parts={name: mask_of(name) for name in WORTH}, without=drawn,
    )  # fmt: skip


def asked(net, case, *maps, result=None):
    result = result or ClassMap(
        map=np.mean(maps, axis=0), image=case.image, class_index=1, label="", method=""
    )
    found = Found(np.asarray(maps, float), result)
    return Asked(net, case, Answers(net, case), found, explainer=None, seed=0)


def marked(**masses):
    return sum(mask_of(name) * mass for name, mass in masses.items()) + np.zeros((8, 8))


def test_the_drop_of_a_part_is_its_worth(net, case):
    """A part covers a quarter of the image: a brightness of b / 4 adds 16 b / 16 to the logit."""
    np.testing.assert_allclose(Answers(net, case).drops, list(WORTH.values()), atol=1e-5)


def test_single_deletion_ranks_parts(net, case):
    assert of_single_deletion(asked(net, case, marked(**WORTH))) == pytest.approx(1)
    wrong = marked(trunk=0, ear=0.5, eye=1, leg=3)
    assert of_single_deletion(asked(net, case, wrong)) == pytest.approx(-1)
    assert of_single_deletion(asked(net, case, np.ones((8, 8)))) == 0
    both = asked(net, case, marked(**WORTH), wrong)
    assert of_single_deletion(both) == pytest.approx(0)


def test_large_parts_have_no_advantage_in_the_density(net, case):
    """The same map on each pixel: by its sum the larger part is marked more."""
    parts = dict(case.parts)
    parts["leg"] = parts["leg"] | parts["eye"]
    own = Case(**{**vars(case), "parts": parts})
    constant = asked(net, own, np.ones((8, 8)))
    assert of_single_deletion(constant) < 0
    assert of_single_deletion(constant, density=True) == 0


def test_checks_of_parts_say_which_sets_keep_and_lose_the_class(net, case):
    right = asked(net, case, marked(trunk=1))
    wrong = asked(net, case, marked(leg=1))
    assert of_part_check(right, "deletion").tolist() == [1] * len(IMPORTANT)
    assert of_part_check(right, "preservation").tolist() == [0] * len(IMPORTANT)
    assert of_part_check(right, "controlled").tolist() == [1] * len(IMPORTANT)
    assert of_part_check(wrong, "deletion").tolist() == [0] * len(IMPORTANT)
    assert of_part_check(wrong, "controlled").tolist() == [0] * len(IMPORTANT)
    both = asked(net, case, marked(trunk=1, ear=1))  # 4 of 4.5
    assert of_part_check(both, "preservation").tolist() == [1] * len(IMPORTANT)


def test_an_object_that_is_not_recognised_tells_nothing_of_its_parts(closed_form, case):
    net = answering(closed_form, 7.0)
    assert np.isnan(of_part_check(asked(net, case, marked(trunk=1)), "deletion")).all()


def test_parts_of_a_few_pixels_are_left_out(net, case):
    small = np.zeros((8, 8), bool)
    small[0, :7] = True
    own = Case(**{**vars(case), "parts": {**case.parts, "tusk": small}})
    assert "tusk" not in Answers(net, own).parts


def test_each_changed_image_is_asked_about_once(net, case, monkeypatch):
    asked_about = []
    real = type(net).logits

    def logits(self, images, **options):
        asked_about.append(len(images))
        return real(self, images, **options)

    monkeypatch.setattr(type(net), "logits", logits)
    own = asked(net, case, marked(trunk=1))
    of_single_deletion(own)
    assert sum(asked_about) == 5
    of_single_deletion(own)
    of_part_check(own, "deletion")  # without the trunk is known; the trunk alone is not
    assert sum(asked_about) == 6


def test_only_scenes_can_be_drawn_anew(net, case):
    own = Case(**{**vars(case), "without": None})
    with pytest.raises(InputError, match="scene that can be drawn anew"):
        Answers(net, own).without([frozenset(["ear"])])


def test_the_grid_is_scored_by_its_cell(net, case):
    own = Case(**{**vars(case), "kind": GRID, "cell": 1})
    assert of_grid(asked(net, own, marked(trunk=1, ear=3))) == 0.75


def test_pixels_that_carry_the_class_are_the_ones_to_delete(net, case):
    own = Case(**{**vars(case), "kind": IMAGE})
    for background in ("mean", "blur"):
        scores = {
            (name, insert): of_pixels(asked(net, own, a_map), insert=insert, background=background)
            for name, a_map in (("right", marked(**WORTH)), ("wrong", marked(leg=1)))
            for insert in (False, True)
        }
        # What takes the place of dark pixels is brighter than they are.
        assert scores["right", False] < scores["wrong", False]
        assert scores["right", True] > scores["wrong", True]


def test_a_mask_that_hides_nothing_loses_nothing(net, case):
    own = asked(net, case, np.ones((8, 8)))
    assert of_confidence(own, "drop") == 0
    assert of_confidence(own, "increased") == 0
    assert of_confidence(asked(net, case, marked(leg=1)), "drop") > 0


def test_a_map_that_could_not_be_made_keeps_nothing(net, case):
    """One of two maps was not finite, and has become zeros."""
    nothing = np.zeros((8, 8))
    own = {"image": case.image, "class_index": 1, "label": "", "method": ""}
    failed = ClassMap(map=nothing, **own, problem="It diverged.")
    some = np.pad(np.ones((4, 4)), 2)
    kept = of_confidence(asked(net, case, some), "drop")
    for maps, drop in (([nothing], 1), ([some, nothing], (kept + 1) / 2), ([np.ones((8, 8))], 1)):
        own = asked(net, case, *maps, result=failed)
        assert of_confidence(own, "drop") == pytest.approx(drop)
        assert of_confidence(own, "increased") == 0
    assert of_confidence(asked(net, case, nothing), "drop") == 1  # also where nothing is told
    assert of_confidence(asked(net, case, np.ones((8, 8))), "drop") == 0


def test_maps_without_groups_have_no_score_of_groups(net, case):
    own = asked(net, case, np.ones((8, 8)))
    assert np.isnan(of_groups(own, insert=False, over_random=False))
    assert np.isnan(of_stability(own, "seed"))


@pytest.fixture
def planted(closed_form):
    """Class 1 is carried by channels 2 and 5 alone."""
    weights = np.zeros((8, 2), np.float32)
    weights[[2, 5], 1] = 5
    return closed_form(
        np.random.default_rng(0).uniform(0.5, 1, (3, 8)),
        lambda a: tf.reduce_mean(a, [1, 2]) @ tf.constant(weights),
        2,
    )


def test_groups_of_the_planted_channels_win_over_random_ones(planted):
    image = np.random.default_rng(1).random((8, 8, 3), np.float32)
    explainer = FeatureGroupExplainer(planted, layer="features", grouping="KMeans", n_groups=1)
    (result,) = explainer.explain([image], [1])
    case = Case(key="k", picture="k", kind=IMAGE, image=image, class_index=1, label="1")
    found = Found(result.map[np.newaxis], result)
    own = Asked(planted, case, Answers(planted, case), found, explainer, 0)
    channels = np.concatenate([group.channels for group in result.groups])
    assert set(channels.tolist()) <= {2, 5}
    # One group: the logit falls by what it carries, and the mean on the way there is half of it.
    worth = result.groups.attribution.values[channels].sum()
    assert of_groups(own, insert=False, over_random=False) == pytest.approx(worth / 2, rel=1e-4)
    assert of_groups(own, insert=True, over_random=False) == pytest.approx(worth / 2, rel=1e-4)
    assert of_groups(own, insert=False, over_random=True) > 0.2 * worth
    assert of_stability(own, "seed") == 1


class Without:
    """Finds the same groups, and has no options that could be changed."""

    def __init__(self, explainer):
        self.explainer, self.calls = explainer, 0

    def explain(self, images, classes, *, progress=None):
        self.calls += len(images)
        return self.explainer.explain(images, classes)


def test_a_change_that_an_explainer_does_not_allow_has_no_score(planted):
    image = np.random.default_rng(1).random((8, 8, 3), np.float32)
    own = FeatureGroupExplainer(planted, layer="features", grouping="KMeans", n_groups=1)
    (result,) = own.explain([image], [1])
    case = Case(key="k", picture="k", kind=IMAGE, image=image, class_index=1, label="1")
    found, without = Found(result.map[np.newaxis], result), Without(own)
    one = Asked(planted, case, Answers(planted, case), found, without, 0)
    assert np.isnan(of_stability(one, "seed"))
    assert without.calls == 0
    assert of_stability(one, "noise") == 1
    assert without.calls == 1  # with noise alone: the groups of the image are known


def test_a_mask_is_asked_about_once_for_drop_and_increase(net, case, monkeypatch):
    asked_about = []
    real = type(net).logits
    monkeypatch.setattr(
        type(net), "logits",
        lambda self, images, **own: asked_about.append(len(images)) or real(self, images, **own),
    )  # fmt: skip
    own = asked(net, case, marked(trunk=1), marked(leg=1))
    drop, increased = of_confidence(own, "drop"), of_confidence(own, "increased")
    assert len(asked_about) == 2  # two maps
    changes = [confidence_change(net, case.image, a_map, 1) for a_map in own.found.maps]
    assert drop == np.mean([change.drop for change in changes]) > 0
    assert increased == np.mean([change.increased for change in changes])


def test_a_case_without_a_cell_is_no_grid(net, case):
    with pytest.raises(InputError, match="expected a grid"):
        of_grid(asked(net, case, marked(trunk=1)))


def test_noise_differs_from_image_to_image(planted, monkeypatch):
    """An image has the same noise each time, and another one than other images."""
    seeds = []

    def study(*given, seed, **options):
        seeds.append(seed)
        raise InterruptedError

    monkeypatch.setattr("tfvis.evaluation.case_scores.study_stability", study)
    image = np.random.default_rng(1).random((8, 8, 3), np.float32)
    explainer = FeatureGroupExplainer(planted, layer="features", grouping="KMeans", n_groups=1)
    (result,) = explainer.explain([image], [1])
    found = Found(result.map[np.newaxis], result)
    for picture in ("a", "b", "a"):
        case = Case(key=picture, picture=picture, kind=IMAGE, image=image, class_index=1, label="")
        with pytest.raises(InterruptedError):
            of_stability(Asked(planted, case, Answers(planted, case), found, explainer, 0), "noise")
    assert seeds[0] == seeds[2] != seeds[1]
