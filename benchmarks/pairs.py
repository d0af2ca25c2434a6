"""The photographs and classes that the benchmarks share."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared"

ICON_PAIRS = (
    ("dog_cat224", "tiger cat"),
    ("dog_cat224", "golden retriever"),
    ("elephants", "African elephant"),
    ("eagle", "kite"),
    ("lorikeet", "lorikeet"),
    ("cathead224", "tiger cat"),
)

SCENE_PAIRS = (
    ("dog", "cat"),
    ("cat", "house"),
    ("owl", "tree"),
    ("elephant", "boat"),
    ("zebra", "car"),
    ("butterfly", "rabbit"),
    ("fish", "flower"),
    ("house", "snail"),
    ("car", "turtle"),
    ("rabbit", "mushroom"),
    ("turtle", "zebra"),
    ("snail", "tree"),
    ("boat", "butterfly"),
    ("tree", "dog"),
    ("mushroom", "owl"),
    ("flower", "elephant"),
)
"""What the scenes hold, one for each class; the first of each is explained."""

COMPLETENESS_PAIRS = (
    *ICON_PAIRS,
    ("dog_cat224", "Egyptian cat"),
    ("dog_cat224", "Chihuahua"),
    ("dog_cat224", "quilt"),
    ("elephants", "tusker"),
    ("eagle", "bald eagle"),
    ("lorikeet", "macaw"),
    ("cathead224", "tabby"),
    ("doghead224", "Chihuahua"),
    ("doghead224", "Labrador retriever"),
)


def photograph(stem: str) -> Path:
    """The file of one of the photographs."""
    return SHARED / "images" / f"{stem}.jpg"
