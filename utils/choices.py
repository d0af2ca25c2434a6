"""Names that options are checked against before any heavy library is imported."""

from __future__ import annotations

from .errors import InputError, unknown

SHAPLEY = "Shap"
AUMANN_SHAPLEY = "IGSG"
DEFAULT_ITERATIONS = {AUMANN_SHAPLEY: 64, SHAPLEY: 100}
"""Gradients of the Aumann–Shapley values, orders of the sampled Shapley values."""
SIGNS = ("pos", "neg")
ATTRIBUTION = "attribution"
ACTIVATION = "activation"
HEAT_MAPS = (ATTRIBUTION, ACTIVATION)
"""What maps of groups are made of."""
COLORMAPS = ("inferno", "magma", "plasma", "viridis", "red")
"""How heat maps are drawn: matplotlib's names, but for the red tint."""
DTYPES = ("float32", "bfloat16", "float16")
AUTO = "auto"
"""Stands for the number format that the device computes fast."""
MINIMUM_SIDE = 16
"""The smallest images that are rendered, in pixels a side."""
DEFAULT_GROUPING = "PCA"
"""How channels are grouped unless something else is asked for: see docs/group_evidence.md."""

DECOMPOSITIONS: tuple[str, ...] = (
    "DictionaryLearning",
    "FactorAnalysis",
    "FastICA",
    "IncrementalPCA",
    "KernelPCA",
    "LatentDirichletAllocation",
    "MiniBatchDictionaryLearning",
    "MiniBatchNMF",
    "MiniBatchSparsePCA",
    "NMF",
    "PCA",
    "SparsePCA",
    "TruncatedSVD",
)

CLUSTERINGS: tuple[str, ...] = (
    "AffinityPropagation",
    "AgglomerativeClustering",
    "Birch",
    "BisectingKMeans",
    "DBSCAN",
    "FeatureAgglomeration",
    "HDBSCAN",
    "KMeans",
    "MeanShift",
    "MiniBatchKMeans",
    "OPTICS",
    "SpectralClustering",
)

FIND_THEIR_COUNT = ("AffinityPropagation", "DBSCAN", "HDBSCAN", "MeanShift", "OPTICS")
"""The clusterings that take no number of clusters."""

UNSUPPORTED = {
    "SparseCoder": "it needs a dictionary that is known beforehand; choose DictionaryLearning",
    "SpectralBiclustering": "it groups positions and channels at once; choose SpectralClustering",
    "SpectralCoclustering": "it groups positions and channels at once; choose SpectralClustering",
}
"""What cannot group channels, and why."""


def require_grouping(name: str, choices: tuple[str, ...] = DECOMPOSITIONS + CLUSTERINGS) -> None:
    """Raise an `InputError` unless `name` is one of scikit-learn's groupings in `choices`."""
    if name in UNSUPPORTED:
        raise InputError(f"{name} cannot group channels: {UNSUPPORTED[name]}.")
    if name not in choices:
        raise unknown("grouping", name, choices)
