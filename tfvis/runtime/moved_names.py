"""Names of earlier versions, and where they are now."""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

MODULES: Mapping[str, str] = {
    "tfvis.annotations": "tfvis.datasets.box_tables",
    "tfvis.baselines": "tfvis.explainers.grad_cam",
    "tfvis.box_localisation": "tfvis.evaluation.box_localisation",
    "tfvis.box_metrics": "tfvis.evaluation.box_metrics",
    "tfvis.boxed_images": "tfvis.datasets.boxed_images",
    "tfvis.class_maps": "tfvis.explainers.channel_maps",
    "tfvis.critters.card": "tfvis.critters.training.card",
    "tfvis.critters.evaluation": "tfvis.critters.training.evaluation",
    "tfvis.critters.muon": "tfvis.critters.training.muon",
    "tfvis.downloads": "tfvis.runtime.downloads",
    "tfvis.examples": "tfvis.datasets.example_images",
    "tfvis.extremal_perturbation": "tfvis.explainers.extremal_perturbation",
    "tfvis.faithfulness": "tfvis.evaluation.scene_localisation",
    "tfvis.guided_inversion.inversion": "tfvis.explainers.guided_inversion.inversion",
    "tfvis.guided_inversion.minimize": "tfvis.explainers.guided_inversion.minimize",
    "tfvis.guided_inversion.mixing": "tfvis.explainers.guided_inversion.mixing",
    "tfvis.guided_inversion.presets": "tfvis.explainers.guided_inversion.presets",
    "tfvis.guided_inversion.settings": "tfvis.settings.invert",
    "tfvis.localisation_settings": "tfvis.settings.localise",
    "tfvis.loop_progress": "tfvis.runtime.loop_progress",
    "tfvis.map_metrics": "tfvis.evaluation.map_metrics",
    "tfvis.masks": "tfvis.explainers.masks",
    "tfvis.method_names": "tfvis.explainers.registry",
    "tfvis.models.frozen": "tfvis.models.lucid_zoo",
    "tfvis.models.keras_models": "tfvis.models.keras_applications",
    "tfvis.models.layers": "tfvis.models.keras_layers",
    "tfvis.models.own": "tfvis.models.custom",
    "tfvis.models.probe": "tfvis.models.value_range_probe",
    "tfvis.run_settings": "tfvis.settings.base",
    "tfvis.startup": "tfvis.runtime.startup",
    "tfvis.terminal": "tfvis.runtime.terminal",
    "tfvis.report.paths": "tfvis.utils.file_names",
    "tfvis.utils.cutting": "tfvis.models.graph_cuts",
    "tfvis.utils.dag": "tfvis.models.graph_cuts",
    "tfvis.utils.grouping": "tfvis.utils.feature_groups",
    "tfvis.utils.keras_layer_facts": "tfvis.models.keras_layer_facts",
    "tfvis.utils.keras_network": "tfvis.models.keras_network",
    "tfvis.utils.keras_program": "tfvis.models.keras_calls",
    "tfvis.utils.names": "tfvis.utils.choices",
}
"""Modules: the old name, and the new one."""

NAMES: Mapping[str, str] = {
    **{
        f"tfvis.{name}": f"tfvis.utils.{name}"
        for name in (
            "ICON_TRANSFORMS",
            "ChannelAttribution",
            "FeatureGroup",
            "FeatureGroups",
            "Fourier",
            "ImageParameters",
            "Jitter",
            "Labels",
            "LowResolution",
            "MatrixDecomposer",
            "Network",
            "Objective",
            "Rendering",
            "Rotate",
            "Scale",
            "SklearnCluster",
            "above_quantile",
            "aligned_images",
            "aumann_shapley",
            "channel",
            "channel_mean",
            "evaluate",
            "fourier_images",
            "group_channels",
            "heat_map",
            "overlay",
            "overview",
            "render",
            "select_channels",
            "shapley_sampling",
            "weighted_map",
        )
    },
    "tfvis.KerasNetwork": "tfvis.models.KerasNetwork",
    "tfvis.Localisation": "tfvis.evaluation.SceneLocalisation",
    "tfvis.awake": "tfvis.utils.responsive_init",
    "tfvis.grad_cam": "tfvis.explainers.grad_cam.grad_cam",
    "tfvis.localise": "tfvis.evaluation.localise_scenes",
    "tfvis.randomised": "tfvis.evaluation.randomised",
    "tfvis.utils.awake": "tfvis.utils.responsive_init",
    "tfvis.experiments.Explanation": "tfvis.Explanation",
    "tfvis.experiments.attribute": "tfvis.attribute",
    "tfvis.experiments.explain": "tfvis.explain",
    "tfvis.guided_inversion.BACKGROUNDS": "tfvis.explainers.guided_inversion.BACKGROUNDS",
    "tfvis.guided_inversion.GuidedFeatureInversion": "tfvis.GuidedFeatureInversion",
    "tfvis.guided_inversion.PRESETS": "tfvis.explainers.guided_inversion.PRESETS",
    "tfvis.guided_inversion.Preset": "tfvis.explainers.guided_inversion.Preset",
    "tfvis.report.unit": "tfvis.report.result_folder",
    "tfvis.utils.KerasNetwork": "tfvis.models.KerasNetwork",
}
"""Names in packages that are still there."""


class _Finder(importlib.abc.MetaPathFinder):
    """Finds nothing: says where a module, or a name in a package, has gone.

    `from package import name` looks for a module of that name where the package has no such
    attribute, so it comes here too.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None, unless the module or name was moved."""
        place = MODULES.get(fullname) or NAMES.get(fullname)
        if place is not None:
            # Without `name`: else `from package import name` would swallow the message.
            raise ModuleNotFoundError(f"{fullname} is now {place}.")
        return None


def report_moved_names() -> None:
    """Let the import of what was moved fail with an error that says where it is now."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def no_attribute(module: str, name: str) -> AttributeError:
    """The error for a name that a module does not have; it says where the name is now, if moved.

    Args:
        module: where it was asked for.
        name: that was asked for.
    """
    own = f"{module}.{name}"
    place = MODULES.get(own) or NAMES.get(own)
    if place is not None:
        return AttributeError(f"{own} is now {place}.")
    left = [f"{old} is now {new}" for old, new in NAMES.items() if old.startswith(f"{own}.")]
    if left:
        # A package that has kept its name, but not all that was in it.
        return AttributeError(
            f"module {module!r} has no attribute {name!r} before 'import {own}'. {', '.join(left)}."
        )
    return AttributeError(f"module {module!r} has no attribute {name!r}")


def hint_moved_names(module: ModuleType) -> None:
    """Let the missing attributes of a module say where they are now, if they were moved.

    Args:
        module: with a `__getattr__` of its own, which knows nothing of names of earlier versions.
    """
    present = vars(module)["__getattr__"]

    def hinting(name: str) -> object:
        try:
            return present(name)
        except AttributeError:
            raise no_attribute(module.__name__, name) from None

    vars(module)["__getattr__"] = hinting
