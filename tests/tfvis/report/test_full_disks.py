"""A disk that is full or read-only: one line, nothing half-written, and what was there stays."""

import contextlib

import numpy as np
import pytest
from command_line import QUICK
from disks import files_limited, full, remounted_read_only, small_disk

from tfvis.cli import main
from tfvis.evaluation.box_results import FinishedBatch, LocatedObject
from tfvis.explainers.masks import Inversion
from tfvis.report import load_result
from tfvis.report.folders import AttributionFiles
from tfvis.report.journal import Journal
from tfvis.runtime.downloads import download
from tfvis.settings.base import RunSettings
from tfvis.utils.channel_attribution import ChannelAttribution
from tfvis.utils.errors import InputError
from tfvis.utils.provenance import Provenance


@pytest.fixture(params=["disk", "limit"])
def filled(request, tmp_path):
    """A folder, and a function from the bytes that are left to a block in which no more are."""
    if request.param == "limit":
        (tmp_path / "out").mkdir()
        yield tmp_path / "out", files_limited
    else:
        with small_disk(tmp_path) as place:
            (place / "out").mkdir()
            yield place / "out", lambda free: full(place, free)


def contents(folder):
    """Every file below a folder, the hidden ones too, byte for byte; folders without."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


REASON = r"(No space left on device|File too large)\.$"


def refused(attempt, match=REASON):
    with pytest.raises(InputError, match=match) as error:
        attempt()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("free", [0, 300, 4096])
def test_a_result_that_does_not_fit_leaves_the_earlier_one(filled, class_map, free):
    folder, limited = filled
    kept = class_map()
    place = kept.save(folder)
    (place / "notes.txt").write_text("mine")
    before = contents(folder)
    with limited(free):
        refused(lambda: kept.save(folder))
    assert contents(folder) == before
    assert load_result(place) == kept


@pytest.mark.parametrize("kind", ["explanation", "inversion", "localisation"])
def test_results_of_every_kind_leave_nothing(filled, explanation, mask, localisation, kind):
    folder, limited = filled
    result = {
        "explanation": explanation,
        "inversion": lambda: Inversion(saliency=mask(None), discriminated=(mask(3, "cat / dog"),)),
        "localisation": localisation,
    }[kind]()
    with limited(2048):
        refused(lambda: result.save(folder))
    assert not [path for path in contents(folder) if path.rsplit("/")[-1].startswith(".")]
    assert not any(path.is_file() for path in folder.rglob("*"))


def attribution(seed):
    maps = np.random.default_rng(seed).random((4, 4, 512), np.float32)
    return ChannelAttribution("IGSG", "layer", 0, maps.sum((0, 1), dtype=np.float64), maps=maps)


@pytest.mark.parametrize("free", [0, 12_288])  # the text fits, the archive does not
def test_attributions_that_do_not_fit_leave_the_earlier_ones(filled, free):
    folder, limited = filled
    files = AttributionFiles(folder, "photo", "cat", "IGSG")
    files.save(attribution(0))
    before = contents(folder)
    with limited(free):
        refused(lambda: files.save(attribution(1)))
    assert contents(folder) == before


def batch(name, size=2000):
    located = LocatedObject(f"{name}.jpg", (8, 8), 0, "x" * size, np.array([[0.0, 0, 4, 4]]), 1.5)
    overlaps, found = {"m": np.ones((1, 2))}, {"m": np.ones((1, 2, 4))}
    return FinishedBatch(name, (located,), overlaps, found, {"m": (None,)}, (), 0.5)


@pytest.mark.parametrize("kept", [0, 1])
def test_a_journal_that_does_not_fit_ends_with_its_last_whole_line(filled, kept):
    folder, limited = filled
    made = Provenance("box localisation", "net", "0f", None, "objects")

    def run():
        with contextlib.ExitStack() as later, Journal(target, made) as journal:
            for k in range(kept):
                journal.add(batch(f"kept {k}"))
            used = journal.file.stat().st_size if kept else 0
            later.enter_context(limited(used + 4096 if limited is files_limited else 4096))
            journal.add(batch("large", 100_000))

    target = folder / "table" / "localisation"
    refused(run)
    left = {path: text for path, text in contents(folder).items() if text is not None}
    assert len(left) == kept
    assert all(text.endswith(b"}\n") for text in left.values())
    with Journal(target, made) as journal:
        assert list(journal.known) == [f"kept {k}" for k in range(kept)]


def test_a_journals_lock_that_does_not_fit_is_one_line(filled):
    folder, limited = filled
    made = Provenance("box localisation", "net", "0f", None, "objects")
    with limited(0):
        refused(Journal(folder / "table" / "localisation", made).__enter__)
    assert not contents(folder)


def test_a_download_that_does_not_fit_leaves_nothing(filled, server):
    folder, limited = filled
    server.answers["/weights"] = (200, 100_000, bytes(100_000))
    with limited(4096):
        refused(
            lambda: download(f"{server.url}/weights", folder / "weights", check=lambda file: None),
            r"Cannot download .*(No space left on device|File too large)\.",
        )
    assert not contents(folder)


@pytest.mark.slow
def test_the_command_ends_with_one_line_and_status_2(own_model, photo, tmp_path, capsys):
    arguments = [
        "explain", str(photo), "--model", str(own_model), "--value-range", "0", "1", "--classes",
        "0", "--layers", "second", "--output", str(tmp_path / "out"), "--quiet", *QUICK,
    ]  # fmt: skip
    for free, left in ((0, 0), (20_000, 2)):  # the attributions; the pictures
        with files_limited(free):
            status = main(arguments)
        error = capsys.readouterr().err
        assert status == 2
        assert error.count("\n") == 1
        assert error.endswith("File too large.\n")
        files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
        assert len(files) == left


def test_a_read_only_file_system_is_called_so(tmp_path, class_map):
    with small_disk(tmp_path) as place:
        (place / "out").mkdir()
        remounted_read_only(place)
        reason = r"Read-only file system\.$"
        for output in (place, place / "out", place / "not" / "yet"):
            refused(lambda output=output: RunSettings(output=output).require_files(), reason)
        refused(lambda: class_map().save(place / "out"), reason)
        refused(lambda: class_map().save(place / "not" / "yet"), reason)
        made = Provenance("box localisation", "net", "0f", None, "objects")
        refused(Journal(place / "table" / "localisation", made).__enter__, reason)
        assert [path.name for path in place.iterdir()] == ["out"]
