"""What `tfvis batch` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.file_names import as_text

from ..batches.engines import BACKENDS
from ..batches.work import ChosenExplainer
from ..datasets.shards import read_shard
from ..explainers.options import AttributionOptions, FeatureGroupOptions
from ..explainers.registry import Method, method_of, methods
from .base import exists, require_choice
from .groups import GroupSettings

__all__ = ["GROUPS", "BatchSettings"]

_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx|inproc)://.+")

_WITH_MERGE = ("family", "images", "layers_named", "merge", "name", "output", "quiet")
"""The fields of settings that merging heeds."""

GROUPS = "groups"
"""The explainer by groups of features, with the options of the command line."""


@dataclass(frozen=True, kw_only=True)
class BatchSettings(GroupSettings):
    """The options of `tfvis batch`.

    Attributes:
        images: files, folders, or one manifest; the folders of shards with `merge`.
        explainers: `GROUPS`, and names of the registry.
        render_icons: whether groups have icons.
        top: how many of an image's first answers are explained where no classes are named; the
            classes of the manifest if None and it has some, the first answer if not.
        backend: one of `BACKENDS`; chosen by the number of images and cores if None.
        workers: how many work at once; see `tfvis.batches.engine`.
        address: of a scheduler.
        shard: a part, such as "2/8", the second of eight; all if None.
        merge: whether the folders of shards are made into one.
        again: whether images with a problem are explained again.
        name: of the batch, on the page.
        layers_named: whether layers were asked for; found from `layers` if None.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    images: tuple[Path, ...] = ()
    explainers: tuple[str, ...] = (GROUPS,)
    render_icons: bool = False
    top: int | None = None
    backend: str | None = None
    workers: int | None = None
    address: str | None = None
    shard: str | None = None
    merge: bool = False
    again: bool = False
    name: str | None = None
    output: Path = Path("generated/batch")
    layers_named: bool | None = None

    def __post_init__(self) -> None:
        if self.layers_named is None:
            object.__setattr__(self, "layers_named", bool(self.layers))
        for name in ("top", "workers"):
            if getattr(self, name) is not None:
                require_count(name, getattr(self, name))
        if self.shard is not None:
            read_shard(self.shard)  # or an error
        if self.backend is not None:
            require_choice("backend", self.backend, BACKENDS)
        self._require_fitting_backend()
        if self.classes and self.top is not None:
            raise InputError("Expected --classes or --top, received both.")
        if self.name is not None and not self.name.strip():
            raise InputError(f"Expected name to have a letter or more, received {self.name!r}.")
        object.__setattr__(self, "explainers", tuple(dict.fromkeys(map(_known, self.explainers))))
        if self.render_icons and GROUPS not in self.explainers:
            raise InputError(
                f"Expected --render-icons with the explainer {GROUPS}, received --explainers "
                f"{'; '.join(self.explainers)}."
            )
        if self.icon_changes and not self.render_icons:
            first = next(iter(self.icon_changes)).replace("_", "-")
            raise InputError(
                f"Expected --icon-{first} with --render-icons, without which there are none."
            )
        super().__post_init__()
        if self.merge:
            self._require_nothing_else()

    def _require_nothing_else(self) -> None:
        """Raise an `InputError` for an option that merging would ignore."""
        given = [name for name in _changed(self) if name not in ("groups", "icon_changes")]
        given += [*_changed(self.groups), *(f"icon_{name}" for name in self.icon_changes)]
        given = [name for name in given if name not in _WITH_MERGE]
        if given:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise InputError(
                "Expected the folders of shards, --output and --name with --merge, received other "
                f"options: {names}. What a shard was made with stands in its folder."
            )

    def _require_fitting_backend(self) -> None:
        if self.address is not None and self.backend not in ("dask", "ray"):
            raise InputError(
                f"Expected --address with --backend dask or ray, received {self.address!r} with "
                f"{self.backend or 'no --backend'}."
            )
        if self.backend == "dask" and self.address is None:
            raise InputError(
                "Expected --address with --backend dask: that of the scheduler, such as "
                "tcp://127.0.0.1:8786."
            )
        if self.backend == "dask" and not _ADDRESS.fullmatch(str(self.address)):
            raise InputError(
                "Expected --address to be like tcp://127.0.0.1:8786 with --backend dask, received "
                f"{self.address!r}."
            )
        if self.backend == "loky" and self.workers == 1:
            raise InputError(
                "Expected 2 or more --workers with --backend loky, received 1: choose serial."
            )
        if self.backend == "serial" and self.workers not in (None, 1):
            raise InputError(
                f"Expected no --workers with --backend serial, received {self.workers}: one "
                "process does it all. Choose loky."
            )

    def require_files(self) -> None:
        """Raise an `InputError` if something is not there, or the output cannot be written."""
        super().require_files()
        if not self.images:
            wanted = (
                "the folders of shards" if self.merge else "images, folders, or a manifest (.csv)"
            )
            raise InputError(f"Expected {wanted}, received none.")
        for path in self.images:
            if not exists(path):
                wanted = "folder of a shard" if self.merge else "image, folder or manifest"
                raise InputError(f"No {wanted} {str(path)!r}.")

    @property
    def part(self) -> tuple[int, int] | None:
        """The number of the part, from 1, and how many there are; None for all."""
        return None if self.shard is None else read_shard(self.shard)

    @property
    def title(self) -> str:
        """What the batch is called."""
        if self.name is not None:
            return self.name
        first, *others = (path.absolute() for path in self.images)
        if others:
            return "images"
        return as_text((first.name if first.is_dir() else first.stem) or "images")

    def chosen(self) -> tuple[ChosenExplainer, ...]:
        """The explainers with their options, for settings that are fitted to a network."""
        found = []
        for name in self.explainers:
            for layer in self.layers if self._looks_at_layers(name) else self.layers[:1]:
                for sign in self.signs if self._has_signs(name) else self.signs[:1]:
                    found.append(self._chosen(name, layer, sign))
        return tuple(found)

    def _chosen(self, name: str, layer: str, sign: str) -> ChosenExplainer:
        groups = self.options(layer, sign)
        method = _method(name)
        if issubclass(method.options, AttributionOptions):
            common = dict(vars(groups))
        else:
            # Of these an option of the same name may mean something else, and a layer be another.
            common = {"layer": layer if self.layers_named else None, "seed": self.seed}
        options = method.options_from((), **common)
        return ChosenExplainer(method=method, options=options)

    def _looks_at_layers(self, name: str) -> bool:
        kind = _method(name)
        return issubclass(kind.options, AttributionOptions) or (
            kind.takes("layer") and bool(self.layers_named)
        )

    def _has_signs(self, name: str) -> bool:
        return _method(name).takes("sign")

    @property
    def layers_to_name(self) -> tuple[str, ...]:
        """The layers that `--layers` has to name for the same results, for fitted settings.

        None where they are several that the network chose: Grad-CAM looks at one of those, and at
        each of several that are named.
        """
        return self.layers if self.layers_named or len(self.layers) == 1 else ()

    def deciding(self) -> dict[str, Any]:
        """The options that decide the results, by their names on the command line."""
        of_groups = {
            f"--{own.name.replace('_', '-')}": getattr(self.groups, own.name)
            for own in fields(FeatureGroupOptions)
            if own.name not in ("layer", "sign", "seed")
        }
        return {
            "--model": as_text(str(self.model)),
            "--explainers": list(self.explainers),
            "--layers": list(self.layers_to_name),
            "--sign": self.sign,
            "--classes": list(self.classes),
            "--top": self.top,
            "--fit": self.fit,
            "--seed": self.seed,
            "--shard": None if self.part is None else "{}/{}".format(*self.part),
            **{name: _plain(value) for name, value in of_groups.items()},
        }

    def for_workers(self, workers: int) -> BatchSettings:
        """The same with each worker's share of the memory."""
        if self.memory is None or workers == 1:
            return self
        from tfvis.utils.memory_bounds import memory_size

        share = memory_size(self.memory) // workers
        return replace(self, memory=f"{max(1, share // 10**6)}MB")


def _known(name: str) -> str:
    """An explainer's name, as it is known; an `InputError` for one that is not."""
    if name.casefold() == GROUPS:
        return GROUPS
    try:
        return method_of(name).name
    except InputError:
        raise unknown("explainer", name, (GROUPS, *(own.name for own in methods()))) from None


def _method(name: str) -> Method:
    if name != GROUPS:
        return method_of(name)
    # Without what the other name fixes: the kind of heat maps is an option here.
    return replace(method_of("all groups"), name=GROUPS, fixed={})


def _changed(options: Any) -> list[str]:
    """The fields of an object of options that are not what they are where nothing was said."""
    untouched = type(options)()
    return [
        own.name
        for own in fields(options)
        if getattr(options, own.name) != getattr(untouched, own.name)
    ]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else as_text(str(value))
