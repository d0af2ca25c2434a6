"""What `tfvis batch` says."""

from tfvis.commands.batch_lines import _compared, counted, tell_unknown_labels
from tfvis.datasets.manifests import ListedImage
from tfvis.models import load_model


def test_one_is_no_plural():
    assert [counted(n, "image") for n in (0, 1, 2)] == ["0 images", "1 image", "2 images"]


def test_unknown_labels_are_told_once_with_the_first_place(tmp_path):
    said = []
    labels = ("cat", "unicorn", "griffin", "unicorn", None)
    listed = [ListedImage(tmp_path / f"{k}.png", f"{k}.png", label=label, place=f"line {k}")
              for k, label in enumerate(labels)]  # fmt: skip
    tell_unknown_labels(listed, load_model("critters"), said.append)
    assert said == [
        "line 1: 'unicorn' is no class of critters; 2 labels are no classes in all. Such images "
        "are not explained, and have a row that says so."
    ]
    said.clear()
    tell_unknown_labels(listed[:1], load_model("critters"), said.append)
    assert said == []


def test_it_is_said_which_is_faster():
    assert _compared(0.2, 0.3, 2) == (
        "0.20 s an image with 2 workers, 0.30 s in one process: 1.5 times faster."
    )
    assert _compared(0.6, 0.3, 2) == (
        "0.60 s an image with 2 workers, 0.30 s in one process: --backend serial is 2.0 times "
        "faster here."
    )
