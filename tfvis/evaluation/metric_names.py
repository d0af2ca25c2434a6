"""What the metrics of an evaluation are called, known before any heavy library is imported."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ABOUT"]

_IMPORTANT = "the parts that hold at least a share of the map, the best share of eight,"

ABOUT: Mapping[str, str] = {
    "pointing": "How often the map's largest value lies in the object.",
    "energy_ratio": "The object's share of the map over its share of the image.",
    "right_over_other": "How often the map is stronger in the object than in the other object.",
    "iou": "Intersection over union with the object, at the best threshold.",
    "grid_pointing": "The share of the map in the right one of four images.",
    "pixel_deletion": "Mean probability while the map's strongest pixels are blurred.",
    "pixel_insertion": "Mean probability while the map's strongest pixels come into the blurred "
    "image.",
    "pixel_deletion_mean": "Mean probability while the map's strongest pixels become the image's "
    "mean colour.",
    "pixel_insertion_mean": "Mean probability while the map's strongest pixels come into the "
    "image's mean colour.",
    "average_drop": "How much of the probability is lost where the map masks the image.",
    "average_increase": "How often the probability rises where the map masks the image.",
    "single_deletion": "Rank correlation of the map's sum on each part with the logit's fall "
    "without the part.",
    "single_deletion_density": "Rank correlation of the map's mean on each part with the logit's "
    "fall without the part: large parts have no advantage.",
    "part_preservation": f"How often {_IMPORTANT} alone keep the answer.",
    "part_deletion": f"How often the answer changes without {_IMPORTANT.rstrip(',')}.",
    "controlled_data": f"How much of a set of parts whose names tell the class {_IMPORTANT} have.",
    "group_deletion": "By how much deleting the groups in order lowers the logit, on average on "
    "the way.",
    "group_deletion_over_random": "By how much more deleting the groups in order lowers the logit "
    "than deleting random groups of the same sizes.",
    "group_insertion": "By how much inserting the groups in order raises the logit, on average on "
    "the way.",
    "group_insertion_over_random": "By how much more inserting the groups in order raises the "
    "logit than inserting random groups of the same sizes.",
    "stability_seed": "Adjusted Rand index of the groups with another seed.",
    "stability_noise": "Adjusted Rand index of the groups with noise of 0.01.",
    "stability_crop": "Adjusted Rand index of the groups in a crop of 90 % of the side.",
}
"""By name, in one sentence, in the order in which they are shown."""
