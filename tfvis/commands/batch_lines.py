"""What `tfvis batch` says of its images, and of how a run ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfvis.utils.errors import InputError
from tfvis.utils.file_names import as_text

from ..batches.engines import Engine
from ..datasets.manifests import ListedImage
from .output import Output

if TYPE_CHECKING:
    from tfvis.utils.network import Network

    from ..batches.running import BatchRun, Ended
    from ..report.batch_folder import BatchFolder
    from ..report.batch_rows import BatchRow

__all__ = ["counted", "tell_end", "tell_index", "tell_unknown_labels"]


def tell_unknown_labels(listed: Sequence[ListedImage], net: Network, say: Output) -> None:
    """Say at the start that the list has labels which are no classes of the network."""
    first: dict[str, ListedImage] = {}
    for own in listed:
        if own.label is not None:
            first.setdefault(own.label, own)
    unknown = []
    for label, own in first.items():
        try:
            net.class_index(label)
        except InputError:
            unknown.append(own)
    if unknown:
        count = (
            "a label is no class" if len(unknown) == 1 else f"{len(unknown)} labels are no classes"
        )
        say(
            f"{unknown[0].place}: {unknown[0].label!r} is no class of {net.name}; {count} in all. "
            "Such images are not explained, and have a row that says so."
        )


def tell_end(
    batch: BatchRun,
    ended: Ended,
    engine: Engine,
    seconds: float,
    alone: float | None,
    say: Output,
) -> None:
    """Say how a run ended, and whether one process would have been faster."""
    if ended.deaths:
        times = "once" if ended.deaths == 1 else f"{ended.deaths} times"
        say(f"Workers were killed {times}; their images were explained again.")
    if ended.computed:
        rate = 3600 * ended.computed / seconds
        each = ended.seconds / ended.computed
        say(
            f"{counted(ended.computed, 'image')} in {seconds:.0f} s, {rate:.0f} an hour; one takes "
            f"a worker {each:.2f} s."
        )
        if alone is not None:
            say(_compared(each / engine.workers, alone, engine.workers))
    if not ended.has_parquet:
        say("There is no index.parquet: it needs pyarrow, pip install 'tfvis[parquet]'.")
    if ended.finished < ended.total:
        raise InputError(
            f"{ended.finished} of {ended.total} images are finished: workers did not see that the "
            f"run in {str(batch.folder.path)!r} goes on. The same command goes on."
        )
    tell_index(batch.folder, ended.rows, say)
    without = [row for row in ended.rows if row.folder is None]
    if without and len(without) == len(ended.rows):
        raise InputError(f"No image could be explained. The first: {without[0].problem}")


def tell_index(folder: BatchFolder, rows: Sequence[BatchRow], say: Output) -> None:
    """Say where the index is, and print it for programs if that is asked for."""
    from ..report.batch_index import INDEX

    names = {row.name for row in rows}
    bad = {row.name for row in rows if row.problem is not None}
    say(f"{counted(len(names), 'image')}, {len(bad)} with a problem. Open first:")
    say(str(folder.path / INDEX))
    say.record(
        {
            "kind": "batch",
            "folder": as_text(str(folder.path)),
            "images": len(names),
            "rows": len(rows),
            "images_with_a_problem": len(bad),
        }
    )


def counted(n: int, what: str) -> str:
    """ "1 image", "2 images"."""
    return f"{n} {what}{'s' * (n != 1)}"


def _compared(together: float, alone: float, workers: int) -> str:
    """A line that says whether several processes are faster than one with all cores."""
    both = f"{together:.2f} s an image with {workers} workers, {alone:.2f} s in one process"
    if together < alone:
        return f"{both}: {alone / together:.1f} times faster."
    return f"{both}: --backend serial is {together / alone:.1f} times faster here."
