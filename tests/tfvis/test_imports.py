"""The house: imports run downwards only, and nothing heavy is imported before it is needed."""

import ast
import importlib
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest
from PIL import Image

import tfvis
from tfvis import utils
from tfvis.runtime.moved_names import MODULES, NAMES

ROOT = Path(__file__).parents[2]

# A package of tfvis imports only packages of rows below its own; see ARCHITECTURE.md.
ROWS = (
    ("__main__", "guided_inversion"),
    ("cli",),
    ("commands",),
    ("settings",),
    ("report",),
    ("experiments",),
    ("evaluation",),
    ("explainers",),
    ("datasets",),
    ("critters",),
    ("models",),
    ("runtime",),
    ("utils",),
    ("_version",),
)

# A module of utils imports only modules of rows below its own.
UTILS_ROWS = (
    ("plots", "icons"),
    ("rendering",),
    ("activation_maps", "losses", "preconditioning", "transforms"),
    ("feature_groups",),
    ("attribution", "groupers"),
    ("channel_attribution",),
    ("provenance",),
    ("network",),
    ("image_sources", "file_names"),
    ("icon_options",),
    ("choices", "labels", "images", "layer_names", "layer_facts", "options", "quadrature"),
    ("errors", "equality", "progress", "decompositions", "memory", "compiling"),
)

ALIAS = ("utils", "tfvis.runtime.utils_alias")
"""The one import upwards: under its other name `utils` gets its modules from `tfvis.utils`."""


def modules(root):
    """All modules of tfvis, by their dotted names: from name to file."""
    found = {}
    for file in sorted((root / "tfvis").rglob("*.py")) + sorted((root / "utils").rglob("*.py")):
        parts = list(file.relative_to(root).with_suffix("").parts)
        if parts[0] == "utils":
            parts.insert(0, "tfvis")
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = file
    return found


def imports(name, file, known):
    """The modules of tfvis that a module imports, also inside functions and for type checkers."""
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            named = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for target in named:
            assert target.split(".")[0] != "utils", f"{name} imports {target}, not tfvis.utils"
            if target in known:
                yield target


def upward_imports(root):
    """Every import from a lower row to a higher one, as (module, what it imports)."""
    known = modules(root)
    row_of = {name: row for row, names in enumerate(ROWS) for name in names}
    utils_row_of = {name: row for row, names in enumerate(UTILS_ROWS) for name in names}
    found = []
    for name, file in known.items():
        if name == "tfvis":
            continue  # the front door names everything
        _, own, *inner = name.split(".")
        for target in imports(name, file, known):
            if target == "tfvis" or (name.removeprefix("tfvis."), target) == ALIAS:
                continue
            _, other, *rest = target.split(".")
            if own == other == "utils" and inner and rest:
                upwards = utils_row_of[rest[0]] <= utils_row_of[inner[0]]
            else:
                upwards = own != other and row_of[other] <= row_of[own]
            if upwards:
                found.append((name, target))
    return found


def test_imports_run_downwards_only():
    assert upward_imports(ROOT) == []


def test_the_rows_name_every_package_and_every_module_of_utils():
    names = {name.split(".")[1] for name in modules(ROOT) if name != "tfvis"}
    assert names == {name for row in ROWS for name in row}
    inner = {name.split(".")[2] for name in modules(ROOT) if name.startswith("tfvis.utils.")}
    assert inner == {name for row in UTILS_ROWS for name in row}


def test_settings_are_imported_by_commands_alone():
    known = modules(ROOT)
    importers = {
        name.split(".")[1]
        for name, file in known.items()
        if name != "tfvis"
        for target in imports(name, file, known)
        if target.startswith("tfvis.settings")
    }
    assert importers - {"settings"} == {"commands"}


@pytest.mark.parametrize(
    ("file", "line", "target"),
    [
        ("tfvis/models/planted.py", "from ..explainers import grad_cam", "tfvis.explainers"),
        ("tfvis/experiments/planted.py", "from ..report import write", "tfvis.report"),
        ("tfvis/report/planted.py", "from ..settings import base", "tfvis.settings.base"),
        ("tfvis/models/planted.py", "from tfvis.commands import invert", "tfvis.commands"),
        ("tfvis/models/planted.py", "def f():\n    import tfvis.cli", "tfvis.cli"),
        ("utils/errors.py", "from .network import Network", "tfvis.utils.network"),
        ("utils/errors.py", "from tfvis.models import load_model", "tfvis.models"),
        ("utils/planted.py", "from ..models import load_model", "tfvis.models"),
    ],
)
def test_a_planted_upward_import_is_found(tmp_path, file, line, target):
    for name, own in modules(ROOT).items():
        place = tmp_path / own.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("" if name == "tfvis" else own.read_text())
    assert upward_imports(tmp_path) == []
    (tmp_path / file).write_text(line)
    assert target in {found for _, found in upward_imports(tmp_path)}


