"""What an evaluation does where nothing else is said; known before TensorFlow is imported."""

from __future__ import annotations

__all__ = ["BATCH", "OPTIMISED_CASES", "SCENES"]

BATCH = 8
"""Cases that are explained together."""

OPTIMISED_CASES = 50
"""So many cases of each kind are explained by methods that optimise a mask."""

SCENES = 100
"""So many scenes of each kind are rendered where there are no images."""
