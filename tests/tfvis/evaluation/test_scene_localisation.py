"""A detector whose channels are colours must find coloured squares, and forget with its weights."""

import logging
import re
import weakref
from dataclasses import dataclass, fields, replace
from pathlib import Path

import keras
import numpy as np
import pytest

from tfvis import load_result
from tfvis.evaluation.map_metrics import (
    THRESHOLDS,
    energy_ratio,
    overlaps,
    pointing_game,
    right_over_other,
)
from tfvis.evaluation.metric_registry import (
    Metric,
    metric_names,
    register_metric,
    unregister_metric,
)
from tfvis.evaluation.randomisation import randomised
from tfvis.evaluation.scene_localisation import (
    SceneLocalisation,
    Scores,
    default_explainers,
    localise_scenes,
)
from tfvis.explainers import attributions
from tfvis.explainers.base import ClassMap
from tfvis.explainers.options import GradCamOptions
from tfvis.explainers.registry import method_of
from tfvis.models.keras_network import KerasNetwork, rebuilt
from tfvis.utils.activation_maps import heat_map, shown
from tfvis.utils.attribution import aumann_shapley
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import group_channels
from tfvis.utils.labels import Labels
from tfvis.utils.provenance import plain, versions

METHODS = default_explainers()
METRICS = metric_names()
COLOURS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
}
NAMES = tuple(COLOURS)
OF_A_LAYER = [
    name for name in METHODS if "layer" in {own.name for own in fields(method_of(name).options)}
]
"""Those that look at the network's channels: not "uniform"."""
SIDE, SQUARE = 32, 10


@dataclass(frozen=True, eq=False)
class Squares:
    image: np.ndarray
    masks: np.ndarray
    labels: tuple[str, ...]


def squares(labels, seed):
    """A square of each colour, left and right on grey noise."""
    rng = np.random.default_rng(seed)
    image = rng.uniform(0.3, 0.7, (SIDE, SIDE, 1)).repeat(3, axis=-1)
    masks = np.zeros((2, SIDE, SIDE), bool)
    for mask, label, left in zip(masks, labels, rng.permutation([2, 18]), strict=True):
        top = rng.integers(1, 10) * 2
        mask[top : top + SQUARE, left : left + SQUARE] = True
        image[mask] = COLOURS[label]
    return Squares(np.float32(image), masks, tuple(labels))


@pytest.fixture(scope="module")
def detector():
    """Three channels of different gain for each colour, silent on grey; a logit adds its own."""
    templates = 2 * np.float32(list(COLOURS.values())).T - 1
    gains = np.float32([1, 0.9, 0.5])
    bias = 0.5 - np.float32(list(COLOURS.values())).sum(axis=1)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(18, 1, activation="relu", name="fine")(inputs)
    x = keras.layers.AveragePooling2D(2, name="coarse")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(6, name="logits")(x), name="colours")
    model.get_layer("fine").set_weights(
        [np.kron(templates, gains)[np.newaxis, np.newaxis], np.kron(bias, gains)]
    )
    model.get_layer("logits").set_weights([np.kron(np.eye(6), np.ones((3, 1))), np.zeros(6)])
    return KerasNetwork(
        model,
        layers=["fine", "coarse"],
        labels=Labels([(name,) for name in NAMES]),
        input_size=(SIDE, SIDE),
    )


@pytest.fixture(scope="module")
def scenes():
    """Each pair of colours once."""
    pairs = [(a, b) for i, a in enumerate(NAMES) for b in NAMES[:i]]
    return [squares(pair, seed) for seed, pair in enumerate(pairs)]


@pytest.fixture(scope="module")
def found(detector, scenes):
    return localise_scenes(detector, scenes, layer="coarse", attribution_steps=4)


@pytest.mark.parametrize("method", OF_A_LAYER)
def test_a_detector_is_near_perfect(found, scenes, method):
    scores = found.scores[method]
    for metric in METRICS:
        assert scores[metric].shape == (len(scenes), 2)
    assert (scores["pointing"] == 1).all()
    assert (scores["right_over_other"] == 1).all()
    # Bilinear resizing blurs the edges by half a pixel, and no more.
    assert (scores["iou"] == 1).all()
    assert scores["energy_ratio"].mean() > 0.8 * SIDE**2 / SQUARE**2
    assert found.n_scenes == len(scenes)
    assert found.nothing_selected == 0


