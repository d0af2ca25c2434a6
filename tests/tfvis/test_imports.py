"""The house: scripts → tfvis → utils, and nothing heavy before it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tfvis
import utils

ROOT = Path(__file__).parents[2]

# A module of utils imports only modules of rows above its own.
ROWS = (
    ("errors", "progress", "dag", "decompositions"),
    ("names", "labels", "images", "layer_names", "layer_facts", "quadrature"),
    ("cutting", "channel_attribution"),
    ("network", "keras_program"),
    ("keras_layer_facts",),
    ("keras_network",),
    ("attribution", "groupers"),
    ("grouping",),
    ("activation_maps", "losses", "preconditioning", "transforms"),
    ("rendering",),
    ("plots",),
)


def imported(file):
    """The modules that a file names in its imports, relative ones made absolute."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_utils_imports_nothing_of_tfvis():
    for file in (ROOT / "utils").rglob("*.py"):
        assert not [name for name in imported(file) if name.split(".")[0] == "tfvis"], file


def test_packages_import_no_script_test_or_benchmark():
    scripts = {file.stem for file in ROOT.glob("*.py")} | {"tests", "benchmarks"}
    for package in ("utils", "tfvis"):
        for file in (ROOT / package).rglob("*.py"):
            assert not {name.split(".")[0] for name in imported(file)} & scripts, file


def test_scripts_import_only_tfvis_and_the_standard_library():
    for file in (*ROOT.glob("Group*.py"),):
        tops = {name.split(".")[0] for name in imported(file)}
        assert tops <= {"tfvis", *sys.stdlib_module_names}
        assert len(file.read_text().splitlines()) < 60


def test_modules_of_utils_import_only_from_rows_above():
    row_of = {name: row for row, names in enumerate(ROWS) for name in names}
    files = {file.stem: file for file in (ROOT / "utils").glob("*.py") if file.stem != "__init__"}
    assert set(files) == set(row_of)
    for name, file in files.items():
        for target in imported(file):
            parts = target.split(".")
            if parts[0] == "utils" and len(parts) > 1 and parts[1] in row_of:
                assert row_of[parts[1]] < row_of[name], f"{name} imports {parts[1]}"


# The same for tfvis; the packages `models` and `commands` are a row each.
TFVIS_ROWS = (
    ("_version",),
    ("startup", "terminal", "downloads"),
    ("models",),
    ("critters",),
    ("examples", "annotations", "box_metrics"),
    ("boxed_images",),
    ("run_settings",),
    ("settings",),
    ("masks", "method_names"),
    ("experiments", "baselines", "map_metrics", "guided_inversion", "extremal_perturbation"),
    ("class_maps", "localisation_settings"),
    ("faithfulness", "box_localisation"),
    ("report",),
    ("commands",),
    ("cli",),
    ("__main__",),
)


def test_modules_of_tfvis_import_only_from_rows_above():
    row_of = {name: row for row, names in enumerate(TFVIS_ROWS) for name in names}
    for file in (ROOT / "tfvis").rglob("*.py"):
        own = file.relative_to(ROOT / "tfvis").parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for target in imported(file):
            parts = target.split(".")
            if file.name == "__main__.py":
                continue  # a way in
            if parts[0] == "tfvis" and len(parts) > 1 and parts[1] in row_of and parts[1] != own:
                assert row_of[parts[1]] < row_of[own], f"{file} imports {target}"


def test_everything_public_in_utils_is_in_tfvis():
    promised = {"shapley_sampling", "aumann_shapley", "select_channels", "MatrixDecomposer",
                "SklearnCluster", "group_channels", "render", "Network"}  # fmt: skip
    assert promised <= set(utils.__all__)
    assert set(utils.__all__) <= set(tfvis.__all__)
    for name in utils.__all__:
        assert getattr(tfvis, name) is getattr(utils, name)
    for name in tfvis.__all__:
        assert getattr(tfvis, name) is not None
    assert set(tfvis.__all__) == set(dir(tfvis))


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
        "import tfvis, utils",
        "from tfvis.cli import main\ntry: main(['explain', '--help'])\nexcept SystemExit: pass",
        "from tfvis.cli import main; main(['explain', '--classes', 'nosuch class'])",
        "from tfvis.cli import main; main(['explain', '--classes', 'panda'])",
        "from tfvis.cli import main; main(['explain', '--grouping', 'KMean'])",
        "from tfvis.cli import main; main(['explain', '--image', 'nowhere.jpg'])",
        "from tfvis.cli import main; main(['explain', '--read-attributions', '--classes', '1', "
        "'--output', 'nowhere', '--model', 'googlenet'])",
        "from tfvis.critters import render_scene; render_scene(['dog'], seed=0, size=64)",
        "from tfvis.critters.train import main; main(['--share', '0'])",
        "from tfvis.examples import main\ntry: main(['--help'])\nexcept SystemExit: pass",
    ],
)
def test_import_help_and_argument_errors_import_nothing_heavy(code):
    heavy = ("tensorflow", "keras", "sklearn", "matplotlib")
    found = run(f"{code}\nimport sys\nassert not {{*{heavy}}} & {{*sys.modules}}", cwd=ROOT)
    assert found.returncode == 0, found.stderr


def test_a_foreign_utils_is_named(tmp_path):
    (tmp_path / "utils.py").write_text("")
    found = run(f"import sys; sys.path.append({str(ROOT)!r}); import tfvis", cwd=tmp_path)
    assert found.returncode == 1
    last = found.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: tfvis needs its own package `utils`")
    assert str(tmp_path / "utils.py") in last
