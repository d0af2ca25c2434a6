"""Evaluations from the images to the scores, by explainers and metrics of one's own."""

import numpy as np
import pytest
import tensorflow as tf
from known_networks import load_once

from tfvis.evaluation.case_metric_registry import CaseMetric
from tfvis.evaluation.cases import IMAGE, CaseList, image_cases, scene_cases
from tfvis.evaluation.evaluating import evaluate, plan_evaluation
from tfvis.explainers.base import ClassMap
from tfvis.explainers.registry import compared
from tfvis.utils.errors import InputError


@pytest.fixture
def net(closed_form):
    return closed_form(np.eye(3), lambda a: tf.reduce_mean(a, [1, 2]), 3)


@pytest.fixture
def pictures():
    return list(np.random.default_rng(0).random((5, 8, 8, 3), np.float32))


class Own:
    """Maps that are the image's colour of the class, or its complement."""

    def __init__(self, name, *, wrong=False, fails=()):
        self.name, self.wrong, self.fails = name, wrong, fails
        self.calls = []

    def explain(self, images, classes, *, progress=None):
        self.calls.append(len(images))
        if any(index in self.fails for index in classes):
            raise RuntimeError("cannot")
        return [
            ClassMap(
                map=1 - image[..., index] if self.wrong else image[..., index], image=image,
                class_index=index, label=str(index), method=self.name,
            )
            for image, index in zip(images, classes, strict=True)
        ]  # fmt: skip


def brightest(asked):
    """The class's colour where the map is strongest."""
    (a_map,) = asked.found.maps
    return float(asked.case.image[..., asked.case.class_index].ravel()[a_map.argmax()])


OWN = CaseMetric("brightest", "The class's colour where the map is strongest.", brightest)


def test_the_right_explainer_wins_and_the_wrong_one_loses(net, pictures):
    found = evaluate(
        net, [Own("right"), Own("wrong", wrong=True)], [OWN, "pixel_deletion_mean"], pictures,
    )  # fmt: skip
    expected = [
        image[..., c.class_index].max() for image, c in zip(pictures, found.cases, strict=True)
    ]
    np.testing.assert_allclose(found.values("right", "brightest"), expected)
    assert found.ranked("brightest") == ("right", "wrong")
    assert found.ranked("pixel_deletion_mean") == ("right", "wrong")
    assert found.difference("right", "wrong", "brightest").low > 0
    assert found.facts["pixel_deletion_mean"].more_is_better is False


def test_classes_can_be_given_and_are_otherwise_the_answers(net, pictures):
    found = evaluate(net, [Own("own")], [OWN], pictures, [0, 1, 2, 0, 1])
    assert [case.class_index for case in found.cases] == [0, 1, 2, 0, 1]
    found = evaluate(net, [Own("own")], [OWN], pictures)
    answers = net.logits(np.stack(pictures)).argmax(axis=1)
    assert [case.class_index for case in found.cases] == answers.tolist()


