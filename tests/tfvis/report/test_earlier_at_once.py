"""Runs at once for images of one name: one image has the folder, the others are refused."""

import threading

import pytest

from tfvis.report import explanations, folder_locks, inversions, load_result, maps
from tfvis.report.earlier import ImageFolder, answer_folder
from tfvis.report.folders import AttributionFiles
from tfvis.report.writing import write_result
from tfvis.utils.channel_attribution import ChannelAttribution, stored_provenance
from tfvis.utils.errors import InputError


@pytest.fixture
def no_locks(monkeypatch):
    """As on Windows."""
    monkeypatch.setattr(folder_locks, "fcntl", None)


@pytest.fixture
def of_image(made, class_map):
    """A map for an image; all images are called "photo"."""

    def make(digit, class_index=3):
        origin = made(class_index, method="Grad-CAM", image=digit * 64, image_file=digit * 64)
        return class_map(provenance=origin, class_index=class_index)

    return make


@pytest.fixture
def before_placing(monkeypatch):
    """Have something done when a result's files are written, and it is not yet in place."""

    def have(action):
        def written(*given):
            write_result(*given)
            action()

        for module in (explanations, inversions, maps):
            monkeypatch.setattr(module, "write_result", written)

    return have


@pytest.mark.parametrize("locks", [True, False])
def test_an_image_whose_result_comes_in_between_keeps_the_folder(
    tmp_path, any_result, of_image, before_placing, request, locks
):
    """The folder was empty when the run for the other image began."""
    if not locks:
        request.getfixturevalue("no_locks")
    first, folders = of_image("b", class_index=0), []

    def come_in_between():
        if not folders:
            folders.append(None)
            folders[0] = first.save(tmp_path)

    before_placing(come_in_between)
    with pytest.raises(InputError, match="found some of another image of the same name"):
        any_result.save(tmp_path)
    assert load_result(folders[0]) == first
    # Nothing of the other image, no empty folder either.
    assert [*tmp_path.iterdir()] == [tmp_path / "photo"]
    assert [*(tmp_path / "photo").iterdir()] == folders


def test_of_many_images_at_once_one_has_the_folder(tmp_path, made):
    """Two results of each image are begun before the first of all is in place."""
    if folder_locks.fcntl is None:
        pytest.skip("this system has no locks")
    images = [made(image=digit * 64, image_file=None) for digit in "bbccdd"]
    ready, folders, refused = threading.Barrier(len(images), timeout=20), {}, []

    def run(number):
        image, target = images[number], tmp_path / "photo" / f"result {number}"
        above = ImageFolder(tmp_path / "photo", image)
        try:
            with answer_folder(target, image, {}, above=above) as folder:
                write_result(folder.new, "test", {}, {}, image)
                ready.wait()
            folders[number] = folder.target
        except InputError:
            refused.append(number)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(images))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(folders) in ([0, 1], [2, 3], [4, 5])
    assert len(refused) == 4
    assert {*(tmp_path / "photo").iterdir()} == {*folders.values()}


def test_an_empty_folder_that_was_there_before_stays(
    tmp_path, of_image, explanation, before_placing
):
    first, folders = of_image("b"), []

    def come_in_between():
        if not folders:
            folders.append(None)
            folders[0] = first.save(tmp_path)

    before_placing(come_in_between)
    own = tmp_path / "photo" / "cat _ dog_Shap"
    own.mkdir(parents=True)
    with pytest.raises(InputError, match="found some of another image"):
        explanation().save(tmp_path)
    assert [*own.iterdir()] == []


@pytest.mark.parametrize("between", ["result", "attributions"])
def test_attributions_of_another_image_stay_if_they_come_in_between(
    tmp_path, of_image, explanation, made, monkeypatch, between
):
    files = AttributionFiles(tmp_path, "photo", "cat _ dog", "Shap")
    own = explanation().groups.attribution
    other = explanation(origin=made(image="b" * 64, image_file="b" * 64)).groups.attribution

    def saved(attribution, file, real=ChannelAttribution.save):
        monkeypatch.undo()
        if between == "result":
            of_image("b").save(tmp_path)
        else:
            files.save(other)
        return real(attribution, file)

    monkeypatch.setattr(ChannelAttribution, "save", saved)
    with pytest.raises(InputError, match="another image of the same name"):
        files.save(own)
    stored = [stored_provenance(file) for file in files.folder.glob("*.txt")]
    assert [found.image for found in stored] == ["b" * 64] * (between == "attributions")
    assert not [*files.folder.glob(".*")]
