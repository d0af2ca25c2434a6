"""What `tfvis experiments` writes.

<output>/experiments/<network>/<experiment>[_<digest>]/
    request.json                    what is asked for, written first
    images/<image>/…                a result folder for each result; see the writers of these
    summary/
        mosaic.png, mosaic.pdf      the figure, if there is something to show
        findings.txt                what was found, in sentences
        result.json, arrays.npz     the same, and where the results are; written last

The digest, of what is asked for, is there only where the folder without it has another request.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text, on_disk, safe_name
from tfvis.utils.images import replacing
from tfvis.utils.mosaics import figure_bytes

from ..experiments.outcomes import Experiment, Outcome
from ..explainers.mosaics import mosaic
from .earlier import asked_of
from .own_files import FORMAT, is_plain, is_regular, own_files, read_result
from .values import packed, save_arrays
from .writing import (
    require_folder,
    require_result_folder,
    result_folder,
    write_result,
    writing,
)

KIND = "experiment"
SUMMARY, IMAGES, REQUEST = "summary", "images", "request.json"
_DIGITS = 8


def experiment_folder(output: Path, network: str, experiment: Experiment) -> Path:
    """The folder of an experiment: another one for another request.

    Args:
        output: the folder above all.
        network: the network's name.
        experiment: its provenance says what is asked for.

    Raises:
        InputError: the folder holds something else, or cannot be written.
    """
    wanted = _asked(experiment)
    folder = output / "experiments" / safe_name(network) / experiment.name
    with writing(folder):
        if not (_is_free(folder) or _request(folder) == wanted):
            digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
            folder = folder.with_name(f"{folder.name}_{digest[:_DIGITS]}")
            if not (_is_free(folder) or _request(folder) == wanted):
                raise InputError(
                    f"Expected an empty folder or an earlier experiment, received {str(folder)!r}, "
                    "which holds something else. Choose another --output."
                )
    require_folder(folder / IMAGES)
    require_result_folder(folder / SUMMARY)
    return folder


def finished_experiment(folder: Path, experiment: Experiment) -> bool:
    """Whether a folder has all results of what is asked for, by this version of tfvis.

    Args:
        folder: from `experiment_folder`.
        experiment: what is asked for.
    """
    found, made = read_result(folder / SUMMARY), experiment.provenance
    if found is None or made is None or not isinstance(found.get("provenance"), dict):
        return False
    stored, folders = found["provenance"], found.get("folders")
    version = made.versions.get("tfvis")
    if asked_of(stored) != _asked(experiment) or not isinstance(folders, list):
        return False
    if not isinstance(stored.get("versions"), dict) or stored["versions"].get("tfvis") != version:
        return False
    places = [folder / SUMMARY, *(folder / on_disk(own) for own in folders if _is_below(own))]
    return len(places) == len(folders) + 1 and all(map(_is_whole, places))


def write_experiment(outcome: Outcome, experiment: Experiment, folder: Path) -> Path:
    """Write an experiment's results, each in a folder of its own, and last its summary.

    Args:
        outcome: what was found.
        experiment: what was asked for; its findings and folders are filled in.
        folder: from `experiment_folder`.

    Returns:
        The summary's folder.
    """
    from . import write

    target = folder / SUMMARY
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / REQUEST) as temporary:
            said = {"format": {"name": FORMAT, "kind": "request"}, "asked": _asked(experiment)}
            temporary.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    written = [write(result, folder / IMAGES, name) for name, result in outcome.results]
    found = Experiment(
        name=experiment.name,
        title=experiment.title,
        findings=outcome.findings,
        folders=tuple(as_text(own.relative_to(folder).as_posix()) for own in written),
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
        summary = {
            "name": found.name,
            "findings": list(found.findings),
            "folders": list(found.folders),
        }
        write_result(new, KIND, summary, value, found.provenance, found)
    return target


def _asked(experiment: Experiment) -> dict[str, Any]:
    """What is asked for, as JSON holds it."""
    made = experiment.provenance
    return {} if made is None else json.loads(json.dumps(asked_of(made.as_json())))


def _request(folder: Path) -> Any:
    """What was asked for in a folder; None if nothing says so."""
    file = folder / REQUEST
    if not is_regular(file):
        return None
    try:
        return json.loads(file.read_text(encoding="utf-8")).get("asked")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None


def _is_free(folder: Path) -> bool:
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def _is_below(path: object) -> bool:
    """Whether a stored path stays below the folder that it is relative to."""
    return isinstance(path, str) and all(map(is_plain, path.split("/")))


def _is_whole(folder: Path) -> bool:
    names = own_files(folder)
    return names is not None and all(is_regular(folder / name) for name in names)
