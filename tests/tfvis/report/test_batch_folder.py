"""A batch's folder: what it was asked for, which images are finished, and whose turn it is."""

import json
import os

import pytest
from batch_pages import made_row, unread_row
from disks import full, small_disk

from tfvis.report.batch_folder import BATCH, ROWS, BatchFolder, FinishedImage
from tfvis.report.own_files import RESULT
from tfvis.report.writing import WriteError
from tfvis.utils.errors import InputError

OPTIONS = {"--model": "critters", "--top": 1, "--layers": ["mixed4d", "mixed4e"], "--shard": None}


@pytest.fixture
def folder(tmp_path):
    """A batch's folder, made."""
    made = BatchFolder(tmp_path / "out")
    made.make()
    return made


def finished(folder, name="a", where=None):
    """An image that is finished, with its one result; its row may say that this is elsewhere."""
    place = f"{name}/cat"
    (folder.path / place).mkdir(parents=True, exist_ok=True)
    (folder.path / place / RESULT).write_text("{}")
    row = made_row(1, name=name, folder=place if where is None else where)
    image = FinishedImage(name=name, rows=(row, unread_row(2, name=name)), place=7, network="5" * 4)
    folder.finish(image)
    return image


def hidden(folder):
    """All files beside those of images, by their names."""
    return {file.name for file in folder.path.rglob("*") if file.is_file()}


def one_line(attempt):
    with pytest.raises(InputError) as error:
        attempt()
    assert "\n" not in str(error.value)
    return str(error.value)


# The folder


def test_a_batch_may_be_put_where_nothing_is_or_an_empty_folder_or_an_earlier_batch(tmp_path):
    new = BatchFolder(tmp_path / "not" / "yet")
    new.require_usable()
    assert not list(tmp_path.iterdir())  # it was only looked at
    new.make()
    new.require_usable()  # a run that was killed at its very beginning
    new.begin_run(OPTIONS)
    (new.path / "notes.txt").write_text("mine")
    new.require_usable()
    (tmp_path / "empty").mkdir()
    BatchFolder(tmp_path / "empty").require_usable()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    folder = BatchFolder(tmp_path)
    told = (
        f"Expected an empty folder or one of an earlier batch, received {str(tmp_path)!r}, which "
        "holds something else. Choose another --output."
    )
    assert one_line(folder.require_usable) == told
    assert one_line(folder.make) == told
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_or_a_link_to_nothing_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        told = f"Cannot write {str(path)!r}: {str(tmp_path / 'file')!r} is no folder."
        assert one_line(BatchFolder(path).require_usable) == told
    link = tmp_path / "link"
    assert one_line(BatchFolder(link).require_usable) == (
        f"Cannot write {str(link)!r}: {str(link)!r} is a link to nothing."
    )


def test_a_batch_may_stand_behind_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    BatchFolder(tmp_path / "link").make()
    BatchFolder(tmp_path / "link").begin_run(OPTIONS)
    assert BatchFolder(tmp_path / "real").options() == OPTIONS


# What was asked for


def test_a_run_keeps_what_is_asked_for(folder):
    assert folder.options() is None
    token = folder.begin_run(OPTIONS, 3)
    assert folder.options() == OPTIONS and folder.n_images() == 3
    whole = json.loads((folder.path / BATCH).read_text())
    form = {"name": "tfvis batch", "version": 1}
    assert whole == {"format": form, "images": 3, "options": OPTIONS}
    assert (folder.path / ".batch" / "run").read_text() == token
    assert hidden(folder) == {BATCH, "run"}


def test_the_same_options_may_be_asked_for_again_and_tuples_are_lists(folder):
    folder.begin_run(OPTIONS)
    folder.begin_run({**OPTIONS, "--layers": ("mixed4d", "mixed4e")})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("--model", "googlenet", "--model critters, {}, received --model googlenet."),
        ("--top", None, "--top 1, {}, received --top left out."),
        ("--layers", ["mixed4e"], "--layers mixed4d mixed4e, {}, received --layers mixed4e."),
        ("--layers", [], "--layers mixed4d mixed4e, {}, received --layers left out."),
        ("--shard", "1/2", "--shard left out, {}, received --shard 1/2."),
        ("--seed", 5, "--seed left out, {}, received --seed 5."),
    ],
)
def test_other_options_are_refused_with_the_options_name_and_both_values(folder, name, value, told):
    token = folder.begin_run(OPTIONS)
    begun = f"as the batch in {str(folder.path)!r} was begun with"
    assert one_line(lambda: folder.begin_run({**OPTIONS, name: value})) == (
        f"Expected {told.format(begun)} Choose another --output for other options."
    )
    assert folder.options() == OPTIONS
    assert folder.goes_on(token)


