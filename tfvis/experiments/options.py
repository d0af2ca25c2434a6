"""How the experiments are run, known before any heavy library is imported."""

from __future__ import annotations

from dataclasses import dataclass

from tfvis.utils.errors import require_count
from tfvis.utils.options import option

from ..attacks.options import FgsmOptions, PatchOptions
from ..explainers.options import FeatureGroupOptions

__all__ = ["ExperimentOptions"]

ICON_STEPS = 64


@dataclass(frozen=True, kw_only=True)
class ExperimentOptions:
    """What the experiments have in common.

    Attributes:
        icon_steps: steps of each icon's optimisation; no icons if 0.
        channels: so many of each group's channels are shown beside it in `single-channels`.
        groups: so many of the groups have their channels shown there.
        epsilon: the budget of FGSM in `lost-features`, in 1/255.
        patch_side: height and width of the patch there, in pixels.
        patch_steps: steps of the patch's optimisation.
        seed: random seed of all that is random.
    """

    icon_steps: int = option(
        ICON_STEPS, "steps of each icon's optimisation; 0 for no icons", metavar="N"
    )
    channels: int = option(3, "single-channels: so many channels of each group", metavar="N")
    groups: int = option(3, "single-channels: so many groups, the strongest", metavar="N")
    epsilon: float = option(8.0, "lost-features: budget of FGSM, in 1/255", metavar="LEVELS")
    patch_side: int = option(90, "lost-features: side of the patch", metavar="PIXELS")
    patch_steps: int = option(100, "lost-features: steps of the patch's training", metavar="N")
    seed: int = option(5, "random seed", metavar="N")

    def __post_init__(self) -> None:
        require_count("icon_steps", self.icon_steps, 0)
        for name in ("channels", "groups", "patch_side", "patch_steps"):
            require_count(name, getattr(self, name))
        _ = self.fgsm, self.patch  # or an error

    @property
    def fgsm(self) -> FgsmOptions:
        """The options of FGSM."""
        return FgsmOptions(epsilon=self.epsilon)

    @property
    def patch(self) -> PatchOptions:
        """The options of the adversarial patch."""
        return PatchOptions(
            side=self.patch_side, steps=self.patch_steps, batch_size=8, seed=self.seed
        )

    def feature_groups(self, layer: str, sign: str = "pos") -> FeatureGroupOptions:
        """How channels are attributed and grouped."""
        return FeatureGroupOptions(layer=layer, sign=sign, seed=self.seed)
