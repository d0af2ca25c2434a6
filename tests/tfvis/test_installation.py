"""tfvis beside other packages called `utils`: from the checkout, and installed from a wheel."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USE = "import tfvis; from tfvis.utils import Labels; tfvis.load_model"


def run(*command, cwd, stdin=None, path=ROOT):
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else dict(os.environ)
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, input=stdin, capture_output=True, text=True,
        check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(params=["a module", "a package", "a folder without __init__"])
def foreign(request, tmp_path):
    """A folder in which `utils` is somebody else's."""
    if request.param == "a module":
        (tmp_path / "utils.py").write_text("OWN = 1")
    else:
        (tmp_path / "utils").mkdir()
        (tmp_path / "utils" / "tool.py").write_text("OWN = 1")
        if request.param == "a package":
            (tmp_path / "utils" / "__init__.py").write_text("from .tool import OWN")
    return tmp_path


THEIRS = "import utils\nassert 'tfvis' not in str(utils)"


def theirs(foreign):
    """Code that needs the foreign `utils`.

    A checkout that is itself on the path hides a folder without `__init__`, as Python prefers
    packages to such folders wherever they are on the path; an installed tfvis does not.
    """
    named = (foreign / "utils.py").exists() or (foreign / "utils" / "__init__.py").exists()
    return THEIRS if named else ""


@pytest.mark.slow
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_a_script_beside_a_foreign_utils(foreign, first):
    lines = [USE, theirs(foreign)] if first == "ours" else [theirs(foreign), USE]
    (foreign / "script.py").write_text("\n".join([*lines, "print('done')"]))
    assert run(sys.executable, "script.py", cwd=foreign) == "done\n"


@pytest.mark.slow
def test_a_kernel_beside_a_foreign_utils(foreign):
    # As in a notebook's kernel, the current folder is the first on the path.
    code = f"import sys\nassert sys.path[0] == ''\n{USE}\n{theirs(foreign)}\nprint('done')"
    assert run(sys.executable, "-", cwd=foreign, stdin=code) == "done\n"


def test_the_command_line_beside_a_foreign_utils(foreign):
    assert run(sys.executable, "-m", "tfvis", "--version", cwd=foreign).startswith("tfvis ")


@pytest.mark.slow
def test_both_names_give_the_same_modules_and_classes(tmp_path):
    code = """
import utils.errors
from utils import MatrixDecomposer
import utils.feature_groups as theirs
import tfvis.utils.feature_groups as ours
import tfvis
assert utils is tfvis.utils and theirs is ours and utils.errors is tfvis.utils.errors
assert MatrixDecomposer is tfvis.utils.MatrixDecomposer
assert ours.__spec__.name == ours.__name__ == "tfvis.utils.feature_groups"
assert utils.__spec__.name == "tfvis.utils"
"""
    run(sys.executable, "-", cwd=tmp_path, stdin=code)


def test_a_module_is_run_under_the_bare_name():
    """Also with relative imports in it, and with the file as its first argument."""
    assert run(sys.executable, "-W", "error", "-m", "utils.images", cwd=ROOT) == ""
    code = """
import runpy
import tfvis.utils.images, utils
found = runpy.run_module("utils.images", run_name="__main__")
assert found["__name__"] == "__main__" and found["__spec__"].name == "utils.images"
assert found["__file__"] == tfvis.utils.images.__file__
assert found["InputError"] is tfvis.InputError
"""
    run(sys.executable, "-", cwd=ROOT, stdin=code)


@pytest.mark.parametrize("name", ["no_such_module", "__main__"])
def test_a_module_that_is_not_there_is_missing_under_the_bare_name(name):
    code = f"""
import importlib, importlib.util, utils
assert importlib.util.find_spec("utils.{name}") is None
try:
    importlib.import_module("utils.{name}")
except ModuleNotFoundError as error:
    assert str(error) == "No module named 'utils.{name}'", error
else:
    raise AssertionError
"""
    run(sys.executable, "-", cwd=ROOT, stdin=code)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel, built from the files that git knows."""
    folder = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "tfvis", "utils", "setup.*",
         "pyproject.toml", "README.md", "LICENSE"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    run(*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", folder / "dist", folder,
        cwd=folder, path=None)  # fmt: skip
    (built,) = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture
def environment(tmp_path):
    """An environment with tfvis's libraries, but without tfvis."""
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path, path=None)
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    # A path alone: an editable install's own `.pth` files are not read there.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return tmp_path / "venv", site


@pytest.mark.slow
def test_a_wheel_holds_utils_inside_tfvis_alone(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"tfvis"}
    here = {f"tfvis/utils/{file.name}" for file in (ROOT / "utils").glob("*.py*")}
    assert here <= set(names)
    data = {"tfvis/data/critters.npz", "tfvis/data/dog_cat224.jpg"}
    assert {"tfvis/py.typed", *data} <= set(names)


@pytest.mark.slow
def test_an_installed_wheel_leaves_a_foreign_utils_alone(wheel, environment):
    venv, site = environment
    (site / "utils").mkdir()
    (site / "utils" / "theirs.py").write_text("OWN = 1")
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(*pip, "install", "--quiet", "--no-deps", wheel, cwd=venv, path=None)
    code = f"{USE}\nassert tfvis.__file__.startswith({str(site)!r})\nfrom utils.theirs import OWN"
    run(python, "-", cwd=venv, stdin=code, path=None)
    assert run(python, "-m", "tfvis", "--version", cwd=venv, path=None).startswith("tfvis ")
    run(*pip, "uninstall", "--quiet", "--yes", "tfvis", cwd=venv, path=None)
    assert [file.name for file in site.glob("tfvis*")] == []
    assert (site / "utils" / "theirs.py").is_file()


@pytest.mark.slow
def test_an_editable_install_knows_both_names_behind_all_else_on_the_path(tmp_path, foreign):
    if "tfvis" not in run(
        sys.executable, "-m", "pip", "list", "--editable", cwd=tmp_path, path=None
    ):
        pytest.skip("tfvis is not installed in this environment")
    code = "import tfvis, utils\nassert utils is tfvis.utils"
    (tmp_path / "elsewhere").mkdir()
    run(sys.executable, "-", cwd=tmp_path / "elsewhere", stdin=code, path=None)
    run(sys.executable, "-", cwd=foreign, stdin=f"{THEIRS}\n{USE}", path=None)
