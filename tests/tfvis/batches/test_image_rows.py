"""An image is explained, its results are written, and rows tell of them."""

import errno
import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from batch_explainers import FAULTY, Faults

from tfvis import load_model, load_result
from tfvis.batches import ChosenExplainer
from tfvis.batches.image_rows import explained_image, unreadable
from tfvis.report.working_folder import WorkingFolder
from tfvis.report.writing import WriteError
from tfvis.utils.image_sources import ImageFile

from .conftest import GRAD_CAM, GROUPS


@pytest.fixture(scope="module")
def net():
    return load_model("critters")


@pytest.fixture
def rows_of(net, work, jobs):
    """The rows of the first scene, which shows a dog."""

    def run(*explainers, labels=(), **changes):
        job = replace(jobs[0], labels=labels)
        own = work(explainers=explainers, **changes)
        Path(own.output).mkdir(exist_ok=True)
        source = ImageFile.read(job.path).at(net.input_size)
        return explained_image(net, [(e, e.build(net)) for e in explainers], own, job, source)

    return run


def test_a_row_an_explainer_says_what_was_found(net, rows_of, jobs, tmp_path):
    groups, grad_cam = rows_of(GROUPS, GRAD_CAM)
    source = ImageFile.read(jobs[0].path).at(net.input_size)
    (index, logit), *_ = net.top(source)
    for row in (groups, grad_cam):
        assert (row.image, row.name, row.label) == ("a.png", "a", None)
        assert row.class_name == row.answer == net.labels[index]
        assert row.logit == pytest.approx(logit, abs=1e-5) and row.rank == 1
        assert row.answer_logit == row.logit
        logits = net.logits_of(source).astype(np.float64)
        expected = np.exp(logit) / np.exp(logits).sum()
        assert row.probability == pytest.approx(expected, rel=1e-4)
        assert row.problem is None and row.seconds > 0
    found = load_result(tmp_path / "out" / groups.folder)
    assert groups.scores == tuple(float(group.score) for group in found.groups)
    assert groups.channels == tuple(len(group.channels) for group in found.groups)
    assert groups.gap == found.groups.attribution.relative_gap
    assert (groups.layer, groups.sign) == ("mixed4d", "pos")
    assert (grad_cam.scores, grad_cam.gap, grad_cam.sign) == ((), None, None)


def test_a_picture_of_each_result_is_there(rows_of, tmp_path):
    for row in rows_of(GROUPS, GRAD_CAM):
        file = tmp_path / "out" / row.picture
        assert file.parent == tmp_path / "out" / row.folder
        assert file.is_file()
        assert "heat_map" in file.name or "SpatialHM0" in file.name


def test_results_have_no_times_so_that_a_resumed_run_ends_with_the_same(rows_of, tmp_path):
    (row,) = rows_of(GROUPS)
    assert load_result(tmp_path / "out" / row.folder).seconds == {}


def test_the_classes_of_the_command_the_manifest_or_the_network(net, rows_of):
    cat, owl = net.class_index("cat"), net.class_index("owl")
    assert [row.class_index for row in rows_of(GRAD_CAM, classes=(cat, owl))] == [cat, owl]
    labelled = rows_of(GRAD_CAM, by_label=True, labels=("owl", "cat"))
    assert [(row.class_index, row.label) for row in labelled] == [(owl, "owl"), (cat, "cat")]
    top = rows_of(GRAD_CAM, top=3, labels=("owl",))
    assert [row.rank for row in top] == [1, 2, 3]
    assert {row.label for row in top} == {"owl"}


def test_a_class_that_is_named_twice_is_explained_once(net, rows_of):
    owl = net.class_index("owl")
    assert [row.class_index for row in rows_of(GRAD_CAM, classes=("owl", owl))] == [owl]


def test_results_of_another_image_that_cannot_be_removed_end_the_run(
    rows_of, tmp_path, monkeypatch
):
    (row,) = rows_of(GRAD_CAM)
    file = tmp_path / "out" / row.folder / "result.json"
    told = json.loads(file.read_text())
    told["provenance"] |= {"image": "0" * 64, "image_file": "0" * 64}
    file.write_text(json.dumps(told))

    def refuse(working):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(WorkingFolder, "begin", refuse)
    with pytest.raises(WriteError, match="Permission denied"):
        rows_of(GRAD_CAM)


