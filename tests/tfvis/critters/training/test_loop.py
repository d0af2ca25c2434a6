"""The training that made the bundled networks, in small."""

import signal
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.critters import CLASSES
from tfvis.critters.dataset import Scenes
from tfvis.critters.training import card, evaluation
from tfvis.critters.training import loop as training
from tfvis.critters.training.command import main
from tfvis.critters.training.loop import Recipe, Stage
from tfvis.models import (
    SPECS,
    architectures,
    critters,
    googlenet,
    load_model,
    residual,
)
from tfvis.models import (
    keras_layers as layers,
)

SMALL = architectures.narrowed(architectures.BVLC, 0.125, n_classes=16)
TINY = architectures.Residual(8, ((1, 4), (2, 8)), 16)


def test_a_recipe_counts_each_batch_twice():
    stage = Stage(64, scenes=100, epochs=3, batch_size=16)
    assert stage.steps == 2 * 3 * 6
    assert Recipe((stage, stage)).steps == 72
    assert training.scaled(Recipe((stage,)), 0.5).stages[0].scenes == 50
    assert training.scaled(Recipe((stage,)), 0.001).stages[0].scenes == 16


def test_the_learning_rate_rises_and_falls_to_nothing():
    stage = Stage(64, 64, 50, learning_rate=0.01, batch_size=16)
    rates = training.learning_rates(stage)
    assert len(rates) == stage.steps == 400
    assert rates.argmax() == pytest.approx(20, abs=2)
    assert rates.max() == pytest.approx(0.01, rel=0.02)
    assert rates[-1] < 1e-6


def test_augmentation_moves_what_is_in_the_image_and_nothing_else():
    """A white square on black: it stays one square of about its size, wherever it goes."""
    images = np.zeros((32, 64, 64, 3), np.float32)
    images[:, 24:40, 28:36] = 1
    moved = training.augment(tf.constant(images), tf.ones((32, 2)), tf.constant([0, 3])).numpy()
    white = moved.min(axis=-1) > 0.4
    area = white.sum(axis=(1, 2)) / (16 * 8)
    # Zoomed by e^±0.2, so areas by e^±0.4.
    assert 0.6 < area.min() < 0.8 < 1.2 < area.max() < 1.6
    rows, columns = (np.array([np.argwhere(w).mean(axis=0)[k] for w in white]) for k in (0, 1))
    for places in (rows, columns):
        # Shifted by up to 8 % of 64 pixels, zoom aside.
        assert np.abs(places - 31.5).max() < 1.25 * 0.08 * 64 + 1
        assert places.std() > 1.5


def test_small_images_of_one_object_are_drawn_nearer():
    images = np.zeros((64, 56, 56, 3), np.float32)
    images[:, 24:32, 24:32] = 1
    areas = []
    for present in (np.eye(1, 16), np.ones((1, 16))):
        given = tf.constant(np.repeat(present, 64, axis=0), tf.float32)
        moved = training.augment(tf.constant(images), given, tf.constant([0, 1])).numpy()
        areas.append((moved.min(axis=-1) > 0.4).sum(axis=(1, 2)).mean())
    assert areas[0] > 1.3 * areas[1]


def test_other_draws_of_a_step_are_other_numbers():
    draws = {
        tuple(training._stream(tf.constant([0, step]), k).numpy())
        for step in range(40)
        for k in range(13)
    }
    assert len(draws) == 40 * 13


def test_images_are_moved_along_the_slope_by_up_to_the_radius():
    images = tf.fill((400, 4, 4, 3), 0.5)
    slope = tf.random.stateless_normal(images.shape, (0, 1))
    change = training.moved(images, slope, tf.constant(0.3), tf.constant([0, 1])).numpy() - 0.5
    flat, direction = change.reshape(400, -1), slope.numpy().reshape(400, -1)
    lengths = np.linalg.norm(flat, axis=1)
    along = (flat * direction).sum(axis=1) / np.linalg.norm(direction, axis=1)
    np.testing.assert_allclose(along, lengths, rtol=1e-3, atol=1e-5)
    assert lengths.max() <= 0.3 * 1.001
    # √u, u uniform: the median is √½ of the radius, with a standard error of about 0.02 of it.
    assert np.median(lengths) / 0.3 == pytest.approx(0.5**0.5, abs=0.08)


def test_moved_images_are_images():
    images = tf.ones((3, 4, 4, 3))
    found = training.moved(images, images, tf.constant(2.0), tf.constant([0, 1])).numpy()
    np.testing.assert_array_equal(found, 1)
    still = training.moved(images / 2, 0 * images, tf.constant(2.0), tf.constant([0, 1])).numpy()
    np.testing.assert_array_equal(still, 0.5)


