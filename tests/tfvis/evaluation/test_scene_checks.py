"""What is no scene of two objects is told in a line."""

from dataclasses import replace
from pathlib import Path

import coloured_scenes
import numpy as np
import pytest
from coloured_scenes import SIDE, squares

from tfvis.evaluation.scene_localisation import localise_scenes
from tfvis.utils.errors import InputError


@pytest.fixture(scope="module")
def detector():
    return coloured_scenes.detector()


@pytest.fixture(scope="module")
def scenes():
    return coloured_scenes.all_pairs()


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
