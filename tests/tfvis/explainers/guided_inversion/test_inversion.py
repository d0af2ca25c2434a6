"""Both steps against the equations, written out slowly; and what must be true of any mask."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from small_inversions import SIDE, finite

from tfvis.explainers.guided_inversion import PRESETS, GuidedFeatureInversion
from tfvis.utils import images

SIGMA = 3.0  # a Gaussian of four sigma must fit into the image for the slow form
START = 0.4  # with fewer weights than a real layer has, 0.1 falls to zero


def interpolation(n, size):
    """The matrix of bilinear interpolation from n to `size` positions, centres aligned."""
    at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
    low = np.minimum(at.astype(int), n - 2)
    matrix = np.zeros((size, n), np.float32)
    matrix[np.arange(size), low] = 1 - (at - low)
    matrix[np.arange(size), low + 1] += at - low
    return matrix


def blurred(image, sigma, radius):
    """A Gaussian window moved over the image, its border mirrored."""
    offsets = np.arange(-radius, radius + 1)
    window = np.exp(-(offsets**2) / (2 * sigma**2))
    window /= window.sum()
    out = image.astype(np.float64)
    for axis in (0, 1):
        padded = np.pad(
            out, [(radius, radius) if a == axis else (0, 0) for a in range(3)], "reflect"
        )
        out = sum(
            w * np.take(padded, range(k, k + image.shape[axis]), axis) for k, w in enumerate(window)
        )
    return out


def slowly(net, image, preset, *, label=None, weights=None):
    """One image, one step, a line an equation; returns the weights it may end with, and losses."""
    a = tf.constant(net.activations(image[np.newaxis], "base")[0])
    target = tf.constant(net.activations(image[np.newaxis], "deep"))
    radius = preset.blur_radius or 12
    p = tf.constant(np.float32(blurred(image, SIGMA, radius)))
    x = tf.constant(image)
    resize = tf.constant(interpolation(a.shape[0], SIDE))
    step = 0 if label is None else 1
    w = np.full(a.shape[-1], START) if weights is None else weights.astype(np.float64)
    first, second = np.zeros_like(w), np.zeros_like(w)
    trace, losses, bare = [w], [], []
    head, classify = net.head("deep"), net.classifier()
    for t in range(preset.iterations[step] + 1):
        v = tf.Variable(w.astype(np.float32))
        with tf.GradientTape() as tape:
            s = tf.reduce_sum(a * v, axis=-1)
            low, high = tf.reduce_min(s), tf.reduce_max(s)
            m = (s - low) / (high - low if preset.scaling == "minmax" else high)
            m = (resize @ m @ tf.transpose(resize))[..., None]
            phi = (x * m + p * (1 - m))[None]
            if label is None:
                loss = tf.reduce_sum((head(phi)[0] - target) ** 2)
                if preset.distance == "relative":
                    loss /= tf.reduce_sum(target**2)
            else:
                kept, hidden = classify(phi)[0], classify((x * (1 - m) + p * m)[None])[0]
                if preset.score != "logit":
                    kept, hidden = tf.nn.softmax(kept), tf.nn.softmax(hidden)
                loss = hidden[label] - kept[label]
                if preset.score == "cross-entropy":
                    loss = -tf.math.log(kept[label]) - tf.math.log(1 - hidden[label])
            bare.append(float(loss))
            loss += preset.penalties[step] * tf.reduce_sum(v**preset.penalty_power)
        losses.append(float(loss))
        g = tape.gradient(loss, v).numpy().astype(np.float64)
        one, two = preset.betas
        first, second = one * first + (1 - one) * g, two * second + (1 - two) * g * g
        halvings = t // preset.halve_every if preset.halve_every else 0
        root = np.sqrt(second / (1 - two ** (t + 1)))
        floor = preset.epsilon + (preset.damping * np.sqrt(np.mean(root**2)) if step else 0)
        w = w - 0.01 * 0.5**halvings * (first / (1 - one ** (t + 1))) / (root + floor)
        w = np.maximum(w, 0)
        trace.append(w)
    kept = [trace[-2]]
    if preset.keep == "best" and label is not None:
        # Rounding may decide between updates that are as good as each other.
        kept = [w for w, b in zip(trace, bare, strict=False) if b <= min(bare) + 1e-5]
    return kept, np.array(losses)


# The learning rate is halved twice.
SHORT = {name: replace(preset, iterations=(11, 25)) for name, preset in PRESETS.items()}
TERMS = {
    **SHORT,
    "cross-entropy": replace(SHORT["authors"], score="cross-entropy", epsilon=0.1),
    "logit, best": replace(SHORT["tfvis"], score="logit", penalties=(1.0, 0.01)),
    "damped": replace(SHORT["authors"], damping=0.5),
    "other memory": replace(SHORT["authors"], betas=(0.5, 0.9), halve_every=7),
    # With more iterations all of the few weights fall to zero.
    "never halved": replace(SHORT["authors"], halve_every=0, iterations=(11, 20)),
}


def assert_one_is(candidates, weights):
    assert min(np.abs(own - weights).max() for own in candidates) < 1e-4


QUICK = ("tfvis", "damped")
"""Of the terms; the others are slow."""


@pytest.mark.parametrize(
    "preset",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in TERMS],
)
def test_both_steps_are_the_equations(net, batch, preset):
    terms = replace(TERMS[preset], tolerance=0.0)  # all iterations
    inversion = GuidedFeatureInversion(net, "base", "deep", preset=terms, sigma=SIGMA, start=START)
    saliency = inversion.saliency(batch)
    found = inversion.discriminate(batch, [1, 3], start=saliency)
    for k, label in enumerate((1, 3)):
        weights, losses = slowly(net, batch[k], terms)
        np.testing.assert_allclose(saliency[k].losses, losses, rtol=1e-4)
        assert_one_is(weights, saliency[k].weights)
        weights, losses = slowly(net, batch[k], terms, label=label, weights=saliency[k].weights)
        np.testing.assert_allclose(found[k].losses, losses, rtol=1e-4, atol=1e-4)
        assert_one_is(weights, found[k].weights)
        assert found[k].class_index == label


def test_the_best_weights_are_kept(net, batch):
    wild = {"learning_rate": 0.3, "iterations": (3, 15), "halve_every": 0}
    last, best = (
        GuidedFeatureInversion(
            net, "base", "deep", preset="authors", keep=keep, **wild
        ).discriminate(batch, [1, 2])
        for keep in ("last", "best")
    )

    def difference(logits, c):
        shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        return shares[..., c]

    for one, other in zip(last, best, strict=True):
        c = one.class_index
        scores = [
            difference(own.kept_logits[1], c) - difference(own.hidden_logits[1], c)
            for own in (one, other)
        ]
        start = difference(other.kept_logits[0], c) - difference(other.hidden_logits[0], c)
        assert scores[1] >= max(scores[0], start) - 1e-5
        np.testing.assert_allclose(one.losses, other.losses, rtol=1e-4)


@pytest.mark.slow
def test_a_restarted_step_2_begins_with_the_mask_of_step_1(net, batch):
    terms = {"penalties": (0.0, 0.0), "iterations": (5, 2), "keep": "last"}
    plain, again = (
        GuidedFeatureInversion(net, "base", "deep", restart=mean, **terms) for mean in (0.0, 2.0)
    )
    saliency = plain.saliency(batch)
    one, other = (own.discriminate(batch, [1, 3], start=saliency) for own in (plain, again))
    for before, a, b in zip(saliency, one, other, strict=True):
        np.testing.assert_allclose(a.losses[0], b.losses[0], rtol=1e-4, atol=1e-6)
        assert b.weights.mean() == pytest.approx(2.0, abs=2 * 0.01)
        # The same two updates change the mask by less.
        assert np.abs(b.mask - before.mask).max() < np.abs(a.mask - before.mask).max()


def test_without_a_memory_only_a_slopes_sign_counts(net, batch):
    inversion = GuidedFeatureInversion(net, "base", "deep", betas=(0.0, 0.0), iterations=(3, 1))
    (found,) = inversion.saliency(batch[:1])
    updates = (found.weights - inversion.preset.start) / inversion.preset.learning_rate
    # Three updates, each one up or one down.
    assert set(np.round(updates, 3)) <= {-3, -1, 1, 3}


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_returned_is_what_it_says(net, batch, preset):
    inversion = GuidedFeatureInversion(net, "base", "deep", preset=preset, tolerance=0.0)
    (found,) = inversion.discriminate(batch[:1], ["class 2"])
    assert found.mask.shape == (SIDE, SIDE)
    assert 0 <= found.mask.min() <= found.mask.max() <= 1
    assert (found.weights >= 0).all()
    assert len(found.losses) == PRESETS[preset].iterations[1] + 1
    np.testing.assert_allclose(found.logits, net.logits(batch[:1])[0], rtol=1e-4)
    np.testing.assert_allclose(
        found.kept_logits[1], net.logits(found.mixture[np.newaxis])[0], rtol=1e-3
    )
    np.testing.assert_allclose(
        found.hidden_logits[1], net.logits(found.complement[np.newaxis])[0], rtol=1e-3
    )
    m, (p,) = found.mask[..., np.newaxis], inversion.backgrounds(batch[:1])
    np.testing.assert_allclose(found.mixture + found.complement, found.image + p, atol=1e-6)
    np.testing.assert_allclose(found.mixture, found.image * m + p * (1 - m))


def test_a_batch_is_its_images_one_by_one(net, batch):
    reports = []
    together = GuidedFeatureInversion(net, "base", "deep", batch_size=2).saliency(batch)
    alone = GuidedFeatureInversion(net, "base", "deep", batch_size=1).saliency(
        batch, progress=lambda *counts: reports.append(counts)
    )
    assert reports == [(done, 22) for done in range(1, 23)]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-5)
        np.testing.assert_allclose(one.losses, other.losses, rtol=1e-4)


def test_a_step_ends_early_when_the_loss_has_settled(net, batch):
    patient = GuidedFeatureInversion(
        net, "base", "deep", iterations=(400, 1), tolerance=1e-3, patience=10, halve_every=20
    )
    (found,) = patient.saliency(batch[:1])
    assert 20 <= len(found.losses) - 1 < 400
    assert (len(found.losses) - 1) % 10 == 0
    last, before = found.losses[-2], found.losses[-12]
    assert abs(last - before) <= 1e-3 * abs(before)


def test_what_is_left_of_a_step_that_ends_early_is_done(net, batch):
    reports = []
    terms = {"iterations": (400, 3), "tolerance": 1e-3, "halve_every": 20}
    GuidedFeatureInversion(net, "base", "deep", **terms).discriminate(
        batch, [0, 1], progress=lambda *counts: reports.append(counts)
    )
    # Step 1 is not given here, and counts too.
    assert reports == sorted(reports)
    assert {total for _, total in reports} == {403}
    assert reports[-4:] == [(done, 403) for done in (400, 401, 402, 403)]
    assert reports[-5][0] < 399


def test_when_a_step_ends_is_each_images_own_affair(net, batch):
    # A dark image's losses are small: it settles at another time.
    images = np.stack([batch[0], 0.1 * batch[1], batch[1]])
    terms = {"iterations": (400, 1), "tolerance": 1e-2, "halve_every": 20}
    together, alone = (
        GuidedFeatureInversion(net, "base", "deep", batch_size=size, **terms).saliency(images)
        for size in (3, 1)
    )
    assert len({len(found.losses) for found in together}) > 1
    for one, other in zip(together, alone, strict=True):
        assert len(one.losses) == len(other.losses)
        np.testing.assert_allclose(one.losses, other.losses, rtol=1e-4)
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-4)


@pytest.mark.parametrize("background", ["blur", "mean"])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_constant_image_has_a_mask_that_says_so(net, background, value):
    grey = np.full((1, SIDE, SIDE, 3), value, np.float32)
    inversion = GuidedFeatureInversion(net, "base", "deep", background=background)
    for found in (*inversion.saliency(grey), *inversion.discriminate(grey, [0])):
        assert finite(found)
        # Whatever is kept of it, it stays what it is.
        np.testing.assert_allclose(found.mixture, grey[0], atol=1e-6)
        # Black has the same activations everywhere, borders included.
        same = "what the mask keeps and what it hides look the same"
        assert found.problem == (same if value else "the mask is constant")


def test_the_loop_may_compute_in_less_precision(net, batch):
    terms = {"preset": "reimplementation", "start": START}
    exact = GuidedFeatureInversion(net, "base", "deep", **terms).discriminate(batch, [1, 3])
    rough = GuidedFeatureInversion(net, "base", "deep", dtype="bfloat16", **terms)
    for one, other in zip(exact, rough.discriminate(batch, [1, 3]), strict=True):
        # These are the network's own, and not rounded.
        np.testing.assert_array_equal(one.logits, other.logits)
        (kept,) = net.logits(other.mixture[np.newaxis])
        np.testing.assert_allclose(other.kept_logits[1], kept, rtol=1e-5)
        assert (one.losses != other.losses).any()
        gained, almost = (found.losses[0] - found.losses[-1] for found in (one, other))
        assert almost == pytest.approx(gained, rel=0.05)


@pytest.mark.parametrize(
    ("background", "expected"),
    [
        ("mean", lambda image: np.broadcast_to(image.mean(axis=(0, 1)), image.shape)),
        ("noise", lambda image: np.random.default_rng(3).random(image.shape, np.float32)),
        (np.full((SIDE, SIDE, 3), 0.25), lambda image: np.full(image.shape, 0.25)),
        ("blur", lambda image: blurred(image, 2.0, 8)),
    ],
)
def test_the_background_is_a_choice(net, batch, background, expected):
    inversion = GuidedFeatureInversion(
        net, "base", "deep", background=background, seed=3, sigma=2.0, iterations=(1, 1)
    )
    (found,) = inversion.backgrounds(batch[:1])
    np.testing.assert_allclose(found, expected(batch[0]), atol=1e-5)
    (kept,) = inversion.saliency(batch[:1])
    m = kept.mask[..., np.newaxis]
    np.testing.assert_allclose(kept.mixture, kept.image * m + found * (1 - m), atol=1e-5)


def test_several_base_layers_give_one_mask(net, batch):
    inversion = GuidedFeatureInversion(net, ["base", "deep"], "deep", preset="reimplementation")
    (found,) = inversion.saliency(batch[:1])
    base, deep = (net.activations(batch[:1], layer)[0] for layer in ("base", "deep"))
    matrix = interpolation(deep.shape[0], base.shape[0])
    deep = np.einsum("ih,jw,hwc->ijc", matrix, matrix, deep) / np.abs(deep).max()
    s = np.concatenate([base / np.abs(base).max(), deep], axis=-1) @ found.weights
    matrix = interpolation(base.shape[0], SIDE)
    expected = matrix @ ((s - s.min()) / np.ptp(s)) @ matrix.T
    assert found.weights.shape == (5 + 7,)
    np.testing.assert_allclose(found.mask, expected, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("term", ["total_variation", "area"])
def test_what_is_weighed_becomes_less(net, batch, term):
    def measure(mask):
        if term == "area":
            return mask.mean()
        return np.abs(np.diff(mask, axis=0)).mean() + np.abs(np.diff(mask, axis=1)).mean()

    for keep in ("last", "best"):
        free, bound = (
            GuidedFeatureInversion(
                net, "base", "deep", iterations=(30, 30), penalties=(0, 0), halve_every=0,
                keep=keep, **{term: weight},
            )
            for weight in (0.0, 50.0)
        )  # fmt: skip
        for step in (
            lambda inversion: inversion.saliency(batch[:1]),
            lambda inversion: inversion.discriminate(batch[:1], [1]),
        ):
            (without,), (with_it,) = step(free), step(bound)
            assert measure(with_it.mask) < 0.95 * measure(without.mask)


@pytest.mark.slow
@pytest.mark.parametrize(
    "terms",
    [
        {"preset": "reimplementation", "iterations": (10, 25)},
        {"score": "logit", "iterations": (10, 25)},
    ],
)
def test_the_masks_find_the_right_animal(googlenet_real, photographs, terms):
    """On dog_cat224.jpg, boxes (x, y) of images/README.md: the dog, and the cat right of it."""
    image = images.load(photographs / "dog_cat224.jpg", (224, 224))
    inversion = GuidedFeatureInversion(googlenet_real, **terms)
    assert inversion.base_layers == ("mixed4e",)
    assert inversion.inversion_layer == "mixed5b"
    dog, cat = inversion.discriminate([image, image], ["golden retriever", "tiger cat"])
    for found, (left, top, right, bottom) in [(dog, (0, 18, 165, 160)), (cat, (165, 15, 224, 224))]:
        y, x = np.unravel_index(found.mask.argmax(), found.mask.shape)
        assert left <= x < right
        assert top <= y < bottom
        c = found.class_index
        assert found.kept_logits[1][c] > found.logits[c] > found.hidden_logits[1][c]
        assert found.problem is None