@pytest.mark.slow
def test_sparsity_makes_activations_sparse():
    """Weighed so much that the rest of the loss does not count."""
    recipe = Recipe(
        (Stage(64, 32, 12, learning_rate=0.03, batch_size=16),),
        dtype="float32", ramp=0.0, sparsity=1000.0,
        sparse_layers=training.RECIPES["critters"].sparse_layers,
    )  # fmt: skip
    _, history = training.train(
        lambda: googlenet.build(SMALL, batch_normalization=True),
        recipe, progress=lambda stage: lambda done, total: None,
    )  # fmt: skip
    assert history[-1]["density"] < 0.8 * history[0]["density"]


def test_density_is_the_share_of_positions_where_a_channel_is_active():
    activations = np.zeros((2, 10, 10, 3), np.float32)
    activations[0, :5, :, 0] = 3  # a quarter
    activations[..., 1] = 7  # everywhere
    # The third is silent.
    assert float(training.density(tf.constant(activations))) == pytest.approx(
        (0.25 + 1 + 0.02) / 3, rel=1e-4
    )
    # ReLU(z), z normal: ⟨a⟩² = 1/2π, ⟨a²⟩ = 1/2.
    normal = tf.nn.relu(tf.random.stateless_normal((4, 50, 50, 8), (0, 1)))
    assert float(training.density(normal)) == pytest.approx(1 / np.pi, rel=0.02)


@pytest.mark.slow
def test_the_same_seed_trains_the_same_network():
    recipe = Recipe((Stage(64, 8, 1, batch_size=4),), dtype="float32")
    found = []
    for _ in range(2):
        model, history = training.train(
            lambda: residual.build(TINY, batch_normalization=True),
            recipe, progress=lambda stage: lambda done, total: None,
        )  # fmt: skip
        found.append((model.get_layer("logits").kernel.numpy(), history[0]["loss"]))
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-3)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-3)


def test_augmented_images_are_images_and_follow_the_seed():
    images = tf.random.stateless_uniform((8, 32, 32, 3), (0, 1))
    first, again, other = (
        training.augment(images, tf.eye(8, 16), tf.constant([0, step])).numpy()
        for step in (1, 1, 2)
    )
    assert first.shape == (8, 32, 32, 3)
    assert first.min() >= 0 and first.max() <= 1
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


@pytest.mark.parametrize(
    ("build", "architecture"),
    [(googlenet.build, SMALL), (residual.build, TINY)],
)
def test_folding_takes_batch_normalisation_out_exactly(build, architecture):
    """Against the same network run with it, with statistics that are not the initial ones."""
    trained = build(architecture, batch_normalization=True)
    rng = np.random.default_rng(0)
    for layer in trained.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = (rng.uniform(0.5, 1.5, w.shape) for w in layer.weights)
            layer.set_weights([gamma, beta - 1, mean - 1, variance])
    plain = build(architecture)
    for name, arrays in layers.folded(trained, critters.kernels(plain)).items():
        plain.get_layer(name).set_weights(arrays)
    images = rng.random((2, 64, 64, 3), np.float32)
    expected = trained(images, training=False).numpy()
    assert expected.std() > 0.01
    np.testing.assert_allclose(plain(images).numpy(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "chosen", "layer"),
    [
        ("critters", [], "mixed4d"),
        ("critters_resnet", ["--architecture", "resnet"], "conv4_block1_out"),
    ],
)
def test_each_network_is_trained_and_described_by_the_same_module(
    tmp_path, monkeypatch, name, chosen, layer
):
    """A few updates, with the layers of the real recipe."""
    recipe = replace(training.RECIPES[name], stages=(Stage(64, 8, 1, batch_size=4),))
    monkeypatch.setitem(training.RECIPES, name, recipe)
    arguments = ["--output", str(tmp_path), "--tests", "16", "--dtype", "float32", "--quiet"]
    assert main([*chosen, *arguments]) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{name}.npz", "README.md", "history.json", "training.png", "scenes.jpg"}
    net = load_model(name, weights=tmp_path / f"{name}.npz")
    assert net.layers == SPECS[name].layers
    text = (tmp_path / "README.md").read_text()
    assert text.startswith(f"# {name}")
    assert layer in text and " ".join(chosen) in text
    assert "Confusion matrix" in text and "SHA-256" in text


def test_weights_come_back_from_their_file_as_float16(tmp_path):
    model = critters.build("critters")
    weights = layers.folded(model, critters.kernels(model))
    digest = critters.save_weights(tmp_path / "w.npz", weights)
    assert digest == critters.save_weights(tmp_path / "again.npz", weights)
    found = critters.read_weights(tmp_path / "w.npz", critters.kernels(model))
    for name, (kernel, bias) in weights.items():
        np.testing.assert_array_equal(found[name][0], np.float32(np.float16(kernel)))
        np.testing.assert_array_equal(found[name][1], np.float32(np.float16(bias)))


