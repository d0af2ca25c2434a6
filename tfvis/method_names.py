"""The names of the methods that can be compared, known before any library is imported."""

from __future__ import annotations

OPTIMISED = ("guided inversion, step 1", "guided inversion", "extremal perturbation")
"""Masks that are found by optimising them, which takes seconds or minutes an image."""

METHODS = (
    "all groups",
    "best group",
    "every group",
    "best channel",
    "every channel",
    "Grad-CAM",
    "Grad-CAM, cut",
    "Grad-CAM, last layer",
    "uniform",
    *OPTIMISED,
)
"""The maps that are compared: heat maps of groups and of channels, which are cut at their 85 %
quantile, Grad-CAM, as it is and cut in the same way, and masks. Where a method gives several maps
for an object, each is scored on its own."""
