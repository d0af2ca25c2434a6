"""Whoever follows the README and docs/ in a checkout leaves `git status` clean."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tfvis import cli
from tfvis.models import FAMILIES, spec_of

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "docs" / "gallery" / "README.md",
]
SCRIPTS = {"GroupClassDiscVis.py": "inception", "GroupKernelVisShapResNet.py": "residual"}

# What tools leave in the checkout.
LEFT_BY = {
    "pip": ["tfvis.egg-info/PKG-INFO"],
    "pytest": [".pytest_cache/README.md", "tests/__pycache__/conftest.pyc"],
    "ruff": [".ruff_cache/CACHEDIR.TAG"],
    "pyright": [],
}
HARMLESS = (".", ":", "echo")


def blocks(page, language):
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def commands(text):
    """Each simple command of some shell code, as words."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        words = []
        for word in lexer:
            if set(word) <= set(";&|"):
                yield words
                words = []
            else:
                words.append(word)
        yield words


def written_by_shell(text):
    """The files and folders that shell code writes in the checkout."""
    for words in commands(text):
        while words and re.match(r"\w+=", words[0]):  # a variable for this command
            words = words[1:]
        if not words:
            continue
        name = words[0].rpartition("/")[2]
        module = words[2] if words[1:2] == ["-m"] else None
        if name == "make":
            printed = subprocess.run(
                ["make", "--no-print-directory", "--dry-run", "--always-make", "FIND_WEIGHTS=:",
                 words[1]], cwd=ROOT,
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            yield from written_by_shell(printed.stdout)
        elif name == "tfvis":
            yield from results(words[1:], "inception")
        elif name.startswith("python") and words[1] in SCRIPTS:
            yield from results(["explain", *words[2:]], SCRIPTS[words[1]])
        elif name.startswith("python") and module == "venv":
            yield f"{words[3]}/bin/python"
        elif name.startswith("python") and words[1] == "examples/render_scene.py":
            yield words[words.index("--output") + 1]
        elif name.startswith("python") and words[1] == "-c":
            pass
        elif (module or "").startswith("benchmarks."):
            pass  # they print tables
        elif name == "touch":
            yield words[1]
        elif (module or name) in LEFT_BY:
            yield from LEFT_BY[module or name]
        else:
            assert name in HARMLESS, f"what does {shlex.join(words)!r} write?"


def results(words, family):
    """The result folders of a command, for each network that `auto` may turn out to be."""
    if "--config" in words:
        return  # into the folder that the file names; see `written_by_config`
    arguments = cli._parser("tfvis", None, family).parse_args(words)
    if arguments.command in ("models", "completion") or getattr(arguments, "list", False):
        return
    if arguments.command == "localise":
        yield str(arguments.output / "scenes" / "result.json")
        return
    if arguments.command == "evaluate":
        yield str(arguments.output / "critters scenes" / "evaluation" / "result.json")
        return
    if arguments.command == "mosaic":
        yield from (str(arguments.output / f"mosaic.{kind}") for kind in ("png", "pdf"))
        return
    if arguments.command == "experiments":
        yield str(arguments.output / "experiments" / "result.json")
        return
    if arguments.command == "report":  # a page beside the result that it is of
        yield from (str(folder / "report.html") for folder in arguments.results)
        return
    if arguments.command == "compare":
        yield str(arguments.output / arguments.after.stem / "result.json")
        return
    if arguments.command == "layers" and arguments.structure_only:
        yield str(arguments.output / Path(arguments.model).stem / "layers" / "result.json")
        return
    family = family if arguments.command == "explain" else arguments.family
    files = arguments.images
    models = FAMILIES[family].networks if arguments.model == "auto" else [arguments.model]
    for name in [file.stem for file in files] or [spec_of(model).example for model in models]:
        yield str(arguments.output / name / "result.json")


def written_by_config(text):
    """What a run with the options of a file writes."""
    (output,) = re.findall(r'^output = "([^"]+)"', text, re.M)
    yield f"{output}/result.json"


def written_by_python(text):
    """What the blocks of Python write."""
    for name in re.findall(r'\bsave\(f?"([^"]+)"', text):
        yield name if Path(name).suffix else f"{name}/image/result.json"


def not_ignored(paths):
    """Those of some paths that git would show as new or changed."""
    names = sorted({str(Path(path)) for path in paths})
    done = subprocess.run(
        ["git", "check-ignore", "--stdin"], cwd=ROOT, input="\n".join(names), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return sorted({*names} - {*done.stdout.splitlines()})


@pytest.fixture(autouse=True)
def a_checkout():
    """Skips where there is no git, no make, or the files are no checkout."""
    if not (ROOT / ".git").exists() or not (shutil.which("git") and shutil.which("make")):
        pytest.skip("needs a checkout, git and make")


def written(page):
    """What a page's shell code writes, and what its Python writes."""
    shell = list(written_by_shell("\n".join(blocks(page, "sh"))))
    shell += [path for text in blocks(page, "toml") for path in written_by_config(text)]
    return shell, list(written_by_python("\n".join(blocks(page, "python"))))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_following_a_page_leaves_the_checkout_clean(page):
    shell, python = written(page)
    assert not_ignored([*shell, *python]) == []


def test_what_the_pages_write_is_found():
    shell, python = written(ROOT / "README.md")
    for expected in ("demo/cat_coffee/result.json", "demo/residual/dog_cat224/result.json",
                     ".venv/installed-test", "photo/result.json",
                     "generated/owl_rabbit224/result.json"):  # fmt: skip
        assert expected in shell
    assert python == ["output/image/result.json"]
    _, python = written(ROOT / "docs" / "python.md")
    assert {"icon.png", "output/where{k}.png", "output/image/result.json"} <= {*python}


def test_what_would_be_seen_is_found():
    """The repository's example result, for one, in which the demo once wrote."""
    assert not_ignored(written_by_shell("python GroupClassDiscVis.py --model critters")) == [
        "dog_cat224/result.json"
    ]
    assert not_ignored(["new.txt", "README.md", "demo/x"]) == ["README.md", "new.txt"]
    with pytest.raises(AssertionError, match="what does 'wget x' write"):
        list(written_by_shell("wget x"))


def test_the_demo_ends_with_the_picture_to_open_first():
    """Its last command is the program whose last line that is."""
    printed = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert printed[-1].endswith("GroupClassDiscVis.py --icon-steps 128 --output demo")
