"""Who is compared: names share an explainer, objects bring their own, and results are checked."""

import re
import weakref
from copy import copy
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pytest

from tfvis.evaluation.contenders import contenders_of, options_by_name
from tfvis.evaluation.explaining import WrongResultError, explain_all
from tfvis.explainers.base import ClassMap
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.options import FeatureGroupOptions, GradCamOptions
from tfvis.explainers.registry import Method, register, unregister
from tfvis.utils.errors import InputError
from tfvis.utils.provenance import is_known, plain


@pytest.fixture
def net(closed_form, mix):
    """Each class is the mean of two channels."""
    return closed_form(mix, lambda x: np.ones(1) * _halves(x), 3)


def _halves(x):
    import tensorflow as tf

    return tf.reduce_sum(tf.reshape(tf.reduce_mean(x, (1, 2)), (-1, 3, 2)), -1)


class Mine:
    """An explainer of one's own: brightness, whatever the class."""

    calls = 0

    def explain(self, images, classes, *, progress=None):
        self.calls += 1
        return [
            ClassMap(map=image.mean(axis=-1), image=image, class_index=c, label=str(c), method="m")
            for image, c in zip(images, classes, strict=True)
        ]


def test_names_that_need_the_same_explainer_share_it(net, image, monkeypatch):
    calls = []
    explain = FeatureGroupExplainer.explain
    monkeypatch.setattr(
        FeatureGroupExplainer, "explain",
        lambda own, *given, **named: calls.append(own) or explain(own, *given, **named),
    )  # fmt: skip
    names = ["all groups", "best group", "every group", "all groups, activation"]
    contenders = contenders_of(net, names, attribution_steps=2)
    assert [own.name for own in contenders] == names
    found = explain_all(contenders, [image, image], [0, 1])
    assert len(calls) == 2  # maps of attributions, and of activations
    whole, best, every, activation = (found[name] for name in names)
    for k in range(2):
        assert whole[k].result is best[k].result is every[k].result is not activation[k].result
        np.testing.assert_array_equal(whole[k].maps, [whole[k].result.map])
        np.testing.assert_array_equal(every[k].maps, every[k].result.parts)
        np.testing.assert_array_equal(best[k].maps, every[k].maps[:1])


@dataclass(frozen=True)
class Numbered:
    """Options that cannot be hashed."""

    number: int = 0
    values: list[int] = field(default_factory=list)


class Numbers(Mine):
    """Takes what it needs of its options, and forgets them."""

    met: ClassVar = []

    def __init__(self, net, options):
        self.number = options.number
        self.met.append(weakref.ref(options))
        # While names are still compared by the id of their options: an id may be met again
        # when its object is gone.
        assert all(own() is not None for own in self.met)


def test_options_that_cannot_be_hashed_are_never_mixed_up(net):
    names = [f"number {k}" for k in range(4)]
    try:
        for k, name in enumerate(names):
            register(Method(name, __name__, "Numbers", Numbered, fixed={"number": k}))
        contenders = contenders_of(net, names)
    finally:
        for name in names:
            unregister(name)
    assert [own.explainer.number for own in contenders] == [0, 1, 2, 3]
    assert len(Numbers.met) == 4


def test_a_name_that_comes_twice_counts_once(net):
    (own,) = contenders_of(net, ["Grad-CAM", "grad cam"])
    assert own.name == "Grad-CAM"


def test_options_of_ones_own_go_before_what_is_common(net):
    own = FeatureGroupOptions(attribution_steps=7)
    groups, grad_cam, cut = contenders_of(
        net, ["all groups", "Grad-CAM", "Grad-CAM, cut"], [own], layer="features"
    )
    assert groups.explainer.options == own
    assert grad_cam.explainer.options == GradCamOptions(layer="features")
    assert cut.explainer.options == GradCamOptions(layer="features", cut=0.85)


