"""The house: imports run downwards only, and nothing heavy is imported before it is needed."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

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
    ("choices", "labels", "images", "icon_options", "layer_names", "layer_facts", "quadrature"),
    ("errors", "progress", "decompositions", "memory", "compiling", "options"),
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
    for name in namespace.__all__:
        assert getattr(namespace, name) is not None


def test_a_missing_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tfvis.no_such_name


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, **options
    )


@pytest.mark.parametrize(
    "code",
    [
        "import tfvis, utils, tfvis.utils",
        "from tfvis.cli import main\ntry: main(['explain', '--help'])\nexcept SystemExit: pass",
        "from tfvis.cli import main; main(['explain', '--classes', 'nosuch class'])",
        "from tfvis.cli import main; main(['explain', '--classes', 'panda'])",
        "from tfvis.cli import main; main(['explain', '--grouping', 'KMean'])",
        "from tfvis.cli import main; main(['explain', '--image', 'nowhere.jpg'])",
        "from tfvis.cli import main; main(['explain', '--read-attributions', '--classes', '1', "
        "'--output', 'nowhere', '--model', 'googlenet'])",
        "from tfvis.critters import render_scene; render_scene(['dog'], seed=0, size=64)",
        "from tfvis.critters.train import main; main(['--share', '0'])",
        "from tfvis.datasets import example_images\n"
        "try: example_images.main(['--help'])\nexcept SystemExit: pass",
    ],
)
def test_imports_help_and_argument_errors_import_nothing_heavy(code):
    heavy = ("tensorflow", "keras", "sklearn", "matplotlib")
    found = run(f"{code}\nimport sys\nassert not {{*{heavy}}} & {{*sys.modules}}", cwd=ROOT)
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tfvis.experiments", "tfvis.explainers.feature_groups"),
        ("tfvis.models.own", "tfvis.models.custom"),
        ("tfvis.utils.grouping", "tfvis.utils.feature_groups"),
        ("utils.grouping", "tfvis.utils.feature_groups"),
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
