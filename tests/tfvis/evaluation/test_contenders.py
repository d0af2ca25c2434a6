"""Who is compared: names share an explainer, objects bring their own, and results are checked."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest

from tfvis.evaluation.contenders import WrongResultError, contenders_of, explain_all
from tfvis.explainers.base import ClassMap
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.explainers.options import FeatureGroupOptions, GradCamOptions
from tfvis.utils.errors import InputError


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


def test_a_name_that_comes_twice_counts_once(net):
    (own,) = contenders_of(net, ["Grad-CAM", "grad cam"])
    assert own.name == "Grad-CAM"


def test_options_of_ones_own_go_before_what_is_common(net):
    own = FeatureGroupOptions(attribution_steps=7)
    groups, grad_cam, cut = contenders_of(
        net, ["all groups", "Grad-CAM", "Grad-CAM, cut"], [own], attribution_steps=3, layer=None
    )
    assert groups.explainer.options.attribution_steps == 7
    assert grad_cam.explainer.options == GradCamOptions()
    assert cut.explainer.options == replace(GradCamOptions(), cut=0.85)


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
    with pytest.raises(InputError, match="received two 'Mine': give them an attribute `name`"):
        contenders_of(net, [Mine(), Mine()])
    grad_cam = Mine()
    grad_cam.name = "Grad-CAM"
    with pytest.raises(InputError, match="received two 'Grad-CAM'"):
        contenders_of(net, ["Grad-CAM", grad_cam])


@pytest.mark.parametrize(
    ("explainers", "message"),
    [
        ("Grad-CAM", "Expected a list of at least one method, received 'Grad-CAM'"),
        ([], "Expected a list of at least one method"),
        (None, "Expected a list of at least one method"),
        (["Grad-CAMS"], "Unknown method 'Grad-CAMS'. Closest: Grad-CAM"),
        ([3], r"an object with explain\(images, classes, \*, progress\), received 3"),
        ([Mine], r"an object with explain\(images, classes, \*, progress\), received <class"),
    ],
)
def test_what_is_no_explainer(net, explainers, message):
    with pytest.raises(InputError, match=message):
        contenders_of(net, explainers)


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


def test_a_map_that_class_map_refuses_is_a_wrong_result(net, image):
    """No other image would mend it, so that a run over many does not go on."""

    class Wrong(Mine):
        def explain(self, images, classes, *, progress=None):
            return [replace(own, map=-own.map - 1) for own in super().explain(images, classes)]

    with pytest.raises(WrongResultError, match="Expected map to be >= 0, received -"):
        explain_all(contenders_of(net, [Wrong()]), [image], [0])


def test_a_map_that_is_not_finite_may_tell_its_problem(net, image, monkeypatch):
    explain = Mine.explain
    change = changed(map=np.full((8, 8), np.nan), problem="the weights are not finite")
    monkeypatch.setattr(Mine, "explain", lambda own, *a, **named: change(explain(own, *a, **named)))
    found = explain_all(contenders_of(net, [Mine()]), [image], [0])
    assert found["Mine"][0].result.problem == "the weights are not finite"
