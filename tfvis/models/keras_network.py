"""Keras models as networks that can be cut."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tfvis.utils.choices import DTYPES
from tfvis.utils.devices import strategy_of
from tfvis.utils.errors import InputError, one_line, unknown
from tfvis.utils.function_digests import function_digest
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.labels import Labels, require_labels
from tfvis.utils.layer_facts import LayerFacts
from tfvis.utils.linear_start import LinearStart
from tfvis.utils.memory_bounds import Footprint
from tfvis.utils.network import (
    Head,
    Network,
    Preprocess,
    Tail,
)

from .keras_activations import ending, redirecting, with_activation
from .keras_calls import Calls, calls_of
from .keras_layer_facts import layer_facts, require_channels_last
from .keras_linear_start import linear_start
from .weight_sums import WeightSums, are_fixed

if TYPE_CHECKING:
    from typing_extensions import Self


class KerasNetwork(Network):
    """A functional or Sequential Keras model, nested models in it opened.

    Logits are what the model computes before a final softmax or sigmoid, if it ends in one. The
    model and its layers stay as they are.

    Args:
        model: images, as `preprocess` returns them → logits or probabilities (N, classes).
        layers: where it may be cut, from input to output: Keras's layer names, or a mapping from
            names of one's own to Keras's. Every layer with channels that can be cut, if left out.
            A layer of a nested model is called `inner/layer` where another has the same name; the
            second call of a layer that is used twice is `layer:1`.
        labels: the classes' names; numbered if left out.
        input_size: (height, width) that the model was trained with; the model's own if left out.
        default_layers: see `Network`.
        inversion_layers: see `Network`.
        aliases: see `Network`.
        icon_options: see `Network`.
        preprocess: images in [0, 1] → what the model takes; nothing if left out.
        name: the model's own if left out.

    Attributes:
        keras_layers: the layers that are called, by name.

    Raises:
        InputError: the model cannot be opened, takes no RGB images, has several inputs or outputs
            or no layer with channels, a layer takes channels first, or a layer cannot be cut.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        layers: Sequence[str] | Mapping[str, str] | None = None,
        input_size: tuple[int, int] | None = None,
        labels: Labels | None = None,
        default_layers: Sequence[str] = (),
        inversion_layers: Sequence[str] = (),
        aliases: Mapping[str, str] | None = None,
        preprocess: Preprocess | None = None,
        icon_options: IconOptions | None = None,
        name: str | None = None,
    ) -> None:
        if keras.backend.backend() != "tensorflow":
            raise InputError(
                "Expected Keras to run on TensorFlow, received KERAS_BACKEND="
                f"{keras.backend.backend()!r}. Set KERAS_BACKEND=tensorflow."
            )
        self._calls = to_logits(calls_of(model))
        require_channels_last(self._calls, model.name)
        _require_rgb(model)
        self._cuts = self._calls.graph
        self._cuts.require_cuts(model.name)
        self._slots = dict(self._cuts.require_layers(layers))
        n_classes = _n_classes(self._calls, model.name)
        super().__init__(
            name=name or model.name,
            layers=tuple(self._slots),
            labels=require_labels(labels, n_classes),
            input_size=_input_size(model, input_size),
            default_layers=default_layers,
            inversion_layers=inversion_layers,
            aliases=aliases,
            preprocess=preprocess,
            icon_options=icon_options,
            dtype=_dtype(self._calls),
        )
        layers_called = self.keras_layers.values()
        self.strategy = strategy_of(own for layer in layers_called for own in layer.weights)
        self._in_dtype: dict[str, KerasNetwork] = {}
        self._weight_sums: WeightSums | None = None

    def _copied(self) -> Self:
        found = super()._copied()
        found._in_dtype, found._weight_sums = {}, None
        return found

    def _weights_changed(self) -> bool:
        """See `Network._weights_changed`; a model may be trained between two explanations."""
        if self._weight_sums is None:
            layers = self.keras_layers.values()
            self._weight_sums = WeightSums([own for layer in layers for own in layer.weights])
            return False
        if are_fixed() or not self._weight_sums.changed():
            return False
        self._in_dtype = {}
        return True

    def _compute_digest(self) -> str:
        found = function_digest(self.preprocess)
        for name, layer in self.keras_layers.items():
            for array in layer.get_weights():
                found.update(f"{name} {array.dtype} {array.shape}".encode())
                found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    @property
    def keras_layers(self) -> dict[str, keras.Layer]:
        """The layers that are called, by name."""
        return self._calls.layers

    def get_weights(self) -> list[np.ndarray]:
        """The weights of the layers that are called, layer by layer."""
        return [array for layer in self.keras_layers.values() for array in layer.get_weights()]

    def count_params(self) -> int:
        """How many numbers these are."""
        return sum(layer.count_params() for layer in self.keras_layers.values())

    def require_layer(self, layer: str) -> str:
        """See `Network.require_layer`; any layer that can be cut is found."""
        return self._cuts.require_tensor(layer, self.layers, self.aliases, self._slots)

    def _place(self, layer: str) -> int:
        return self._cuts.place(self._slots[layer])

    def head(self, *layers: str) -> Head:
        """See `Network.head`."""
        wanted = [self._slots[self.require_layer(layer)] for layer in layers]
        calls, start = self._calls, self._calls.input
        return lambda images: calls.run({start: self.preprocess(images)}, wanted)

    def tail(self, layer: str) -> Tail:
        """See `Network.tail`."""
        slot, calls = self._slots[self.require_layer(layer)], self._calls
        return lambda activations: calls.run({slot: activations}, [calls.output])[0]

    def classifier(self) -> Tail:
        """See `Network.classifier`."""
        calls, start = self._calls, self._calls.input
        return lambda images: calls.run({start: self.preprocess(images)}, [calls.output])[0]

    def linear_start(self, layer: str) -> LinearStart | None:
        """See `Network.linear_start`."""
        return linear_start(self._calls, self._slots[self.require_layer(layer)])

    def n_channels(self, layer: str) -> int:
        """See `Network.n_channels`."""
        slot = self._slots[self.require_layer(layer)]
        return int(self._calls.shapes[slot][-1] or 0)  # a cut's channels are known

    def layer_facts(self, layer: str) -> LayerFacts:
        """See `Network.layer_facts`."""
        return layer_facts(self._calls, self._slots[self.require_layer(layer)])

    def footprint(self, part: str, layer: str | None = None, *, gradient: bool = True) -> Footprint:
        """See `Network.footprint`; it is traced once."""
        from .footprints import footprint  # which knows this class

        return footprint(self, part, layer, gradient=gradient)

    def astype(self, dtype: str) -> KerasNetwork:
        """See `Network.astype`. The weights are copied once, rounded to `dtype`."""
        if dtype not in DTYPES:
            raise unknown("dtype", dtype, DTYPES)
        if dtype == self.dtype:
            return self
        self._forget_if_changed()
        if dtype not in self._in_dtype:
            found = self.with_layers(lambda layer: _converted(layer, dtype))
            found.dtype = dtype
            self._in_dtype[dtype] = found
        return self._in_dtype[dtype]

    def with_redirected_relus(self) -> KerasNetwork:
        """See `Network.with_redirected_relus`; `keras_activations.redirecting` says which ReLUs."""
        calls = self._calls.with_operations(redirecting)
        pairs = zip(calls.calls, self._calls.calls, strict=True)
        if all(new.operation is old.operation for new, old in pairs):
            return self
        found = self._copied()
        found._calls = calls
        return found

    def with_layers(self, change: Callable[[keras.Layer], keras.Layer]) -> KerasNetwork:
        """The same network of other layers.

        Args:
            change: from a layer to a built one that takes and gives the same shapes, or to the
                layer itself; called once for each.
        """

        def changed(operation: Any) -> Any:
            return change(operation) if isinstance(operation, keras.Layer) else operation

        found = self._copied()
        with contextlib.nullcontext() if self.strategy is None else self.strategy.scope():
            found._calls = self._calls.with_operations(changed)
        return found


