"""The worked examples of CONTRIBUTING.md are complete: who follows them has tests that pass."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
EXAMPLES = ("Add a method", "Add a metric", "Add a command")

# Tests of the whole registry, for the new method alone; those of what was added; those that look at
# all modules; and those that once knew how many methods and metrics there are.
TESTS = {
    "tests/tfvis/explainers/test_middle.py": "",
    "tests/tfvis/explainers/test_registry.py": "middle or without or masks or written or fixed",
    "tests/tfvis/evaluation/test_metric_registry.py": "",
    "tests/tfvis/evaluation/test_map_metrics.py": "",
    "tests/tfvis/settings/test_top.py": "",
    "tests/tfvis/commands/test_top.py": "",
    "tests/tfvis/test_import_direction.py": "",
    "tests/tfvis/test_import_lightness.py": "help or each_module",
    "tests/tfvis/test_layout.py": "",
    "tests/tfvis/test_namespaces.py": "",
}


def steps(text):
    """What an example says to do: (file, language of the block, block)."""
    file = None
    for part in re.split(r"(^```\w+\n.*?^```\n)", text, flags=re.M | re.S):
        if part.startswith("```"):
            head, block = part.removesuffix("```\n").split("\n", 1)
            yield file, head.removeprefix("```"), block
        else:
            named = re.findall(r"`((?:tfvis|tests|utils)/[\w/]+\.py)`", part)
            file = named[-1] if named else file


def follow(folder, file, language, block):
    """Do one step: write a file, add to the end of one, or change lines of one."""
    place = folder / file
    if language == "diff":
        old, new = (
            "".join(line[1:] for line in block.splitlines(keepends=True) if line[0] != sign)
            for sign in "+-"
        )
        text = place.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} has these lines {text.count(old)} times:\n{old}"
        place.write_text(text.replace(old, new), encoding="utf-8")
    elif place.exists():
        # A function stands apart from what is above it by two empty lines, an entry by none.
        apart = "\n\n" if block.startswith(("def ", "class ", "@")) else ""
        with place.open("a", encoding="utf-8") as own:
            own.write(apart + block)
    else:
        place.write_text(block, encoding="utf-8")


def examples():
    sections = re.split(r"^## (.*)\n", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
                        flags=re.M)  # fmt: skip
    of = dict(zip(sections[1::2], sections[2::2], strict=True))
    return {title: list(steps(of[title])) for title in EXAMPLES}


def test_the_files_of_a_step_are_named():
    files = {title: {file for file, _, _ in found} for title, found in examples().items()}
    assert files["Add a method"] == {
        "tfvis/explainers/middle.py",
        "tfvis/explainers/registry.py",
        "tests/tfvis/explainers/test_middle.py",
    }  # its own file, the registry, its test
    assert len(files["Add a metric"]) == 4
    assert len(files["Add a command"]) == 5


def test_the_lines_that_a_step_changes_are_there(tmp_path):
    for found in examples().values():
        for file, language, block in found:
            if language == "diff":
                copy = tmp_path / file
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, copy)
                follow(tmp_path, file, language, block)
                assert copy.read_text(encoding="utf-8") != (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.slow
def test_who_follows_the_examples_has_tests_that_pass(tmp_path):
    copy = tmp_path / "copy"
    unneeded = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info", "*.jpg")
    shutil.copytree(ROOT, copy, ignore=unneeded)
    for found in examples().values():
        for step in found:
            follow(copy, *step)
    Image.new("RGB", (70, 50), "orange").save(tmp_path / "photo.png")

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", *map(str, arguments)], cwd=copy, capture_output=True, text=True,
            check=False, env={**os.environ, "PYTHONPATH": str(copy)},
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    run("ruff", "check", "--no-cache", ".")
    run("ruff", "format", "--no-cache", "--check", ".")
    chosen = " or ".join(
        f"({Path(file).name} and ({words}))" if words else Path(file).name
        for file, words in TESTS.items()
    )  # by a file's name in all, or by words in the names of its tests
    out = run("pytest", "-q", "-p", "no:cacheprovider", *TESTS, "-k", chosen)
    assert re.search(r"\d+ passed", out)
    top = run("tfvis", "top", tmp_path / "photo.png", "--model", "critters", "--count", 3)
    assert len(top.splitlines()) == 3
