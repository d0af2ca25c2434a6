"""Small rendered scenes of animals and things, with a mask of each: the right answer is known."""

from __future__ import annotations

from .scene import CLASSES, UNKNOWN_FIGURES, Scene, render_scene

__all__ = ["CLASSES", "UNKNOWN_FIGURES", "Scene", "render_scene"]
