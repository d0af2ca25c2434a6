"""What a result folder of an earlier run means for a new result: the same image, the same question.

A new result takes the place of an earlier one that answers the same question, and of no other.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import safe_name
from tfvis.utils.image_sources import SourceImage
from tfvis.utils.provenance import Provenance, is_known

from .folder_locks import locked
from .own_files import RESULT, lists_files, own_files, read_result
from .working_folder import WorkingFolder
from .writing import require_result_folder, writing

if TYPE_CHECKING:
    from ..evaluation.evaluations import CaseScores
    from ..evaluation.scene_results import Scores

WITHOUT_IMAGE = ("localisation", "scene_localisation", "evaluation")
"""Kinds of results that are of no single image; a table may have an image's name."""

_DIGITS = 8
"""Of a digest in a folder's name."""

_APART = rf"(?:_[0-9a-f]{{{_DIGITS}}})?"
"""How the name of a folder ends that `answer_folder` has chosen, as a regular expression."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImageFolder:
    """The folder of an image's results.

    Attributes:
        path: the folder, which need not exist.
        made: what made a result of the image; with the image's digest.
    """

    path: Path
    made: Provenance

    def require_same_image(self) -> None:
        """See the function of this name."""
        require_same_image(self.path, self.made)


def image_folder(
    output: Path, made: Provenance | None, image: np.ndarray, name: str | None = None
) -> ImageFolder:
    """The folder of an image's results.

    Args:
        output: the folder above all.
        made: what made the result; None where the explainer does not say.
        image: the image's pixels, float32 (H, W, 3) in [0, 1].
        name: the folder's; the name of the image's file if left out, `image` where it has none.

    Raises:
        InputError: the folder has results of another image.
    """
    if name is None:
        name = "image" if made is None or made.image_name is None else made.image_name
    folder = ImageFolder(output / safe_name(name), _showing(made, image))
    folder.require_same_image()
    return folder


def remove_other_images(folder: Path, made: Provenance) -> None:
    """Remove the results in an image's folder that are of another image; the user's files stay.

    Args:
        folder: the image's, which need not exist.
        made: what makes a result of the image; with the digest of the image or of its file.

    Raises:
        WriteError: the system refuses it.
    """
    for place in _results(folder):
        other = _stored(place)
        if other is None or made.shows_same_image(other):
            continue
        working = WorkingFolder(place)
        with writing(place):
            try:
                working.begin()
                working.remove_target()
            finally:
                working.end()


def _results(folder: Path) -> list[Path]:
    """The result folders in an image's folder."""
    found = sorted(folder.glob(f"*/{RESULT}")) + sorted(folder.glob(f"*/*/*/{RESULT}"))
    return [file.parent for file in found]


def require_same_image(folder: Path, made: Provenance) -> None:
    """Raise an `InputError` if a folder has results of another image of the same name."""
    others = False
    for place in _results(folder):
        other = _stored(place)
        if other is not None and made.shows_same_image(other):
            return
        others = others or other is not None
    if others:
        raise InputError(
            f"Expected results of this image in {str(folder)!r}, found some of another image "
            "of the same name. Choose another name for this one, in Python save(..., name=...), "
            "on the command line --name, or another output folder."
        )


def _showing(made: Provenance | None, image: np.ndarray) -> Provenance:
    """What made a result, with the digest of its image where it does not say."""
    if made is not None and made.image is not None:
        return made
    if made is None:
        made = Provenance(method="", network="", weights=None, image=None, image_name=None)
    return replace(made, image=SourceImage(image).digest)


def _stored(folder: Path) -> Provenance | None:
    """The same of a result folder; None if it holds no result of one image that can be read."""
    found = read_result(folder)
    if found is None or "provenance" not in found or "value" not in found:
        return None  # of an earlier version
    if lists_files(found) and found["format"].get("kind") in WITHOUT_IMAGE:
        return None  # its many arrays need not be read
    try:
        made = None if found["provenance"] is None else Provenance.from_json(found["provenance"])
    except (KeyError, TypeError):
        return None
    if made is not None and made.image is not None:
        return made
    from .values import load_value  # it imports TensorFlow

    try:
        value = load_value(folder, found["value"])
    except InputError:
        return None
    image = getattr(getattr(value, "saliency", value), "image", None)
    return None if image is None else _showing(made, image)