def rebuilt(layer: keras.Layer, **changes: Any) -> keras.Layer:
    """A layer with fresh weights of the same shapes, whose configuration has `changes`.

    Raises:
        InputError: the layer cannot be made from its configuration.
    """
    try:
        fresh = type(layer).from_config({**layer.get_config(), **changes})
        fresh.build_from_config(layer.get_build_config() or {})
    except Exception as error:
        # A layer of someone else's may raise whatever it likes.
        reason = one_line(error)
        raise InputError(
            f"Cannot copy the layer {layer.name!r} from its configuration: {reason} Expected "
            f"{type(layer).__name__}.get_config to return all that its constructor takes."
        ) from None
    return fresh


def _with_weights(layer: keras.Layer, weights: Sequence[np.ndarray]) -> keras.Layer:
    layer.set_weights(weights)
    return layer


def _converted(layer: keras.Layer, dtype: str) -> keras.Layer:
    # Preprocessing stays float32: half precision has steps of 0.5 at 128.
    if isinstance(layer, keras.layers.Rescaling | keras.layers.Normalization):
        return layer
    return _with_weights(rebuilt(layer, dtype=dtype), layer.get_weights())


def to_logits(calls: Calls) -> Calls:
    """The same without what turns the logits into probabilities at the end."""
    while (last := calls.maker(calls.output)) is not None:
        layer = last.operation
        alone = not hasattr(layer, "kernel")
        kind = ending(layer)
        if kind is None or (kind == "idle" and not alone):
            return calls
        if not alone:
            linear = with_activation(layer, keras.activations.linear)
            steps = [replace(c, operation=linear) if c is last else c for c in calls.calls]
            return replace(calls, calls=tuple(steps))
        (before,) = set(last.slots.values())
        calls = replace(calls, output=before)
        if kind == "squashing":
            return calls
    return calls


def _n_classes(calls: Calls, name: str) -> int:
    shape = calls.shapes.get(calls.output, ())
    if len(shape) != 2 or shape[-1] is None:
        raise InputError(
            f"Expected logits of shape (N, classes), received shape {shape} from {name!r}."
        )
    return shape[-1]


def _dtype(calls: Calls) -> str:
    """What the layers compute in that hold weights; the last one may give float32 all the same."""
    layers = [layer for layer in calls.layers.values() if layer.count_params()]
    return layers[0].compute_dtype if layers else "float32"


def _require_rgb(model: keras.Model) -> None:
    (tensor,) = model.inputs
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if "float" not in dtype:
        raise InputError(
            f"Expected a model of float images, received {dtype} input in {model.name!r}: nothing "
            "can be differentiated there. Leave the cast out of the model."
        )
    shape = tuple(tensor.shape)
    if len(shape) != 4 or shape[-1] != 3:
        raise InputError(
            f"Expected a model of images (N, H, W, 3), received input of shape {shape} in "
            f"{model.name!r}."
        )


def _input_size(model: keras.Model, given: tuple[int, int] | None) -> tuple[int, int]:
    height, width = model.inputs[0].shape[1:3]
    if given is not None:
        fits = all(own in (None, size) for own, size in zip((height, width), given, strict=True))
        if not fits:
            raise InputError(
                f"Expected input_size {(height, width)}, which {model.name!r} is built for, "
                f"received {given}."
            )
        return given
    if height is None or width is None:
        raise InputError(
            f"Expected input_size (height, width), since the model {model.name!r} takes images of "
            "any size: give the size that it was trained with."
        )
    return height, width