def test_the_uniform_map_is_chance(found):
    scores = found.scores["uniform"]
    share = SQUARE**2 / SIDE**2
    assert (scores["energy_ratio"] == 1).all()
    assert (scores["right_over_other"] == 0.5).all()
    np.testing.assert_allclose(scores["pointing"], share)
    np.testing.assert_allclose(scores["iou"], share)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["all groups", "every channel", "Grad-CAM"])
def test_random_weights_cannot_tell_the_objects_apart(detector, scenes, method):
    networks = [randomised(detector, seed) for seed in range(8)]
    right = [
        localise_scenes(net, scenes, [method], layer="coarse", attribution_steps=1).scores[method][
            "right_over_other"
        ]
        for net in networks
    ]
    # Random classes are exchangeable, so the expectation over networks is exactly 1/2.
    per_network = np.mean(right, axis=(1, 2))
    error = per_network.std(ddof=1) / np.sqrt(len(networks))
    assert error < 0.08
    assert abs(per_network.mean() - 0.5) < 3 * error


@pytest.mark.slow
def test_every_group_is_scored_on_its_own(random_net):
    scene = squares(("red", "green"), 0)
    labels = [random_net.labels[7], random_net.labels[300]]
    scene = replace(scene, image=np.kron(scene.image, np.ones((2, 2, 1))), labels=labels,
                    masks=np.kron(scene.masks, np.ones((1, 2, 2), bool)))  # fmt: skip
    found = localise_scenes(random_net, [scene], layer="mixed4d", attribution_steps=2)
    activations = random_net.activations(scene.image[np.newaxis], "mixed4d")[0]
    attributions = aumann_shapley(random_net, scene.image, "mixed4d", classes=labels, steps=2)
    for k, attribution in enumerate(attributions):
        groups = group_channels(activations, attribution)
        maps = [heat_map(activations, g.channels, g.strengths, (64, 64)) for g in groups]
        signed = [attribution.maps[..., g.channels].sum(axis=-1) for g in groups]
        own = [shown(a_map, (64, 64)) for a_map in signed]
        mask, other = scene.masks[k], scene.masks[1 - k]
        for method, mine in [
            ("every group, activation", maps),
            ("best group, activation", maps[:1]),
            ("all groups, activation", [sum(maps)]),
            ("every group", own),
            ("best group", own[:1]),
            ("all groups", [shown(sum(signed), (64, 64))]),
            ("layer integrated gradients", [shown(attribution.maps.sum(axis=-1), (64, 64))]),
        ]:
            scores = found.scores[method]
            for metric, score in [("pointing", pointing_game), ("energy_ratio", energy_ratio)]:
                expected = np.mean([score(a_map, mask) for a_map in mine])
                assert scores[metric][0, k] == pytest.approx(expected, rel=1e-3)
            expected = np.mean([right_over_other(a_map, mask, other) for a_map in mine])
            assert scores["right_over_other"][0, k] == expected
            expected = np.mean([overlaps(a_map, mask) for a_map in mine], axis=0)
            np.testing.assert_allclose(scores.values["iou"][0, k], expected, atol=0.01)
        strongest = attribution.values.argmax()
        a_map = heat_map(activations, [strongest], attribution.values[[strongest]], (64, 64))
        assert found.scores["best channel, activation"]["energy_ratio"][0, k] == pytest.approx(
            energy_ratio(a_map, mask), rel=1e-3
        )


def test_the_order_of_the_scenes_does_not_matter(detector, scenes, found):
    back = localise_scenes(detector, scenes[::-1], layer="coarse", attribution_steps=4)
    for method in METHODS:
        for metric in METRICS:
            one, other = found.estimate(method, metric), back.estimate(method, metric)
            assert one.mean == pytest.approx(other.mean)


def test_scenes_are_taken_one_at_a_time_and_not_kept(detector):
    alive, most, reports = weakref.WeakSet(), [], []

    def one(seed):
        scene = squares(("red", "green"), seed)
        alive.add(scene)
        most.append(len(alive))
        return scene

    found = localise_scenes(
        detector, (one(seed) for seed in range(6)), ["best channel"], layer="coarse",
        attribution_steps=1, progress=lambda done, total: reports.append((done, total)),
    )  # fmt: skip
    assert found.n_scenes == len(most) == 6
    assert max(most) <= 2
    assert reports == [(k, 0) for k in range(1, 7)]


