"""Small rendered scenes of animals and things, with a mask of each: the right answer is known."""

from __future__ import annotations

from .parts import PARTS
from .scene import CLASSES, UNKNOWN_FIGURES, Scene, render_scene

__all__ = ["CLASSES", "PARTS", "UNKNOWN_FIGURES", "Scene", "render_scene"]
