"""Experiments' folders: one a request, finished or not."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from tfvis.experiments.outcomes import Experiment, Outcome
from tfvis.explainers import ClassMap
from tfvis.report import load_result
from tfvis.report.experiments import experiment_folder, finished_experiment, write_experiment
from tfvis.utils.errors import InputError


@pytest.fixture
def asked(made):
    return Experiment(
        name="two-classes", title="t", findings=(), folders=(), provenance=made(method="experiment")
    )


@pytest.fixture
def outcome(made):
    rng = np.random.default_rng(0)
    a_map = ClassMap(map=rng.random((8, 8)), image=rng.random((8, 8, 3)), class_index=0,
                     label="cat", method="mine", provenance=made(method="mine"))  # fmt: skip
    return Outcome(results=(("summary", a_map),), sections=(), findings=("One thing.",))


def test_a_finished_experiment_is_known(tmp_path, asked, outcome):
    folder = experiment_folder(tmp_path, "net / 1", asked)
    assert folder == tmp_path / "experiments" / "net _ 1" / "two-classes"
    assert not finished_experiment(folder, asked)
    target = write_experiment(outcome, asked, folder)
    assert finished_experiment(folder, asked)
    found = load_result(target)
    assert found.findings == ("One thing.",)
    # An image may be called as the folder of the summary is.
    (place,) = found.folders
    assert place.startswith("images/summary/")
    assert load_result(folder / place).method == "mine"


@pytest.mark.parametrize("gone", ["images", "summary/findings.txt", "summary/arrays.npz"])
def test_what_lost_a_result_is_not_finished(tmp_path, asked, outcome, gone):
    folder = experiment_folder(tmp_path, "net", asked)
    write_experiment(outcome, asked, folder)
    place = folder / gone
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    assert not finished_experiment(folder, asked)
    write_experiment(outcome, asked, experiment_folder(tmp_path, "net", asked))
    assert finished_experiment(folder, asked)


def test_a_run_that_was_killed_goes_on_in_its_folder(tmp_path, asked, outcome):
    folder = experiment_folder(tmp_path, "net", asked)
    write_experiment(outcome, asked, folder)
    shutil.rmtree(folder / "summary")
    assert experiment_folder(tmp_path, "net", asked) == folder
    assert not finished_experiment(folder, asked)


def test_another_request_gets_another_folder(tmp_path, asked, outcome):
    folder = experiment_folder(tmp_path, "net", asked)
    write_experiment(outcome, asked, folder)
    other = replace(asked, provenance=replace(asked.provenance, options={"seed": 6}))
    beside = experiment_folder(tmp_path, "net", other)
    assert beside.name.startswith("two-classes_")
    write_experiment(outcome, other, beside)
    assert experiment_folder(tmp_path, "net", other) == beside
    assert finished_experiment(folder, asked)
    assert finished_experiment(beside, other)


def test_results_of_another_version_are_not_finished(tmp_path, asked, outcome):
    folder = experiment_folder(tmp_path, "net", asked)
    write_experiment(outcome, asked, folder)
    newer = {**asked.provenance.versions, "tfvis": "9.9"}
    later = replace(asked, provenance=replace(asked.provenance, versions=newer))
    assert experiment_folder(tmp_path, "net", later) == folder
    assert not finished_experiment(folder, later)


def test_a_folder_of_the_users_stays(tmp_path, asked):
    first = experiment_folder(tmp_path, "net", asked)
    for folder in (first, None):
        own = folder or experiment_folder(tmp_path, "net", asked)
        own.mkdir(parents=True)
        (own / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else. Choose another --output"):
        experiment_folder(tmp_path, "net", asked)
