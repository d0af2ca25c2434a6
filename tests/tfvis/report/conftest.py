"""Results made by hand, of which everything is known, and how two results are compared."""

import math
import pickle
from unittest import mock

import numpy as np
import pytest
from equal_results import require
from small_evaluations import small_evaluation

from tfvis.attacks import AdversarialSample
from tfvis.evaluation.box_localisation import BoxLocalisation, LocatedObject
from tfvis.evaluation.evaluations import Evaluation
from tfvis.evaluation.scene_results import SceneLocalisation, Scores
from tfvis.experiments.outcomes import Experiment
from tfvis.explainers.base import ClassMap, NothingSelected
from tfvis.explainers.compared import ChangedGroup, Comparison
from tfvis.explainers.explanation import Explanation
from tfvis.explainers.layer_evidence import LayerEvidence
from tfvis.explainers.layer_recommendation import Recommendation
from tfvis.explainers.masks import Inversion, MaskExplanation
from tfvis.explainers.surveyed_layers import LayerSurvey
from tfvis.utils import sheets
from tfvis.utils.answers import Answer
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.feature_groups import FeatureGroup, FeatureGroups
from tfvis.utils.file_names import class_name
from tfvis.utils.labels import Labels
from tfvis.utils.layer_facts import LayerStructure
from tfvis.utils.provenance import Provenance, versions

LABELS = Labels([("crane",), ("../../etc/passwd",), ("crane", "bird"), ("cat / dog",)])


_DRAWN = {}


@pytest.fixture(autouse=True, scope="module")
def sheets_are_drawn_once():
    """Tests write the same few results again and again; test_sheets.py and others draw them."""
    draw = sheets.sheet

    def drawn(*arguments):
        key = pickle.dumps(arguments)
        if key not in _DRAWN:
            _DRAWN[key] = draw(*arguments)
        return _DRAWN[key].copy()

    with mock.patch.object(sheets, "sheet", drawn):
        yield


@pytest.fixture(scope="session")
def made():
    """What made a result: defaults, and what a test changes of them."""

    def make(class_index=3, **changes):
        options = {"grouping": "FactorAnalysis", "seed": 5, "n_groups": None, "icons": {"size": 16}}
        given = {
            "method": "feature groups",
            "network": "googlenet",
            "weights": "5" * 64,
            "image": "a" * 64,
            "image_name": "photo",
            "image_file": "f" * 64,
            "image_size": (8, 8),
            "class_name": None if class_index is None else class_name(LABELS, class_index),
            "layer": "block/a",
            "options": options | changes.pop("options", {}),
            "versions": dict(versions()),
        }
        return Provenance(**given | changes)

    return make


@pytest.fixture(scope="session")
def explanation(made):
    """An explanation of six channels by up to two groups."""

    def make(class_index=3, n=2, *, origin=None, **changes):
        values = np.array([4.0, 3.0, 2.0, 0.5, -1.0, -2.0])
        attribution = ChannelAttribution(
            "Shap", "block/a", class_index, values, standard_error=np.full(6, math.nan), total=6.5,
            evaluations=10, provenance=origin or made(class_index),
        )  # fmt: skip
        groups = (
            FeatureGroup(np.array([0, 2]), values[[0, 2]], values[[0, 2]]),
            FeatureGroup(np.array([1]), values[[1]], values[[1]]),
        )[:n]
        rng = np.random.default_rng(0)
        parts = rng.random((n, 8, 8), np.float32)
        given = {
            "map": parts.sum(axis=0),
            "parts": parts,
            "image": rng.random((8, 8, 3), np.float32),
            "class_index": class_index,
            "label": LABELS[class_index],
            "method": "feature groups",
            "provenance": origin or made(class_index),
            "groups": FeatureGroups(groups, attribution, "pos", np.array([3]), None),
            "signed_maps": rng.standard_normal((n, 4, 4), np.float32),
            "maps_of": "attribution",
            "cut": 0.0,
            "icons": rng.random((n, 16, 16, 3), np.float32),
            "icon_objectives": np.arange(1.0, n + 1),
            "image_objectives": np.ones(n),
            "seconds": {"attribution": 2.0, "icons": 1.0},
        }
        return Explanation(**given | changes)

    return make


@pytest.fixture(scope="session")
def mask(made):
    """A mask for a class, or for none."""

    def make(class_index, label="", **changes):
        rng = np.random.default_rng(0)
        image = rng.random((8, 8, 3), np.float32)
        given = {
            "map": rng.random((8, 8)),
            "image": image,
            "class_index": class_index,
            "label": label,
            "method": "guided inversion",
            "provenance": made(None, method="guided inversion", layer=None),
            "mixture": image,
            "complement": 1 - image,
            "weights": np.ones(4),
            "losses": np.array((2.0, 1.0)),
            "logits": np.ones(4),
            "kept_logits": np.full((2, 4), 2.0),
            "hidden_logits": np.zeros((2, 4)),
        }
        return MaskExplanation(**given | changes)

    return make