def test_an_object_of_ones_own_is_called_by_its_name(net, image):
    first, second = Mine(), Mine()
    second.name = "the other"
    contenders = contenders_of(net, [first, "uniform", second])
    assert [own.name for own in contenders] == ["Mine", "uniform", "the other"]
    seen = []
    found = explain_all(contenders, [image], [2], progress=lambda *counts: seen.append(counts))
    np.testing.assert_array_equal(found["Mine"][0].maps, image.mean(axis=-1)[np.newaxis])
    assert (first.calls, second.calls) == (1, 1)
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_two_objects_of_one_name_are_refused(net):
    message = "Two explainers are called 'Mine': give each its own attribute `name`."
    with pytest.raises(InputError, match=message):
        contenders_of(net, [Mine(), Mine()])


def test_an_object_does_not_take_the_place_of_a_method(net):
    grad_cam = Mine()
    grad_cam.name = "Grad-CAM"
    for explainers in (["Grad-CAM", grad_cam], [grad_cam, "Grad-CAM"], [grad_cam, "grad cam"]):
        with pytest.raises(InputError, match="Two explainers are called 'Grad-CAM'"):
            contenders_of(net, explainers)


@pytest.mark.parametrize(
    ("explainers", "message"),
    [
        (
            "Grad-CAM",
            r"^Expected a list .* method, received 'Grad-CAM': write \['Grad-CAM'\]\.$",
        ),
        (Mine(), r"^Expected a list .*, received one explainer \(Mine\): write \[explainer\]\.$"),
        (np.zeros((2, 2)), r"^Expected a list of at least one method, received array.*\.$"),
        ([], "Expected a list of at least one method"),
        (None, "Expected a list of at least one method"),
        (["Grad-CAMS"], "Unknown method 'Grad-CAMS'. Closest: Grad-CAM"),
        ([3], r"an object with explain\(images, classes, \*, progress\), received 3"),
        ([Mine], r"an object with explain\(images, classes, \*, progress\), received <class"),
    ],
)
def test_what_is_no_explainer(net, explainers, message):
    with pytest.raises(InputError, match=message) as error:
        contenders_of(net, explainers)
    assert "\n" not in str(error.value)


class WithoutProgress:
    def explain(self, images, classes):
        raise AssertionError("It was called.")


class OneImage:
    def explain(self, image):
        raise AssertionError("It was called.")


class AnyOptions:
    def explain(self, images, classes, **options):
        """Takes progress among others."""


class OtherNames:
    def explain(self, pictures, names, progress):
        """Takes images and classes by their places."""


class WithoutSignature:
    class explain:  # noqa: N801 - an attribute that looks like a method
        __signature__ = "unknown"

        def __new__(cls, images, classes, progress=None):
            """Cannot be inspected."""


