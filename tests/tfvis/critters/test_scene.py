import hashlib
import subprocess
import sys

import numpy as np
import pytest

from tfvis.critters import CLASSES, render_scene, scene, shapes
from tfvis.critters.surfaces import flat
from tfvis.models import SPECS
from utils.errors import InputError


def same(a, b):
    return (
        (a.image == b.image).all() and (a.masks == b.masks).all() and (a.boxes == b.boxes).all()
        and a.labels == b.labels
    )  # fmt: skip


def test_classes_are_those_of_the_bundled_network():
    assert len(CLASSES) >= 12
    assert {"dog", "cat"} <= set(CLASSES)
    assert tuple(SPECS["critters"].labels) == CLASSES


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_can_be_rendered(name):
    found = render_scene([name], seed=3, size=96)
    assert found.image.shape == (96, 96, 3)
    assert found.image.dtype == np.float32
    assert found.masks.shape == (1, 96, 96)
    assert found.masks.dtype == bool
    assert found.labels == (name,)
    assert found.masks.mean() > 0.02
    assert 0 <= found.image.min() < found.image.max() <= 1
    # Levels of 8 bits, so that a PNG file loses nothing.
    assert (found.image == np.float32(np.rint(found.image * 255)) / np.float32(255)).all()


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_masks_are_apart_and_boxes_fit_them(n):
    for seed in range(3):
        found = render_scene(CLASSES[:n], seed=seed, size=128)
        assert found.masks.sum(axis=0).max() == 1
        for mask, (left, top, right, bottom) in zip(found.masks, found.boxes, strict=True):
            assert mask[top:bottom, left:right].sum() == mask.sum() > 0
            assert mask[top, left:right].any() and mask[bottom - 1, left:right].any()
            assert mask[top:bottom, left].any() and mask[top:bottom, right - 1].any()


def test_a_mask_is_where_the_object_is_seen(monkeypatch):
    """With figures of one colour each and nothing else, pixels show whose they are."""
    colours = {"dog": (1, 0, 0), "cat": (0, 1, 0)}
    for name, colour in colours.items():
        monkeypatch.setitem(
            scene.FIGURES, name,
            lambda s, c=colour: s.add(shapes.star(0, 0, 0.5, 1, 7), flat(c), 0),
        )  # fmt: skip
    monkeypatch.setattr(scene, "background", lambda rng, n: np.zeros((n, n, 3), np.float32))
    monkeypatch.setattr(scene, "clutter", lambda rng: [])
    monkeypatch.setattr(scene, "_shadow", lambda *_: None)
    monkeypatch.setattr(scene, "_develop", lambda pixels, rng: pixels)
    for seed in range(5):
        found = render_scene(["dog", "cat"], seed=seed, size=96)
        for mask, channel in zip(found.masks, (0, 1), strict=True):
            share = found.image[..., channel]
            decided = np.abs(share - 0.5) > 1e-6
            np.testing.assert_array_equal(mask[decided], share[decided] > 0.5)
            assert decided.mean() > 0.99


def test_the_same_seed_gives_the_same_scene_also_in_another_process():
    first = render_scene(["dog", "cat"], seed=11, size=96)
    assert same(first, render_scene(["dog", "cat"], seed=11, size=96))
    assert not same(first, render_scene(["dog", "cat"], seed=12, size=96))
    code = (
        "import hashlib; from tfvis.critters import render_scene;"
        "s = render_scene(['dog', 'cat'], seed=11, size=96);"
        "print(hashlib.sha256(s.image.tobytes() + s.masks.tobytes()).hexdigest())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = hashlib.sha256(first.image.tobytes() + first.masks.tobytes()).hexdigest()
    assert found.stdout.strip() == expected


def test_background_and_palettes_do_not_depend_on_the_class():
    """With the same seed the first draws are the same, so what lies far from figures is too."""
    scenes = [render_scene([name], seed=5, size=64) for name in CLASSES]
    far = ~np.any([s.masks[0] for s in scenes], axis=0)
    corner = np.stack([s.image[:4, :4] for s in scenes])
    assert far.any()
    # Exposure and noise come after the figures' own draws and differ.
    hue = corner.mean(axis=(1, 2))
    assert np.abs(hue / hue.sum(axis=1, keepdims=True) - (hue[0] / hue[0].sum())).max() < 0.12


def test_most_of_every_object_can_be_seen():
    for seed in range(10):
        found = render_scene(["elephant", "car", "owl"], seed=seed, size=96)
        assert (found.masks.sum(axis=(1, 2)) > 0.008 * 96 * 96).all()


def test_a_class_may_come_twice():
    found = render_scene(["owl", "owl"], seed=0, size=96)
    assert found.labels == ("owl", "owl")
    assert found.masks.any(axis=(1, 2)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["dgo"]}, "Unknown class 'dgo'. Closest: dog"),
        ({"classes": ["dog"] * 5}, "Expected 1 to 4 objects in a scene, received 5"),
        ({"classes": []}, "Expected 1 to 4 objects in a scene, received 0"),
        ({"classes": "dog"}, "Expected a list of classes, received the string 'dog'"),
        ({"size": 63}, "Expected size to be a whole number >= 64, received 63"),
        ({"size": 5000}, "Expected size to be at most 2048, received 5000"),
        ({"size": 100.5}, "Expected size"),
        ({"seed": -1}, "Expected seed"),
        ({"seed": 2**32}, "Expected seed to be below 4294967296"),
    ],
)
def test_bad_input_is_one_line(options, message):
    with pytest.raises(InputError, match=message) as error:
        render_scene(**{"classes": ["dog"], "seed": 0, **options})
    assert "\n" not in str(error.value)
