"""A detector whose channels are colours must find coloured squares, and forget with its weights."""

import logging
import weakref
from dataclasses import fields, replace

import coloured_scenes
import numpy as np
import pytest
from coloured_scenes import SIDE, SQUARE, Redness, squares

from tfvis import load_result
from tfvis.evaluation.map_metrics import (
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
    default_explainers,
    localise_scenes,
)
from tfvis.explainers import attributions
from tfvis.explainers.options import GradCamOptions
from tfvis.explainers.registry import method_of
from tfvis.models.keras_network import rebuilt
from tfvis.utils.activation_maps import heat_map, shown
from tfvis.utils.attribution import aumann_shapley
from tfvis.utils.errors import InputError
from tfvis.utils.feature_groups import group_channels
from tfvis.utils.provenance import plain, versions

METHODS = default_explainers()
METRICS = metric_names()
OF_A_LAYER = [
    name for name in METHODS if "layer" in {own.name for own in fields(method_of(name).options)}
]
"""Those that look at the network's channels: not "uniform"."""


@pytest.fixture(scope="module")
def detector():
    return coloured_scenes.detector()


@pytest.fixture(scope="module")
def scenes():
    return coloured_scenes.all_pairs()


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


OF_RANDOM_WEIGHTS = ["all groups", "every channel", "Grad-CAM"]


@pytest.fixture(scope="module")
def of_random_weights(detector, scenes):
    """What some methods find in eight networks of random weights."""
    return [
        localise_scenes(
            randomised(detector, seed), scenes, OF_RANDOM_WEIGHTS, layer="coarse",
            attribution_steps=1,
        )
        for seed in range(8)
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("method", OF_RANDOM_WEIGHTS)
def test_random_weights_cannot_tell_the_objects_apart(of_random_weights, method):
    right = [found.scores[method]["right_over_other"] for found in of_random_weights]
    # Random classes are exchangeable, so the expectation over networks is exactly 1/2.
    per_network = np.mean(right, axis=(1, 2))
    error = per_network.std(ddof=1) / np.sqrt(len(right))
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
    localise_scenes(detector, scenes[:2], ["uniform"],
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


def test_a_seed_of_numpy_can_be_saved(detector, scenes, tmp_path):
    found = localise_scenes(detector, scenes[:2], ["uniform"], seed=np.int64(3))
    assert load_result(found.save(tmp_path)) == found


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