@pytest.mark.parametrize(
    ("explainer", "message"),
    [
        (
            WithoutProgress(),
            "Expected explain(images, classes, *, progress) of 'WithoutProgress', received "
            "explain(images, classes): add `*, progress=None` to its parameters.",
        ),
        (
            OneImage(),
            "Expected explain(images, classes, *, progress) of 'OneImage', received "
            "explain(image).",
        ),
    ],
)
def test_an_explain_that_cannot_be_called_is_refused_beforehand(net, explainer, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        contenders_of(net, ["uniform", explainer])


@pytest.mark.parametrize("explainer", [AnyOptions(), OtherNames(), WithoutSignature()])
def test_an_explain_that_takes_progress_somehow_is_accepted(net, explainer):
    (found,) = contenders_of(net, [explainer])
    assert found.explainer is explainer


def test_a_registered_class_is_checked_in_the_same_way(net, monkeypatch):
    monkeypatch.setattr(Method, "build", lambda self, net, options: WithoutProgress())
    with pytest.raises(InputError, match=r"of 'uniform', .* add `\*, progress=None`"):
        contenders_of(net, ["uniform"])


def test_options_are_told_by_name_and_unknown_ones_as_unknown(net):
    told = plain(options_by_name(contenders_of(net, ["Grad-CAM", Mine()], seed=3)))
    assert told["Grad-CAM"] == plain(GradCamOptions())
    assert is_known(told["Grad-CAM"])
    assert told["Mine"] == {"class": "Mine", "module": __name__, "parameters": None}
    assert not is_known(told["Mine"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([FeatureGroupOptions(layer="nosuch")],
         r"that the named methods take \(GradCamOptions\), received FeatureGroupOptions"),
        ([GradCamOptions], "as dataclasses, such as GradCamOptions.., received <class"),
        ([{"layer": "nosuch"}], "Expected options as dataclasses"),
        ("layer", "Expected options as dataclasses"),
        (GradCamOptions(), "Expected a list of options, received GradCamOptions"),
        (None, "Expected a list of options, received None"),
        ([GradCamOptions(), GradCamOptions(cut=0.5)], "each kind once, received two GradCamOpt"),
    ],
)  # fmt: skip
def test_options_that_would_be_ignored_are_refused(net, options, message):
    with pytest.raises(InputError, match=message) as error:
        contenders_of(net, ["Grad-CAM", "uniform", Mine()], options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("common", "message"),
    [
        ({"layer": "nosuch"}, "Unknown layer 'nosuch'"),
        ({"attribution_steps": 0}, "Expected attribution_steps"),
        ({"seed": -1}, "Expected seed to be a whole number >= 0, received -1"),
    ],
)
@pytest.mark.parametrize("explainer", ["uniform", Mine()], ids=["uniform", "Mine"])
def test_what_is_common_is_checked_even_if_no_method_takes_it(net, explainer, common, message):
    with pytest.raises(InputError, match=message):
        contenders_of(net, [explainer], **common)


def changed(**changes):
    """Results whose fields are changed, as they can be, after `ClassMap` has checked them."""

    def change(results):
        results = [copy(result) for result in results]
        for result in results:
            vars(result).update(changes)
        return results

    return change


WRONG = [
    (lambda results: results[:1], "Expected 2 results, one a pair, from 'Mine', received 1"),
    (lambda results: None, "received NoneType"),
    (lambda results: iter(results), "received list_iterator"),
    (lambda results: [own.map for own in results], "'Mine' to be a ClassMap, received ndarray"),
    (changed(map=np.ones((3, 8))), r"image's size \(8, 8\) from 'Mine', received \(3, 8\)"),
    (changed(map=np.ones((8, 8, 3))), r"received \(8, 8, 3\)"),
    (changed(map=-np.ones((8, 8))), "finite values >= 0 from 'Mine', received others"),
    (changed(map=np.full((8, 8), np.nan)), "finite values >= 0 from 'Mine', received others"),
    (changed(map=np.full((8, 8), np.inf)), "finite values >= 0 from 'Mine', received others"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_a_wrong_result_is_one_line(net, image, monkeypatch, change, message):
    explain = Mine.explain
    monkeypatch.setattr(Mine, "explain", lambda own, *a, **named: change(explain(own, *a, **named)))
    with pytest.raises(WrongResultError, match=message) as error:
        explain_all(contenders_of(net, [Mine()]), [image, image], [0, 1])
    assert "\n" not in str(error.value)


class Parts(Mine):
    """An explainer of one's own with several maps a pair: the image's three colours."""

    def __init__(self, shows="every", change=lambda parts: parts, **others):
        self.shows, self.change, self.others = shows, change, others

    def explain(self, images, classes, *, progress=None):
        return [
            replace(
                result, parts=self.change(result.image.transpose(2, 0, 1).copy()), **self.others
            )
            for result in super().explain(images, classes)
        ]


def test_an_object_says_which_of_its_maps_count(net, image):
    colours = image.transpose(2, 0, 1)
    for shows, expected in [
        ("map", image.mean(axis=-1)[np.newaxis]), ("first", colours[:1]), ("every", colours)
    ]:  # fmt: skip
        (own,) = contenders_of(net, [Parts(shows)])
        (found,) = explain_all([own], [image], [0])["Parts"]
        np.testing.assert_array_equal(found.maps, expected)
    with pytest.raises(InputError, match="`shows` of 'Parts': 'evry'. Closest: every"):
        contenders_of(net, [Parts("evry")])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda parts: parts[:0],
            r"Parts: Expected parts of shape .*, received shape \(0,",
        ),
        (lambda parts: parts[:, :5], r"Parts: Expected parts of the map's size \(8, 8\), received"),
        (lambda parts: parts[0], r"Parts: Expected parts of shape \(n, H, W\), received"),
        (lambda parts: [[parts[0], parts[0, 0]]], "Parts: Expected parts of shape"),
        (lambda parts: 3, "Parts: Expected parts of shape"),
        (lambda parts: -parts, "Parts: Expected parts to be >= 0"),
        (lambda parts: parts * np.nan, "Parts: Expected parts to be finite"),
        (lambda parts: parts.astype(str), "Parts: Expected parts of shape .* with numbers"),
    ],
    ids=["none", "another size", "one map", "ragged", "a number", "negative", "NaN", "text"],
)
@pytest.mark.parametrize("shows", ["first", "every"])
def test_parts_are_checked(net, image, shows, change, message):
    with pytest.raises(WrongResultError, match=message) as error:
        explain_all(contenders_of(net, [Parts(shows, change)]), [image], [0])
    assert "\n" not in str(error.value)


