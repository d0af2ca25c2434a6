"""How icons are rendered, known before any heavy library is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .choices import AUTO, DTYPES, MINIMUM_SIDE
from .errors import InputError, require_count, unknown
from .options import option

PARAMETERISATIONS = ("aligned", "fourier", "phases")
TRANSFORM_SETS = ("paper", "jitter", "none")
MAXIMUM_SIDE = 4096
"""The largest icons, in pixels a side: beyond it no machine's memory holds a step."""

REDIRECTED_RELU_STEPS = 16
"""Steps with redirected ReLUs, as many as lucid takes."""

LEARNING_RATE, BETA_1, BETA_2 = 0.05, 0.0, 0.9
"""Adam's, for images that are transformed at random before each step."""


TOLERANCE, PATIENCE = 0.02, 32
"""When the objectives of icons count as settled: docs/methods.md has the measurements."""


@dataclass(frozen=True)
class IconOptions:
    """How icons are rendered.

    Attributes:
        steps: of Adam, at most.
        size: height and width of the icons, in pixels.
        learning_rate: α of Adam.
        beta_1: β₁ of Adam; 0 for no momentum.
        beta_2: β₂ of Adam.
        parameterisation: "aligned", Fourier images plus shared small images, which makes the icons
            of several groups line up; "fourier", Fourier images that share nothing; or "phases",
            the same with the magnitudes of rendered scenes, of which the phases alone are
            optimised; see `tfvis.utils.Phases`.
        decay: exponent with which amplitudes fall with frequency; larger values give smoother
            icons. With "phases" it must be 1.
        transforms: random transforms before each step: "paper" (Shi et al. 2020), "jitter" (shifts
            of up to 4 pixels alone), "none", or a tuple of `tfvis.utils.transforms`.
        dtype: what the network computes in: "float32", "bfloat16", "float16", or "auto"; see
            `tfvis.utils.number_formats.fastest_format`. Results have what "auto" stood for.
        tolerance: end the optimisation when the objectives have risen by no more than this share
            within `patience` steps, on average over the icons; 0 to make all `steps`.
        patience: see `tolerance`.
        cosine_power: p of the objective max(cos, 0.1)^p · dot, with the cosine of the channels'
            weights and the activations; 0 for dot alone. See `tfvis.utils.losses.cosine_mean`.
        area: share of an icon's area that is shown, from above 0 to 1; see
            `tfvis.utils.icon_areas.faded`.
        batch_size: how many icons go through the network at once; bounds the memory.
        redirected_relu_steps: in how many steps, from the first, an icon on which its channels are
            silent takes the gradient of redirected ReLUs; 0 for none. See
            `redirected_relu.redirected_gradient`.

    Raises:
        InputError: on construction, for a value that cannot be used.

    Example:
        >>> IconOptions(steps=64).size
        224
    """

    steps: int = option(512, "steps of the icons' optimisation, at most", metavar="N")
    size: int = option(224, "height and width of the icons", metavar="PIXELS")
    learning_rate: float = option(
        LEARNING_RATE, "learning rate of the icons' optimisation", metavar="RATE"
    )
    beta_1: float = option(
        BETA_1, "beta_1 of Adam in the icons' optimisation; 0 for no momentum", metavar="BETA"
    )
    beta_2: float = option(BETA_2, "beta_2 of Adam in the icons' optimisation", metavar="BETA")
    parameterisation: str = option(
        "aligned",
        "what icons are made of: aligned (Fourier images plus shared small images), fourier, or "
        "phases (Fourier images that keep the magnitudes of rendered scenes)",
        metavar="NAME",
    )
    decay: float = option(
        1.0, "exponent with which the icons' amplitudes fall with frequency", metavar="EXPONENT"
    )
    transforms: Any = option(
        "paper", "random transforms before each step: paper, jitter or none", metavar="NAME"
    )
    dtype: str = option(
        AUTO,
        "number format of the icons' network: float32, bfloat16, float16, or auto, bfloat16 where "
        "the processor or GPU computes it fast",
        metavar="DTYPE",
    )
    tolerance: float = option(
        TOLERANCE,
        "end the icons' optimisation when their objectives rise by no more than this share in "
        "--icon-patience steps; 0 to make all steps",
        metavar="SHARE",
    )
    patience: int = option(PATIENCE, "steps over which --icon-tolerance looks", metavar="N")
    cosine_power: float = option(
        0.0,
        "exponent with which an icon's objective looks at the cosine of its channels' weights and "
        "the activations, which keeps other channels silent; 0 to leave that out",
        metavar="EXPONENT",
    )
    area: float = option(
        1.0,
        "share of an icon's area that is shown, where its objective's gradient was largest; the "
        "rest fades to grey",
        metavar="SHARE",
    )
    batch_size: int = option(
        10, "how many icons go through the network at once; fewer take less memory", metavar="N"
    )
    redirected_relu_steps: int = option(
        REDIRECTED_RELU_STEPS,
        "in how many steps, from the first, ReLUs let the gradient pass for icons whose channels "
        "are silent; 0 for none",
        metavar="N",
    )

    def __post_init__(self) -> None:
        require_count("icon_steps", self.steps)
        require_count("icon_batch_size", self.batch_size)
        require_count("icon_redirected_relu_steps", self.redirected_relu_steps, 0)
        require_count("icon_size", self.size, MINIMUM_SIDE)
        if self.size > MAXIMUM_SIDE:
            raise InputError(
                f"Expected icon_size to be at most {MAXIMUM_SIDE}, received {self.size}."
            )
        if self.size % 2:
            raise InputError(
                f"Expected icon_size to be even, received {self.size}. Closest: {self.size + 1}."
            )
        for name in ("learning_rate", "decay"):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise InputError(f"Expected icon_{name} above 0, received {value!r}.")
        for name in ("beta_1", "beta_2"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise InputError(f"Expected icon_{name} from 0 to below 1, received {value!r}.")
        if self.dtype not in (AUTO, *DTYPES):
            raise unknown("icon_dtype", self.dtype, (AUTO, *DTYPES))
        if not 0 <= self.tolerance < float("inf"):
            raise InputError(f"Expected icon_tolerance of 0 or more, received {self.tolerance!r}.")
        require_count("icon_patience", self.patience)
        if not 0 <= self.cosine_power < float("inf"):
            raise InputError(
                f"Expected icon_cosine_power of 0 or more, received {self.cosine_power!r}."
            )
        if not 0 < self.area <= 1:
            raise InputError(f"Expected icon_area above 0 and at most 1, received {self.area!r}.")
        if self.parameterisation not in PARAMETERISATIONS:
            raise unknown("icon_parameterisation", self.parameterisation, PARAMETERISATIONS)
        if self.parameterisation == "phases" and self.decay != 1:
            raise InputError(
                f"Expected icon_decay to be 1 with icon_parameterisation phases, whose amplitudes "
                f"are those of scenes, received {self.decay!r}."
            )
        if isinstance(self.transforms, str) and self.transforms not in TRANSFORM_SETS:
            raise unknown("icon_transforms", self.transforms, TRANSFORM_SETS)
