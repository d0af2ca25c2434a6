"""The parts of a logit sum to it, on a network of which all is known."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tfvis.explainers.evidence import Evidence
from tfvis.explainers.feature_groups import FeatureGroupExplainer
from tfvis.utils.image_sources import read_image


@pytest.fixture
def affine(closed_form, mix, weights):
    """Mean activations times weights, and 2 more for every class: exact attributions are known."""
    return closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights + 2.0, 3)


def explained(net, image, class_index, **options):
    (found,) = FeatureGroupExplainer(
        net, layer="features", grouping="KMeans", n_groups=2, attribution_steps=4, **options
    ).explain([image], [class_index])
    return found


@pytest.mark.parametrize(("sign", "index"), [("pos", 1), ("neg", 0)])
def test_each_part_is_what_its_channels_add(affine, image, mix, weights, sign, index):
    found = explained(affine, image, index, sign=sign)
    means = tf.nn.avg_pool2d(image[np.newaxis], 2, 2, "SAME").numpy().mean(axis=(0, 1, 2))
    values = (means @ mix) * weights[:, index]  # φ of an affine tail
    evidence = found.evidence
    assert evidence.at_zero == pytest.approx(2.0, abs=1e-4)
    assert evidence.groups == pytest.approx(
        [values[group.channels].sum() for group in found.groups], rel=1e-4
    )
    others = np.delete(values, np.concatenate([group.channels for group in found.groups]))
    assert evidence.others_for == pytest.approx(others[others > 0].sum(), abs=1e-4)
    assert evidence.others_against == pytest.approx(others[others < 0].sum(), abs=1e-4)
    assert evidence.gap == pytest.approx(0, abs=1e-4)
    assert evidence.logit == pytest.approx(2.0 + values.sum(), rel=1e-4)


@pytest.mark.parametrize("other", [None, 0])
def test_the_parts_sum_to_the_logit(affine, image, other):
    found = explained(affine, image, 1, rather_than=other)
    logits = affine.logits_of(read_image(image, affine.input_size))
    wanted = logits[1] - (0 if other is None else logits[other])
    assert found.evidence.total == pytest.approx(wanted, abs=1e-5)


def test_shares_are_of_what_has_the_same_sign(affine, image):
    evidence = explained(affine, image, 1, sign="pos").evidence
    assert sum(evidence.shares) == pytest.approx(
        1 - evidence.others_for / (sum(evidence.groups) + evidence.others_for)
    )


def test_errors_of_a_group_add_as_squares(affine, image):
    found = explained(affine, image, 1, attribution="Shap")
    errors = found.groups.attribution.standard_error
    assert found.evidence.errors == pytest.approx(
        [np.sqrt((errors[group.channels] ** 2).sum()) for group in found.groups]
    )


def test_without_the_logit_nothing_is_said(affine, image):

    assert replace(explained(affine, image, 1), answers=()).evidence is None


def test_nothing_to_share():
    nothing = Evidence(0.0, (0.0,), 0.0, 0.0, 0.0, 0.0, 0.0)
    assert nothing.shares == (0.0,)
