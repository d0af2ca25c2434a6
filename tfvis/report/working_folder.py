"""The hidden folder in which a run prepares what is to stand in a result folder's place.

<parent>/.<target's name>.<run>.partial/
    lock.json     host, process and run; its modification time is the run's age. The run's name
                  begins with a digest of the host and the process, for one killed before this file
    new/          what the run writes
    previous<k>/  what stood in the target's place: an earlier result and the user's files
    removed<k>/   the same, when another stands there: the user's files go back, the rest is deleted

A run that is killed leaves this folder. The next run for the same target takes it over, once it is
certain that nobody works in it: an earlier result goes back to its place if there is none, or else
the user's files do; the rest is removed. Everything passes from one state to the next by a rename.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from .own_files import is_own, own_files, remove_own_files

_LOCK = "lock.json"
_NEW = "new"
_DAY = 86_400.0
_ATTEMPTS = 200  # while other runs rename the same target
_PAUSE = 0.01  # seconds between them
_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)

logger = logging.getLogger(__name__)


class WorkingFolder:
    """One run's hidden folder beside its target.

    Args:
        target: the result folder that is to be replaced; the folder above it exists.

    Attributes:
        target: as given; once the new folder is in place, where it is.
        folder: the hidden folder.
        new: the folder inside it to write to.
    """

    def __init__(self, target: Path) -> None:
        self._run = f"{_host_digits()}{os.getpid() & 0xFFFFFF:06x}{secrets.token_hex(3)}"
        self._count = 0
        self._placed = False
        self._name_after(target)

    def _name_after(self, target: Path) -> None:
        self.target = target
        self.folder = self._hidden(target)
        self.new = self.folder / _NEW
        self._lock = self.folder / _LOCK

    def _hidden(self, target: Path) -> Path:
        return target.with_name(f".{target.name}.{self._run}.partial")

    def begin(self) -> None:
        """Make the folders, and bring to an end what killed runs have left."""
        self.folder.mkdir()
        owner = {"host": _host(), "process": os.getpid(), "run": self._run}
        self._lock.write_text(json.dumps(owner), encoding="utf-8")
        self.new.mkdir()
        self._recover()

    def place(self, choose: Callable[[], tuple[Path, bool]] | None = None) -> None:
        """Let the new folder take its place; `end` then sees to what stood there.

        Args:
            choose: gives the target as things stand, in the same folder as the one before, and
                whether what is there is to be replaced; the target and True if left out.
        """
        os.utime(self._lock)  # from now on this run holds what is not its own
        self.new.chmod(self.target.parent.stat().st_mode & 0o777)
        for attempt in range(_ATTEMPTS):
            target, replaces = (self.target, True) if choose is None else choose()
            if target != self.target:
                # A later run would bring it to an end for the target that is in its name.
                self.folder.rename(self._hidden(target))
                self._name_after(target)
            if replaces:
                self._take()
            try:
                self.new.rename(self.target)
            except OSError as error:
                # Another run's result has come in between: it is the earlier one then.
                if error.errno not in _OCCUPIED or attempt + 1 == _ATTEMPTS:
                    raise
            else:
                self._placed = True
                return

    def remove_target(self) -> None:
        """Take the target away: its own files go, the user's go back to where they were."""
        os.utime(self._lock)
        self._take()
        for taken in self._all("previous"):
            self._discard(taken.rename(self._next("removed")))

    def end(self) -> None:
        """Put back what was taken and is not replaced, and remove the hidden folder."""
        try:
            for previous in self._all("previous"):
                self._settle(previous)
            for removed in self._all("removed"):
                self._discard(removed)
        except OSError as error:
            # With its lock, so that a later run tries it again.
            logger.warning(
                "Cannot put back what is in %s: %s.", self.folder, error.strerror or error
            )
            return
        shutil.rmtree(self.new, ignore_errors=True)
        _remove_empty(self.folder)

    def _take(self) -> None:
        """Rename the target into the hidden folder, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            self.target.rename(self._next("previous"))

    def _next(self, kind: str) -> Path:
        self._count += 1
        return self.folder / f"{kind}{self._count:03}"

    def _all(self, kind: str) -> list[Path]:
        """Folders of a kind, the latest first."""
        return sorted(self.folder.glob(f"{kind}*"), reverse=True)

    def _settle(self, previous: Path) -> None:
        """Put an earlier folder back or, where another stands, the user's files from it."""
        for attempt in range(_ATTEMPTS):
            if self._stands():
                self._discard(previous.rename(self._next("removed")))
                return
            # Once this run's result was in place, an absent target is in another run's hands.
            if not self._placed or attempt + 1 == _ATTEMPTS:
                try:
                    previous.rename(self.target)
                except OSError as error:
                    if error.errno not in _OCCUPIED or attempt + 1 == _ATTEMPTS:
                        raise
                else:
                    return
            time.sleep(_PAUSE)

    def _stands(self) -> bool:
        """Whether something is in the target's place; an empty folder gives way."""
        if not self._placed:
            with contextlib.suppress(OSError):
                self.target.rmdir()
        return os.path.lexists(self.target)

    def _discard(self, removed: Path) -> None:
        """Delete a result's own files; whatever else is among them goes back to its place."""
        if removed.is_symlink():  # what it points to is not the target's
            raise OSError(errno.ENOTDIR, f"{removed.name} is a link")
        names = own_files(removed) or frozenset()
        for attempt in range(_ATTEMPTS):
            try:
                users = [entry for entry in sorted(removed.iterdir()) if not is_own(entry, names)]
                if users and not self._placed:
                    self.target.mkdir(exist_ok=True)
                for entry in users:
                    _move(entry, self.target)
            except FileNotFoundError:
                # Another run has just taken the target, and will put one in its place.
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(_PAUSE)
                continue
            remove_own_files(removed, names)
            if not removed.exists():
                return

    def _recover(self) -> None:
        now = self._lock.stat().st_mtime  # by the clock of the file system, as all ages are
        others = [path for path in _working_folders(self.target) if path != self.folder]
        for other in sorted(others, reverse=True, key=_age_key):
            if not _is_dead(other, now):
                continue
            for kind, finish in (("previous", self._settle), ("removed", self._discard)):
                for left in sorted(other.glob(f"{kind}*"), reverse=True):
                    # Renamed first: of two runs that find it, one gets it. If something else fails,
                    # `end` tries again.
                    with contextlib.suppress(OSError):
                        finish(left.rename(self._next(kind)))
            shutil.rmtree(other / _NEW, ignore_errors=True)
            _remove_empty(other)


