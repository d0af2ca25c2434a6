"""What `tfvis experiments` writes.

<output>/experiments/<network>/<experiment>/
    <image>/…                       a result folder for each result; see the writers of these
    summary/
        mosaic.png, mosaic.pdf      the figure
        findings.txt                what was found, in sentences
        result.json, arrays.npz     the same, and where the results are; written last
"""

from __future__ import annotations

from pathlib import Path

from tfvis.utils.file_names import as_text, safe_name
from tfvis.utils.mosaics import figure_bytes

from ..experiments.outcomes import Experiment, Outcome
from ..explainers.mosaics import mosaic
from .earlier import asked_of
from .own_files import read_result
from .values import packed, save_arrays
from .writing import require_result_folder, result_folder, write_result, writing

KIND = "experiment"
SUMMARY = "summary"


def experiment_folder(output: Path, network: str, name: str) -> Path:
    """The folder of an experiment's results."""
    return output / "experiments" / safe_name(network) / name


def finished_experiment(folder: Path, asked: Experiment) -> bool:
    """Whether an experiment's folder has what is asked for: the same network and options.

    Args:
        folder: from `experiment_folder`.
        asked: an experiment whose provenance says what is asked for.
    """
    found = read_result(folder / SUMMARY)
    made = asked.provenance
    if found is None or made is None or not isinstance(found.get("provenance"), dict):
        return False
    return asked_of(found["provenance"]) == asked_of(made.as_json())


def write_experiment(outcome: Outcome, experiment: Experiment, folder: Path) -> Path:
    """Write an experiment's results, each in a folder of its own, and last its summary.

    Args:
        outcome: what was found.
        experiment: what is asked for; its findings and folders are filled in.
        folder: from `experiment_folder`.

    Returns:
        The summary's folder.
    """
    from . import write

    target = folder / SUMMARY
    require_result_folder(target)
    written = [write(result, folder, name) for name, result in outcome.results]
    found = Experiment(
        name=experiment.name,
        title=experiment.title,
        findings=outcome.findings,
        folders=tuple(as_text(str(own.relative_to(folder))) for own in written),
        provenance=experiment.provenance,
    )
    figure = mosaic(outcome.sections, max_height=None) if outcome.sections else None
    with writing(target), result_folder(target) as new:
        if figure is not None:
            for kind in ("png", "pdf"):
                (new / f"mosaic.{kind}").write_bytes(figure_bytes(figure, kind))
        text = "".join(f"{sentence}\n" for sentence in found.findings)
        (new / "findings.txt").write_text(text, encoding="utf-8", errors="backslashreplace")
        value, arrays = packed(found)
        save_arrays(new, arrays)
        said = {
            "name": found.name,
            "findings": list(found.findings),
            "folders": list(found.folders),
        }
        write_result(new, KIND, said, value, found.provenance)
    return target
