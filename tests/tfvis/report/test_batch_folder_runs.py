"""One run of a batch after another in the same folder."""

import pytest

from tfvis.report.batch_folder import BatchFolder

OPTIONS = {"--model": "critters"}


@pytest.fixture
def folder(tmp_path):
    return BatchFolder(tmp_path / "out")


def test_what_a_killed_run_left_half_written_goes_with_the_next_run(folder):
    folder.make()
    (folder.path / ".0123abcd.new").write_text("half an index")
    (folder.path / ".89efabcd.new").mkdir()
    (folder.path / ".89efabcd.new" / "result.json").write_text("half a copy")
    (folder.path / ".mine.new").write_text("the user's")
    folder.begin_run(OPTIONS)
    left = {file.name for file in folder.path.iterdir() if file.name.endswith(".new")}
    assert left == {".mine.new"}


def test_an_ended_run_is_left_alone_by_one_that_has_lost_the_folder(folder):
    folder.make()
    first = folder.begin_run(OPTIONS)
    second = folder.begin_run(OPTIONS)
    folder.end_run(first)
    assert folder.goes_on(second)
    folder.end_run(second)
    assert not folder.goes_on(second)


def test_the_images_that_were_begun_are_known_by_name(folder):
    folder.make()
    folder.begin_run(OPTIONS)
    assert folder.begun() == frozenset()
    folder.begin("a")
    folder.begin("b")
    folder.leave("a")
    assert folder.begun() == {"b"}