def test_more_answers_than_are_kept(net, rows_of):
    rows = rows_of(GRAD_CAM, top=8)
    assert len({row.class_index for row in rows}) == 8
    assert [row.rank for row in rows[5:]] == [None] * 3


def test_an_unknown_label_is_a_problem_of_its_own_row(rows_of):
    unknown, known = rows_of(GRAD_CAM, by_label=True, labels=("unicorn", "cat"))
    assert unknown.problem.startswith("Unknown class 'unicorn'.") and unknown.folder is None
    assert unknown.label == "unicorn"
    assert known.problem is None
    (alone,) = rows_of(GRAD_CAM, by_label=True, labels=("unicorn",))
    assert alone.problem.startswith("Unknown class")


@pytest.mark.parametrize(
    ("faults", "expected"),
    [({"fail": ("a",)}, "Expected a better image."),
     ({"crash": ("a",)}, "ZeroDivisionError: by hand")],
)  # fmt: skip
def test_an_explainer_that_fails_leaves_the_others_alone(rows_of, tmp_path, faults, expected):
    bad = ChosenExplainer(method=FAULTY, options=Faults(folder=str(tmp_path), **faults))
    failed, found = rows_of(bad, GRAD_CAM)
    assert failed.problem == expected and failed.folder is None
    assert found.problem is None and found.folder is not None


def test_an_explainer_that_returns_too_little(rows_of, tmp_path, monkeypatch):
    bad = ChosenExplainer(method=FAULTY, options=Faults(folder=str(tmp_path)))
    monkeypatch.setattr("batch_explainers.Faulty.explain", lambda *arguments, **more: ())
    (row,) = rows_of(bad)
    assert row.problem == "Expected 1 results, received 0."


def test_nothing_selected_is_a_result_with_a_problem(rows_of, monkeypatch):
    from tfvis.explainers import feature_groups
    from tfvis.utils.feature_groups import NothingSelectedError

    def nothing(*arguments, **options):
        raise NothingSelectedError("No channel stands out.")

    monkeypatch.setattr(feature_groups, "group_channels", nothing)
    (row,) = rows_of(replace(GROUPS, options=replace(GROUPS.options, seed=99)))
    assert row.problem == "No channel stands out." and row.folder is not None


def test_a_disk_that_is_full_is_no_problem_of_an_image(rows_of, monkeypatch):
    def refuse(*arguments, **options):
        raise WriteError("Cannot write 'x': No space left on device.")

    monkeypatch.setattr("tfvis.batches.image_rows.write", refuse)
    with pytest.raises(WriteError, match="No space left"):
        rows_of(GRAD_CAM)


def test_warnings_become_notes_and_are_not_printed(rows_of, tmp_path, monkeypatch, capfd):
    def warn(self, images, classes, **options):
        logging.getLogger("tfvis.test").warning("Only %s\ngroups.", 2)
        return self.real(images, classes)

    from batch_explainers import Faulty

    monkeypatch.setattr(Faulty, "real", Faulty.explain, raising=False)
    monkeypatch.setattr(Faulty, "explain", warn, raising=True)
    chosen = ChosenExplainer(method=FAULTY, options=Faults(folder=str(tmp_path)))
    (row,) = rows_of(chosen)
    assert row.notes == "Only 2 groups."
    assert "Only" not in capfd.readouterr().err
    assert logging.getLogger("tfvis").propagate


def test_the_row_of_an_image_that_cannot_be_read(jobs):
    (row,) = unreadable(replace(jobs[0], labels=("cat", "dog")), ValueError("a\nb"))
    assert (row.name, row.label, row.problem) == ("a", "cat; dog", "ValueError: a b")
    assert row.explainer is None and row.class_index is None


def test_an_image_without_a_label_in_a_labelled_list_has_its_first_answer_explained(rows_of):
    (row,) = rows_of(GRAD_CAM, by_label=True, labels=())
    assert (row.rank, row.label, row.problem) == (1, None, None)
