"""Two images compared by groups of features."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from closed_forms import channel_means, relu_tail

from tfvis.explainers import ImageComparison, compare
from tfvis.explainers.comparison_sheet import comparison_sheet
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import NothingSelectedError
from tfvis.utils.groupers import SklearnCluster
from tfvis.utils.image_sources import read_image

QUICK = {"layer": "features", "attribution_steps": 4, "icons": False}


def test_scores_are_exact_for_a_linear_tail(linear, image, changed, mix, weights):
    (found,) = compare(linear, image, changed, 1, grouping=SklearnCluster("KMeans", n_groups=2),
                       **QUICK)  # fmt: skip
    before, after = (channel_means(own, mix) * weights[:, 1] for own in (image, changed))
    for group in (*found.groups, found.rest):
        assert group.before == pytest.approx(before[group.channels].sum(), abs=1e-4)
        assert group.after == pytest.approx(after[group.channels].sum(), abs=1e-4)
    assert found.logit_before == pytest.approx(before.sum(), abs=1e-4)
    assert found.change == pytest.approx(after.sum() - before.sum(), abs=1e-4)
    # Every channel is in one group, or in the rest.
    channels = np.concatenate([group.channels for group in (*found.groups, found.rest)])
    assert sorted(channels.tolist()) == list(range(6))


def test_channels_selected_in_either_image_are_grouped(linear, image, changed, mix, weights):
    (found,) = compare(linear, image, changed, 1, grouping=SklearnCluster("KMeans", n_groups=1),
                       **QUICK)  # fmt: skip
    selected = set()
    for own in (image, changed):
        phi = channel_means(own, mix) * weights[:, 1]
        selected |= set(np.flatnonzero(phi > phi[phi > 0].mean()).tolist())
    assert {int(c) for group in found.groups for c in group.channels} == selected


def test_what_was_lost_most_comes_first_and_maps_sum_to_scores(linear, image, changed):
    for sign in ("pos", "neg"):
        (found,) = compare(linear, image, changed, 0, sign=sign, n_groups=2, grouping="KMeans",
                           **QUICK)  # fmt: skip
        changes = [group.change for group in found.groups]
        assert changes == sorted(changes)
        scores = [(group.before, group.after) for group in (*found.groups, found.rest)]
        sums = [own.sum(axis=(1, 2)) for own in (found.signed_before, found.signed_after)]
        np.testing.assert_allclose(np.transpose(sums), scores, rtol=1e-3, atol=1e-4)
        before, after = found.heat_maps()
        assert before.shape == after.shape == (len(found.groups) + 1, 8, 8)
        assert min(before.min(), after.min()) >= 0


def test_the_change_of_all_attributions_is_that_of_the_logit(closed_form, image, changed, mix):
    """With steps of its own choice: so many that the gap is at most a hundredth."""
    rng = np.random.default_rng(5)
    first, second = np.float32(rng.standard_normal((6, 4))), np.float32(rng.standard_normal((4, 2)))
    net = closed_form(mix, relu_tail(first, second), 2)
    for options in ({}, {"contrast": (0, 1)}):
        classes = None if options else [0, 1]
        for found in compare(
            net, image, changed, classes, layer="features", icons=False, **options
        ):
            assert abs(found.completeness_gap) <= max(0.01 * abs(found.change), 1e-3)


def test_steps_that_are_asked_for_are_kept(linear, image, changed):
    (found,) = compare(linear, image, changed, 0, **QUICK)
    assert found.before.provenance.options["steps"] == 4
    assert found.after.provenance.options["steps"] == 4


def test_an_image_and_itself_differ_in_nothing(linear, image):
    (found,) = compare(linear, image, image.copy(), **QUICK)
    assert found.change == found.completeness_gap == 0
    assert found.counts == {"lost": 0, "weakened": 0, "kept": len(found.groups),
                            "strengthened": 0, "gained": 0}  # fmt: skip
    assert found.restoration is None


def test_classes_are_the_answers_to_both_images(linear, image):
    red, blue = (np.broadcast_to(np.float32(own), image.shape) for own in np.eye(3)[[0, 2]])
    answers = [linear.top(own, 1)[0][0] for own in (red, blue)]
    found = compare(linear, red, blue, **QUICK)
    assert [own.class_index for own in found] == list(dict.fromkeys(answers))


def test_a_contrast_is_compared_too(linear, image, changed, mix, weights):
    (found,) = compare(linear, image, changed, contrast=(0, 2), **QUICK)
    assert found.contrast == (linear.labels[0], linear.labels[2])
    before = channel_means(image, mix) * (weights[:, 0] - weights[:, 2])
    np.testing.assert_allclose(found.before.values, before, atol=1e-4)
    assert found.logit_before == pytest.approx(before.sum(), abs=1e-4)


def test_nothing_selected_in_either_image_is_said(closed_form, image, changed, mix):
    net = closed_form(mix, lambda a: -tf.reduce_mean(a, [1, 2])[:, :2], 2)
    with pytest.raises(NothingSelectedError, match="No positive channel in features stands out in"):
        compare(net, image, changed, 0, **QUICK)
    with pytest.raises(InputError, match="Unknown option 'atribution'. Closest: attribution"):
        compare(net, image, changed, 0, atribution="IGSG", **QUICK)


def test_groups_have_icons_and_a_sheet(net):
    rng = np.random.default_rng(0)
    before, after = (rng.random((24, 24, 3), np.float32) for _ in range(2))
    told = []
    options = {"layer": "first", "attribution_steps": 3, "n_groups": 2}
    found = compare(net, before, after, [0, 1], icon_steps=1, icon_size=16, **options,
                    progress=lambda *step: told.append(step))  # fmt: skip
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    for own in found:
        assert own.icons.shape == (len(own.groups), 16, 16, 3)
        assert own.image_objectives.shape == (len(own.groups), 2)
        assert comparison_sheet(own).ndim == 3
    alone = compare(net, before, after, 0, icons=False, **options)[0]
    assert replace(found[0], icons=None, icon_objectives=None, seconds={}, provenance=None,
                   zero_gradient=(), icon_steps=None) == replace(
                       alone, seconds={}, provenance=None)  # fmt: skip


def test_the_second_pair_of_images_traces_nothing(network_of):
    net = network_of()
    rng = np.random.default_rng(0)
    options = {"layer": "first", "attribution_steps": 3, "n_groups": 2}
    comparison = ImageComparison(net, **options)
    sizes = []
    for _ in range(2):
        pair = [read_image(rng.random((24, 24, 3), np.float32), net.input_size) for _ in range(2)]
        comparison.compare(*pair, [0])
        sizes.append(len(net._compiled))
    assert sizes[0] == sizes[1] > 0


def test_progress_goes_up_to_its_end_where_steps_are_doubled(closed_form, image, changed, mix):
    rng = np.random.default_rng(5)
    first, second = np.float32(rng.standard_normal((6, 4))), np.float32(rng.standard_normal((4, 2)))
    net = closed_form(mix, relu_tail(first, second), 2)
    told = []
    compare(net, image, changed, 0, layer="features", icons=False,
            progress=lambda *step: told.append(step))  # fmt: skip
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len({total for _, total in told}) == 1


def test_images_of_two_sizes_are_refused(net):
    rng = np.random.default_rng(0)
    one, other = (read_image(rng.random((*size, 3), np.float32)) for size in ((24, 24), (40, 30)))
    with pytest.raises(InputError, match="two images of one size, received 24 x 24 and 40 x 30"):
        ImageComparison(net, layer="first").compare(one, other, [0])


def test_the_answer_that_is_contrasted_is_not_compared_with_itself(linear, image, changed):
    answer = linear.top(image, 1)[0][0]
    found = compare(linear, image, image * 0.99, rather_than=answer, **QUICK)
    assert [own.class_index for own in found] == [linear.top(image, 2)[1][0]]


def test_a_network_of_one_class_has_nothing_to_contrast_it_with(closed_form, image, changed, mix):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2, 3])[:, tf.newaxis], 1)
    with pytest.raises(InputError, match=r"^Expected a network of at least 2 classes .* of 1\.$"):
        compare(net, image, changed, rather_than=0, **QUICK)


def test_the_changes_in_a_table_sum_to_that_of_all_attributions(linear, image, changed):
    (found,) = compare(linear, image, changed, 0, n_groups=2, grouping="KMeans", **QUICK)
    rows = found.to_dataframe()
    assert rows.group.tolist() == [own.name for own in (*found.groups, found.rest)]
    assert rows.kind.tolist()[:-1] == [own.kind for own in found.groups]
    assert rows.kind.isna().tolist()[-1]
    assert rows.channels.sum() == 6
    assert rows.change.sum() == pytest.approx(
        found.after.values.sum() - found.before.values.sum(), abs=1e-4
    )
    assert rows.objective_after.tolist()[:-1] == found.image_objectives[:, 1].tolist()
    assert rows.icon_objective.isna().all()  # without icons