def test_all_options_that_differ_are_named_at_once(folder):
    folder.begin_run(OPTIONS)
    now = {**OPTIONS, "--model": "googlenet", "--seed": 5}
    assert one_line(lambda: folder.require_options(now)) == (
        f"Expected --model critters, --seed left out, as the batch in {str(folder.path)!r} was "
        "begun with, received --model googlenet, --seed 5. Choose another --output for other "
        "options."
    )


def test_an_option_that_is_gone_is_another_one(folder):
    folder.begin_run({**OPTIONS, "--fit": "squash"})
    assert one_line(lambda: folder.require_options(OPTIONS)).startswith("Expected --fit squash, as")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "null", "{}", '{"options": []}', "[" * 100_000, "\xff"],
    ids=lambda text: text[:20] or "empty",
)
def test_a_damaged_description_of_the_batch_is_one_line(folder, text):
    file = folder.path / BATCH
    file.write_bytes(text.encode("latin-1"))
    for attempt in (folder.options, lambda: folder.begin_run(OPTIONS)):
        found = one_line(attempt)
        assert found.startswith("Expected ") and found.endswith(f"in {str(file)!r}: it is damaged.")
    assert file.read_bytes() == text.encode("latin-1")


def test_a_batch_of_a_later_version_is_left_alone(folder):
    file = folder.path / BATCH
    later = {"format": {"name": "tfvis batch", "version": 2}, "options": OPTIONS}
    file.write_text(json.dumps(later))
    told = f"Another version of tfvis has made {str(file)!r}."
    assert one_line(folder.options) == one_line(lambda: folder.begin_run(OPTIONS)) == told
    assert json.loads(file.read_text()) == later


# Runs


def test_a_run_goes_on_until_it_is_ended(folder):
    token = folder.begin_run(OPTIONS)
    assert folder.goes_on(token)
    folder.end_run()
    assert not folder.goes_on(token)
    folder.end_run()  # twice is no matter


def test_a_run_ends_where_another_one_begins(folder):
    first = folder.begin_run(OPTIONS)
    second = folder.begin_run(OPTIONS)
    assert first != second
    assert not folder.goes_on(first)
    assert folder.goes_on(second)


def test_a_run_whose_folder_is_gone_or_unreadable_does_not_go_on(folder, tmp_path):
    token = folder.begin_run(OPTIONS)
    assert not BatchFolder(tmp_path / "gone").goes_on(token)
    (folder.path / ".batch" / "run").write_bytes(b"\xff")
    assert not folder.goes_on(token)


def test_images_that_were_begun_are_counted_until_they_are_finished(folder):
    folder.begin_run(OPTIONS)
    counts = [folder.attempts("a")]
    for _ in range(3):
        folder.begin("a")
        counts.append(folder.attempts("a"))
    assert counts == [0, 1, 2, 3]
    assert folder.attempts("b") == 0
    finished(folder, "a")
    assert folder.attempts("a") == 0


def test_an_image_that_is_left_was_never_begun(folder):
    folder.begin_run(OPTIONS)
    folder.begin("a")
    folder.leave("a")
    folder.leave("never begun")
    assert folder.attempts("a") == 0


def test_another_run_counts_anew(folder):
    folder.begin_run(OPTIONS)
    folder.begin("a")
    folder.begin_run(OPTIONS)
    assert folder.attempts("a") == 0


def test_a_damaged_count_counts_for_nothing(folder):
    folder.begin_run(OPTIONS)
    (folder.path / ".batch" / "attempts" / "a").write_bytes(b"\xffmany")
    assert folder.attempts("a") == 0


# Images


def test_what_is_finished_is_read_back(folder):
    image = finished(folder)
    assert folder.finished("a") == image
    assert folder.finished("b") is None
    assert folder.names() == ("a",)
    assert not [name for name in hidden(folder) if name.endswith(".new")]


def test_an_images_problem_is_the_first_of_its_rows():
    rows = (made_row(1), unread_row(2, problem="one"), unread_row(3, problem="two"))
    assert FinishedImage(name="a", rows=rows).problem == "one"
    assert FinishedImage(name="a", rows=rows[:1]).problem is None


def test_an_image_without_a_result_is_finished_too(folder):
    image = FinishedImage(name="bad", rows=(unread_row(1, name="bad"),))
    folder.finish(image)  # its folder is made
    assert folder.finished("bad") == image