@pytest.fixture(scope="session")
def class_map(made):
    """A map of a method without anything else on it."""

    def make(kind=ClassMap, **changes):
        rng = np.random.default_rng(1)
        given = {
            "map": rng.random((8, 8), np.float32),
            "image": rng.random((8, 8, 3), np.float32),
            "class_index": 3,
            "label": LABELS[3],
            "method": "Grad-CAM",
            "provenance": made(method="Grad-CAM"),
        }
        return kind(**given | changes)

    return make


@pytest.fixture(params=["explanation", "inversion", "mask", "class_map"])
def any_result(request, explanation, mask, class_map):
    """A result of each kind that explains one image."""
    make = {
        "explanation": explanation,
        "inversion": lambda: Inversion(saliency=mask(None), discriminated=(mask(3, "cat / dog"),)),
        "mask": lambda: mask(3, "cat / dog"),
        "class_map": class_map,
    }
    return make[request.param]()


@pytest.fixture(scope="session")
def localisation(made):
    """Three objects, one method and two alphas."""

    def make(**changes):
        objects = tuple(
            LocatedObject(
                name, (30, 40), k, LABELS[k], np.array([[1, 2, 3.25, 4], [5, 6, 7, 8]]), 1.5
            )
            for k, name in enumerate(("a,b.jpg", '"q".png', "\udcffx.png"))
        )
        boxes = np.arange(24.0).reshape(3, 2, 4)
        boxes[2, 0] = np.nan
        given = {
            "alphas": (0.0, 1.5),
            "objects": objects,
            "overlaps": {"m": np.array([[0.9, 0.2], [0.6, 0.4], [0.0, 0.7]])},
            "found": {"m": boxes},
            "problems": {"m": (None, "it is silent", None)},
            "title": "my/table",
            "provenance": made(None, image=None, image_file=None, image_name="my/table"),
            "seconds": 1.23456,
        }
        return BoxLocalisation(**given | changes)

    return make


@pytest.fixture(scope="session")
def sample(made):
    """An image that was changed by up to eight levels, and is answered otherwise."""
    before = np.random.default_rng(0).integers(20, 230, (8, 8, 3))
    after = before + np.random.default_rng(1).integers(-8, 9, before.shape)
    return AdversarialSample(
        image=np.float32(before) / np.float32(255),
        sample=np.float32(after) / np.float32(255),
        class_index=3,
        label="cat / dog",
        target=0,
        target_label="crane",
        answer_label="crane",
        logits=np.float32([1, 0, 0, 3]),
        sample_logits=np.float32([4, 0, 0, 2]),
        method="pgd",
        provenance=made(method="pgd"),
    )


@pytest.fixture(scope="session")
def scored(made):
    """Two methods and two metrics on some scenes; of the second one score is not known."""

    def make(n=4, **options):
        rng = np.random.default_rng(0)
        thresholds = {"iou": np.array([0.25, 0.5])}

        def scores(problem):
            values = {"pointing": rng.random((n, 2)), "iou": rng.random((n, 2, 2))}
            return Scores(values, thresholds, ((None, problem),) + ((None, None),) * (n - 1))

        asked = {"explainers": {"Grad-CAM": {"layer": "a"}}, "scenes": {"count": n, "sha256": "e"}}
        origin = made(
            None, method="scene localisation", image=None, image_name=None, image_file=None,
            image_size=None, layer=None, options=asked | options,
        )  # fmt: skip
        methods = {"Grad-CAM": scores(None), "mine, too": scores("It diverged.")}
        return SceneLocalisation(methods, 1, 5, origin)

    return make


