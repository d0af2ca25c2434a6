"""What `tfvis attack` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError

from ..attacks.options import METHODS, PATCH, FgsmOptions, PatchOptions, PgdOptions
from ..models.registry import ModelSpec
from .base import ImageSettings, exists, require_choice

if TYPE_CHECKING:
    from typing_extensions import Self

    from tfvis.utils.network import Network

GRADIENT = ("fgsm", "pgd")


@dataclass(frozen=True, kw_only=True)
class AttackSettings(ImageSettings):
    """The options of `tfvis attack`.

    Attributes:
        method: "fgsm", "pgd" or "patch".
        target: the class that the network is to answer; None for any other than its answer.
        gradient: what differs from the defaults of `FgsmOptions` or `PgdOptions`, by field.
        patch: what differs from the defaults of `PatchOptions`, by field.
        train: images that a patch is trained on; the attacked images if empty.
        centre: (row, column) of the patch's centre in each image; random places if None.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    method: str = "fgsm"
    target: str | int | None = None
    gradient: Mapping[str, Any] = field(default_factory=dict)
    patch: Mapping[str, Any] = field(default_factory=dict)
    train: tuple[Path, ...] = ()
    centre: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require_choice("method", self.method, tuple(METHODS))
        for name in self.gradient:
            users = [method for method in GRADIENT if name in METHODS[method].__annotations__]
            self._require_method(_flag(name), users)
        for name in self.patch:
            self._require_method(_flag(f"patch_{name}"), [PATCH])
        for name in ("train", "centre"):
            if getattr(self, name):
                self._require_method(_flag(name), [PATCH])
        if self.method == PATCH and self.target is None:
            raise InputError("Expected target with --method patch: the class that it stands for.")
        self.options  # noqa: B018 - or an error

    def _require_method(self, flag: str, methods: Collection[str]) -> None:
        if self.method not in methods:
            raise InputError(
                f"Expected {flag} with --method {' or '.join(methods)} only, received it with "
                f"--method {self.method}."
            )

    @property
    def options(self) -> Any:
        """The method's options."""
        if self.method == PATCH:
            return PatchOptions(**self.patch, seed=self.seed)
        if self.method == "pgd":
            return PgdOptions(**self.gradient, seed=self.seed)
        return FgsmOptions(**self.gradient)

    def _require_names(self, subject: ModelSpec | Network) -> tuple[str | int, ...]:
        classes = super()._require_names(subject)
        if self.target is not None and subject.labels is not None:
            subject.labels.index(self.target)
        return classes

    def fitted(self, subject: ModelSpec | Network) -> Self:
        """See `NetworkSettings.fitted`; the target too."""
        found = super().fitted(subject)
        if self.target is None or subject.labels is None:
            return found
        return replace(found, target=subject.labels.index(self.target))

    def require_files(self) -> None:
        """Raise an `InputError` if a file is not there, or the output cannot be written."""
        super().require_files()
        for file in self.train:
            if not exists(file):
                raise InputError(f"No image file {str(file)!r}.")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
