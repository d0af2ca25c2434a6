import hashlib
import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tfvis.critters import (
    CLASSES,
    UNKNOWN_FIGURES,
    render_scene,
    scene,
    shapes,
    sketch,
)
from tfvis.critters.canvas import Part
from tfvis.critters.surfaces import flat
from tfvis.models import SPECS
from tfvis.utils.errors import InputError


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


def test_background_and_palettes_do_not_depend_on_the_class(monkeypatch):
    """The same seed gives every class the same ones."""
    drawn = []
    real = {"background": scene.background, "palette": sketch.palette}

    def recorded(name):
        def draw(*given):
            found = real[name](*given)
            drawn.append(np.array(found))
            return found

        return draw

    monkeypatch.setattr(scene, "background", recorded("background"))
    monkeypatch.setattr(sketch, "palette", recorded("palette"))
    monkeypatch.setattr(sketch, "coat", lambda *given: flat([0, 0, 0]))
    monkeypatch.setattr(scene, "_LEAST_VISIBLE", 0)
    monkeypatch.setattr(scene, "clutter", lambda rng: [])
    seen = {}
    for name in (*CLASSES, *UNKNOWN_FIGURES):
        if name == "zebra":  # wears a coat of its own
            continue
        drawn.clear()
        render_scene([name], seed=5, size=64)
        seen[name] = drawn[:2]
    first = seen.pop("dog")
    for behind, colours in seen.values():
        np.testing.assert_array_equal(behind, first[0])
        np.testing.assert_array_equal(colours, first[1])


def test_what_hides_an_object_is_not_in_its_mask(monkeypatch):
    """Clutter in front is blue here: no pixel of a mask may be mostly blue."""
    blue = [Part(shapes.ellipse(0, 0, 1.5, 1.5), flat([0, 0, 1]), 0)]
    monkeypatch.setitem(
        scene.FIGURES, "dog", lambda s: s.add(shapes.ellipse(0, 0, 1, 1), flat([1, 0, 0]), 0)
    )
    monkeypatch.setattr(scene, "background", lambda rng, n: np.zeros((n, n, 3), np.float32))
    monkeypatch.setattr(scene, "clutter", lambda rng: blue)
    monkeypatch.setattr(scene, "_shadow", lambda *_: None)
    monkeypatch.setattr(scene, "_develop", lambda pixels, rng: pixels)
    hidden = 0
    for seed in range(12):
        found = render_scene(["dog"], seed=seed, size=64)
        red, blueness = found.image[..., 0], found.image[..., 2]
        np.testing.assert_array_equal(found.masks[0], red > 0.5)
        left, top, right, bottom = found.boxes[0]
        hidden += (blueness[top:bottom, left:right] > 0.5).any()
    assert hidden > 2


def test_most_of_every_object_can_be_seen(monkeypatch):
    """Discs of which the area is known, save how far a figure is stretched: by 0.9 to 1.1."""
    monkeypatch.setitem(
        scene.FIGURES, "dog", lambda s: s.add(shapes.ellipse(0, 0, 1, 1), flat([1, 0, 0]), 0)
    )
    extents = []
    real_layout = scene._layout

    def layout(n, rng):
        placed = real_layout(n, rng)
        extents[:] = [extent for *_, extent in placed]
        return placed

    monkeypatch.setattr(scene, "_layout", layout)
    for seed in range(12):
        found = render_scene(["dog"] * 3, seed=seed, size=96)
        radii = np.array(extents) * 96 / 2
        assert (found.masks.sum(axis=(1, 2)) > 0.54 * 0.9**2 * np.pi * radii**2).all()


def test_no_place_is_one_line(monkeypatch):
    monkeypatch.setattr(scene, "_LEAST_VISIBLE", 2)
    with pytest.raises(InputError, match="Found no place for dog, cat in 50 attempts with seed 3"):
        render_scene(["dog", "cat"], seed=3, size=64)


def test_masks_are_the_same_on_every_machine():
    """Kept from Pillow 13.0 and NumPy 2.4: other versions and processors must give the same."""
    masks = [
        render_scene(CLASSES[k % 13 : k % 13 + 1 + k % 4], seed=k, size=96).masks for k in range(40)
    ]
    digest = hashlib.sha256(b"".join(np.packbits(m).tobytes() for m in masks)).hexdigest()
    assert digest == "147e55872041f566497265e9f8c3010c3ece7baaf2fad8e8a07ddd41a761aaca"


def test_a_class_may_come_twice():
    found = render_scene(["owl", "owl"], seed=0, size=96)
    assert found.labels == ("owl", "owl")
    assert found.masks.any(axis=(1, 2)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["dgo"]}, "Unknown figure 'dgo'. Closest: dog"),
        ({"classes": ["dog", "persn"]}, "Unknown figure 'persn'. Closest: person"),
        ({"classes": ["dog"] * 5}, "Expected 1 to 4 objects in a scene, received 5"),
        ({"classes": []}, "Expected 1 to 4 objects in a scene, received 0"),
        ({"classes": "dog"}, "Expected a list of classes, received the string 'dog'"),
        ({"size": 63}, "Expected size to be a whole number >= 64, received 63"),
        ({"size": 5000}, "Expected size to be at most 2048, received 5000"),
        ({"size": 100.5}, "Expected size"),
        ({"seed": -1}, "Expected seed"),
        ({"seed": 2**32}, "Expected seed to be below 4294967296"),
        (
            {"without": ["trnk"], "classes": ["dog", "elephant"]},
            "Unknown part of dog, elephant: 'trnk'. Closest: trunk",
        ),
        ({"without": ["trunk"]}, "Unknown part of dog: 'trunk'."),
        ({"without": "ear"}, "Expected a list of parts, received the string 'ear'"),
    ],
)
def test_bad_input_is_one_line(options, message):
    with pytest.raises(InputError, match=message) as error:
        render_scene(**{"classes": ["dog"], "seed": 0, **options})
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_mean_colour_and_place_hardly_tell_the_class():
    """A linear classifier that knows only these; by chance it would be right in 6 %."""
    features, truth = [], []
    for seed in range(640):
        found = render_scene([CLASSES[seed % 16]], seed=seed, size=64)
        (mask,) = found.masks
        features.append([*found.image[mask].mean(axis=0), *np.argwhere(mask).mean(axis=0) / 64])
        truth.append(seed % 16)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    right = cross_val_score(model, features, truth, cv=StratifiedKFold(4)).mean()
    assert right < 0.15
