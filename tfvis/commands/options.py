"""The options that commands share, and what is done with them first."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tfvis.utils.icon_options import IconOptions
from tfvis.utils.memory_bounds import memory_bound

from ..models import is_address, is_name
from ..models.auto import AUTO, FAMILIES, choose
from ..models.registry import spec_of
from ..runtime import command_line
from ..runtime.startup import gpus, start_tensorflow
from ..runtime.terminal import Bars, progress_bars
from ..settings.base import NetworkSettings
from .option_groups import Options, given_options, with_flags

if TYPE_CHECKING:
    from tfvis.utils.network import Network

S = TypeVar("S", bound=NetworkSettings)

Add = Callable[..., None]


def adder(parser: Options, default: object) -> Add:
    """A function that adds an option whose name and default are those of a field.

    Its arguments are the field's name, the help text, how the default is shown, and argparse's own.
    """

    def add(name: str, text: str, shown: str = "%(default)s", **options: Any) -> None:
        if "default" not in options:
            options["default"] = getattr(default, name)
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, help=f"{text} (default: {shown})", **options)

    return add


def add_model_options(add: Add, family: str) -> None:
    """Which network, its weights, and what is to be said of one of one's own."""
    *candidates, fallback = FAMILIES[family].networks
    titles = ", else ".join(spec_of(name).title.split(" (")[0] for name in candidates)
    add(
        "model",
        f"the network: a name, which `tfvis models` lists; auto, {titles} where its weights can be "
        f"had, else {fallback}, which is bundled and knows rendered scenes only; a .keras, .h5 or "
        ".pb file; the folder of a SavedModel, or the address of one on TensorFlow Hub",
        metavar="MODEL",
    )
    add_description_options(add)


def add_description_options(add: Add) -> None:
    """The weights of a network that is known, and what is to be said of one of one's own."""
    add(
        "weights",
        "weights of a named network: a file or a folder",
        "$TFVIS_WEIGHTS_DIR, then the caches, then a download; critters': tfvis's own",
        type=lambda text: text if is_address(text) else Path(text),
        metavar="PATH",
    )
    own = "your own model"
    add("value_range", f"{own}: the values that it expects for black and white",
        "found by trying photographs", nargs=2, type=float, metavar=("LOW", "HIGH"))  # fmt: skip
    add("channel_order", f"{own}: order of the colour channels, RGB or BGR", "RGB", metavar="ORDER")
    add("mean", f"{own}: mean that is then subtracted from red, green and blue", "0 0 0",
        nargs=3, type=float, metavar=("R", "G", "B"))  # fmt: skip
    add("std", f"{own}: standard deviation by which red, green and blue are divided", "1 1 1",
        nargs=3, type=float, metavar=("R", "G", "B"))  # fmt: skip
    add("input_size", f"{own}: size of the images that it was trained with", "the model's own",
        nargs=2, type=int, metavar=("HEIGHT", "WIDTH"))  # fmt: skip
    add("labels", f"{own}: text file with one class name a line", "numbers",
        type=Path, metavar="FILE")  # fmt: skip
    add("logits", "your own graph or SavedModel: tensor or output that has the logits",
        "the input of the softmax", metavar="NAME")  # fmt: skip
    add("signature", "your own SavedModel: signature to use", "the one that takes images",
        metavar="NAME")  # fmt: skip


def add_run_options(
    add: Add, output: str | None = "%(default)s", *, fit: bool = True, seed: bool = True
) -> None:
    """Where and how.

    Args:
        add: adds an option.
        output: how the default output folder is shown; None for a command that writes no files.
        fit: whether images may be made to fit in several ways.
        seed: whether anything is random.
    """
    if seed:
        add("seed", "random seed", type=int, metavar="N")
    add(
        "device",
        "device to compute on, such as CPU:0 or GPU:0",
        "TensorFlow's choice; batches are split over several GPUs",
        metavar="NAME",
    )
    add(
        "jit",
        "have XLA compile what it can: may be faster on a GPU, is slower on a CPU",
        "off",
        action="store_true",
    )
    add(
        "memory",
        "how much memory the run may take, such as 2GB or 800MB: fewer images are computed at once",
        "no bound",
        metavar="SIZE",
    )
    if fit:
        add(
            "fit",
            "how an image of another size is made to fit the network: crop takes the centre, "
            "squash ignores the aspect ratio",
            metavar="HOW",
        )
    if output is not None:
        add("output", "folder to write to", output, type=Path, metavar="DIR")
        add_result_options(add)
    add_quiet(add)


def add_result_options(add: Add) -> None:
    """The options that every command which writes results has."""
    add(
        "config",
        "TOML file with options, such as the config.toml of a result folder; what is typed wins",
        "none",
        type=Path,
        metavar="FILE",
        default=None,
    )
    add_json(add, "result")


def add_json(add: Add, what: str) -> None:
    """The option that makes standard output fit for programs."""
    add(
        "json",
        f"print one line of JSON for each {what} on standard output, and all else on stderr",
        "off",
        action="store_true",
        default=False,
    )


def add_quiet(add: Add) -> None:
    """The option that leaves messages out."""
    add(
        "quiet",
        "print only errors, and warnings that must not be missed",
        "off",
        action="store_true",
        default=False,
    )


def settings_of(kind: type[S], arguments: argparse.Namespace, **options: object) -> S:
    """The settings that the arguments make; files and folders are looked at too.

    Args:
        kind: the settings' class.
        arguments: from the parser.
        **options: fields that are not arguments themselves.
    """
    given = {**given_options(arguments, kind), **options}
    settings = with_flags(lambda: kind(**given), [(kind, ""), (IconOptions, "icon")])
    settings.require_files()
    return settings


@contextlib.contextmanager
def bounded_run(settings: NetworkSettings) -> Iterator[None]:
    """Start TensorFlow, and work on the device and within the memory that are asked for."""
    scope = start_tensorflow(settings.device, jit=settings.jit)
    with scope, memory_bound(settings.memory, name="--memory"):
        yield


def chosen(settings: S, say: Callable[[str], None]) -> S:
    """The same with a network in place of `auto`; a line says which."""
    if settings.model == AUTO:
        with progress_bars(settings.quiet) as progress:
            choice = choose(
                settings.family,
                weights=settings.weights,
                progress=progress("download", unit="B"),
            )
        for line in choice.lines:
            say(line)
        settings = replace(settings, model=choice.name)
    command_line.resolve(model=settings.model)
    return settings


def without_images(settings: S) -> S:
    """The same for a network that sees no photograph: what images are made into does not matter."""
    if settings.value_range is None and not is_name(settings.model):
        return replace(settings, value_range=(0, 1))
    return settings


def loaded(settings: NetworkSettings, progress: Bars) -> Network:
    """The network that is asked for."""
    import tensorflow as tf

    from ..models import load_model

    several = gpus(settings.device)
    mirrored = len(several) > 1
    with tf.distribute.MirroredStrategy(several).scope() if mirrored else contextlib.nullcontext():
        return with_flags(
            lambda: load_model(
                settings.model,
                weights=settings.weights,
                progress=progress("download", unit="B"),
                **settings.description,
            ),
            [(NetworkSettings, "")],
            skip=("model",),  # in "a model with one input" it is a thing
        )
