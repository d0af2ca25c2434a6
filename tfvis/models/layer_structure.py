"""What is known of a network's layers without any image of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tfvis.utils.layer_facts import COMPUTED, MEASURED, LayerStructure
from tfvis.utils.network import Network
from tfvis.utils.progress import Progress, silent

from .multiply_adds import multiply_adds
from .operations import traced
from .receptive_fields import measured_field, receptive_fields

_KEPT = 8
"""So many sets of layers of a network are kept, those asked for last."""


def layer_structures(
    net: Network, layers: Sequence[str] | None = None, *, progress: Progress = silent
) -> tuple[LayerStructure, ...]:
    """The size, the receptive field and the share of the work of each layer.

    Receptive fields are computed from the network's operations; where one of these is of a kind
    whose reach is not known, they are measured, by gradients.

    Args:
        net: the network.
        layers: those that are looked at; all of the network's own if left out.
        progress: called with layers done and layers in all.

    Returns:
        One value a layer, in the order of `layers`.

    Raises:
        InputError: there is no such layer, or it cannot be cut.

    Example:
        >>> import tfvis
        >>> from tfvis.models.layer_structure import layer_structures
        >>> net = tfvis.load_model("critters")
        >>> (found,) = layer_structures(net, ["mixed3a"])
        >>> found.shape, found.receptive_field, round(found.work, 2)
        ((28, 28, 96), (59, 59), 0.45)
    """
    names = tuple(net.require_layer(own) for own in (net.layers if layers is None else layers))
    # Tracing a network takes as long as explaining an image.
    sides, fields, counted = net.compiled(_computed, names, most=_KEPT)
    found = []
    for k, (name, field) in enumerate(zip(names, fields, strict=True)):
        by = COMPUTED
        if field is None:
            field = net.compiled(measured_field, name)
            by = None if field is None else MEASURED
        found.append(
            LayerStructure(
                layer=name,
                shape=(*sides[k], net.n_channels(name)),
                receptive_field=field,
                field_by=by,
                multiply_adds=None if counted is None else counted[0][k],
                work=None if counted is None or not counted[1] else counted[0][k] / counted[1],
            )
        )
        progress(len(found), len(names))
    return tuple(found)


def _computed(net: Network, names: tuple[str, ...]):  # noqa: ANN202
    """What the network's operations say: sides, receptive fields and multiply-adds."""
    trace = traced(net, names)
    sides = [_sides(net, *own) for own in zip(names, trace.layers, strict=True)]
    return sides, receptive_fields(trace), multiply_adds(trace)


def _sides(net: Network, layer: str, tensor: tf.Tensor) -> tuple[int, int]:
    """A layer's rows and columns of positions; it is run where its operations do not tell."""
    shape: Any = tensor.shape
    if not shape.is_fully_defined():
        black = tf.zeros([1, *net.input_size, 3])
        shape = net.head(layer)(black)[0].shape
    return int(shape[1]), int(shape[2])