def test_progress_knows_the_count_of_a_list(detector, scenes):
    reports = []
    localise_scenes(detector, scenes[:2], ["uniform"], layer="coarse",
                    progress=lambda done, total: reports.append((done, total)))  # fmt: skip
    assert reports == [(1, 2), (2, 2)]


def test_only_what_is_asked_for_is_computed(detector, scenes, monkeypatch):
    monkeypatch.setattr(attributions, "aumann_shapley", lambda *a, **k: pytest.fail("attributed"))
    found = localise_scenes(detector, scenes[:1], ["Grad-CAM", "uniform"], layer="fine")
    assert list(found.scores) == ["Grad-CAM", "uniform"]
    assert found.nothing_selected == 0


def test_a_class_without_a_channel_gets_a_uniform_map(detector, scenes, caplog):
    def negated(layer):
        if layer.name != "logits":
            return layer
        kernel, bias = layer.get_weights()
        copy = rebuilt(layer)
        copy.set_weights([-kernel, bias])
        return copy

    with caplog.at_level(logging.WARNING):
        found = localise_scenes(
            detector.with_layers(negated), scenes[:3], layer="coarse", attribution_steps=2
        )
    assert found.nothing_selected == 6
    assert caplog.messages == ["No channel stands out for 6 of 6 classes: their maps are uniform."]
    for method in OF_A_LAYER:
        for metric in METRICS:
            np.testing.assert_array_equal(
                found.scores[method][metric], found.scores["uniform"][metric]
            )


def localisation(values, seed=0):
    """Of one method whose pointing is `values`, and of one that always misses."""
    values = np.asarray(values, float)
    cuts = np.zeros((*values.shape, len(THRESHOLDS)))
    found = {"pointing": values, "energy_ratio": np.ones_like(values),
             "right_over_other": np.ones_like(values), "iou": cuts}  # fmt: skip
    hit = Scores(found, {"iou": THRESHOLDS})
    miss = replace(hit, values={**found, "pointing": np.zeros_like(values)})
    return SceneLocalisation({"hit": hit, "miss": miss}, 0, seed)


def test_the_interval_is_that_of_normal_theory():
    values = np.random.default_rng(0).standard_normal((400, 2))
    found = localisation(values).estimate("hit", "pointing")
    scenes = values.mean(axis=1)
    half = 1.96 * scenes.std() / np.sqrt(400)
    assert found.mean == pytest.approx(scenes.mean())
    assert found.low == pytest.approx(scenes.mean() - half, abs=0.05 * half)
    assert found.high == pytest.approx(scenes.mean() + half, abs=0.05 * half)
    narrow = localisation(values).estimate("hit", "pointing", confidence=0.5)
    assert found.low < narrow.low < found.mean < narrow.high < found.high


def test_scenes_are_resampled_not_objects():
    # One object of each scene is found, never both: scenes do not differ.
    values = np.eye(2)[np.random.default_rng(0).integers(2, size=50)]
    found = localisation(values).estimate("hit", "pointing")
    assert (found.mean, found.low, found.high) == (0.5, 0.5, 0.5)


def test_a_difference_is_taken_scene_by_scene():
    values = np.random.default_rng(0).random((30, 2))
    found = localisation(values)
    assert found.difference("hit", "miss", "pointing") == found.estimate("hit", "pointing")
    same = found.difference("hit", "miss", "energy_ratio")
    assert (same.mean, same.low, same.high) == (0, 0, 0)


def test_the_seed_decides_the_interval():
    values = np.random.default_rng(0).random((30, 2))
    one, again, other = (
        localisation(values, seed).estimate("hit", "pointing") for seed in (1, 1, 2)
    )
    assert one == again != other


def test_one_scene_has_no_interval():
    found = localisation(np.ones((1, 2))).estimate("hit", "pointing")
    assert found.mean == 1
    assert np.isnan([found.low, found.high]).all()


def test_one_threshold_serves_all_scenes():
    cuts = np.zeros((3, 2, len(THRESHOLDS)))
    cuts[:, :, 4] = 0.5
    cuts[0, 0, 7] = 1.0
    before = localisation(np.ones((3, 2))).scores["hit"]
    scores = replace(before, values={**before.values, "iou": cuts})
    assert scores.threshold() == 0.25
    assert (scores["iou"] == 0.5).all()


