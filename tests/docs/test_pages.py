"""The README and the pages of docs/: their links lead somewhere, and what they show runs."""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import without_config

from tfvis import cli

ROOT = Path(__file__).parents[2]
RUN_PAGES = ROOT / "tests" / "support" / "run_pages.py"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

# What takes long in a page is cut short here. Each must be there, so that none is left behind.
_ICONS = {"icon_steps=128": "icon_steps=2, icon_size=32"}
_INVERSION = {"Inversion(net)": "Inversion(net, iterations=(2, 2))"}
SHORTENED = {
    "README.md": _ICONS | _INVERSION,
    "docs/attacks.md": {"steps=10": "steps=2", "side=48, steps=4": "side=48, steps=1"},
    "docs/compare.md": {},
    "docs/evaluation.md": {"(net, 4, kinds": "(net, 1, kinds"},
    "docs/group_evidence.md": {
        "range(3)": "range(2)",
        "n_random=20": "n_random=2",
        "steps=128": "steps=2, size=64",
    },
    "docs/guided_inversion.md": {"(net, area=0.1)": "(net, area=0.1, iterations=2)"} | _INVERSION,
    "docs/boxes.md": {"scenes(4,": "scenes(2,"},
    "docs/layers.md": {"attribution_steps=8": "attribution_steps=2"},
    "docs/localisation.md": {
        "range(20)": "range(2)",
        'layer="mixed4d")': '["all groups", "Grad-CAM"], layer="mixed4d", attribution_steps=2)',
    },
    "docs/many_images.md": {
        "range(4)": "range(2)",
        "* 4)": "* 2)",
        'listed_images(["data"])': 'listed_images(["data/owl_rabbit224.jpg"])',
    },
    "docs/methods.md": {
        "attribution_steps=32": "attribution_steps=4",
        "fourier_images(1, 224)": "fourier_images(1, 32)",
        "steps=128": "steps=2",
    },
    "docs/mosaics.md": _ICONS | {"steps=128": "steps=2, size=32"},
    "docs/python.md": _ICONS
    | {"steps=128": "steps=2, size=32", "steps=16": "steps=2"}
    | _INVERSION,
    "docs/results.md": {"icon_steps=16": "icon_steps=2, icon_size=32"},
    "docs/your_explainer.md": {"range(20)": "range(2)"},
    "docs/your_grouping.md": {"icon_steps=128": "icon_steps=2"},
}
NOT_RUN = {
    "CONTRIBUTING.md",  # files to write; see test_contributing.py
    "docs/your_network.md",  # of the reader's own networks
}


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for heading in re.findall(r"^#+ (.*)", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken_links(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        if not other.exists() or (anchor and anchor not in anchors(other)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    assert list(broken_links(page)) == []


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A heading\n[a](#a-heading) [b](#other) [c](gone.md) [d](page.md#a-heading)")
    assert list(broken_links(page)) == ["#other", "gone.md"]


def linked(page):
    """The pages that a page links to."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        yield (page.parent / target.partition("#")[0]).resolve()


def test_the_readme_is_a_first_page_and_leads_with_that_of_docs_to_every_other():
    readme, index = ROOT / "README.md", ROOT / "docs" / "index.md"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 150
    assert index in linked(readme)
    assert {*(ROOT / "docs").glob("*.md")} <= {*linked(readme), *linked(index)}


def test_every_page_with_python_is_run():
    with_python = {str(page.relative_to(ROOT)) for page in PAGES if blocks(page, "python")}
    assert with_python == {*SHORTENED, *NOT_RUN}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """All pages in one process, which need not start TensorFlow for each: errors and stderr."""
    folder = tmp_path_factory.mktemp("pages")
    for name, replaced in SHORTENED.items():
        # All blocks of a page in order, as a reader would paste them into one notebook.
        code = "\n".join(blocks(ROOT / name, "python"))
        for long, short in replaced.items():
            assert long in code
            code = code.replace(long, short)
        own = folder / name.replace("/", "-").removesuffix(".md")
        shutil.copytree(ROOT / "data", own / "data", ignore=shutil.ignore_patterns("*.npz"))
        (own / "page.py").write_text(code, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", RUN_PAGES, folder],
        cwd=folder, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORTENED)
def test_what_a_page_shows_in_python_runs(name, runs):
    errors, _ = runs
    assert errors[name.replace("/", "-").removesuffix(".md")] is None


@pytest.mark.slow
def test_what_pages_show_in_python_is_quiet(runs):
    assert tensorflow_lines(runs[1]) == []


def tensorflow_lines(text):
    """What TensorFlow's native code logs: a level and a date, or before it is set up."""
    return re.findall(r"^.*absl::InitializeLog.*|^[IWEF]?\d{4}[- ].*|^.*AVX.*", text, re.M)


def test_lines_of_tensorflow_are_found():
    lines = [
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
        "I0000 00:00:1795834821.573770    5439 cudart_stub.cc:31] Could not find cuda drivers",
        "2026-11-28 03:00:21.573770: I tensorflow/core/util/port.cc:153] oneDNN custom operations",
        "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow",
    ]
    assert tensorflow_lines("\n".join(["tfvis: a warning", *lines, "3 of 4"])) == lines


def command_lines():
    """Every call of tfvis in a block of shell code, as (page, words)."""
    scripts = {"GroupClassDiscVis.py": "explain", "GroupKernelVisShapResNet.py": "explain"}
    for page in PAGES:
        for line in "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["tfvis"]:
                yield page.name, words[1:]
            elif words[:1] == ["python"] and words[1] in scripts:
                yield page.name, [scripts[words[1]], *words[2:]]


def test_command_lines_are_found():
    assert len(list(command_lines())) >= 8


@pytest.mark.parametrize(("page", "words"), list(command_lines()), ids=lambda part: str(part)[:60])
def test_options_in_a_page_are_known(page, words):
    arguments = cli._parser("tfvis", None, "inception").parse_args(without_config(words))
    assert arguments.command == words[0]


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "toml")], ids=str)
def test_options_in_a_file_that_a_page_shows_are_known(page, tmp_path):
    for text in blocks(page, "toml"):
        (tmp_path / "run.toml").write_text(text, encoding="utf-8")
        command = re.search(r'^command = "(\w+)"', text, re.M)[1]
        words = [command, "--config", str(tmp_path / "run.toml")]
        found = cli._parser("tfvis", None, "inception").parse_args(words)
        assert len([own for own in found.set_options.values() if own is not None]) > 3


# Options of the other programs that a page names.
OF_OTHERS = {
    "README.md": {"--dist"},  # pytest
    "many_images.md": {"--head", "--nthreads", "--nworkers", "--port"},  # Dask and Ray
    "benchmarks.md": {
        "--attacks",
        "--bounds",
        "--cosine-power",
        "--each",
        "--figure",
        "--judges",
        "--markdown",
        "--pairs",
        "--parameterisation",
        "--pgd-scenes",
        "--places",
        "--randomise",
        "--sheet",
        "--side",
        "--training",
    },
    "comparison.md": {
        "--comparisons",
        "--icons",
        "--orders",
        "--rounds",
    },
    "group_evidence.md": {
        "--absent",
        "--estimators",
        "--insert",
        "--only",
        "--photographs",
        "--without",
    },
    "guided_inversion.md": {
        "--copies",
        "--deviation",
        "--pictures",
        "--repeats",
        "--variants",
    },
    "memory.md": {"--bounds", "--markdown"},
    "methods.md": {
        "--cosine-power",
        "--judges",
        "--label",
        "--pairs",
        "--parameterisation",
        "--repeats",
        "--spacing",
    },
    "localisation.md": {"--architecture", "--markdown", "--randomise"},  # training, benchmarks
}


def options_of(parser):
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                command.fill()
                yield from options_of(command)


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *(ROOT / "docs").glob("*.md")], ids=lambda page: page.name
)
def test_options_in_the_text_are_known(page):
    known = {*options_of(cli._parser("tfvis", None, "inception"))}
    known |= {*options_of(cli._parser("GroupClassDiscVis.py", "explain", "inception"))}
    named = {*re.findall(r"(?<![\w-])--[a-z][\w-]*", page.read_text(encoding="utf-8"))}
    assert named - known == OF_OTHERS.get(page.name, set())
