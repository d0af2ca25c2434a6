"""Explanations as a mosaic for a paper: a section a class, a panel a group."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tfvis.utils.errors import InputError
from tfvis.utils.mosaic_options import MosaicOptions
from tfvis.utils.mosaics import MosaicPanel, MosaicSection, mosaic_figure
from tfvis.utils.options import changed

from .explanation import Explanation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["explanation_section", "mosaic"]

NO_ICON = "no icon"
_SIDES = {"pos": "features for", "neg": "features against"}


def mosaic(
    results: Explanation | MosaicSection | Iterable[Explanation | MosaicSection],
    options: MosaicOptions | None = None,
    **changes: Any,
) -> Figure:
    """A figure for a paper: each group's icon over its heat map, with its score below.

    Every explanation is a section whose heading is its class. The heading also says the image, the
    network, the layer, the sign, the attribution method and the grouping, each only where the
    explanations differ in it; the sign also where it is negative.

    Args:
        results: explanations, as `tfvis.explain` and `tfvis.load_result` give them, or sections
            made by hand; one below the other. One may be given alone.
        options: width in millimetres, columns, and so on; the defaults if left out.
        **changes: single options.

    Returns:
        A matplotlib figure of exactly the width that is asked for; `tfvis.report.write_figure`
        writes it as PNG and PDF.

    Raises:
        InputError: something else than explanations and sections, or none; a value that cannot be
            used; or the figure would be too high.

    Example:
        >>> import tfvis
        >>> from tfvis.explainers import mosaic
        >>> net = tfvis.load_model("critters")
        >>> image = tfvis.example_image("dog_cat224", net.input_size)
        >>> found = tfvis.explain(net, image, ["dog", "cat"], icons=False)
        >>> figure = mosaic(found, width=88, columns=4)
        >>> round(figure.get_figwidth() * 25.4)
        88
    """
    options = changed(MosaicOptions, options, changes)
    given = list(results) if isinstance(results, Iterable) else [results]
    for own in given:
        if not isinstance(own, Explanation | MosaicSection):
            raise InputError(
                f"Expected explanations, or sections of a mosaic, received {type(own).__name__}."
            )
    details = iter(_details([own for own in given if isinstance(own, Explanation)]))
    sections = [
        explanation_section(own, detail=next(details), options=options)
        if isinstance(own, Explanation)
        else own
        for own in given
    ]
    return mosaic_figure(sections, options)


def explanation_section(
    explanation: Explanation,
    *,
    heading: str | None = None,
    detail: str = "",
    options: MosaicOptions | None = None,
) -> MosaicSection:
    """An explanation's groups as a section of a mosaic.

    The caption of a group is what it adds to the class's logit: its score, with a minus before that
    of features against the class.

    Args:
        explanation: the explanation. Where its icons are missing, their places say so; where none
            were asked for, it has heat maps alone.
        heading: the class's name if left out.
        detail: words after the heading.
        options: `scores` and `colormap` count.
    """
    options = MosaicOptions() if options is None else options
    if options.colormap is not None:
        explanation = replace(explanation, colormap=options.colormap)
    direction = {"pos": 1, "neg": -1}[explanation.sign]
    panels = []
    for k, (group, heat_map) in enumerate(
        zip(explanation.groups, explanation.overlays(), strict=True)
    ):
        icon = NO_ICON if explanation.icons_missing else None
        panels.append(
            MosaicPanel(
                icon=icon if explanation.icons is None else explanation.icons[k],
                heat_map=heat_map,
                caption=signed(direction * group.score) if options.scores else "",
            )
        )
    heading = explanation.label if heading is None else heading
    return MosaicSection(heading=heading, detail=detail, panels=panels)


def signed(value: float) -> str:
    """A score with its sign, and at least two digits that count.

    Example:
        >>> signed(1.234), signed(-12.34), signed(0.01234), signed(456.7)
        ('+1.23', '−12.34', '+0.012', '+457')
    """
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size >= 100:
        text = f"{value:+.0f}"
    elif size >= 0.1 or value == 0:
        text = f"{value:+.2f}"
    elif size >= 0.0001:
        text = f"{value:+.{1 - math.floor(math.log10(size))}f}"
    else:
        text = f"{value:+.1g}"
    return text.replace("-", "−", 1)


def _details(explanations: Sequence[Explanation]) -> list[str]:
    """What tells explanations apart, besides their classes."""
    columns = []
    for name, values in _facts(explanations).items():
        if len(set(values)) > 1 or (name == "sign" and set(values) == {_SIDES["neg"]}):
            columns.append(values)
    return [", ".join(filter(None, row)) for row in zip(*columns, strict=True)] or [""] * len(
        explanations
    )


def _facts(explanations: Sequence[Explanation]) -> dict[str, list[str]]:
    """By what it is, a word for each explanation; in the order in which they are said."""
    facts: dict[str, list[str]] = {
        name: [] for name in ("sign", "layer", "method", "grouping", "network", "image")
    }
    for own in explanations:
        made = own.provenance
        facts["sign"].append(_SIDES[own.sign])
        facts["layer"].append(own.layer)
        facts["method"].append(own.groups.attribution.method)
        facts["grouping"].append(own.grouping)
        facts["network"].append("" if made is None else made.network)
        facts["image"].append("" if made is None else made.image_name or "")
    return facts