def _working_folders(target: Path) -> list[Path]:
    pattern = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{16}}\.partial")
    return [
        path
        for path in target.parent.iterdir()
        if pattern.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
    ]


def _age_key(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _remove_empty(folder: Path) -> None:
    """Remove a hidden folder that holds its lock at most."""
    with contextlib.suppress(OSError):
        if {entry.name for entry in folder.iterdir()} <= {_LOCK}:
            (folder / _LOCK).unlink(missing_ok=True)
            folder.rmdir()


def _move(entry: Path, folder: Path) -> None:
    """Move a file or folder of the user's into a folder, without replacing anything there."""
    place, k = folder / entry.name, 0
    while os.path.lexists(place):
        k += 1
        place = folder / f"{entry.stem} ({k}){entry.suffix}"
    entry.rename(place)
    if k:
        logger.warning(
            "%s is a file of the result now; the one that was there is called %s.",
            folder / entry.name,
            place.name,
        )


def _host() -> str:
    """What tells the system whose processes have numbers of their own from every other."""
    parts = [platform.node()]
    # Two containers, or two laptops, may have one name.
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    with contextlib.suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def _is_dead(folder: Path, now: float) -> bool:
    """Whether nobody works in a hidden folder any more, for certain.

    On this host its process tells; on others a day without a sign must have gone by.
    """
    lock = folder / _LOCK
    try:
        touched = lock.stat().st_mtime
        owner: Any = json.loads(lock.read_text(encoding="utf-8"))
    except FileNotFoundError:
        try:
            touched, owner = folder.stat().st_mtime, None
        except OSError:
            return False
    except OSError:
        return False
    except ValueError:
        owner = None  # killed while it was written
    if not isinstance(owner, dict):
        run = folder.name.split(".")[-2]
        gone = run.startswith(_host_digits()) and not _runs(int(run[4:10], 16))
        return gone or now - touched > _DAY
    process = owner.get("process")
    if type(process) is int and process > 0 and owner.get("host") == _host():
        return not _runs(process)
    return now - touched > _DAY


@cache
def _host_digits() -> str:
    """Four hexadecimal digits of a digest of the host."""
    return hashlib.sha256(_host().encode("utf-8", "replace")).hexdigest()[:4]


def _runs(process: int) -> bool:
    """Whether this host has such a process, as far as can be told."""
    if os.name != "posix":
        return True  # on Windows `os.kill` would send an event
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
