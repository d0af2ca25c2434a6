"""Scores of explanations: on rendered scenes, on boxes, by deleting groups, with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..runtime.lazy_names import lazy_names

if TYPE_CHECKING:
    from .box_localisation import localise_boxes
    from .box_results import BoxLocalisation, FinishedBatch, LocatedObject
    from .cascade import Cascade, study_cascade
    from .case_metric_registry import (
        CaseMetric,
        case_metrics,
        register_case_metric,
        unregister_case_metric,
    )
    from .cases import Case, CaseList, image_cases, scene_cases
    from .deletion_study import DeletionStudy, study_deletion
    from .estimates import Estimate
    from .evaluating import evaluate
    from .evaluations import CaseScores, EvaluatedCase, Evaluation, FinishedCases, MetricFacts
    from .grid_pointing import GridPointing, study_grid_pointing
    from .group_agreement import adjusted_rand_index, matched_cosine
    from .group_checks import GroupCheck, check_groups
    from .group_deletion import GroupDeletion, delete_groups, insert_groups
    from .group_estimators import group_importance, ordered_by
    from .group_game import GroupGame, group_shapley
    from .group_stability import StabilityStudy, study_stability
    from .icon_specificity import IconStudy, study_icons
    from .metric_registry import Metric, metrics, register_metric, unregister_metric
    from .pixel_deletion import (
        ConfidenceChange,
        PixelCurve,
        confidence_change,
        delete_pixels,
        insert_pixels,
    )
    from .randomisation import randomised
    from .scene_localisation import localise_scenes
    from .scene_results import SceneLocalisation, Scores

# Their modules import heavy libraries.
_HOME = {
    "BoxLocalisation": "box_results",
    "Cascade": "cascade",
    "Case": "cases",
    "CaseList": "cases",
    "CaseMetric": "case_metric_registry",
    "CaseScores": "evaluations",
    "ConfidenceChange": "pixel_deletion",
    "DeletionStudy": "deletion_study",
    "Estimate": "estimates",
    "EvaluatedCase": "evaluations",
    "Evaluation": "evaluations",
    "FinishedBatch": "box_results",
    "FinishedCases": "evaluations",
    "GridPointing": "grid_pointing",
    "GroupCheck": "group_checks",
    "GroupDeletion": "group_deletion",
    "GroupGame": "group_game",
    "IconStudy": "icon_specificity",
    "LocatedObject": "box_results",
    "Metric": "metric_registry",
    "MetricFacts": "evaluations",
    "PixelCurve": "pixel_deletion",
    "SceneLocalisation": "scene_results",
    "Scores": "scene_results",
    "StabilityStudy": "group_stability",
    "adjusted_rand_index": "group_agreement",
    "case_metrics": "case_metric_registry",
    "check_groups": "group_checks",
    "confidence_change": "pixel_deletion",
    "delete_groups": "group_deletion",
    "delete_pixels": "pixel_deletion",
    "evaluate": "evaluating",
    "group_importance": "group_estimators",
    "group_shapley": "group_game",
    "image_cases": "cases",
    "insert_groups": "group_deletion",
    "insert_pixels": "pixel_deletion",
    "localise_boxes": "box_localisation",
    "localise_scenes": "scene_localisation",
    "matched_cosine": "group_agreement",
    "metrics": "metric_registry",
    "ordered_by": "group_estimators",
    "randomised": "randomisation",
    "register_case_metric": "case_metric_registry",
    "register_metric": "metric_registry",
    "scene_cases": "cases",
    "study_cascade": "cascade",
    "study_deletion": "deletion_study",
    "study_grid_pointing": "grid_pointing",
    "study_icons": "icon_specificity",
    "study_stability": "group_stability",
    "unregister_case_metric": "case_metric_registry",
    "unregister_metric": "metric_registry",
}

__all__ = [
    "BoxLocalisation",
    "Cascade",
    "Case",
    "CaseList",
    "CaseMetric",
    "CaseScores",
    "ConfidenceChange",
    "DeletionStudy",
    "Estimate",
    "EvaluatedCase",
    "Evaluation",
    "FinishedBatch",
    "FinishedCases",
    "GridPointing",
    "GroupCheck",
    "GroupDeletion",
    "GroupGame",
    "IconStudy",
    "LocatedObject",
    "Metric",
    "MetricFacts",
    "PixelCurve",
    "SceneLocalisation",
    "Scores",
    "StabilityStudy",
    "adjusted_rand_index",
    "case_metrics",
    "check_groups",
    "confidence_change",
    "delete_groups",
    "delete_pixels",
    "evaluate",
    "group_importance",
    "group_shapley",
    "image_cases",
    "insert_groups",
    "insert_pixels",
    "localise_boxes",
    "localise_scenes",
    "matched_cosine",
    "metrics",
    "ordered_by",
    "randomised",
    "register_case_metric",
    "register_metric",
    "scene_cases",
    "study_cascade",
    "study_deletion",
    "study_grid_pointing",
    "study_icons",
    "study_stability",
    "unregister_case_metric",
    "unregister_metric",
]

__getattr__, __dir__ = lazy_names(__name__, _HOME, __all__)
