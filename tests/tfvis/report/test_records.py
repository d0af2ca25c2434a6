"""What `--json` prints of each kind of result."""

import json

import numpy as np
import pytest

from tfvis.experiments.outcomes import Experiment, Outcome
from tfvis.explainers.masks import Inversion
from tfvis.report import write
from tfvis.report.experiments import experiment_folder, write_experiment
from tfvis.report.records import record_of, records_of_experiment
from tfvis.utils.errors import InputError

SHARED = {"kind", "folder", "image", "class", "class_index", "layer", "problem"}


def test_every_kind_has_the_same_first_keys(any_result, tmp_path):
    folder = write(any_result, tmp_path)
    found = record_of(folder)
    assert set(found) >= SHARED
    assert (found["folder"], found["image"]) == (str(folder), "photo")
    json.dumps(found, allow_nan=False)


def test_an_explanation(explanation, tmp_path):
    found = record_of(write(explanation(), tmp_path))
    assert (found["kind"], found["class"], found["class_index"]) == ("explanation", "cat / dog", 3)
    assert (found["layer"], found["sign"], found["icons"]) == ("block/a", "pos", "rendered")
    assert [(group["score"], group["channels"]) for group in found["groups"]] == [
        (6.0, [0, 2]), (3.0, [1]),
    ]  # fmt: skip
    assert found["attribution"]["total"] == 6.5


def test_an_inversion_has_a_problem_if_a_step_has_one(mask, tmp_path):
    steps = (mask(3, "cat / dog", problem="it is silent"),)
    found = record_of(write(Inversion(saliency=mask(None), discriminated=steps), tmp_path))
    assert found["problem"] == "it is silent"
    first, second = found["steps"]
    assert (first["class"], first["logit"], first["problem"]) == (None, None, None)
    assert (second["class"], second["problem"]) == ("cat / dog", "it is silent")
    assert second["logit"] == {"image": 1.0, "kept": 2.0, "hidden": 0.0}
    assert (second["iterations"], second["loss"]) == (1, 1.0)


def test_a_localisation_has_each_methods_best(localisation, tmp_path):
    result = localisation()
    found = record_of(write(result, tmp_path))
    assert (found["name"], found["image"], found["objects"]) == ("my/table", None, 3)
    # Of overlaps 0.9, 0.6, 0.0 at the first alpha, one object is missed; at the second, two are.
    assert found["methods"]["m"] == {
        "best_alpha": 0.0, "error": pytest.approx(1 / 3), "mean_overlap": pytest.approx(0.5),
        "problems": 1,
    }  # fmt: skip


def test_an_evaluation_has_the_mean_of_each_explainer_and_metric(evaluated, tmp_path):
    result = evaluated()
    found = record_of(write(result, tmp_path))
    assert (found["kind"], found["image"], found["cases"]) == ("evaluation", None, 6)
    assert found["scores"] == {
        name: {metric: vars(own[name]) for metric, own in result.estimates.items() if name in own}
        for name in ("Grad-CAM", "mine, too")
    }
    assert "group_deletion" not in found["scores"]["Grad-CAM"]  # it has no groups


def test_a_localisation_on_scenes_has_the_mean_of_each_method_and_metric(scored, tmp_path):
    result = scored()
    found = record_of(write(result, tmp_path))
    assert (found["kind"], found["image"], found["scenes"]) == ("scene_localisation", None, 4)
    assert found["scores"] == {
        name: {metric: vars(own[name]) for metric, own in result.estimates.items()}
        for name in ("Grad-CAM", "mine, too")
    }


def test_of_one_image_there_is_no_interval(evaluated, tmp_path):
    found = record_of(write(evaluated(1), tmp_path))
    own = found["scores"]["Grad-CAM"]["pointing"]
    assert (own["low"], own["high"]) == (None, None)
    json.dumps(found, allow_nan=False)


def test_a_map_has_its_problem(class_map, tmp_path):
    found = record_of(write(class_map(problem="it is flat"), tmp_path))
    assert (found["kind"], found["method"], found["problem"]) == ("map", "Grad-CAM", "it is flat")
    assert found["largest"] == pytest.approx(class_map().map.max())


def test_an_experiment_comes_after_its_results(made, class_map, tmp_path):
    asked = Experiment(
        name="two-classes", title="t", findings=(), folders=(), provenance=made(method="experiment")
    )
    outcome = Outcome(results=(("a", class_map()),), sections=(), findings=("One thing.",))
    summary = write_experiment(outcome, asked, experiment_folder(tmp_path, "net", asked))
    first, last = records_of_experiment(summary)
    assert (first["kind"], last["kind"]) == ("map", "experiment")
    assert last["findings"] == ["One thing."]
    assert last["folders"] == [first["folder"]]
    assert record_of(summary)["name"] == "two-classes"


def test_no_result_is_refused(tmp_path):
    with pytest.raises(InputError, match="Expected a result folder of tfvis"):
        record_of(tmp_path)


def test_an_attack(made, tmp_path):
    from tfvis.attacks import AdversarialSample

    image = np.full((8, 8, 3), 100 / 255, np.float32)
    sample = AdversarialSample(
        image=image, sample=np.float32(image + 4 / 255), class_index=3, label="cat / dog",
        target=0, target_label="crane", answer_label="crane", logits=np.float32([1, 0, 0, 3]),
        sample_logits=np.float32([4, 0, 0, 2]), method="pgd", provenance=made(method="pgd"),
    )  # fmt: skip
    found = record_of(write(sample, tmp_path))
    assert (found["class"], found["answer"], found["target"]) == ("cat / dog", "crane", "crane")
    assert (found["succeeded"], found["largest_change"]) == (True, 4)
    assert found["sample"] == "photo_pgd.png"


def test_a_survey_of_layers_has_the_recommended_one(surveyed, structure, tmp_path):
    found = record_of(write(surveyed(), tmp_path))
    assert (found["kind"], found["class"], found["layer"]) == ("layer_survey", "cat / dog", None)
    assert found["recommended"] == {"layer": "block/a", "reason": "so it is"}
    assert [layer["gap"] for layer in found["layers"]] == [0.25, 0]
    assert record_of(write(structure, tmp_path))["recommended"] is None
