"""What `tfvis evaluate` is asked to do, checked as far as that needs no heavy library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.file_names import as_text

from ..evaluation.evaluation_defaults import BATCH, OPTIMISED_CASES, SCENES
from ..evaluation.metric_names import ABOUT
from ..explainers.registry import compared, method_of
from ..models.auto import AUTO
from ..models.registry import ModelSpec
from .base import RunSettings, exists, layer_names

if TYPE_CHECKING:
    from typing_extensions import Self

    from tfvis.utils.network import Network


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings(RunSettings):
    """The options of `tfvis evaluate`.

    Attributes:
        images: files, and folders of images; rendered scenes if empty.
        scenes: how many of these, of each kind; 100 if None.
        explainers: names of the registry; those with one map a class that optimise no mask if
            empty.
        metrics: names; all default ones that the cases allow if empty.
        top: how many of an image's answers are explained where no classes are named.
        layer: that named explainers look at; the default of each if None.
        slow: whether explainers that optimise a mask are among the default ones.
        slow_cases: so many cases of each kind these explain.
        batch_size: cases that are explained together.
        name: of the results.

    Raises:
        InputError: on construction, for a value that cannot be used. Files are looked at by
            `require_files` alone.
    """

    images: tuple[Path, ...] = ()
    scenes: int | None = None
    explainers: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    top: int = 1
    layer: str | None = None
    slow: bool = False
    slow_cases: int = OPTIMISED_CASES
    batch_size: int = BATCH
    name: str | None = None
    fit: str = "crop"
    output: Path = Path("generated")

    def __post_init__(self) -> None:
        if self.scenes is not None:
            require_count("scenes", self.scenes)
            if self.images:
                raise InputError(
                    f"Expected --scenes without images, received --scenes {self.scenes} and "
                    f"{str(self.images[0])!r}."
                )
        for name in ("top", "slow_cases", "batch_size"):
            require_count(name, getattr(self, name))
        if not self.images and (self.classes or self.top > 1):
            given = "--top" if self.top > 1 else "--classes"
            raise InputError(f"Expected {given} with --images: scenes have their classes.")
        if self.classes and self.top > 1:
            raise InputError("Expected --classes or --top, received both.")
        if self.slow and self.explainers:
            raise InputError(
                "Expected --slow without --explainers, received both: name the explainers that "
                "optimise a mask."
            )
        if self.name is not None and not self.name.strip():
            raise InputError(f"Expected name to have a letter or more, received {self.name!r}.")
        named = tuple(dict.fromkeys(method_of(own).name for own in self.explainers))
        object.__setattr__(self, "explainers", named)
        for metric in self.metrics:
            if metric not in ABOUT:
                raise unknown("metric", metric, ABOUT)
        object.__setattr__(self, "metrics", tuple(dict.fromkeys(self.metrics)))
        if self.layer is not None and not any(method_of(own).takes("layer") for own in self.named):
            raise InputError(
                f"Expected --layer with an explainer of a layer, received --layer {self.layer} "
                f"with --explainers {'; '.join(self.named)}."
            )
        super().__post_init__()

    @property
    def n_scenes(self) -> int:
        """How many scenes of each kind are rendered where there are no images."""
        return SCENES if self.scenes is None else self.scenes

    @property
    def named(self) -> tuple[str, ...]:
        """The explainers that are compared."""
        return self.explainers or compared(optimised=self.slow)

    @property
    def title(self) -> str:
        """What the results are called."""
        if self.name is not None:
            return self.name
        if not self.images:
            return "critters scenes"
        first = self.images[0].absolute()
        return as_text((first.name if first.is_dir() else first.stem) or "images")

    def require_files(self) -> None:
        """Raise an `InputError` if an image is not there, or the output cannot be written."""
        super().require_files()
        for path in self.images:
            if not exists(path):
                raise InputError(f"No image or folder {str(path)!r}.")

    def offline(self) -> Self:
        """The same with a network that knows the scenes, where there are no images."""
        if not self.images and self.model == AUTO:
            return replace(self, model="critters")
        return self

    def _require_names(self, subject: ModelSpec | Network) -> tuple[str | int, ...]:
        if self.layer is not None:
            layer_names(subject, (self.layer,))
        return super()._require_names(subject)
