"""What the parts of the figures are called."""

from __future__ import annotations

from collections.abc import Mapping

PARTS: Mapping[str, tuple[str, ...]] = {
    "dog": ("ear", "eye", "nose", "muzzle", "tongue", "leg", "tail"),
    "cat": ("ear", "eye", "nose", "muzzle", "whisker", "leg", "tail"),
    "rabbit": ("ear", "eye", "nose", "muzzle", "tooth", "whisker", "leg", "tail"),
    "elephant": ("ear", "eye", "trunk", "tusk", "leg", "tail"),
    "zebra": ("ear", "eye", "mane", "muzzle", "leg", "tail"),
    "owl": ("eye", "beak", "tuft", "wing", "foot"),
    "fish": ("eye", "mouth", "gill", "fin", "tail"),
    "butterfly": ("wing", "feeler", "body"),
    "turtle": ("shell", "head", "leg", "tail"),
    "snail": ("shell", "stalk", "mouth"),
    "car": ("wheel", "window", "light", "bumper"),
    "boat": ("sail", "mast", "flag", "funnel", "window", "rail"),
    "house": ("roof", "chimney", "door", "window"),
    "tree": ("crown", "stem", "branch"),
    "mushroom": ("cap", "stem", "gills", "ring"),
    "flower": ("petal", "disc", "stem", "leaf"),
}
"""By class, the parts that a figure can have; which of them it has differs from scene to scene.

What carries them has no name and is always there: the torso, the skull, the walls, the hull. Parts
of different classes have one name where they are alike: a tree has a stem, since a trunk is an
elephant's.
"""