class Trained:
    """What `evaluate` needs of a network, of a model as training leaves it."""

    input_size = (64, 64)

    def __init__(self, model):
        self.model = model

    def logits(self, images):
        return self.model(images, training=False).numpy()


class Known:
    """Answers with the number in the first pixel's green where its red is 1, else with 0."""

    input_size = (64, 64)

    def logits(self, images):
        n = len(CLASSES)
        return np.eye(n)[np.where(images[:, 0, 0, 0] == 1, images[:, 0, 0, 1] * 255, 0).astype(int)]


def test_accuracy_counts_what_was_answered(monkeypatch):
    """Singles: class k = scene's number modulo 16, right for all but every fourth scene."""

    def marked(n, *, first_seed, shares, size):
        numbers = np.arange(n) + first_seed - evaluation.TEST_SEED
        images = np.zeros((n, 64, 64, 3), np.uint8)
        present = np.zeros((n, 16), np.float32)
        truth = numbers % 16
        present[np.arange(n), truth] = 1
        images[:, 0, 0, 0] = np.where(numbers % 4 == 3, 0, 255)
        images[:, 0, 0, 1] = truth
        if shares != (1,):
            present[np.arange(n), (truth + 1) % 16] = 1
        return Scenes(images, present)

    monkeypatch.setattr(evaluation, "render_scenes", marked)
    found = evaluation.evaluate(Known(), singles=160, pairs=32)
    assert found.confusion.sum() == 160
    assert found.single == 0.75
    assert found.per_class[3] == 0 and found.per_class[4] == 1
    assert found.confusion[3, 0] == 10
    # One logit is 1, the others tie at 0: the first of them is class 0, or 1 after class 0.
    # So of the pairs {k, k + 1} only {0, 1} is right; 15 is not answered.
    assert found.pairs == 32
    assert found.pairs_right == 2
    assert (found.seen == 4).all()


@pytest.mark.slow
def test_a_short_training_learns_something():
    """Half a minute of it with a small network, without what makes activations sparse."""
    recipe = Recipe((Stage(64, 640, 5),), dtype="float32", ramp=1.0, sparsity=0.0)
    small = architectures.Residual(16, ((1, 16), (1, 32), (1, 64)), 16)
    model, history = training.train(
        lambda: residual.build(small, batch_normalization=True),
        recipe, progress=lambda stage: lambda done, total: None,
    )  # fmt: skip
    first, last = history[0], history[-1]
    assert last["loss"] < first["loss"] - 0.15
    # Of 640 scenes, with a standard error of 0.013 at the first epoch's 0.12.
    assert last["hits"] > first["hits"] + 4 * 0.013
    # On scenes that it has not seen. By chance 10 of 160 are right, with a deviation of 3.
    accuracy = evaluation.evaluate(Trained(model), singles=160, pairs=16)
    assert accuracy.single > (10 + 5 * 3) / 160


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_training(tmp_path, monkeypatch, capsys, number, status):
    monkeypatch.setattr(training, "train", lambda *_, **__: signal.raise_signal(number))
    assert main(["--output", str(tmp_path), "--quiet"]) == status
    assert capsys.readouterr().err == (
        "python -m tfvis.critters.train: interrupted; nothing was finished.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_card_tells_what_was_measured():
    confusion = np.diag(np.full(16, 9))
    confusion[1, 0] = 1
    accuracy = evaluation.Accuracy(confusion, 10, 9, np.full(16, 4), np.full(16, 3))
    text = card.model_card(
        "critters",
        training.RECIPES["critters"],
        accuracy,
        parameters=1234,
        sha256="abc",
        seconds={"training": 90},
    )
    assert "**99.3%**" in text and "**90.0%**" in text
    assert "| cat | 90.0% | 75.0% |" in text
    assert "| **cat** | 1 | 9 |" in text
    assert "training 1.5 min" in text


def test_bad_options_are_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for options, message in (
        (["--share", "0"], "Expected --share in (0, 1], received 0."),
        (["--tests", "0"], "Expected --tests to be a whole number >= 1, received 0."),
        (["--seed", "-1"], "Expected --seed to be a whole number >= 0, received -1."),
        (["--output", str(tmp_path / "file")], "Cannot write to"),
    ):
        assert main(options) == 2
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1
    for options in (["--share", "much"], ["--dtype", "float64"], ["--nosuch"]):
        with pytest.raises(SystemExit) as ended:
            main(options)
        assert ended.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1