def test_the_names_are_those_of_finished_images_in_order(folder):
    for name in ("b", "a", "c"):
        finished(folder, name)
    folder.begin("d")
    (folder.path / "half").mkdir()
    (folder.path / "file").touch()
    (folder.path / ".hidden").mkdir()
    (folder.path / ".hidden" / ROWS).touch()
    assert folder.names() == ("a", "b", "c")


def test_an_image_that_is_forgotten_is_explained_again_and_keeps_its_results(folder):
    finished(folder)
    folder.forget("a")
    assert folder.finished("a") is None
    assert (folder.path / "a" / "cat" / RESULT).is_file()
    folder.forget("a")


def test_a_result_that_is_gone_is_made_again(folder):
    finished(folder)
    (folder.path / "a" / "cat" / RESULT).unlink()
    assert folder.finished("a") is None


def test_a_link_in_place_of_a_result_is_none(folder, tmp_path):
    finished(folder)
    file = folder.path / "a" / "cat" / RESULT
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert folder.finished("a") is None


@pytest.mark.parametrize(
    "place", ["../out/a/cat", "a/../a/cat", "a//cat", "./a/cat", "a/cat/", "/etc", "", "a\\cat"]
)
def test_rows_that_name_a_folder_elsewhere_count_for_nothing(folder, place):
    finished(folder)
    (folder.path / "a\\cat").mkdir()
    (folder.path / "a\\cat" / RESULT).touch()
    (folder.path / RESULT).touch()
    finished(folder, where=place)
    assert folder.finished("a") is None


def test_an_absolute_path_counts_for_nothing(folder):
    finished(folder)
    finished(folder, where=str(folder.path / "a" / "cat"))
    assert folder.finished("a") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole.pop("rows"),
        lambda whole: whole.pop("format"),
        lambda whole: whole.pop("place"),
        lambda whole: whole.update(rows=[]),
        lambda whole: whole.update(rows=None),
        lambda whole: whole.update(rows={}),
        lambda whole: whole.update(place=True),
        lambda whole: whole.update(place="7"),
        lambda whole: whole.update(network=5),
        lambda whole: whole["format"].update(version=2),
        lambda whole: whole["rows"][1].update(name="b"),
        lambda whole: whole["rows"][1].update(rank="first"),
        lambda whole: whole["rows"].append("row"),
    ],
)
def test_rows_that_are_changed_by_hand_count_for_nothing(folder, change):
    finished(folder)
    file = folder.path / "a" / ROWS
    whole = json.loads(file.read_text())
    file.write_text(json.dumps(whole))
    assert folder.finished("a") is not None
    change(whole)
    file.write_text(json.dumps(whole))
    assert folder.finished("a") is None


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"3", b"\xff", b'{"format":' * 20_000])
def test_damaged_rows_count_for_nothing(folder, text):
    finished(folder)
    (folder.path / "a" / ROWS).write_bytes(text)
    assert folder.finished("a") is None


def test_a_folder_may_have_a_name_that_is_no_utf_8(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    folder = BatchFolder(tmp_path / name)
    folder.make()
    token = folder.begin_run({"--model": "caf\\xe9"})
    assert folder.goes_on(token)
    image = finished(folder)
    assert folder.finished("a") == image
    told = one_line(lambda: folder.begin_run({"--model": "other"}))
    told.encode()  # can be printed
    assert "caf\\udce9" in told


# Disks


def test_a_full_disk_leaves_what_was_there(tmp_path):
    with small_disk(tmp_path) as disk:
        folder = BatchFolder(disk / "out")
        folder.make()
        token = folder.begin_run(OPTIONS)
        image = finished(folder)
        more = FinishedImage(name="a", rows=image.rows * 20, place=7)
        with full(disk):
            for attempt in (
                lambda: folder.finish(more),
                lambda: folder.begin_run(OPTIONS),
                lambda: folder.begin("a"),
            ):
                with pytest.raises(WriteError, match=r"^Cannot write .*No space left on device\.$"):
                    attempt()
        assert folder.finished("a") == image
        assert folder.options() == OPTIONS
        assert folder.goes_on(token)
        assert hidden(folder) == {BATCH, ROWS, RESULT, "run"}


def test_a_disk_that_fills_up_within_the_file_leaves_the_earlier_one(folder, monkeypatch):
    image = finished(folder)
    (folder.path / "b").mkdir()

    def limited(self, other):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(type(folder.path), "replace", limited)
    for name in ("a", "b"):
        with pytest.raises(WriteError, match="No space left on device"):
            folder.finish(FinishedImage(name=name, rows=image.rows * 20))
    monkeypatch.undo()
    assert folder.finished("a") == image
    assert folder.names() == ("a",)
    assert hidden(folder) == {ROWS, RESULT}
