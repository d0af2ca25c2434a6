"""The gallery: its page says how each picture was made, and the script makes them so."""

import importlib.util
import re
import shlex
import sys
from pathlib import Path

import pytest
from PIL import Image

from tfvis import cli
from tfvis.critters import render_scene
from tfvis.utils import images

ROOT = Path(__file__).parents[2]
FILE = ROOT / "examples" / "gallery.py"


@pytest.fixture(scope="module")
def gallery():
    spec = importlib.util.spec_from_file_location("gallery", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_twelve_pictures_are_there_and_small(gallery):
    pictures = list(gallery.pictures(gallery.PAGE))
    assert len(pictures) == 12
    assert {picture.file for picture in pictures} == {*gallery.PAGE.parent.glob("*.jpg")}
    assert sum(picture.file.stat().st_size for picture in pictures) < 1_500_000
    for picture in pictures:
        with Image.open(picture.file) as shown:
            assert shown.width <= gallery.WIDTH


def test_each_picture_is_made_by_commands_that_need_no_download(gallery):
    for picture in gallery.pictures(gallery.PAGE):
        own = [words[1:] for words in picture.commands if words[0] == "tfvis"]
        assert own
        for words in own:
            arguments = cli._parser("tfvis", None, "inception").parse_args(words)
            assert str(arguments.output).startswith("build/gallery/")
            if arguments.command != "mosaic":
                assert arguments.model in ("critters", "critters_resnet")


def test_each_picture_is_described(gallery):
    sections = re.split(r"^## ", gallery.PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    assert len(sections) == 12
    for section in sections:
        (described,) = re.findall(r"!\[([^\]]+)\]\(\w+\.jpg\)", section)
        assert len(described.split()) >= 5
        prose = re.sub(r"!\[.*?\)|^```.*?^```", "", section, flags=re.M | re.S)
        assert len(prose.split()) >= 25


@pytest.mark.slow
def test_a_picture_is_made_by_the_commands_under_it(gallery, tmp_path):
    scene, output = tmp_path / "owl.png", tmp_path / "output"
    page = tmp_path / "page.md"
    page.write_text(
        f"""# Gallery

![an owl](owl.jpg)

```sh
python examples/render_scene.py owl --seed 3 --output {shlex.quote(str(scene))}
tfvis invert {shlex.quote(str(scene))} --model critters --iterations 1 1 \\
  --output {shlex.quote(str(output))}
```
"""
    )
    gallery.main([], page)
    assert (images.load(scene) == render_scene(["owl"], seed=3).image).all()
    with (
        Image.open(tmp_path / "owl.jpg") as made,
        Image.open(output / "owl" / "guided_inversion" / "overview.png") as overview,
    ):
        assert made.width == min(overview.width, gallery.WIDTH)
        assert abs(made.height / made.width - overview.height / overview.width) < 0.01


def test_a_name_that_is_unknown_is_refused(gallery):
    with pytest.raises(SystemExit, match="Expected names among owl, .*, received gone"):
        gallery.main(["gone"])


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        ("Done in 4 s. Open first:\na b/overview.png\n", "a b/overview.png"),
        ("x: heat maps -> a/overview.png\nx -> b c/overview.png\ndone\n", "b c/overview.png"),
    ],
)
def test_the_last_picture_that_is_named_counts(gallery, printed, found):
    assert gallery.named_picture(printed) == ROOT / found


def test_python_is_the_one_that_runs(gallery):
    assert (
        gallery.run(("python", "-c", "import sys; print(sys.executable)")).strip() == sys.executable
    )
