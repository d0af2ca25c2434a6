"""The tables of docs/group_evidence.md and docs/evaluation.md, by one command.

    python -m benchmarks.evidence --output DIR [--only NAME ...] [--quick]

runs the benchmarks below one after the other, each in a process of its own, and keeps what each
prints in DIR/<name>.md, after the command and the versions of tfvis, Python and the libraries; with
--quick in DIR/<name>.quick.md. What is there already is not run again; a run that fails leaves
nothing there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.running import in_one_line
from tfvis.runtime.terminal import Parser
from tfvis.utils.choices import DEFAULT_GROUPING
from tfvis.utils.errors import InputError, unknown

_MAIN = ("FactorAnalysis", "NMF", "PCA", "AgglomerativeClustering")
_ON_SCENES = (*_MAIN, "SpectralClustering", "co-activation over scenes")
_OF_SHAP = (f"{DEFAULT_GROUPING} of Shap", "FactorAnalysis of Shap")
_SLOW = ("--without", *_OF_SHAP, "pairwise interaction")
"""Sampled Shapley values take a minute a case with all changes of the stability."""

COMMANDS: dict[str, tuple[str, ...]] = {
    "deletion": ("benchmarks.group_deletion",),
    "insertion": ("benchmarks.group_deletion", "--insert"),
    "deletion_means": ("benchmarks.group_deletion", "--absent", "means"),
    "deletion_resnet": ("benchmarks.group_deletion", "--model", "critters_resnet"),
    "deletion_googlenet": ("benchmarks.group_deletion", "--model", "googlenet"),
    "insertion_googlenet": ("benchmarks.group_deletion", "--model", "googlenet", "--insert"),
    "estimators": ("benchmarks.group_deletion", "--estimators", "--scenes", "20"),
    "checks": ("benchmarks.group_checks", "--scenes", "12"),
    "checks_googlenet": ("benchmarks.group_checks", "--model", "googlenet"),
    "icons": ("benchmarks.icon_specificity", "--steps", "64"),
    "icons_factor_analysis": (
        "benchmarks.icon_specificity", "--steps", "64", "--judges", "0", "--grouping",
        "FactorAnalysis",
    ),
    "icons_nmf": (
        "benchmarks.icon_specificity", "--steps", "64", "--judges", "0", "--grouping", "NMF",
    ),
    "defaults": ("benchmarks.group_defaults", "--scenes", "200", "--only", *_ON_SCENES),
    "defaults_others": ("benchmarks.group_defaults", "--scenes", "24", *_SLOW),
    "defaults_interaction": (
        "benchmarks.group_defaults", "--scenes", "12", "--only", "PCA", "FactorAnalysis",
        "pairwise interaction",
    ),
    "defaults_shap": (
        "benchmarks.group_defaults", "--scenes", "5", "--only", "PCA", "FactorAnalysis", *_OF_SHAP,
    ),
    "defaults_resnet": (
        "benchmarks.group_defaults", "--model", "critters_resnet", "--scenes", "200", "--only",
        *_MAIN,
    ),
    "defaults_googlenet": (
        "benchmarks.group_defaults", "--model", "googlenet", "--photographs", "6", "--groups", "8",
        *_SLOW,
    ),
    "soft_groups": ("benchmarks.soft_groups",),
    "soft_groups_resnet": ("benchmarks.soft_groups", "--model", "critters_resnet"),
    "evaluation": ("tfvis", "evaluate", "--json", "--quiet"),
    "parts": (
        "tfvis", "evaluate", "--json", "--quiet", "--scenes", "500", "--name", "parts of critters",
        "--metrics", "single_deletion", "single_deletion_density", "part_preservation",
        "part_deletion", "controlled_data",
    ),
    "masks": (
        "tfvis", "evaluate", "--json", "--quiet", "--scenes", "50", "--name", "masks of critters",
        "--explainers", "guided inversion, step 1", "guided inversion", "extremal perturbation",
        "best group", "layer integrated gradients", "Grad-CAM", "uniform",
        "--metrics", "single_deletion", "single_deletion_density", "part_deletion",
        "pixel_deletion", "pixel_insertion", "average_drop", "average_increase",
    ),
}  # fmt: skip
"""By name: the module that is run, and its arguments; their random seeds are their defaults."""


def run() -> None:
    parser = Parser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", nargs="+", default=tuple(COMMANDS), metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="with four scenes, to try it")
    arguments = parser.parse_args()
    for name in arguments.only:
        if name not in COMMANDS:
            raise unknown("figure", name, COMMANDS)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in arguments.only:
        file = arguments.output / f"{name}{'.quick' * arguments.quick}.md"
        if file.exists():
            print(f"{name}: is there already.", flush=True)
            continue
        start = time.perf_counter()
        told = _told(COMMANDS[name], arguments.output, quick=arguments.quick)
        working = file.with_suffix(".partial")
        working.write_text(told, encoding="utf-8")
        working.replace(file)
        print(f"{name}: {time.perf_counter() - start:.0f} s, {file}", flush=True)


def _told(command: tuple[str, ...], output: Path, *, quick: bool) -> str:
    """What a command prints, after what it is."""
    words = list(command)
    if quick and "googlenet" not in words and "benchmarks.icon_specificity" not in words:
        place = words.index("--scenes") if "--scenes" in words else None
        words = [*words[:place], "--scenes", "4", *(words[place + 2 :] if place else [])]
    if words[0] == "tfvis":
        words += ["--output", str(output)]
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise InputError(f"`python -m {' '.join(words)}` failed: {last}")
    versions = subprocess.run(
        [sys.executable, "-m", "tfvis", "--version"], capture_output=True, text=True, check=True
    )
    printed = _means(done.stdout) if words[0] == "tfvis" else done.stdout
    return f"`python -m {' '.join(words)}`\n\n{versions.stdout.rstrip()}\n\n{printed}"


def _means(printed: str) -> str:
    """The means of an evaluation, which lie in the folder that it has named."""
    folder = json.loads(printed.splitlines()[-1])["folder"]
    return (Path(folder) / "means.csv").read_text(encoding="utf-8")


if __name__ == "__main__":
    in_one_line(run)
