"""Imports run downwards only."""

import ast
import functools

import pytest
from source_modules import ROOT, modules

# A package of tfvis imports only packages of rows below its own; see ARCHITECTURE.md.
ROWS = (
    ("__main__", "guided_inversion"),
    ("cli",),
    ("commands",),
    ("settings",),
    ("batches",),
    ("report",),
    ("experiments",),
    ("evaluation",),
    ("explainers",),
    ("attacks",),
    ("datasets",),
    ("critters",),
    ("models",),
    ("runtime",),
    ("utils",),
    ("_version",),
)

# A module of utils imports only modules of rows below its own.
UTILS_ROWS = (
    ("mosaics",),
    ("plots", "sheets", "icons", "mosaic_pages"),
    ("rendering", "notebook_figures"),
    ("ascent",),
    ("activation_maps", "losses", "preconditioning", "transforms"),
    ("feature_groups",),
    ("contrasts",),
    ("attribution", "groupers"),
    ("shapley",),
    ("attribution_cut", "channel_sets", "coalitions"),
    ("answers",),
    ("channel_attribution",),
    ("provenance", "number_formats"),
    ("network",),
    ("image_sources",),
    ("tables",),
    ("file_names",),
    ("icon_options", "mosaic_options"),
    ("choices", "labels", "images", "layer_names", "layer_facts", "options", "quadrature"),
    ("heif", "adam", "memory", "devices", "icon_areas"),
    ("memory_bounds", "progress"),
    (
        "errors",
        "equality",
        "function_digests",
        "decompositions",
        "halving",
        "compiling",
        "linear_start",
        "redirected_relu",
        "array_archives",
        "typesetting",
    ),
)

ALIAS = ("utils", "tfvis.runtime.utils_alias")
"""The one import upwards: under its other name `utils` gets its modules from `tfvis.utils`."""


@functools.cache
def import_statements(code):
    """All of a module's, also those inside functions; the tests read most modules many times."""
    return [
        node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def imports(name, file, known):
    """The modules of tfvis that a module imports, also inside functions and for type checkers."""
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    for node in import_statements(file.read_text()):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        else:
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            named = [module, *(f"{module}.{alias.name}" for alias in node.names)]
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
        assert set(imports(file.stem, file, modules(ROOT))) == {"tfvis.__main__"}
        assert len(file.read_text().splitlines()) < 60