def test_a_planted_import_of_the_bare_name_is_found(tmp_path):
    (tmp_path / "utils").mkdir()
    (tmp_path / "tfvis" / "models").mkdir(parents=True)
    (tmp_path / "tfvis" / "models" / "planted.py").write_text("from utils.errors import InputError")
    with pytest.raises(AssertionError, match=r"tfvis.models.planted imports utils"):
        upward_imports(tmp_path)


def test_packages_import_no_script_test_or_benchmark():
    scripts = {file.stem for file in ROOT.glob("*.py")} | {"tests", "benchmarks"}
    for name, file in modules(ROOT).items():
        tops = {
            target.split(".")[0]
            for node in ast.walk(ast.parse(file.read_text()))
            for target in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
        }
        assert not tops & scripts, name


def test_scripts_import_only_the_command_line_and_the_standard_library():
    for file in ROOT.glob("Group*.py"):
        known = {"tfvis.cli"}
        assert set(imports(file.stem, file, known)) == known
        assert len(file.read_text().splitlines()) < 60


def test_no_module_is_longer_than_four_hundred_lines():
    lengths = {name: len(file.read_text().splitlines()) for name, file in modules(ROOT).items()}
    assert {name: n for name, n in lengths.items() if n > 400} == {}


def test_there_is_no_loose_module_beside_the_packages():
    loose = {file.name for file in (ROOT / "tfvis").iterdir() if file.is_file()}
    assert loose == {"__init__.py", "__main__.py", "_version.py", "cli.py", "py.typed"}


def test_the_top_level_is_small_and_flat():
    assert len(tfvis.__all__) <= 20
    assert len(set(tfvis.__all__)) == len(tfvis.__all__)
    assert set(tfvis.__all__) == set(dir(tfvis))
    for name in tfvis.__all__:
        assert getattr(tfvis, name) is not None
    promised = {"explain", "attribute", "icon", "load_model", "load_result", "InputError"}
    assert promised <= set(tfvis.__all__)


def test_the_parts_of_the_method_are_in_utils():
    promised = {"shapley_sampling", "aumann_shapley", "select_channels", "MatrixDecomposer",
                "SklearnCluster", "group_channels", "render", "Network"}  # fmt: skip
    assert promised <= set(utils.__all__)
    for name in utils.__all__:
        assert getattr(utils, name) is not None
    # Two of them are needed everywhere, and are the same objects there.
    for name in set(utils.__all__) & set(tfvis.__all__):
        assert getattr(tfvis, name) is getattr(utils, name)


@pytest.mark.parametrize("package", ["models", "explainers", "evaluation", "datasets", "critters"])
def test_each_concern_has_a_namespace(package):
    namespace = getattr(tfvis, package)
    assert namespace.__name__ == f"tfvis.{package}"
    for name in getattr(namespace, "__all__", ()):
        assert getattr(namespace, name) is not None


@pytest.mark.parametrize(
    ("package", "names"),
    [
        ("datasets", {"BoxedImage", "collect", "example_image", "example_scene",
                      "read_annotations", "scenes"}),
        ("models", {"GraphNetwork", "KerasNetwork", "load_model"}),
    ],
)  # fmt: skip
def test_what_a_namespace_promises(package, names):
    namespace = getattr(tfvis, package)
    assert names <= set(namespace.__all__)
    for name in names:
        assert getattr(namespace, name).__module__.startswith(f"tfvis.{package}")


@pytest.mark.parametrize("package", ["explainers", "evaluation", "models", "datasets", "critters"])
def test_no_public_name_is_hidden_by_a_module(package):
    """An imported module is an attribute of its package, and hides a function of its name."""
    namespace = importlib.import_module(f"tfvis.{package}")
    for name in modules(ROOT):
        if name.startswith(f"tfvis.{package}.") and not name.endswith("__main__"):
            importlib.import_module(name)
    for name in getattr(namespace, "__all__", ()):
        assert not isinstance(getattr(namespace, name), types.ModuleType), name


def test_a_missing_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tfvis.no_such_name


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, **options
    )


HEAVY = ("tensorflow", "keras", "sklearn", "matplotlib")
LIGHT = ("tfvis.settings", "tfvis.commands", "tfvis.explainers.options",
         "tfvis.explainers.registry", "tfvis.explainers.guided_inversion.presets")  # fmt: skip
"""What is imported before it is known whether anything is to be computed at all."""