def test_the_bounds_are_those_of_plain_resampling():
    """The bootstrap again, slowly: a percentile's own error at 9999 samples is far below 2 %."""
    values = np.random.default_rng(0).random((40, 2))
    scenes = values.mean(axis=1)
    rng = np.random.default_rng(7)
    means = [rng.choice(scenes, len(scenes)).mean() for _ in range(20_000)]
    found = localisation(values).estimate("hit", "pointing", confidence=0.9)
    low, high = np.quantile(means, [0.05, 0.95])
    assert found.low == pytest.approx(low, abs=0.03 * (high - low))
    assert found.high == pytest.approx(high, abs=0.03 * (high - low))


class Redness:
    """The six lines of an explainer of one's own: a map of the class's colour."""

    def explain(self, images, classes, *, progress=None):
        return tuple(
            ClassMap(map=np.float32(image @ COLOURS[name] > image.sum(-1) - 0.01), image=image,
                     class_index=NAMES.index(name), label=name, method="redness")
            for image, name in zip(images, classes, strict=True)
        )  # fmt: skip


def test_an_explainer_of_ones_own_beside_a_named_one(detector, scenes):
    chosen = [scene for scene in scenes if set(scene.labels) <= {"red", "green", "blue"}]
    found = localise_scenes(detector, chosen, [Redness(), "Grad-CAM"], layer="coarse")
    assert list(found.scores) == ["Redness", "Grad-CAM"]
    # The mask itself as a map: nothing is better.
    assert (found.scores["Redness"]["iou"] == 1).all()
    assert (found.scores["Redness"]["pointing"] == 1).all()
    np.testing.assert_allclose(found.scores["Redness"]["energy_ratio"], SIDE**2 / SQUARE**2)
    alone = localise_scenes(detector, chosen, ["Grad-CAM"], layer="coarse")
    for metric in METRICS:
        np.testing.assert_array_equal(
            found.scores["Grad-CAM"][metric], alone.scores["Grad-CAM"][metric]
        )
    assert found.estimate("Redness", "pointing").mean == 1


class Failing(Redness):
    """Cannot explain one class, and says so."""

    def explain(self, images, classes, *, progress=None):
        nan = np.full((SIDE, SIDE), np.nan)
        return tuple(
            replace(found, map=nan, problem="It diverged.") if found.label == "red" else found
            for found in super().explain(images, classes)
        )


def test_a_map_that_is_not_finite_scores_as_chance_and_is_counted(detector, caplog):
    chosen = [squares(("red", "green"), 0), squares(("blue", "red"), 1)]
    with caplog.at_level(logging.WARNING):
        found = localise_scenes(detector, chosen, [Failing(), Redness(), "uniform"])
    assert found.scores["Failing"].problems == (("It diverged.", None), (None, "It diverged."))
    failed = np.array([[True, False], [False, True]])
    for metric in METRICS:
        values = {name: scores.values[metric] for name, scores in found.scores.items()}
        np.testing.assert_allclose(values["Failing"][failed], values["uniform"][failed])
        np.testing.assert_array_equal(values["Failing"][~failed], values["Redness"][~failed])
    assert caplog.messages == [
        "Failing: something went wrong with 2 of 4 maps. The first: It diverged."
    ]


class Raising(Redness):
    """Cannot explain one class, nor another one in the same call."""

    shows = "every"
    error: Exception = ZeroDivisionError("division by zero")

    def explain(self, images, classes, *, progress=None):
        if "red" in classes:
            raise self.error
        return super().explain(images, classes)


def test_what_an_explainer_raises_scores_as_chance_and_is_counted(detector, caplog):
    chosen = [squares(("red", "green"), 0), squares(("blue", "red"), 1)]
    with caplog.at_level(logging.WARNING):
        found = localise_scenes(detector, chosen, [Raising(), Redness(), "uniform"])
    reason = "ZeroDivisionError: division by zero"
    assert found.scores["Raising"].problems == ((reason, None), (None, reason))
    failed = np.array([[True, False], [False, True]])
    for metric in METRICS:
        values = {name: scores.values[metric] for name, scores in found.scores.items()}
        np.testing.assert_allclose(values["Raising"][failed], values["uniform"][failed])
        np.testing.assert_array_equal(values["Raising"][~failed], values["Redness"][~failed])
    assert caplog.messages == [
        f"Raising: something went wrong with 2 of 4 maps. The first: {reason}"
    ]


class Broken(Redness):
    def explain(self, images, classes, *, progress=None):
        raise RuntimeError("out of\nmemory")


