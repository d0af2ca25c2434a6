"""The named parts of figures, and scenes without some of them."""

import numpy as np
import pytest

from tfvis.critters import CLASSES, PARTS, render_scene, scene
from tfvis.critters.canvas import Canvas
from tfvis.critters.scene import FIGURES
from tfvis.critters.sketch import Sketch


@pytest.mark.parametrize("name", CLASSES)
def test_the_table_names_what_figures_have(name):
    drawn = set()
    for seed in range(60):
        sketch = Sketch(np.random.RandomState(seed))
        FIGURES[name](sketch)
        drawn |= {part.name for part in sketch.parts}
    assert drawn - {None} == set(PARTS[name])


def test_twelve_classes_and_more_have_at_least_four_parts():
    assert tuple(PARTS) == CLASSES
    assert sum(len(names) >= 4 for names in PARTS.values()) >= 12


@pytest.mark.parametrize("name", CLASSES)
def test_only_what_a_part_reaches_changes_without_it(name, monkeypatch):
    """The reach is told by the canvas itself: each outline of this name, painted alone."""
    painted = []
    real = Canvas.paint

    def paint(self, parts, where, without=()):
        if any(part.name for part in parts):
            painted.append([(part, where) for part in parts])
        return real(self, parts, where, without)

    monkeypatch.setattr(Canvas, "paint", paint)
    for seed in (2, 4):
        painted.clear()
        whole = render_scene([name], seed=seed, size=96)
        figure = painted[-1]
        for part, visible in whole.parts[0].items():
            found = render_scene([name], seed=seed, size=96, without=[part])
            blank = Canvas(np.zeros((96, 96, 3), np.float32), (0, 0), 0)
            reach = np.zeros((96, 96), bool)
            for own, where in figure:
                if own.name == part:
                    reach |= real(blank, [own], where).cover > 0
            changed = (found.image != whole.image).any(axis=-1)
            assert not changed[~reach].any()
            assert changed.any()
            assert visible.any() and not visible[~reach].any()
            # What is left of the object is where it was, and nothing but the part is gone.
            assert not (found.masks[0] & ~whole.masks[0]).any()
            assert not (whole.masks[0] & ~found.masks[0])[~reach].any()
            assert part not in found.parts[0]


def test_parts_lie_in_their_object_and_apart():
    found = render_scene(["elephant", "cat", "car"], seed=1)
    for mask, parts, name in zip(found.masks, found.parts, found.labels, strict=True):
        assert set(parts) <= set(PARTS[name])
        together = np.sum(list(parts.values()), axis=0)
        assert together.max() == 1
        assert not (together > mask).any()


def test_all_objects_lose_a_part_of_this_name():
    whole = render_scene(["dog", "cat", "house"], seed=3)
    found = render_scene(["dog", "cat", "house"], seed=3, without=["ear", "roof"])
    for before, after in zip(whole.parts, found.parts, strict=True):
        assert {"ear", "roof"} & set(before)
        assert not {"ear", "roof"} & set(after)
        assert set(after) >= set(before) - {"ear", "roof"}


def test_an_object_that_lacks_the_part_stays_as_it_is():
    for seed in range(40):
        whole = render_scene(["owl"], seed=seed, size=64)
        if "tuft" not in whole.parts[0]:
            found = render_scene(["owl"], seed=seed, size=64, without=["tuft"])
            np.testing.assert_array_equal(found.image, whole.image)
            return
    pytest.fail("Expected an owl without tufts among 40.")


def test_a_scene_stays_where_it_was_found_when_little_of_it_is_left():
    """The attempt that shows enough of the whole figure is taken, not another one."""
    for seed in range(8):
        whole = render_scene(["turtle"], seed=seed, size=64)
        bare = render_scene(["turtle"], seed=seed, size=64, without=PARTS["turtle"])
        same = (whole.image == bare.image).all(axis=-1)
        assert same[~whole.masks[0]].mean() > 0.9


def test_a_name_of_a_part_ends_with_its_block():
    sketch = Sketch(np.random.RandomState(0))
    square = np.array([(0, 0), (1, 0), (1, 1)])
    with sketch.part("wing"):
        sketch.add(square)
        sketch.eye(0, 0, 1, np.zeros(3), (1, 1))
    sketch.add(square)
    sketch.eye(0, 0, 1, np.zeros(3), (1, 1))
    sketch.moved(0, 1, 1)
    assert [part.name for part in sketch.parts] == ["wing"] * 5 + [None] + ["eye"] * 4


def test_bundled_figures_of_no_class_have_no_named_parts():
    for name in scene.UNKNOWN_FIGURES:
        assert render_scene([name], seed=0, size=64).parts == ({},)
