from . import images
from .activation_maps import above_quantile, heat_map, weighted_map
from .attribution import aumann_shapley, shapley_sampling
from .channel_attribution import ChannelAttribution
from .errors import InputError
from .feature_groups import FeatureGroup, FeatureGroups, group_channels, select_channels
from .groupers import MatrixDecomposer, SklearnCluster
from .icons import channel_icons
from .labels import Labels
from .losses import Objective, channel, channel_mean
from .memory_bounds import memory_bound
from .mosaic_options import MosaicOptions
from .mosaics import MosaicPanel, MosaicSection, mosaic_figure
from .network import Network
from .plots import overlay, overview
from .preconditioning import (
    Fourier,
    ImageParameters,
    LowResolution,
    Phases,
    aligned_images,
    fourier_images,
    phase_images,
)
from .rendering import Rendering, evaluate, render, responsive_init
from .transforms import ICON_TRANSFORMS, Jitter, Rotate, Scale, Shift

__all__ = [
    "ICON_TRANSFORMS",
    "ChannelAttribution",
    "FeatureGroup",
    "FeatureGroups",
    "Fourier",
    "ImageParameters",
    "InputError",
    "Jitter",
    "Labels",
    "LowResolution",
    "MatrixDecomposer",
    "MosaicOptions",
    "MosaicPanel",
    "MosaicSection",
    "Network",
    "Objective",
    "Phases",
    "Rendering",
    "Rotate",
    "Scale",
    "Shift",
    "SklearnCluster",
    "above_quantile",
    "aligned_images",
    "aumann_shapley",
    "channel",
    "channel_icons",
    "channel_mean",
    "evaluate",
    "fourier_images",
    "group_channels",
    "heat_map",
    "images",
    "memory_bound",
    "mosaic_figure",
    "overlay",
    "overview",
    "phase_images",
    "render",
    "responsive_init",
    "select_channels",
    "shapley_sampling",
    "weighted_map",
]