def test_an_explainer_with_an_error_of_its_own_is_named_at_the_first_scene(detector, scenes):
    done = []
    message = "'Broken' cannot explain the first scene: RuntimeError: out of memory"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$") as error:
        localise_scenes(
            detector,
            scenes[:2],
            ["uniform", Broken()],
            progress=lambda *counts: done.append(counts),
        )
    assert isinstance(error.value.__cause__, RuntimeError)
    assert done == []


class Refusing(Redness):
    def explain(self, images, classes, *, progress=None):
        raise InputError("Expected something else.")


def test_an_explainer_that_refuses_everything_does_not_cost_the_others_their_scores(
    detector, scenes, caplog
):
    found = localise_scenes(detector, scenes[:2], ["uniform", Refusing()])
    assert found.scores["Refusing"].problems == (("Expected something else.",) * 2,) * 2
    assert "Refusing: something went wrong with 4 of 4 maps" in caplog.text
    with pytest.raises(InputError, match="None of 4 objects can be explained. The first: Expec"):
        localise_scenes(detector, scenes[:2], [Refusing()])


def test_a_seed_of_numpy_can_be_saved(detector, scenes, tmp_path):
    found = localise_scenes(detector, scenes[:2], ["uniform"], seed=np.int64(3))
    assert load_result(found.save(tmp_path)) == found


def test_a_wrong_result_is_an_error_whatever_else_can_be_explained(detector, scenes):
    class Wrong(Redness):
        def explain(self, images, classes, *, progress=None):
            return super().explain(images, classes)[:1]

    with pytest.raises(InputError, match="Expected 2 results, one a pair, from 'Wrong', received"):
        localise_scenes(detector, scenes[:2], ["uniform", Wrong()])


def test_a_result_says_what_made_it(detector, scenes):
    asked = {"layer": "coarse", "seed": 5}
    found = localise_scenes(detector, scenes[:2], ["Grad-CAM", "uniform", Redness()], **asked)
    made = found.provenance
    assert (made.method, made.network, made.weights) == (
        "scene localisation", detector.name, detector.digest,
    )  # fmt: skip
    assert made.versions == versions()
    options = made.options
    assert options["explainers"]["Grad-CAM"] == plain(GradCamOptions(layer="coarse"))
    assert options["explainers"]["uniform"] == {}
    assert options["explainers"]["Redness"]["class"] == "Redness"
    assert (options["metrics"], options["seed"]) == (list(METRICS), 5)
    assert options["scenes"]["count"] == 2
    again = localise_scenes(detector, iter(scenes[:2]), ["Grad-CAM", "uniform", Redness()], **asked)
    assert again == found


@pytest.mark.parametrize(
    "change",
    [
        lambda scene: replace(scene, image=1 - scene.image),
        lambda scene: replace(scene, masks=np.roll(scene.masks, 1, axis=1)),
        lambda scene: replace(scene, labels=scene.labels[::-1]),
    ],
)
def test_the_scenes_digest_is_of_images_masks_and_labels(detector, scenes, change):
    def digest(*given):
        made = localise_scenes(detector, given, ["uniform"]).provenance
        return made.options["scenes"]["sha256"]

    assert digest(scenes[0], change(scenes[1])) != digest(scenes[0], scenes[1])


class EveryColour(Redness):
    """Several maps an object, each of which counts: of its colour, and of nothing."""

    shows = "every"

    def explain(self, images, classes, *, progress=None):
        return tuple(
            replace(found, parts=np.stack([found.map, np.ones_like(found.map)]))
            for found in super().explain(images, classes)
        )


def test_each_part_of_an_explainer_of_ones_own_is_scored(detector):
    chosen = [squares(("red", "green"), 0), squares(("blue", "red"), 1)]
    found = localise_scenes(detector, chosen, [EveryColour(), Redness(), "uniform"])
    for metric in METRICS:
        every, first, second = (scores.values[metric] for scores in found.scores.values())
        np.testing.assert_allclose(every, (first + second) / 2)


def test_a_metric_of_ones_own_is_in_the_scores(detector, scenes):
    register_metric(Metric("mean inside", lambda a_map, mask, other: a_map[mask].mean()))
    try:
        found = localise_scenes(detector, scenes[:2], ["uniform"])
    finally:
        unregister_metric("mean inside")
    assert list(found.scores["uniform"].values) == [*METRICS, "mean inside"]
    np.testing.assert_array_equal(found.scores["uniform"]["mean inside"], np.ones((2, 2)))
    assert found.estimate("uniform", "mean inside").mean == 1
    assert "mean inside" not in localise_scenes(detector, scenes[:1], ["uniform"]).scores[
        "uniform"
    ].values  # fmt: skip


