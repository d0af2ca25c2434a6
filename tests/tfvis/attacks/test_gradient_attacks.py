"""FGSM and PGD against their formulas, on networks of which everything is known."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tfvis.attacks import fgsm, pgd
from tfvis.attacks.gradient_attacks import CompiledAscent
from tfvis.utils import compiling, images
from tfvis.utils.errors import InputError


@pytest.fixture
def linear(closed_form, mix):
    """Two logits that are linear in the mean colour: the margin has one gradient everywhere."""
    weights = np.random.default_rng(3).normal(size=(6, 2)).astype(np.float32)
    return closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2]) @ weights, 2)


@pytest.fixture
def bent(closed_form, mix):
    """A network with a tanh, whose gradients differ from pixel to pixel."""
    random = np.random.default_rng(4)
    first = random.normal(size=(4 * 4 * 6, 16)).astype(np.float32)
    second = random.normal(size=(16, 5)).astype(np.float32)
    return closed_form(
        mix, lambda a: tf.tanh(tf.reshape(a, [-1, 96]) @ first / 4) @ second, 5
    )  # fmt: skip


@pytest.fixture
def pictures():
    return np.random.default_rng(5).random((3, 8, 8, 3), np.float32)


def slope_of(net, image, label):
    """∇_x J(x, label) by central differences, in float64 as far as the network allows."""
    found = np.zeros(image.shape)
    for place in np.ndindex(image.shape):
        moved = np.zeros_like(image)
        moved[place] = 1e-2
        logits = net.logits(np.clip(np.stack([image + moved, image - moved]), 0, 1)).astype(float)
        entropy = np.log(np.exp(logits).sum(axis=1)) - logits[:, label]
        found[place] = entropy[0] - entropy[1]
    return found


def test_fgsm_is_its_formula(bent, pictures):
    """x' = x + ε sign ∇J, kept to [0, 1]; the gradient's sign is found by differences."""
    image = np.rint(pictures[0] * 255) / 255
    (found,) = fgsm(bent, [pictures[0]], epsilon=8)
    slope = slope_of(bent, image.astype(np.float32), found.class_index)
    certain = np.abs(slope) > 1e-4  # where differences in float32 tell the sign
    expected = np.clip(np.rint(image * 255) + 8 * np.sign(slope), 0, 255)
    assert certain.mean() > 0.8
    np.testing.assert_array_equal(np.rint(found.sample * 255)[certain], expected[certain])


def test_a_target_is_approached(bent, pictures):
    (plain,) = fgsm(bent, [pictures[0]], epsilon=2)
    target = (plain.class_index + 1) % 5
    (found,) = fgsm(bent, [pictures[0]], targets=target, epsilon=2)

    def entropy(logits):
        return np.log(np.exp(logits).sum()) - logits[target]

    assert found.target == target
    assert entropy(found.sample_logits) < entropy(found.logits)


def test_pgd_of_one_step_from_the_image_is_fgsm(bent, pictures):
    once = fgsm(bent, pictures, epsilon=8)
    same = pgd(bent, pictures, epsilon=8, steps=1, step_size=8, random_start=False)
    for one, other in zip(once, same, strict=True):
        np.testing.assert_array_equal(one.sample, other.sample)


def slow_pgd(net, image, label, epsilon, steps, size):
    """The same attack, a step at a time, with TensorFlow's gradient and NumPy for all else."""
    origin = np.rint(image * 255)
    classify, change = net.classifier(), np.zeros_like(origin)
    best, least = None, -np.inf
    for step in range(steps + 1):
        rounded = np.rint(change)
        x = tf.constant(((origin + rounded) / 255)[np.newaxis], tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = classify(x)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits([label], logits)
        own = logits[0].numpy()
        margin = np.delete(own, label).max() - own[label]
        if step and margin > least:
            best, least = origin + rounded, margin
        moved = change + size * np.sign(tape.gradient(loss, x)[0].numpy())
        change = np.clip(np.clip(moved, -epsilon, epsilon), -origin, 255 - origin)
    return best / 255


def test_pgd_is_its_formula_step_by_step(bent, pictures):
    (found,) = pgd(bent, pictures[:1], epsilon=8, steps=7, step_size=1.4, random_start=False)
    slow = slow_pgd(bent, pictures[0], found.class_index, 8, 7, 1.4)
    np.testing.assert_allclose(found.sample, slow, atol=1e-6)


def best_rise(net, norm, epsilon):
    """By how much a change within a budget raises the other logit at most, on a linear network."""
    grey, slope = np.full((1, 8, 8, 3), 0.5, np.float32), np.zeros((8, 8, 3))
    (before,) = net.logits(grey)
    for place in np.ndindex(slope.shape):
        moved = grey.copy()
        moved[0][place] += 0.5
        slope[place] = np.diff(net.logits(moved)[0] - before)[0] * 2 / 255
    dual = np.abs(slope).sum() if norm == "linf" else np.linalg.norm(slope)
    return epsilon * dual


@pytest.mark.parametrize(("norm", "share"), [("linf", 0.999), ("l2", 0.9)])
def test_the_optimum_of_a_linear_network_is_reached(linear, norm, share):
    """Hölder: within ‖δ‖ ≤ ε a linear margin rises by ε times the gradient's dual norm at most."""
    grey = np.full((8, 8, 3), 128, np.uint8)
    (found,) = pgd(linear, [grey], norm=norm, epsilon=48, steps=10, random_start=False)
    other = 1 - found.class_index
    rise = found.sample_logits - found.logits
    best = best_rise(linear, norm, 48)
    # Whole levels cannot follow a direction in every pixel.
    assert share * best <= rise[other] - rise[found.class_index] <= 1.001 * best


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", 3), ("l2", 40)])
def test_samples_written_as_png_keep_the_budget(tmp_path, bent, pictures, norm, epsilon):
    for k, found in enumerate(pgd(bent, pictures, norm=norm, epsilon=epsilon, steps=5)):
        images.save(tmp_path / f"{k}.png", found.sample)
        images.save(tmp_path / f"{k} before.png", found.image)
        read, before = (images.load(tmp_path / f"{k}{end}.png") for end in ("", " before"))
        np.testing.assert_array_equal(read, found.sample)
        change = np.rint((read.astype(float) - before) * 255)
        size = np.abs(change).max() if norm == "linf" else np.linalg.norm(change)
        assert 0 < size <= epsilon
        np.testing.assert_allclose(
            bent.logits(read[np.newaxis])[0], found.sample_logits, rtol=1e-4, atol=1e-5
        )


def test_the_result_says_whether_the_network_was_persuaded(bent, pictures):
    far, near = (pgd(bent, pictures, epsilon=epsilon, steps=10) for epsilon in (64, 1))
    assert all(found.succeeded for found in far)
    assert not all(found.succeeded for found in near)
    for found in (*far, *near):
        answer = bent.logits(found.sample[np.newaxis]).argmax()
        assert found.succeeded == (answer != bent.logits(found.image[np.newaxis]).argmax())
        assert (found.answer, found.answer_label) == (answer, bent.labels[answer])


def test_the_classes_that_changed_most_are_named(bent, pictures):
    for found in pgd(bent, pictures, epsilon=8, steps=3):
        change = np.abs(found.sample_logits - found.logits)
        named = [answer.class_index for answer in found.changed_answers]
        assert sorted(named) == list(range(len(change)))
        assert (np.diff(change[named]) <= 0).all()
        for answer in found.changed_answers:
            assert answer.label == bent.labels[answer.class_index]
            assert answer.logit == found.sample_logits[answer.class_index]


def test_with_a_target_no_other_class_is_a_success(bent, pictures):
    (plain,) = pgd(bent, pictures[:1], epsilon=64, steps=10)
    reached = [
        pgd(bent, pictures[:1], targets=target, epsilon=64, steps=10)[0].succeeded
        for target in range(5)
        if target != plain.class_index
    ]
    assert any(reached)
    for target in {*range(5)} - {plain.class_index, plain.answer}:
        assert not replace(plain, target=target).succeeded


def test_many_images_give_what_each_gives_alone(bent, pictures):
    seen = []
    together = pgd(
        bent, pictures, steps=4, batch_size=2, progress=lambda *counts: seen.append(counts)
    )
    assert seen == [(done, 8) for done in range(1, 9)]
    for k, found in enumerate(together):
        (alone,) = pgd(bent, [pictures[k]], steps=4)
        np.testing.assert_allclose(found.sample, alone.sample, atol=1e-6)


def test_a_seed_reproduces(bent, pictures):
    def sample(seed):
        return pgd(bent, pictures[:1], steps=2, seed=seed)[0].sample

    np.testing.assert_array_equal(sample(1), sample(1))
    assert (sample(1) != sample(2)).any()


def test_other_budgets_and_images_trace_nothing_anew(bent, pictures):
    pgd(bent, pictures, epsilon=3, steps=2)
    traced = compiling.trace_count()
    pgd(bent, pictures, epsilon=5, steps=3)
    other = (int(bent.logits(pictures[:1]).argmax()) + 1) % 5
    fgsm(bent, pictures[:1], targets=[other])
    assert compiling.trace_count() == traced
    assert bent.compiled(CompiledAscent, "linf") is bent.compiled(CompiledAscent, "linf")


def test_the_attacked_class_is_the_networks_answer(bent, pictures):
    answer = int(bent.logits(pictures[:1]).argmax())
    assert fgsm(bent, pictures[:1], [answer])[0].class_index == answer
    with pytest.raises(InputError, match="Expected a class that the network answers"):
        fgsm(bent, pictures[:1], [(answer + 1) % 5])
    with pytest.raises(InputError, match="Expected a target other than the network's answer"):
        fgsm(bent, pictures[:1], targets=[answer])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"epsilon": 0}, "whole number from 1 to 255"),
        ({"epsilon": 256}, "whole number from 1 to 255"),
        ({"epsilon": 2.5}, "received 2.5"),
        ({"classes": [0, 1]}, "Expected one class an image, received 2"),
        ({"classes": "0"}, "Expected a list with one class"),
        ({"epsilom": 4}, "Closest: epsilon"),
        ({"targets": [1, 2]}, "Expected one target an image"),
    ],
)
def test_what_cannot_be_used_is_an_error(bent, pictures, call, message):
    with pytest.raises(InputError, match=message):
        fgsm(bent, pictures[:1], **call)


def test_one_logit_cannot_be_attacked(closed_form, mix, image):
    net = closed_form(mix, lambda a: tf.reduce_mean(a, [1, 2, 3])[:, tf.newaxis], 1)
    with pytest.raises(InputError, match="at least two classes"):
        fgsm(net, [image])


def test_samples_are_equal_if_all_fields_are(bent, pictures):
    (found,), (again,) = (fgsm(bent, pictures[:1]) for _ in range(2))
    assert found == again
    assert found != replace(found, sample=found.image)
    assert 0 <= found.magnified().min() < found.magnified().max() <= 1
