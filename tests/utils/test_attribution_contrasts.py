"""What speaks for one class rather than for another: attributions of the logits' difference."""

from dataclasses import replace

import numpy as np
import pytest
from closed_forms import channel_means

from tfvis.utils.attribution import aumann_shapley, shapley_sampling, with_directions
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.errors import InputError

ESTIMATORS = {
    "IGSG": lambda *args, **options: aumann_shapley(*args, steps=16, **options),
    "Shap": lambda *args, **options: shapley_sampling(*args, permutations=4, **options),
}


@pytest.fixture(params=ESTIMATORS)
def estimator(request):
    return ESTIMATORS[request.param]


def test_the_difference_of_two_quadratic_classes_is_exact(
    pairs_net, image, mix, symmetric, estimator
):
    means = channel_means(image, mix)
    exact = means * ((symmetric[0] - symmetric[1]) @ means)  # Shapley and Aumann-Shapley agree
    (found,) = estimator(pairs_net, image, "features", classes=[0], rather_than=1)
    np.testing.assert_allclose(found.values, exact, rtol=3e-3, atol=1e-4)
    assert found.total == pytest.approx(exact.sum(), rel=1e-4)
    assert (found.class_index, found.rather_than) == (0, 1)


def test_the_two_classes_of_a_contrast_can_change_places(relu_net, image, estimator):
    (one,) = estimator(relu_net, image, "features", classes=[0], rather_than=1)
    (other,) = estimator(relu_net, image, "features", classes=[1], rather_than=0)
    np.testing.assert_allclose(one.values, -other.values, atol=1e-5)
    assert one.total == pytest.approx(-other.total, abs=1e-5)
    np.testing.assert_allclose(one.of_both, other.of_both[::-1], atol=1e-5)
    if one.maps is not None:
        np.testing.assert_allclose(one.maps, -other.maps, atol=1e-5)
        np.testing.assert_allclose(one.directions, -other.directions, atol=1e-5)


def test_a_contrast_is_the_difference_of_two_attributions(relu_net, image, estimator):
    of_each = estimator(relu_net, image, "features", classes=[0, 1])
    (found,) = estimator(relu_net, image, "features", classes=[0], rather_than=1)
    np.testing.assert_allclose(found.values, of_each[0].values - of_each[1].values, atol=1e-6)
    np.testing.assert_allclose(found.of_both, [own.values for own in of_each], atol=1e-6)
    assert found.completeness_gap == pytest.approx(
        of_each[0].completeness_gap - of_each[1].completeness_gap, abs=1e-6
    )


def test_what_two_classes_share_has_no_error_of_sampling(closed_form, image, mix, relu_weights):
    """The orders are the same for both, so that noise in what is equal cancels."""
    from closed_forms import relu_tail

    inner, outer = relu_weights
    outer = np.stack([outer[:, 0], outer[:, 0]], axis=1)
    net = closed_form(mix, relu_tail(inner, outer), 2)
    (alone,) = shapley_sampling(net, image, "features", classes=[0], permutations=6)
    (found,) = shapley_sampling(net, image, "features", classes=[0], rather_than=1, permutations=6)
    assert alone.standard_error.max() > 1e-3
    np.testing.assert_allclose(found.standard_error, 0, atol=1e-6)
    np.testing.assert_allclose(found.values, 0, atol=1e-6)


def test_several_classes_are_contrasted_with_one(closed_form, image, mix):
    weights = np.float32(np.random.default_rng(1).standard_normal((6, 3)))
    import tensorflow as tf

    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 3)
    told = []
    found = aumann_shapley(net, image, "features", classes=[0, 2], rather_than=1, steps=4,
                           progress=lambda *step: told.append(step))  # fmt: skip
    means = channel_means(image, mix)
    for own, k in zip(found, (0, 2), strict=True):
        np.testing.assert_allclose(own.values, means * (weights[:, k] - weights[:, 1]), atol=1e-5)
    assert told[-1] == (12, 12)  # three classes are evaluated, each once


def test_a_class_is_not_contrasted_with_itself(relu_net, image, estimator):
    with pytest.raises(InputError, match="Expected rather_than to be another class than"):
        estimator(relu_net, image, "features", classes=[0], rather_than=0)
    with pytest.raises(InputError, match="Expected a class"):
        estimator(relu_net, image, "features", classes=[0], rather_than=7)


def test_directions_of_a_contrast_are_those_of_the_difference(closed_form, image, mix):
    import tensorflow as tf

    weights = np.float32(np.random.default_rng(1).standard_normal((6, 2)))
    mixed = mix - np.float32(0.8)  # activations of both signs
    net = closed_form(mixed, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 2)
    (known,) = aumann_shapley(net, image, "features", classes=[0], rather_than=1)
    found = with_directions(net, image, replace(known, directions=None, ambiguous=None))
    np.testing.assert_array_equal(np.sign(found.icon_weights), np.sign(known.icon_weights))
    (alone,) = aumann_shapley(net, image, "features", classes=[0])
    assert (np.sign(alone.icon_weights) != np.sign(known.icon_weights)).any()


def test_a_file_keeps_both_classes(relu_net, image, tmp_path):
    (found,) = aumann_shapley(relu_net, image, "features", classes=[0], rather_than=1)
    found.save(tmp_path / "a.txt")
    read = ChannelAttribution.load(tmp_path / "a.txt", method="IGSG", layer="features",
                                   class_index=0, rather_than=1, n_channels=6)  # fmt: skip
    np.testing.assert_array_equal(read.of_both, found.of_both)
    assert read.rather_than == 1
    assert read.provenance.class_name == found.provenance.class_name
    assert " rather than " in read.provenance.class_name


def test_both_classes_have_a_value_for_each_channel():
    with pytest.raises(InputError, match=r"Expected of_both of shape \(2, 3\), received \(3,\)"):
        ChannelAttribution("IGSG", "features", 0, np.ones(3), of_both=np.ones(3))


def test_a_file_of_a_contrast_is_not_read_as_another(relu_net, image, tmp_path):
    (found,) = aumann_shapley(relu_net, image, "features", classes=[0], rather_than=1)
    found.save(tmp_path / "a.txt")
    for other in (None, 3):
        with pytest.raises(InputError, match="They are of a contrast with another class"):
            ChannelAttribution.load(tmp_path / "a.txt", method="IGSG", layer="features",
                                    class_index=0, rather_than=other, n_channels=6)  # fmt: skip
    replace(found, of_both=found.of_both * [[2], [1]]).save(tmp_path / "b.txt")
    with pytest.raises(InputError, match="Expected two classes whose difference are the values"):
        ChannelAttribution.load(tmp_path / "b.txt", method="IGSG", layer="features", class_index=0,
                                rather_than=1, n_channels=6)  # fmt: skip
