"""A survey of layers as a table: in numbers, in words, and what its columns mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfvis.utils.layer_facts import MEASURED, LayerStructure

from .layer_evidence import TOP_CHANNELS, TOP_GROUPS, LayerEvidence

if TYPE_CHECKING:
    from .surveyed_layers import LayerSurvey

UNKNOWN = "not known"


def percent(share: float | None) -> str:
    """A share as people read it: "45 %", and "1.4 %" where it is small."""
    if share is None:
        return UNKNOWN
    return f"{share:.1%}".replace("%", " %") if share < 0.1 else f"{share:.0%}".replace("%", " %")


def field_in_words(layer: LayerStructure) -> str:
    """What a unit sees, in pixels: "59", "19 x 23", and "≥ 59" where it is measured."""
    if layer.receptive_field is None:
        return UNKNOWN
    height, width = layer.receptive_field
    text = str(height) if height == width else f"{height} x {width}"
    return f"≥ {text}" if layer.field_by == MEASURED else text


def layer_numbers(survey: LayerSurvey) -> list[dict[str, Any]]:
    """Each layer's numbers by the columns' names; see `LayerSurvey.to_dataframe`."""
    if not survey.evidence or survey.recommendation is None:
        return [_structure_numbers(own) for own in survey.layers]
    return [
        _structure_numbers(layer)
        | _evidence_numbers(own)
        | {"agreement": agreement, "recommended": layer.layer == survey.recommendation.layer}
        for layer, own, agreement in zip(
            survey.layers, survey.evidence, survey.recommendation.agreement, strict=True
        )
    ]


def _structure_numbers(layer: LayerStructure) -> dict[str, Any]:
    height, width, channels = layer.shape
    field = layer.receptive_field
    return {
        "layer": layer.layer,
        "height": height,
        "width": width,
        "channels": channels,
        "field_height": None if field is None else field[0],
        "field_width": None if field is None else field[1],
        "field_by": layer.field_by,
        "multiply_adds": layer.multiply_adds,
        "work": layer.work,
    }


def _evidence_numbers(own: LayerEvidence) -> dict[str, Any]:
    return {
        "share_of_channels": own.channels,
        "share_of_groups": own.groups,
        "area": own.area,
        "group_area": own.group_area,
        "n_selected": own.n_selected,
        "n_groups": own.n_groups,
        "total": own.total,
        "gap": own.gap,
        "problem": own.problem,
    }


def layer_rows(survey: LayerSurvey) -> list[tuple[str, ...]]:
    """See `LayerSurvey.rows`."""
    head = ("layer", "size", "sees", "work")
    if not survey.evidence or survey.recommendation is None:
        return [head, *(_structure(own) for own in survey.layers)]
    head += (f"{TOP_CHANNELS} channels", f"{TOP_GROUPS} groups", "area", "agrees", "gap", "")
    rows: list[tuple[str, ...]] = [head]
    agreement = survey.recommendation.agreement
    for layer, own, agrees in zip(survey.layers, survey.evidence, agreement, strict=True):
        marked = "recommended" if layer.layer == survey.recommendation.layer else ""
        rows.append((*_structure(layer), *_evidence(own), f"{agrees:.2f}", signed(own.gap), marked))
    return rows


def _structure(layer: LayerStructure) -> tuple[str, ...]:
    size = " x ".join(map(str, layer.shape))
    return layer.layer, size, field_in_words(layer), percent(layer.work)


def _evidence(own: LayerEvidence) -> tuple[str, ...]:
    groups = "none" if own.groups is None else percent(own.groups)
    return percent(own.channels), groups, percent(own.area)


def signed(value: float) -> str:
    """A number with its sign, which is + where it rounds to 0."""
    return f"{round(value, 2) + 0.0:+.2f}"


def notes(survey: LayerSurvey) -> list[str]:
    """See `LayerSurvey.notes`."""
    found = [
        "size: rows and columns of positions, and channels",
        f"sees: pixels a side that a unit sees{_how(survey)}",
        "work: multiply-adds of convolutions and products of matrices up to the layer, of all",
    ]
    if not survey.evidence or survey.recommendation is None:
        return found
    return [
        *found,
        f"{TOP_CHANNELS} channels, {TOP_GROUPS} groups: share of the sum of positive attributions "
        f"that the {TOP_CHANNELS} strongest channels carry, and the {TOP_GROUPS} best groups",
        "area: smallest share of the image that holds half of the selected channels' heat map",
        "agrees: with the median of all layers' heat maps, from 0 to 1",
        "gap: sum of attributions less the change of the logit that they explain",
        recommendation(survey),
    ]


def recommendation(survey: LayerSurvey) -> str:
    """The recommended layer and the reason, in a sentence; empty where there is none."""
    found = survey.recommendation
    return "" if found is None else f"Recommended: {found.layer}, since {found.reason}."


def _how(survey: LayerSurvey) -> str:
    """By what means receptive fields are known."""
    by = {own.field_by for own in survey.layers}
    if MEASURED not in by:
        return ", by the arithmetic of kernels and strides" if by != {None} else ""
    return ", by the arithmetic of kernels and strides; ≥ where measured by gradients"