def changed(**changes):
    return lambda scene: replace(scene, **changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed(labels=("red",)), "Expected two objects.*in scene 1; received 1"),
        (changed(masks=np.ones((3, SIDE, SIDE), bool)), r"in scene 1; .*\(3, 32, 32\)"),
        (changed(masks=np.ones((2, 8, 8), bool)), r"\(2, 32, 32\), in scene 1.*\(2, 8, 8\)"),
        (changed(labels=("red", "red")), "different classes, received two of 'red' in scene 1"),
        (changed(labels=("red", "grean")), "Unknown class 'grean'. Closest: green"),
        (changed(masks=np.zeros((2, SIDE, SIDE), bool)), "hidden one in scene 1"),
        (changed(image=np.full((SIDE, SIDE, 3), 255)), r"Scene 1: .*values in \[0, 1\]"),
        (changed(image="scene.png"), r"Scene 1: Expected one image of shape \(H, W, 3\)"),
        (changed(masks=None), "Expected image, masks and labels of scene 1, .* without masks"),
        (changed(labels=None), "Expected image, masks and labels of scene 1, .* without labels"),
        (changed(masks=[[1], [1, 2]]), r"Expected masks of shape \(2, 32, 32\) and two labels"),
        (changed(labels=3), r"Expected masks of shape \(2, 32, 32\) and two labels in scene 1"),
        (lambda scene: scene.image, "of scene 1, received array.* without image"),
        (lambda scene: "scene.png", "of scene 1, received 'scene.png' without image"),
        (lambda scene: None, "of scene 1, received None without image"),
    ],
)
def test_a_scene_that_cannot_be_used(detector, scenes, change, message):
    with pytest.raises(InputError, match=message) as error:
        localise_scenes(
            detector, [scenes[0], change(scenes[1])], layer="coarse", attribution_steps=1
        )
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (squares(("red", "green"), 0), r"received one \(Squares\): write \[scene\]\."),
        ("scenes/", "received 'scenes/'"),
        (Path("scenes"), r"received PosixPath\('scenes'\)"),
        (None, "received None"),
        (3, "received 3"),
    ],
)
def test_what_is_no_list_of_scenes(detector, given, message):
    with pytest.raises(InputError, match=f"^Expected a list of scenes, {message}") as error:
        localise_scenes(detector, given, ["uniform"])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scenes": []}, "Expected at least one scene, received none"),
        ({"layer": "coarser"}, "Unknown layer 'coarser'. Closest: coarse"),
        ({"explainers": ["grad cams"]}, "Unknown method 'grad cams'. Closest: Grad-CAM"),
        ({"explainers": "uniform"}, "Expected a list of at least one method, received 'uniform'"),
        ({"explainers": []}, "Expected a list of at least one method"),
        ({"attribution_steps": 0}, "Expected attribution_steps"),
        ({"seed": -1}, "Expected seed"),
    ],
)
def test_options_that_cannot_be_used(detector, scenes, options, message):
    with pytest.raises(InputError, match=message):
        localise_scenes(detector, **{"scenes": scenes[:1], "layer": "coarse", **options})


def test_estimates_that_cannot_be_had():
    found = localisation(np.ones((2, 2)))
    with pytest.raises(InputError, match="Unknown method 'hits'. Closest: hit"):
        found.estimate("hits", "pointing")
    with pytest.raises(InputError, match="Unknown metric 'IOU'. Closest: iou"):
        found.estimate("hit", "IOU")
    with pytest.raises(InputError, match="Unknown metric 'energy'. Closest: energy_ratio"):
        found.estimate("hit", "energy")
    with pytest.raises(InputError, match="Expected confidence between 0 and 1, received 95"):
        found.estimate("hit", "pointing", confidence=95)


def test_only_a_metric_with_thresholds_has_a_best_one():
    scores = localisation(np.ones((2, 2))).scores["hit"]
    for metric in ("pointing", "iuo"):
        with pytest.raises(InputError, match=f"Unknown metric with thresholds '{metric}'.*iou"):
            scores.threshold(metric)


def test_a_result_names_its_methods_and_scenes_in_a_line():
    shown = "SceneLocalisation(3 scenes, methods=['hit', 'miss'], nothing_selected=0, seed=5)"
    assert repr(localisation(np.ones((3, 2)), seed=5)) == shown