COMMANDS = ("explain", "invert", "localise", "models")


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
    assert len(names) >= 14
    code = "import importlib, sys\n" + "\n".join(
        f"importlib.import_module({name!r})\nassert not {{*{HEAVY}}} & {{*sys.modules}}, {name!r}"
        for name in names
    )
    assert_imports_nothing_heavy(code, ROOT)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command):
    assert_imports_nothing_heavy(
        f"from tfvis.cli import main\ntry: main([{command!r}, '--help'])\nexcept SystemExit: pass",
        ROOT,
    )


ERRORS = [
    "explain --classes 'nosuch class'",
    "explain --classes panda",
    "explain --grouping KMean",
    "explain --image nowhere.jpg",
    "explain --image text.jpg",
    "explain --icon-steps 0",
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


@pytest.mark.parametrize("line", ERRORS)
def test_argument_errors_import_nothing_heavy(line, folder_of_mistakes):
    assert_imports_nothing_heavy(
        f"import shlex, sys; sys.path.insert(0, {str(ROOT)!r})\nfrom tfvis.cli import main\n"
        f"assert main(shlex.split({line!r})) == 2",
        folder_of_mistakes,
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tfvis.method_names", "tfvis.explainers.registry"),
        ("tfvis.models.own", "tfvis.models.custom"),
        ("tfvis.utils.grouping", "tfvis.utils.feature_groups"),
        ("utils.grouping", "tfvis.utils.feature_groups"),
        ("tfvis.guided_inversion.minimize", "tfvis.explainers.guided_inversion.minimize"),
        ("tfvis.guided_inversion.settings", "tfvis.settings.invert"),
    ],
)
def test_a_moved_module_says_where_it_is_now(old, new):
    with pytest.raises(ImportError, match=rf"is now {new}\."):
        importlib.import_module(old)


def test_every_new_place_of_a_moved_name_is_there():
    for place in MODULES.values():
        importlib.import_module(place)
    for place in NAMES.values():
        module, _, name = place.rpartition(".")
        assert hasattr(importlib.import_module(module), name), place


def test_no_old_name_is_still_in_use():
    for old in MODULES:
        with pytest.raises(ImportError):
            importlib.import_module(old)
    for old in NAMES:
        module, _, name = old.rpartition(".")
        assert not hasattr(importlib.import_module(module), name), old


def test_a_moved_name_says_where_it_is_now():
    place = r"is now tfvis\.GuidedFeatureInversion\."
    with pytest.raises(ImportError, match=place):
        from tfvis.guided_inversion import GuidedFeatureInversion  # noqa: F401
    with pytest.raises(AttributeError, match=place):
        _ = tfvis.guided_inversion.GuidedFeatureInversion


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("experiments.explain", "explain"),
        ("experiments.Explanation", "Explanation"),
        ("MatrixDecomposer", "utils.MatrixDecomposer"),
        ("Localisation", "evaluation.SceneLocalisation"),
        ("KerasNetwork", "models.KerasNetwork"),
        ("baselines", "explainers.grad_cam"),
        ("examples", "datasets.example_images"),
        ("faithfulness", "evaluation.scene_localisation"),
        ("guided_inversion.presets", "explainers.guided_inversion.presets"),
        ("models.own", "models.custom"),
        ("utils.KerasNetwork", "models.KerasNetwork"),
        ("utils.awake", "utils.responsive_init"),
        ("utils.grouping", "utils.feature_groups"),
    ],
)
def test_a_name_that_left_the_top_level_says_where_it_is(old, new):
    *package, name = f"tfvis.{old}".split(".")
    module = importlib.import_module(".".join(package))
    with pytest.raises(AttributeError, match=rf"is now tfvis\.{re.escape(new)}\."):
        getattr(module, name)


@pytest.mark.parametrize("name", ["KerasNetwork", "awake"])
def test_a_name_that_left_utils_says_where_it_is_under_both_names(name):
    place = NAMES[f"tfvis.utils.{name}"]
    bare = importlib.import_module("utils")
    assert bare is utils
    with pytest.raises(AttributeError, match=f"is now {place}"):
        getattr(bare, name)
    found = run(f"from utils import {name}", cwd=ROOT)
    assert f"tfvis.utils.{name} is now {place}." in found.stderr.splitlines()[-1]


def test_a_package_that_kept_its_name_says_where_its_names_are():
    found = run("import tfvis; tfvis.experiments", cwd=ROOT).stderr.splitlines()[-1]
    assert "no attribute 'experiments' before 'import tfvis.experiments'" in found
    for old, new in NAMES.items():
        assert (f"{old} is now {new}" in found) == old.startswith("tfvis.experiments.")


def test_a_missing_name_of_utils_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'tfvis\.utils' has no attribute 'no_such_name'"):
        _ = utils.no_such_name


