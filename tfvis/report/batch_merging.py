"""The shards of a batch, made into one."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvis.utils.errors import InputError

from ..datasets.shards import read_shard
from .batch_folder import BatchFolder, FinishedImage
from .batch_index import write_batch_index
from .batch_lock import BatchLock
from .batch_rows import BatchRow
from .writing import writing

__all__ = ["LIST", "merge_batches"]

_SHARD = ("--shard", "shard")
"""The one option in which the shards of a batch differ, of a command and of a call in Python."""

LIST = "list of images (SHA-256)"
"""What shards must have in common, and a whole batch, which may grow, does not keep."""


def merge_batches(
    shards: Sequence[BatchFolder],
    target: BatchFolder,
    *,
    title: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[BatchRow, ...]:
    """Put the images of several batches into one folder, and write its index.

    The folders stay as they are. Files are linked where the file system can do so, and copied
    where not. What is merged already is left alone, so that a run which was ended goes on.

    Args:
        shards: the folders; they differ in `--shard` alone.
        target: the folder that has all of them then.
        title: of the index; the folder's name if None.
        say: writes a line.

    Returns:
        The rows of the index, in the order of the whole batch.

    Raises:
        InputError: a folder has no batch, options differ, two shards have the same part, or
            something cannot be written.
    """
    if target.path.resolve() in {own.path.resolve() for own in shards}:
        raise InputError(f"Expected --output to be none of the shards, received {target.path!s}.")
    options = _common(shards)
    target.make()
    with BatchLock(target.lock, say):
        target.begin_run(options)
        found: dict[str, FinishedImage] = {}
        for shard in shards:
            names = shard.names()
            if len(names) < shard.n_images():
                raise InputError(
                    f"Expected shards that are finished, found {len(names)} of "
                    f"{shard.n_images()} images in {str(shard.path)!r}: go on with it first."
                )
            for name in names:
                image = shard.finished(name)
                if image is None:
                    say(f"Left out: {str(shard.path / name)!r} has no whole result.")
                    continue
                if name in found:
                    raise InputError(
                        f"Expected each image in one shard, found {name!r} in "
                        f"{str(shard.path)!r} and in one before."
                    )
                found[name] = image
                if target.finished(name) != image:
                    _copy(shard.path / name, target.path / name)
        target.end_run()
        ordered = sorted(found.values(), key=lambda own: own.place)
        rows = tuple(row for own in ordered for row in own.rows)
        facts = {
            "network": str(options.get("--model", options.get("model"))),
            "explainers": ", ".join(options.get("--explainers", options.get("explainers")) or ()),
            "tfvis": str(options.get("tfvis")),
            "images": str(len(found)),
            "with a problem": str(sum(own.problem is not None for own in ordered)),
        }
        write_batch_index(target.path, rows, title or target.path.name, facts)
    return rows


def _common(shards: Sequence[BatchFolder]) -> dict[str, Any]:
    """The options of all shards, without the part that each has."""
    if not shards:
        raise InputError("Expected the folders of shards, received none.")
    parts: dict[tuple[int, int], Path] = {}
    first: Mapping[str, Any] | None = None
    for shard in shards:
        own = shard.options()
        if own is None:
            raise InputError(f"Expected the folder of a batch, received {str(shard.path)!r}.")
        named = next((own[name] for name in _SHARD if own.get(name) is not None), None)
        part = (1, 1) if named is None else read_shard(str(named))
        if part in parts:
            raise InputError(
                f"Expected different shards, received {named or 'a whole batch'} in "
                f"{str(parts[part])!r} and {str(shard.path)!r}."
            )
        parts[part] = shard.path
        shards_own = {name: own[name] for name in _SHARD if name in own}
        rest = {name: value for name, value in own.items() if name not in _SHARD}
        if first is None:
            first = {**rest, **dict.fromkeys(shards_own)}
        shard.require_options({**first, **shards_own})
    whole, *others = {count for _, count in parts}
    if others:
        given = ", ".join(f"{number}/{count}" for number, count in parts)
        raise InputError(f"Expected parts of one whole, received {given}.")
    missing = [f"{k}/{whole}" for k in range(1, whole + 1) if (k, whole) not in parts]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise InputError(f"Expected all {whole} shards, {', '.join(missing)} {are} missing.")
    return {name: None if name == LIST else value for name, value in (first or {}).items()}


def _copy(source: Path, target: Path) -> None:
    """Copy a folder so that the copy is whole or not there."""
    new = target.with_name(f".{secrets.token_hex(4)}.new")
    with writing(target):
        try:
            shutil.copytree(source, new, symlinks=True, copy_function=_link)
            if target.exists():
                shutil.rmtree(target)  # of an image that was not whole
            new.rename(target)
        finally:
            shutil.rmtree(new, ignore_errors=True)


def _link(source: str, target: str) -> str:
    """Give a file a second name, or copy it where the file system cannot."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target