@pytest.fixture(scope="session")
def comparison(made):
    """Three channels in two groups, one of them lost, and a third that is in none."""

    def make(**changes):
        rng = np.random.default_rng(0)
        before, after = np.array([4.0, 3.0, -1.0]), np.array([0.5, 3.25, -2.0])

        def group(name, k):
            return ChangedGroup(name=name, channels=np.array([k]), before=float(before[k]),
                                after=float(after[k]), weights=np.eye(3)[k])  # fmt: skip

        given = {
            "image": rng.random((8, 8, 3), np.float32),
            "image_after": rng.random((8, 8, 3), np.float32),
            "class_index": 3,
            "label": LABELS[3],
            "layer": "block/a",
            "sign": "pos",
            "before": ChannelAttribution("IGSG", "block/a", 3, before),
            "after": ChannelAttribution("IGSG", "block/a", 3, after),
            "logit_before": 6.0,
            "logit_after": 1.75,
            "groups": (group("group 0", 0), group("group 1", 1)),
            "rest": group("channels in no group", 2),
            "maps_of": "attribution",
            "cut": 0.0,
            "colormap": "inferno",
            "signed_before": rng.standard_normal((3, 4, 4), np.float32),
            "signed_after": rng.standard_normal((3, 4, 4), np.float32),
            "image_objectives": np.array([[1.0, 0.25], [2.0, 2.5]]),
            "icons": rng.random((2, 16, 16, 3), np.float32),
            "icon_objectives": np.array([5.0, 6.0]),
            "provenance": made(),
        }
        return Comparison(**given | changes)

    return make


def structures():
    known = LayerStructure(
        layer="block/a", shape=(4, 4, 6), receptive_field=(3, 5), field_by="computed",
        multiply_adds=123_456, work=0.25,
    )  # fmt: skip
    unknown = LayerStructure(
        layer="=b", shape=(2, 2, 8), receptive_field=None, field_by=None, multiply_adds=None,
        work=None,
    )  # fmt: skip
    return known, unknown


@pytest.fixture(scope="session")
def surveyed(made):
    """Two layers, of one of which little is known and where nothing stands out."""

    def make(**options):
        rng = np.random.default_rng(0)
        found = LayerEvidence(
            channels=0.75, groups=0.5, area=0.125, group_area=0.1, n_selected=4, n_groups=3,
            total=2.5, gap=0.25, signed_map=rng.standard_normal((4, 4)).astype(np.float32),
        )  # fmt: skip
        nothing = LayerEvidence(
            channels=0.0, groups=None, area=0.5, group_area=None, n_selected=0, n_groups=0,
            total=0.0, gap=0.0, signed_map=np.zeros((2, 2), np.float32), problem="It is silent.",
        )  # fmt: skip
        return LayerSurvey(
            network="googlenet", input_size=(8, 8), layers=structures(), evidence=(found, nothing),
            recommendation=Recommendation(layer="block/a", reason="so it is", agreement=(1.0, 0.0)),
            image=rng.random((8, 8, 3), np.float32), class_index=3, label="cat / dog", logit=1.5,
            answers=(Answer(0, "crane", 3.0, 0.75), Answer(3, "cat / dog", 1.5, 0.25)),
            seconds={"structure": 1.23456},
            provenance=made(method="layers", layer=None, options=options),
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def structure(made):
    """The same without an image."""
    origin = made(
        None, method="layers", image=None, image_name=None, image_file=None, image_size=None,
        layer=None,
    )  # fmt: skip
    return LayerSurvey(network="my/net", input_size=(8, 8), layers=structures(), provenance=origin)


@pytest.fixture(scope="session")
def evaluated(made):
    """Two explainers scored by four metrics; one problem."""

    def make(n=3, *, options=None, **changes):
        asked = {"cases": {"images": n}} | (options or {})
        origin = made(
            None, method="evaluation", image=None, image_name=None, image_file=None,
            image_size=None, layer=None, options=asked,
        )  # fmt: skip
        return small_evaluation(origin, n, **changes)

    return make


@pytest.fixture(scope="session")
def experiment(made):
    """A finished experiment whose results lie elsewhere."""
    return Experiment(
        name="two-classes", title="Two classes <of> one image", findings=("One thing.", "Another."),
        folders=("images/photo/crane",), provenance=made(method="experiment"),
    )  # fmt: skip


@pytest.fixture(scope="session")
def result_of(
    explanation, class_map, mask, comparison, sample, localisation, scored, surveyed, experiment,
    evaluated,
):  # fmt: skip
    """A result of any kind that is saved or read back."""
    make = {
        Explanation: explanation,
        ClassMap: class_map,
        NothingSelected: lambda: class_map(NothingSelected, problem="no channel stands out"),
        MaskExplanation: lambda: mask(3, "cat / dog"),
        Inversion: lambda: Inversion(saliency=mask(None), discriminated=(mask(3, "cat / dog"),)),
        Comparison: comparison,
        AdversarialSample: lambda: sample,
        BoxLocalisation: localisation,
        SceneLocalisation: scored,
        Evaluation: evaluated,
        LayerSurvey: surveyed,
        Experiment: lambda: experiment,
    }
    return lambda kind: make[kind]()


@pytest.fixture(scope="session")
def require_equal():
    """Raise unless two values are the same: kinds, fields, and arrays bit for bit.

    Results must also be equal by `==`.
    """

    return require
