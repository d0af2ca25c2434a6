"""Nothing heavy is imported before it is needed."""

import subprocess
import sys

import pytest
from PIL import Image
from source_modules import ROOT, modules

from tfvis.commands import COMMANDS

HEAVY = ("tensorflow", "keras", "sklearn", "matplotlib", "pandas", "IPython")

LIGHT = ("tfvis.settings", "tfvis.commands", "tfvis.explainers.options",
         "tfvis.explainers.registry", "tfvis.explainers.base", "tfvis.explainers.uniform",
         "tfvis.explainers.guided_inversion.presets")  # fmt: skip
"""What is imported before it is known whether anything is to be computed at all."""


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, **options
    )


def assert_imports_nothing_heavy(code, folder):
    found = run(f"{code}\nimport sys\nassert not {{*{HEAVY}}} & {{*sys.modules}}", cwd=folder)
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import tfvis, utils, tfvis.utils",
        "import tfvis; tfvis.InputError, tfvis.IconOptions(steps=3)",
        "from tfvis.critters import render_scene; render_scene(['dog'], seed=0, size=64)",
        "from tfvis.critters.train import main; main(['--share', '0'])",
        "from tfvis.cli import main; main(['completion', 'bash'])",
        "from tfvis.cli import main\ntry: main(['--version'])\nexcept SystemExit: pass",
        "from tfvis.datasets import example_images\n"
        "try: example_images.main(['--help'])\nexcept SystemExit: pass",
    ],
)
def test_imports_and_drawings_import_nothing_heavy(code):
    assert_imports_nothing_heavy(code, ROOT)


def test_each_module_of_settings_and_commands_imports_nothing_heavy():
    names = [
        name for name in modules(ROOT) if any(f"{name}.".startswith(f"{own}.") for own in LIGHT)
    ]
    assert len(names) >= 16
    code = "import importlib, sys\n" + "\n".join(
        f"importlib.import_module({name!r})\nassert not {{*{HEAVY}}} & {{*sys.modules}}, {name!r}"
        for name in names
    )
    assert_imports_nothing_heavy(code, ROOT)


EACH = f"""
import shlex, sys
sys.path.insert(0, {str(ROOT)!r})
from tfvis.cli import main

for line in LINES:
    try:
        status = main(shlex.split(line))
    except SystemExit as ended:
        status = ended.code
    assert status == STATUS, (line, status)
    heavy = {{*{HEAVY}}} & {{*sys.modules}}
    assert not heavy, (line, heavy)
"""
"""One process for many command lines: what one of them imports is named with it."""


def assert_none_imports_anything_heavy(lines, status, folder):
    found = run(f"LINES, STATUS = {[*lines]}, {status}\n{EACH}", cwd=folder)
    assert found.returncode == 0, found.stderr


def test_help_imports_nothing_heavy():
    assert_none_imports_anything_heavy([f"{command} --help" for command in COMMANDS], 0, ROOT)


def test_a_command_that_imports_something_heavy_is_named(tmp_path):
    code = EACH.replace(
        "from tfvis.cli import main", "def main(words): sys.modules[words[0]] = sys"
    )
    found = run(f"LINES, STATUS = ['json', 'sklearn', 'csv'], None\n{code}", cwd=tmp_path)
    assert found.returncode == 1
    assert found.stderr.splitlines()[-1] == "AssertionError: ('sklearn', {'sklearn'})"


def test_the_programs_help_imports_no_command():
    found = run(
        "from tfvis.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "import sys\nassert 'numpy' not in sys.modules\n"
        "print([name for name in sys.modules if name.startswith('tfvis.commands.')])",
        cwd=ROOT,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines()[-1] == "['tfvis.commands.output']"


def test_a_command_imports_no_other():
    found = run(
        "from tfvis.cli import main\nmain(['models'])\nimport sys\n"
        f"print([name for name in {[*COMMANDS]} if 'tfvis.commands.' + name in sys.modules])",
        cwd=ROOT,
    )
    assert found.stdout.splitlines()[-1] == "['models']", found.stderr


ERRORS = [
    "explain --classes 'nosuch class'",
    "explain --classes panda",
    "explain --grouping KMean",
    "explain --image nowhere.jpg",
    "explain --image text.jpg",
    "explain --icon-steps 0",
    "explain --config text.jpg",
    "explain --cut 1",
    "explain --name ''",
    "explain --weights nowhere",
    "explain --output text.jpg/out",
    "explain --read-attributions --classes 1 --output nowhere --model googlenet",
    "explain --read-attributions --model googlenet --classes 1 --layers mixed4d --output short",
    "invert nowhere.jpg",
    "invert text.jpg",
    "invert --class kat --model critters",
    "invert --preset author",
    "invert --iterations 0 1",
    "invert --background nowhere.jpg",
    "invert --base-layer mixed4d --batch-size 0",
    "invert --model critters --output theirs --name photo",
    "invert a.png a.png --name photo --model critters",
    "invert a.png a.png --model critters",
    "localise nowhere.csv",
    "localise text.jpg",
    "localise --methods grad",
    "localise --methods 'every group'",
    "localise --scenes 0",
    "localise --mask-area 1",
    "localise --iterations 0 1",
    "localise --model critter",
    "localise --output theirs --model critters",
    "layers --layers mixed4x --model critters",
    "mosaic .",
    "mosaic nowhere",
    "mosaic . --columns 0",
    "mosaic . --width 3",
    "mosaic . --dpi 100000",
    "mosaic . --format pfd",
    "mosaic . --output text.jpg/out",
    "mosaic . --output a.png",
]


@pytest.fixture(scope="module")
def folder_of_mistakes(tmp_path_factory):
    """Files that are no images or results, and result folders that are the user's."""
    folder = tmp_path_factory.mktemp("mistakes")
    (folder / "text.jpg").write_text("no image")
    Image.new("RGB", (4, 4)).save(folder / "a.png")
    for theirs in ("photo/guided_inversion", "critters scenes/localisation"):
        (folder / "theirs" / theirs).mkdir(parents=True)
        (folder / "theirs" / theirs / "mine.txt").write_text("mine")
    short = folder / "short" / "cat_coffee" / "goldfish_IGSG"
    short.mkdir(parents=True)
    (short / "IGSG_mixed4d_goldfish.txt").write_text("1\n2\n")
    return folder


def test_argument_errors_import_nothing_heavy(folder_of_mistakes):
    assert_none_imports_anything_heavy(ERRORS, 2, folder_of_mistakes)
