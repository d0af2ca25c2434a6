"""Figures as files: whole or not at all, and in the place of nothing that is the user's."""

import io

import numpy as np
import pytest
from PIL import Image
from written_results import files

from tfvis.report import figures, write_figure
from tfvis.report.figures import is_own_figure, marked, require_own_figures
from tfvis.utils import MosaicPanel, MosaicSection, mosaic_figure
from tfvis.utils.errors import InputError
from tfvis.utils.mosaics import figure_bytes


def figure(grey=0.5):
    panel = MosaicPanel(icon=np.full((4, 4, 3), grey), caption="+1")
    return mosaic_figure([MosaicSection(heading="cat", panels=[panel])], width=40, dpi=72)


def test_files_are_written_and_replaced_and_nothing_else_is_left(tmp_path):
    names = ["out/deep/a.pdf", "out/deep/a.PNG"]
    paths = [tmp_path / name for name in names]
    assert list(write_figure(figure(), *paths)) == paths
    first = [path.read_bytes() for path in paths]
    write_figure(figure(0.9), *paths)
    assert all(path.read_bytes() != data for path, data in zip(paths, first, strict=True))
    assert files(tmp_path) == sorted(names)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_a_mark_leaves_the_figure_as_it_was(kind):
    data = figure_bytes(figure(), kind)
    assert not is_own_figure(data)
    assert is_own_figure(marked(data))
    if kind == "png":
        one, other = (Image.open(io.BytesIO(own)) for own in (data, marked(data)))
        other.load()  # checks each chunk's sum
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
        assert len(other.text["tfvis figure"]) == 64
    else:
        # What positions in the file are counted to stays where it was.
        start = data.rfind(b"startxref")
        assert marked(data)[:start] == data[:start]
        assert marked(data).endswith(data[start:])


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_a_file_that_was_changed_is_the_users(kind, tmp_path):
    path = tmp_path / f"a.{kind}"
    write_figure(figure(), path)
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 1
    path.write_bytes(changed)
    with pytest.raises(InputError, match="was changed. Move it away"):
        write_figure(figure(), path)
    assert path.read_bytes() == changed


def test_a_users_file_folder_or_link_stays_and_no_other_is_written(tmp_path):
    mine = tmp_path / "mine.png"
    mine.write_bytes(figure_bytes(figure(), "png"))
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "link.png").symlink_to(mine)
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "gone")
    (tmp_path / "empty.png").touch()
    before = files(tmp_path)
    for name in ("mine", "folder", "link", "nowhere", "empty"):
        with pytest.raises(InputError, match=f"received .*{name}.png"):
            write_figure(figure(), tmp_path / "new.pdf", tmp_path / f"{name}.png")
    assert files(tmp_path) == before


def test_a_file_that_comes_in_between_stays(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    monkeypatch.setattr(
        figures, "figure_bytes", lambda *given: path.write_text("mine") and b"%PDF startxref\n"
    )
    with pytest.raises(InputError, match="Move it away"):
        write_figure(figure(), path)
    assert path.read_text() == "mine"
    assert files(tmp_path) == ["a.png"]


def test_an_error_while_drawing_leaves_nothing(tmp_path, monkeypatch):
    def fail(*given):
        raise MemoryError

    monkeypatch.setattr(figures, "figure_bytes", fail)
    with pytest.raises(MemoryError):
        write_figure(figure(), tmp_path / "out" / "a.png")
    assert files(tmp_path) == []


def test_a_folder_that_is_a_file_and_an_unknown_ending_are_errors(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is no folder"):
        require_own_figures([tmp_path / "file" / "a.png"])
    with pytest.raises(InputError, match="Unknown format 'pnf'. Closest: png"):
        write_figure(figure(), tmp_path / "a.pnf")