def test_cases_are_explained_in_batches(net, pictures):
    own, told = Own("own"), []
    evaluate(
        net, [own], [OWN], pictures, batch_size=2, progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert own.calls == [2, 2, 1]
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_what_was_finished_is_taken_over(net, pictures):
    kept = {}
    plan = plan_evaluation(net, [Own("own")], [OWN], pictures, batch_size=2)
    whole = plan.run(finished=lambda part: kept.update({part.key: part}))
    assert len(kept) == 3
    del kept["2-3"]
    own = Own("own")
    again = evaluate(net, [own], [OWN], pictures, batch_size=2, known=kept)
    assert own.calls == [2]
    assert again.cases == whole.cases
    np.testing.assert_array_equal(
        again.values("own", "brightest"), whole.values("own", "brightest")
    )


def test_a_case_that_cannot_be_explained_shows_nothing_and_says_why(net, pictures):
    own = Own("own", fails=[1])
    metrics = ["average_drop", "average_increase"]
    found = evaluate(net, [own], metrics, pictures, [0, 1, 0, 1, 0])
    problems = found.scores["own"].problems
    assert [problem is None for problem in problems] == [True, False, True, False, True]
    assert "cannot" in problems[1]
    # It keeps nothing of the answer: as a mask that hides nothing it would be the best.
    assert found.values("own", "average_drop")[[1, 3]].tolist() == [1, 1]
    assert (found.values("own", "average_drop")[[0, 2, 4]] < 1).all()
    assert found.values("own", "average_increase")[[1, 3]].tolist() == [0, 0]


def test_an_explainer_that_fails_at_once_ends_the_evaluation(net, pictures):
    with pytest.raises(InputError, match="'own' cannot explain the first cases: .*cannot"):
        evaluate(net, [Own("own", fails=[0, 1, 2])], [OWN], pictures)


def test_methods_that_optimise_a_mask_explain_the_first_cases_alone(net, pictures):
    optimised, quick = Own("guided inversion"), Own("quick")
    found = evaluate(net, [optimised, quick], [OWN], pictures, optimised_cases=2)
    assert (
        np.isnan(found.values("guided inversion", "brightest")).tolist() == [False] * 2 + [True] * 3
    )
    assert not np.isnan(found.values("quick", "brightest")).any()
    assert sum(optimised.calls) == 2


def test_what_made_it_is_in_the_provenance(net, pictures):
    made = evaluate(net, [Own("own")], [OWN], pictures).provenance
    assert made.method == "evaluation"
    (told,) = made.options["metrics"]
    assert told["name"] == "brightest" and told["score"].endswith("brightest")
    known = evaluate(net, [Own("own")], ["average_drop"], pictures).provenance
    assert known.options["metrics"] == ["average_drop"]
    assert made.options["cases"]["images"] == 5
    other = evaluate(net, [Own("own")], [OWN], pictures[::-1]).provenance
    assert made.options["cases"] != other.options["cases"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net, own: evaluate(net, ["Grad-CAN"], None, own), "Closest: Grad-CAM"),
        (lambda net, own: evaluate(net, [Own("a")], ["pointing"], own), "two objects"),
        (lambda net, own: evaluate(net, [Own("a")], [OWN], own, [0]), "as many classes"),
        (lambda net, own: evaluate(net, [Own("a")], [OWN], own, seed=-1), "seed"),
        (lambda net, own: evaluate(net, [Own("a")], [OWN], own, batch_size=0), "batch_size"),
        (
            lambda net, own: evaluate(net, [Own("a")], [OWN], image_cases(net, own), [0] * 5),
            "classes with images alone",
        ),
        (
            lambda net, own: evaluate(net, [Own("a")], None, image_cases(net, own)[10:]),
            "at least one case, received none",
        ),
        (
            lambda net, own: evaluate(
                net, [Own("a")], None, CaseList(("a",), ("mine",), image_cases(net, own).make, {})
            ),
            "at least one metric, received none for cases of the kind mine",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_an_error(net, pictures, call, message):
    with pytest.raises(InputError, match=message):
        call(net, pictures)


def test_cases_of_ones_own_can_be_evaluated(net, pictures):
    own = image_cases(net, pictures)
    some = CaseList(own.keys[:2], (IMAGE,) * 2, own.make, {"mine": 2})
    assert len(evaluate(net, [Own("own")], [OWN], some).cases) == 2


@pytest.mark.slow
def test_on_scenes_groups_see_what_nothing_does_not():
    """Every default metric has scores, and each names the object better than a constant map."""
    net = load_once("critters")
    found = evaluate(net, ["best group", "uniform"], None, scene_cases(net, 4))
    assert {case.kind for case in found.cases} == {"one object", "two objects", "grid"}
    for metric in ("pointing", "energy_ratio", "right_over_other", "grid_pointing",
                   "pixel_deletion", "pixel_insertion"):  # fmt: skip
        assert found.ranked(metric) == ("best group", "uniform"), metric
    assert found.estimate("best group", "group_deletion_over_random").mean > 0
    for metric in ("single_deletion", "part_preservation", "part_deletion"):
        assert found.has("best group", metric)


def test_parts_of_another_evaluation_are_not_taken_over(net, pictures):
    kept = {}
    other = [image[::-1] for image in pictures]
    plan = plan_evaluation(net, [Own("own")], [OWN], other, [0] * 5)
    plan.run(finished=lambda part: kept.update({part.key: part}))
    again = Own("own")
    evaluate(net, [again], [OWN], pictures, [1] * 5, known=kept)
    assert again.calls == [5]  # of the same number of cases, but others
    two = evaluate(net, [Own("own"), Own("two")], [OWN], other, [0] * 5, known=kept)
    assert set(two.scores) == {"own", "two"}
    more = evaluate(net, [Own("own")], [OWN, "average_drop"], other, [0] * 5, known=kept)
    assert not np.isnan(more.values("own", "average_drop")).any()


@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_a_first_case_that_fails_is_tolerated_whatever_the_batches(net, pictures, batch_size):
    own = Own("own", fails=[2])
    found = evaluate(net, [own], [OWN], pictures, [2, 0, 0, 0, 0], batch_size=batch_size)
    told = [problem is None for problem in found.scores["own"].problems]
    assert told == [False, True, True, True, True]
    with pytest.raises(InputError, match="cannot explain the first cases"):
        evaluate(net, [own], [OWN], pictures, [2] * 5, batch_size=batch_size)


def test_an_evaluation_that_ended_at_once_ends_again(net, pictures):
    """The first batch is not kept before it is known that no explainer is broken."""
    kept, pictures = {}, [*pictures, *(image[::-1] for image in pictures)]
    own = Own("own", fails=[0, 1, 2])
    for _ in range(2):
        with pytest.raises(InputError, match="cannot explain the first cases"):
            evaluate(
                net, [own], [OWN], pictures, batch_size=4, known=kept,
                finished=lambda part: kept.update({part.key: part}),
            )  # fmt: skip
    assert not kept


@pytest.mark.parametrize(
    ("fails", "expected"),
    [
        ([], ["0-1", 2, "2-3", 4, "4-4", 5]),
        ([2], [2, "0-1", "2-3", 4, "4-4", 5]),
        ([0, 1], ["0-1", 2, "2-3", 4, "4-4", 5]),
    ],
)
def test_cases_are_finished_as_soon_as_each_explainer_has_explained_one(
    net, pictures, fails, expected
):
    told = []
    evaluate(
        net, [Own("own", fails=fails), Own("right")], [OWN], pictures, [2, 2, 0, 1, 2],
        batch_size=2, progress=lambda *step: told.append(step[0]),
        finished=lambda part: told.append(part.key),
    )  # fmt: skip
    assert told == expected


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda asked: 1 / 0, "'mine' of 'own' for 'image 1: 0' failed: ZeroDivisionError"),
        (lambda asked: None, "'mine' of 'own' .*: expected a number, received None"),
        (lambda asked: [1, 2], r"'mine' of 'own' .* score of shape \(\), received \(2,\)"),
    ],
)
def test_a_metric_that_fails_is_named(net, pictures, score, message):
    with pytest.raises(InputError, match=message):
        evaluate(net, [Own("own")], [CaseMetric("mine", "Mine.", score)], pictures[:1], [0])


def test_images_are_not_looked_at_for_metrics_that_they_cannot_have(net, monkeypatch):
    monkeypatch.setattr("tfvis.evaluation.evaluating.image_cases", None)
    with pytest.raises(InputError, match="'pointing' needs cases of the kind two objects"):
        evaluate(net, [Own("own")], ["pointing"], [np.zeros((8, 8, 3))] * 2)


def test_a_list_of_cases_can_be_evaluated(net, pictures):
    cases = image_cases(net, pictures)
    found = evaluate(net, [Own("own")], [OWN], [cases[3], cases[0]])
    assert [case.key for case in found.cases] == [cases.keys[3], cases.keys[0]]


@pytest.mark.slow
def test_methods_are_compared_where_none_is_named():
    net = load_once("critters")
    image = np.random.default_rng(0).random((224, 224, 3), np.float32)
    found = evaluate(net, None, ["average_drop"], [image], [0])
    assert tuple(found.scores) == compared()
