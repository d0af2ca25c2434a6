"""`report.html`: a result as one page that opens anywhere and loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .assembling import LIMIT, Contents, PageTooLargeError, assembled

__all__ = ["LIMIT", "Contents", "PageTooLargeError", "page_of"]


def page_of(
    result: Any,
    command: Sequence[str] | None = None,
    *,
    limit: int = LIMIT,
    folder: Path | None = None,
) -> str:
    """A result as a page: HTML that holds its pictures, its numbers and its program.

    Args:
        result: of any kind that can be saved.
        command: the words of the command that made it; None for a result made in Python.
        limit: the most bytes that the page may have; pictures are scaled down until it fits.
        folder: the result's folder, as far as it is written: the page of an experiment shows the
            figure that is there, and pictures of the results that lie beside it.

    Raises:
        PageTooLargeError: the numbers alone are larger than the limit.
    """
    return assembled(_contents(result, command, folder), limit)


def _contents(result: Any, command: Sequence[str] | None, folder: Path | None) -> Contents:
    from ...experiments.outcomes import Experiment
    from .experiments import experiment_page

    if isinstance(result, Experiment):
        return experiment_page(result, command, folder)
    for kind, page in _pages():
        if isinstance(result, kind):
            return page(result, command)
    raise TypeError(f"Expected a result that has a page, received {type(result).__name__}.")


def _pages() -> tuple[tuple[type, Callable[..., Contents]], ...]:
    """The kinds of results and what makes their pages; a kind comes before those it extends."""
    from ...attacks.samples import AdversarialSample
    from ...evaluation.box_results import BoxLocalisation
    from ...evaluation.evaluations import Evaluation
    from ...evaluation.scene_results import SceneLocalisation
    from ...explainers.base import ClassMap
    from ...explainers.compared import Comparison
    from ...explainers.explanation import Explanation
    from ...explainers.masks import Inversion, MaskExplanation
    from ...explainers.surveyed_layers import LayerSurvey
    from ...runtime.saving import Shown
    from .attacks import attack_page
    from .comparisons import comparison_page
    from .evaluations import evaluation_page
    from .explanations import explanation_page
    from .layer_surveys import survey_page
    from .localisations import localisation_page
    from .maps import map_page, sheet_page
    from .masks import inversion_page, mask_page
    from .scene_localisations import scene_page

    return (
        (Explanation, explanation_page),
        (MaskExplanation, mask_page),
        (ClassMap, map_page),
        (Comparison, comparison_page),
        (AdversarialSample, attack_page),
        (Inversion, inversion_page),
        (LayerSurvey, survey_page),
        (BoxLocalisation, localisation_page),
        (SceneLocalisation, scene_page),
        (Evaluation, evaluation_page),
        (Shown, sheet_page),
    )
