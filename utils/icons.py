"""Icons: images that excite a channel or a weighted group of channels.

Shi, Du, Fan (2020), section 3.4; Olah, Mordvintsev, Schubert (Distill 2017).
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from . import losses, rendering
from .errors import InputError
from .halving import halving
from .icon_areas import faded
from .icon_options import IconOptions
from .network import Network
from .number_formats import resolved
from .options import changed
from .preconditioning import ImageParameters, aligned_images, fourier_images, phase_images
from .progress import Progress, rising, silent
from .transforms import ICON_TRANSFORMS, Jitter, Transform

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Icons:
    """Icons of some groups of channels.

    Attributes:
        images: float32 (n, size, size, 3) in [0, 1].
        objectives: each group's objective on its own icon, without transforms: float32 (n,).
        zero_gradient: positions of the icons whose gradient was zero at every step, redirected
            ReLUs aside: they show nothing.
        steps: how many were made; fewer than asked for where the objectives settled.
    """

    images: np.ndarray = field(repr=False)
    objectives: np.ndarray = field(repr=False)
    zero_gradient: tuple[int, ...] = ()
    steps: int | None = None


def render_icons(
    net: Network,
    layer: str,
    weights: np.ndarray,
    options: IconOptions | None = None,
    *,
    seed: int = 0,
    name: str | None = None,
    progress: Progress = silent,
) -> Icons:
    """An icon for each group: the image that maximises mean_xy Σ_i w_i a_i.

    Args:
        net: the network.
        layer: the layer.
        weights: w, a row a group: (n, C).
        options: how; the network's own if left out.
        seed: of the initial images and of the transforms.
        name: of the objective in messages.
        progress: called with steps done and steps in all.
    """
    options = resolved(net, options or net.icon_options)
    at_once = rendering.images_at_once(net, [layer], len(weights), options.size, options.batch_size)
    told = rising(progress)

    def render(batch_size: int) -> Icons:
        own = replace(options, batch_size=batch_size)
        return _render(net, layer, weights, own, seed, name, told)

    return halving(render, min(at_once, len(weights)), "icons")


def _render(
    net: Network,
    layer: str,
    weights: np.ndarray,
    options: IconOptions,
    seed: int,
    name: str | None,
    progress: Progress,
) -> Icons:
    """See `render_icons`; with the batch size of the options."""
    objective = losses.channel_mean(layer, weights, name=name)
    climbed = objective
    if options.cosine_power:
        climbed = losses.cosine_mean(layer, weights, options.cosine_power, name=name)
    parameters = rendering.responsive_init(
        net, objective, _parameters(options, len(weights)), seed=seed, batch_size=options.batch_size
    )
    rendered = rendering.render(
        net,
        climbed,
        parameters,
        transforms=transforms_of(options),
        steps=options.steps,
        tolerance=options.tolerance,
        patience=options.patience,
        learning_rate=options.learning_rate,
        beta_1=options.beta_1,
        beta_2=options.beta_2,
        seed=seed,
        dtype=options.dtype,
        batch_size=options.batch_size,
        redirected_relu_steps=options.redirected_relu_steps,
        progress=progress,
    )
    images = rendered.images
    if options.area < 1:
        images = faded(images, rendered.importance, options.area)
    objectives = rendering.evaluate(net, objective, images, batch_size=options.batch_size)
    return Icons(images, objectives, rendered.zero_gradient, rendered.steps)


def warn_of_weak_icons(
    name: str, icons: Icons, image_objectives: np.ndarray, options: IconOptions
) -> None:
    """Warn of icons that excite their groups no more than the image does.

    Measured: icons below that are grey or noise. After 128 steps, those of the bundled networks and
    of GoogLeNet excite their groups 5 times as much as the image or more.
    """
    weak = np.flatnonzero(icons.objectives <= image_objectives)
    weak = [k for k in weak.tolist() if k not in icons.zero_gradient]  # those are told already
    if weak:
        steps = options.steps if icons.steps is None else icons.steps
        settled = steps < options.steps
        option = "icon_tolerance" if settled else "icon_steps"
        logger.warning(
            "The icon%s %s of %r %s hardly developed in %d step%s: give %s.",
            "s" * (len(weak) > 1),
            ", ".join(map(str, weak)),
            name,
            "have" if len(weak) > 1 else "has",
            steps,
            "s" * (steps > 1),
            f"a smaller {option}" if settled else f"more {option}",
            extra={"options": (option,)},
        )


def icon(
    net: Network,
    layer: str,
    channels: int | Iterable[int] | Mapping[int, float],
    *,
    seed: int = 0,
    progress: Progress = silent,
    options: IconOptions | None = None,
    **changes: object,
) -> np.ndarray:
    """The icon of one channel, or of a weighted group of channels.

    Args:
        net: the network.
        layer: the layer.
        channels: a channel's index, several that weigh the same, or weights by index.
        seed: of the initial image and of the transforms.
        progress: called with steps done and steps in all.
        options: how; the network's own if left out.
        **changes: of single fields of `IconOptions`: `steps=128`, for example.

    Returns:
        float32 (size, size, 3) in [0, 1].

    Raises:
        InputError: there is no such layer, channel or option.
    """
    layer = net.require_layer(layer)
    weights = _weights(channels, layer, net.n_channels(layer))
    wanted = changed(IconOptions, options or net.icon_options, changes)
    return render_icons(net, layer, weights, wanted, seed=seed, progress=progress).images[0]


def channel_icons(
    net: Network,
    layer: str,
    channels: Iterable[int],
    *,
    seed: int = 0,
    progress: Progress = silent,
    options: IconOptions | None = None,
    **changes: object,
) -> Icons:
    """An icon for each of several single channels, rendered together.

    Args:
        net: the network.
        layer: the layer.
        channels: the channels' indices; several may be the same.
        seed: of the initial images and of the transforms.
        progress: called with steps done and steps in all.
        options: how; the network's own if left out. Aligned icons share small images: what is
            rendered together lines up, and each changes a little with the others.
        **changes: of single fields of `IconOptions`: `steps=128`, for example.

    Returns:
        Image k and objective k are of the k-th channel; the objective is the channel's mean
        activation on its icon.

    Raises:
        InputError: there is no such layer, channel or option, or no channel at all.

    Example:
        >>> from tfvis import load_model
        >>> from tfvis.utils import channel_icons
        >>> net = load_model("critters")
        >>> channel_icons(net, "mixed4d", [15, 8], steps=1, size=32).images.shape
        (2, 32, 32, 3)
    """
    layer = net.require_layer(layer)
    listed, n = list(channels), net.n_channels(layer)
    if not listed:
        raise InputError(f"Expected at least one channel of {layer}, received none.")
    weights = np.concatenate([_weights({index: 1.0}, layer, n) for index in listed])
    wanted = changed(IconOptions, options or net.icon_options, changes)
    name = f"channels of {layer}"
    return render_icons(net, layer, weights, wanted, seed=seed, name=name, progress=progress)


def _weights(channels: object, layer: str, n: int) -> np.ndarray:
    """The weights of all n channels of a layer: (1, n)."""
    by_channel: dict[Any, Any]
    if isinstance(channels, Mapping):
        by_channel = dict(channels)
    elif isinstance(channels, Iterable) and not isinstance(channels, str):
        listed = list(channels)
        if not all(map(_is_index, listed)):
            raise InputError(f"Expected channels of {layer} by index, received {channels!r}.")
        by_channel = dict.fromkeys(map(operator.index, listed), 1.0)
    else:
        by_channel = {channels: 1.0}
    if not by_channel:
        raise InputError(f"Expected at least one channel of {layer}, received none.")
    weights = np.zeros((1, n))
    for index, weight in by_channel.items():
        if not _is_index(index) or not 0 <= index < n:
            raise InputError(
                f"Expected a channel of {layer} from 0 to {n - 1}, received {index!r}."
            )
        if not isinstance(weight, Real) or not np.isfinite(float(weight)):
            raise InputError(f"Expected a number as the weight of {index}, received {weight!r}.")
        weights[0, operator.index(index)] = float(weight)
    return weights


def _is_index(value: object) -> bool:
    """Whether a value is a whole number; a bool would index all channels."""
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_)


def transforms_of(options: IconOptions) -> tuple[Transform, ...]:
    """The random transforms before each step."""
    if isinstance(options.transforms, str):
        return {"paper": ICON_TRANSFORMS, "jitter": (Jitter(8),), "none": ()}[options.transforms]
    return tuple(options.transforms)


def _parameters(options: IconOptions, n: int) -> Callable[[float], ImageParameters]:
    """A function from the initial values' standard deviation to n images' parameters."""
    if options.parameterisation == "phases":
        # What they start from has one deviation alone: of silent channels other starts are tried.
        starts = {sd: k for k, sd in enumerate(rendering.DEVIATIONS)}
        return lambda sd: phase_images(n, options.size, start=starts[sd])
    kind = {"aligned": aligned_images, "fourier": fourier_images}[options.parameterisation]
    return lambda sd: kind(n, options.size, sd=sd, decay=options.decay)