@contextlib.contextmanager
def answer_folder(
    target: Path,
    made: Provenance | None,
    question: Mapping[str, Any],
    siblings: str | None = None,
    above: ImageFolder | None = None,
) -> Iterator[WorkingFolder]:
    """A folder for a result that is to replace an earlier one only if both ask the same.

    It takes its place as that of `result_folder` does. Which place that is shows at the end, as
    other results stand by then: the target, or beside it a folder with a digest of what is asked at
    the end of its name; with a number where it cannot be told what is asked. Of two runs at once
    that ask the same, the later result stays; two that ask something else get a folder each.

    Args:
        target: the folder, if no result that asks something else is in it.
        made: what made the result; all but the versions counts.
        question: what else counts, by its keys in `result.json`.
        siblings: results whose names begin so are removed if they answer the same question; see
            `replace_siblings`.
        above: the folder of the image, if the result is of one; the target is in it. Another image
            of the same name may have got its first result there while the block ran.

    Yields:
        The temporary folder, as its attribute `new`. The block writes its files there,
        `write_result` the last. Once the block has ended, the attribute `target` is where they are.

    Raises:
        InputError: see `require_result_folder` and `require_same_image`.
        OSError: the system refuses something; see `writing`.
    """
    _bring_back(target.parent, re.escape(target.name) + _APART)

    def choose() -> tuple[Path, bool]:
        place, replaces = _place(target, made, question)
        require_result_folder(place)
        return place, replaces

    working = WorkingFolder(choose()[0])
    parent = target.parent
    shared = parent if above is None else above.path
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    shared.mkdir(parents=True, exist_ok=True)
    try:
        with locked(shared):
            parent.mkdir(parents=True, exist_ok=True)
            working.begin()
        yield working
        with contextlib.ExitStack() as locks:
            for folder in dict.fromkeys((shared, parent)):
                locks.enter_context(locked(folder))
            if above is not None:
                try:
                    above.require_same_image()
                except InputError:
                    working.end()
                    _remove_empty(missing)
                    raise
            working.place(choose)
            working.end()
            if siblings is not None:
                replace_siblings(working.target, siblings)
    finally:
        working.end()


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove folders, the innermost first, up to one that is not empty."""
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()


def place_of(target: Path, made: Provenance | None, question: Mapping[str, Any]) -> Path:
    """Where `answer_folder` would put a result as things stand."""
    return _place(target, made, question)[0]


def _place(target: Path, made: Provenance | None, question: Mapping[str, Any]) -> tuple[Path, bool]:
    """Where a result goes as things stand, and whether it replaces what is there."""
    asked = None if made is None else asked_of(made.as_json())
    if not is_known(asked):
        return _free(target), False
    whole = {"asked": asked, **question}
    text = json.dumps(whole, sort_keys=True).encode("utf-8", "backslashreplace")
    apart = target.with_name(f"{target.name}_{hashlib.sha256(text).hexdigest()[:_DIGITS]}")
    if own_files(apart) is not None:
        return apart, True  # even if the other has gone by now
    found = read_result(target)
    if found is None:
        return target, False
    there = found.get("provenance")
    earlier = {key: found.get(key) for key in question}
    earlier["asked"] = asked_of(there) if isinstance(there, dict) else there
    return (target, True) if lists_files(found) and earlier == whole else (apart, False)


def _free(target: Path) -> Path:
    """The folder, or one with a number after its name if there is a result in it."""
    free, number = target, 2
    while own_files(free) is not None:
        free, number = target.with_name(f"{target.name}_{number}"), number + 1
    return free


def replace_siblings(target: Path, prefix: str) -> None:
    """Remove earlier results beside a new one that answer the same question.

    Those are results of the same configuration, layer, sign and class that list their own files,
    with another number of groups or, as with the new one, a digest at the end of their names. The
    user's files in their folders stay.

    Args:
        target: the new result, in place; its name is the prefix, a number, and a digest where
            `answer_folder` has put it.
        prefix: of its name, and of its siblings'.
    """
    question = _question(target)
    if question is None:
        return
    name = rf"{re.escape(prefix)}[0-9]+{_APART}"
    _bring_back(target.parent, name, but=target.name)
    for sibling in sorted(target.parent.iterdir()):
        if not re.fullmatch(name, sibling.name) or sibling.is_symlink():
            continue
        if sibling.name != target.name and _question(sibling) == question:
            with _working(sibling) as working:
                working.remove_target()


def _bring_back(parent: Path, name: str, but: str | None = None) -> None:
    """Bring back the results that a killed run was about to replace or to remove.

    Args:
        parent: the folder that they are in.
        name: theirs, as a regular expression.
        but: the one that is left as it is.
    """
    if not parent.is_dir():
        return
    hidden = re.compile(rf"\.({name})\.[0-9a-f]{{16}}\.partial")
    found = [hidden.fullmatch(path.name) for path in parent.iterdir()]
    for match in found:
        if match and match[1] != but:
            with _working(parent / match[1]):
                pass


@contextlib.contextmanager
def _working(sibling: Path) -> Iterator[WorkingFolder]:
    """A working folder for a sibling; what the system refuses is only a warning."""
    working = WorkingFolder(sibling)
    try:
        working.begin()
        yield working
    except OSError as error:
        # The new result stands all the same.
        logger.warning("Cannot remove the earlier %s: %s.", sibling, error.strerror or error)
    finally:
        working.end()


def _question(folder: Path) -> dict[str, Any] | None:
    """What a result is an answer to; None if it does not list its files, or cannot tell."""
    result = read_result(folder)
    if result is None or not lists_files(result):
        return None
    made = result.get("provenance")
    if not isinstance(made, dict):
        return None
    asked = asked_of(made)
    if not is_known(asked):
        return None
    return {"asked": asked, **{key: result.get(key) for key in ("layer", "sign", "class")}}


def asked_of(made: dict[str, Any]) -> dict[str, Any]:
    """The part of a provenance that is the question: all but the versions.

    An option that is None is left out: an earlier version may not have had it.
    """
    found = {key: value for key, value in made.items() if key != "versions"}
    options = found.get("options")
    if isinstance(options, dict):
        found["options"] = {key: value for key, value in options.items() if value is not None}
    return found


def digest_of_scores(scores: Mapping[str, CaseScores] | Mapping[str, Scores]) -> str:
    """SHA-256 of what explainers score: tells results apart that do not say what made them."""
    told = hashlib.sha256()
    for name, own in scores.items():
        for metric, values in own.values.items():
            told.update(f"{name} {metric} {values.shape}".encode())
            told.update(np.ascontiguousarray(values).tobytes())
    return told.hexdigest()