# Tests of what goes through several modules; all others are named after one.
ACROSS_MODULES = {
    "ci/test_coverage_floor.py",
    "docs/test_pages.py",
    "examples/test_custom_grouping.py",
    "tfvis/models/test_kinds.py",
    "tfvis/models/test_three_ways.py",
    "tfvis/test_doctests.py",
    "tfvis/test_imports.py",
    "tfvis/test_installation.py",
    "tfvis/test_one_pass.py",
    "tfvis/test_six_tasks.py",
}

# Modules that are tested through others: the test files, under tests/.
COVERED_BY = {
    "tfvis/__main__": "tfvis/test_installation.py",
    "tfvis/_version": "tfvis/test_installation.py",
    "tfvis/commands/inversion_options": "tfvis/commands/test_invert.py",
    "tfvis/critters/animals": "tfvis/critters/test_scene.py",
    "tfvis/critters/backgrounds": "tfvis/critters/test_scene.py",
    "tfvis/critters/heads": "tfvis/critters/test_scene.py",
    "tfvis/critters/sketch": "tfvis/critters/test_shapes.py",
    "tfvis/critters/surfaces": "tfvis/critters/test_scene.py",
    "tfvis/critters/things": "tfvis/critters/test_scene.py",
    "tfvis/critters/train": "tfvis/critters/training/test_loop.py",
    "tfvis/critters/training/card": "tfvis/critters/training/test_loop.py",
    "tfvis/critters/training/command": "tfvis/critters/training/test_loop.py",
    "tfvis/critters/training/evaluation": "tfvis/critters/training/test_loop.py",
    "tfvis/evaluation/box_results": "tfvis/evaluation/test_box_localisation.py",
    "tfvis/experiments": "tfvis/commands/test_explain.py",
    "tfvis/experiments/group_visualisation": "tfvis/commands/test_explain.py",
    "tfvis/explainers/guided_inversion/compiled":
        "tfvis/explainers/guided_inversion/test_inversion.py",
    "tfvis/guided_inversion": "tfvis/commands/test_invert.py",
    "tfvis/guided_inversion/__main__": "tfvis/commands/test_invert.py",
    "tfvis/models/architectures": "tfvis/models/test_googlenet.py",
    "tfvis/models/archives": "tfvis/models/test_weights.py",
    "tfvis/models/graph_layer_facts": "tfvis/models/test_layer_choice.py",
    "tfvis/models/hub": "tfvis/models/test_custom.py",
    "tfvis/models/keras_layer_facts": "tfvis/models/test_layer_choice.py",
    "tfvis/models/keras_layers": "tfvis/models/test_keras_applications.py",
    "tfvis/models/preprocessing": "tfvis/models/test_custom.py",
    "tfvis/models/registry": "tfvis/models/test_auto.py",
    "tfvis/models/residual": "tfvis/models/test_critters.py",
    "tfvis/models/saved_model": "tfvis/models/test_custom.py",
    "tfvis/models/value_range_probe": "tfvis/models/test_custom.py",
    "tfvis/report/folders": "tfvis/report/test_explanations.py",
    "tfvis/report/own_files": "tfvis/report/test_writing.py",
    "tfvis/report/working_folder": "tfvis/report/test_writing.py",
    "tfvis/runtime/checkout": "tfvis/test_installation.py",
    "tfvis/runtime/moved_names": "tfvis/test_imports.py",
    "tfvis/runtime/utils_alias": "tfvis/test_installation.py",
    "utils/choices": "tfvis/settings/test_explain.py",
    "utils/layer_facts": "tfvis/models/test_layer_choice.py",
}  # fmt: skip


def test_every_test_is_named_after_a_module_or_package():
    places = {place_of(name) for name in modules(ROOT)}
    strays = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        place = file.relative_to(ROOT / "tests")
        named = place.with_name(place.stem.removeprefix("test_"))
        if named.as_posix() not in places and place.as_posix() not in ACROSS_MODULES:
            strays.add(place.as_posix())
    assert strays == set()
    assert [file for file in ACROSS_MODULES if not (ROOT / "tests" / file).is_file()] == []


def test_every_module_has_a_test():
    places = {place_of(name) for name in modules(ROOT)} - {*COVERED_BY}
    assert [place for place in places if not has_test(place)] == []
    assert [f for f in {*COVERED_BY.values()} if not (ROOT / "tests" / f).is_file()] == []
    assert [place for place in COVERED_BY if place not in map(place_of, modules(ROOT))] == []
    assert [place for place in COVERED_BY if has_test(place)] == []


def has_test(place):
    """Whether a module or package of this place has a test of its own."""
    own = ROOT / "tests" / place
    return own.is_dir() or own.with_name(f"test_{own.name}.py").is_file()


def place_of(name):
    """A module's or package's place in the checkout: utils/errors, tfvis/models/auto."""
    return name.replace("tfvis.utils", "utils").replace(".", "/")