def test_a_map_that_is_not_finite_and_tells_its_problem_shows_nothing(net, image):
    def spoil(parts):
        parts[1, 3, 3] = np.nan
        return parts

    problem = "the weights are not finite"
    (found,) = explain_all(
        contenders_of(net, [Parts("every", spoil, problem=problem)]), [image], [0]
    )["Parts"]
    assert found.result.problem == problem
    assert not found.maps[1].any()
    np.testing.assert_array_equal(found.maps[[0, 2]], image.transpose(2, 0, 1)[[0, 2]])
    for value in (np.nan, np.inf, -np.inf):
        empty = Parts("map", map=np.full((8, 8), value), problem=problem)
        (found,) = explain_all(contenders_of(net, [empty]), [image], [0])["Parts"]
        np.testing.assert_array_equal(found.maps, np.zeros((1, 8, 8)))
    with pytest.raises(WrongResultError, match="Parts: Expected map to be >= 0"):
        negative = Parts("map", map=-np.ones((8, 8)), problem=problem)
        explain_all(contenders_of(net, [negative]), [image], [0])


def test_an_explainer_cannot_change_the_images(net, image):
    class Eraser(Mine):
        def explain(self, images, classes, *, progress=None):
            results = super().explain(images, classes)
            for own in images:
                with pytest.raises(ValueError, match="read-only"):
                    own[:] = 0
            images.clear(), classes.clear()
            return results

    before = image.copy()
    found = explain_all(contenders_of(net, [Eraser(), Mine()]), [image, image], [0, 1])
    np.testing.assert_array_equal(image, before)
    for eraser, mine in zip(found["Eraser"], found["Mine"], strict=True):
        np.testing.assert_array_equal(eraser.maps, mine.maps)
    assert image.flags.writeable


def test_a_map_that_class_map_refuses_is_a_wrong_result(net, image):
    """No other image would mend it, so that a run over many does not go on."""

    class Wrong(Mine):
        def explain(self, images, classes, *, progress=None):
            return [replace(own, map=-own.map - 1) for own in super().explain(images, classes)]

    with pytest.raises(WrongResultError, match="Expected map to be >= 0, received -"):
        explain_all(contenders_of(net, [Wrong()]), [image], [0])
