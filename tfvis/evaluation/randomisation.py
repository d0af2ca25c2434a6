"""Networks that have learnt nothing: an explanation must lose its meaning there.

Adebayo et al. (2018), arXiv 1810.03292.
"""

from __future__ import annotations

from collections.abc import Collection

import keras
import numpy as np

from tfvis.utils.errors import InputError, require_count, unknown

from ..models.keras_network import KerasNetwork, rebuilt

__all__ = ["is_learnt", "randomised"]

_KERNELS = ("kernel_initializer", "depthwise_initializer", "pointwise_initializer")


def randomised(
    net: KerasNetwork, seed: int = 0, *, layers: Collection[str] | None = None
) -> KerasNetwork:
    """The same architecture with fresh weights; `net` stays as it is.

    Kernels are drawn anew (He-normal), all else is what a new layer begins with; preprocessing
    layers stay. An explanation of what a network has learnt must lose its meaning here (Adebayo et
    al. 2018, arXiv 1810.03292).
    Over seeds the classes are exchangeable; a single seed's may happen to fit what they are shown.

    Args:
        net: the network.
        seed: of the kernels; the same seed gives the same weights.
        layers: names of Keras layers (`net.keras_layers`), the only ones that get fresh weights,
            the same that they get where all do; all layers if left out.

    Raises:
        InputError: the network is no Keras model, or has no such layer.
    """
    if not isinstance(net, KerasNetwork):
        raise InputError(f"Expected a KerasNetwork, received a {type(net).__name__}.")
    require_count("seed", seed, 0)
    for name in layers or ():
        if name not in net.keras_layers:
            raise unknown("Keras layer", name, net.keras_layers)
    rng = np.random.default_rng(seed)

    def fresh(layer: keras.Layer) -> keras.Layer:
        if not is_learnt(layer):
            return layer
        config = layer.get_config()
        seeds = {name: int(rng.integers(2**31)) for name in _KERNELS if name in config}
        if layers is not None and layer.name not in layers:
            return layer
        return rebuilt(
            layer, **{name: keras.initializers.HeNormal(seed=s) for name, s in seeds.items()}
        )

    return net.with_layers(fresh)


def is_learnt(layer: keras.Layer) -> bool:
    """Whether a layer is made fresh by `randomised`: preprocessing was not learnt."""
    return not isinstance(layer, keras.layers.Rescaling | keras.layers.Normalization)
