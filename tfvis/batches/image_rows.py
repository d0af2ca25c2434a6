"""An image of a batch: explained, its results written, and the rows that tell of them."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfvis.utils.answers import TOP, Answer, answers_of, top_answers
from tfvis.utils.errors import InputError, one_line
from tfvis.utils.file_names import as_text
from tfvis.utils.halving import is_out_of_memory
from tfvis.utils.provenance import provenance

from ..explainers.explanation import Explanation
from ..report import write
from ..report.batch_rows import BatchRow
from ..report.earlier import remove_other_images
from ..report.writing import WriteError
from .work import BatchJob, BatchWork, ChosenExplainer

if TYPE_CHECKING:
    from tfvis.utils.image_sources import SourceImage
    from tfvis.utils.network import Network

    from ..explainers.base import ClassMap, Explainer

__all__ = ["explained_image", "unreadable"]

_PICTURES = ("*_SpatialHM0.jpg", "heat_map.jpg", "*heat_map.jpg", "overview.png")
"""Which file of a result folder the index shows, the first that is there."""


def unreadable(job: BatchJob, reason: object) -> tuple[BatchRow, ...]:
    """The row of an image that was not explained."""
    label = "; ".join(map(as_text, job.labels)) or None
    return (
        BatchRow(
            image=as_text(job.image), name=as_text(job.name), label=label, problem=_reason(reason)
        ),
    )


def explained_image(
    net: Network,
    explainers: Sequence[tuple[ChosenExplainer, Explainer]],
    work: BatchWork,
    job: BatchJob,
    source: SourceImage,
) -> tuple[BatchRow, ...]:
    """Explain an image by all explainers, and write what they find.

    Args:
        net: the network.
        explainers: as they were chosen, and as they are.
        work: what is asked for.
        job: the image.
        source: the same, decoded.

    Returns:
        A row for each class and explainer.

    Raises:
        WriteError: the system refuses to write a result.
    """
    source = replace(source, name=as_text(job.name))
    # The file may be another one than when it was explained before.
    remove_other_images(Path(work.output) / job.name, provenance(net, source, method=""))
    problems: list[BatchRow] = []
    labelled: dict[int, str] = {}
    if work.by_label:
        for label in job.labels:
            try:
                index = net.class_index(label)
                labelled[index] = net.labels[index]
            except InputError as error:
                problems += unreadable(replace(job, labels=(label,)), error)
        if job.labels and not labelled:
            return tuple(problems)
    layer = explainers[0][0].layer or net.default_layers[0]
    with _noting() as notes:
        answers = answers_of(net, layer, source)
        indices = list(labelled) or _each_once(net, work.classes)
        if not indices and work.top <= len(answers):
            indices = [own.class_index for own in answers[: work.top]]
        elif not indices:
            indices = [index for index, _ in net.top(source, work.top)]
        logits = net.logits_at(layer, source)
    rows = problems
    for choice, explainer in explainers:
        with _noting() as own_notes:
            start = time.perf_counter()
            found = _explained(explainer, source, indices)
            seconds = (time.perf_counter() - start) / len(indices)
            for index, result in zip(indices, found, strict=True):
                folder = None if isinstance(result, str) else _written(result, work, job)
                (answer,) = top_answers(logits, net.labels, n=0, also=[index])
                rows.append(
                    _row(
                        job,
                        choice,
                        answers,
                        answer,
                        result,
                        folder,
                        work,
                        labelled.get(index) or _labels(net, job),
                    )
                )
        said = "\n".join(dict.fromkeys([*notes, *own_notes])) or None
        rows[-len(indices) :] = [
            replace(row, notes=said, seconds=round(seconds, 4)) for row in rows[-len(indices) :]
        ]
    return tuple(rows)


def _each_once(net: Network, classes: Sequence[int | str]) -> list[int]:
    """Classes by index, each once."""
    return list(dict.fromkeys(net.class_index(name) for name in classes))


def _labels(net: Network, job: BatchJob) -> str | None:
    """An image's labels by the classes' names, as far as they are classes."""
    found = []
    for label in job.labels:
        try:
            found.append(net.labels[net.class_index(label)])
        except InputError:
            found.append(label)
    return "; ".join(map(as_text, found)) or None


def _explained(
    explainer: Explainer, source: SourceImage, indices: Sequence[int]
) -> Sequence[ClassMap | str]:
    """What an explainer finds for each class, or why it finds nothing."""
    try:
        found = list(explainer.explain([source] * len(indices), indices))
    except Exception as error:
        if is_out_of_memory(error):
            return [f"Too large for this machine: {_reason(error)}"] * len(indices)
        return [_reason(error)] * len(indices)
    if len(found) != len(indices):
        return [f"Expected {len(indices)} results, received {len(found)}."] * len(indices)
    return found


def _written(result: ClassMap, work: BatchWork, job: BatchJob) -> Path | str:
    """A result's folder, or why there is none."""
    if isinstance(result, Explanation):
        result = replace(result, seconds={})  # a run that is resumed ends with the same files
    try:
        return write(result, work.output, name=job.name)
    except WriteError:
        raise
    except InputError as error:
        return str(error)


def _row(
    job: BatchJob,
    choice: ChosenExplainer,
    answers: Sequence[Answer],
    answer: Answer,
    result: ClassMap | str,
    folder: Path | str | None,
    work: BatchWork,
    label: str | None,
) -> BatchRow:
    first = answers[0]
    ranks = {own.class_index: k for k, own in enumerate(answers[:TOP], 1)}
    made = None if isinstance(result, str) else result.provenance
    problem = result if isinstance(result, str) else result.problem
    if isinstance(folder, str):
        problem, folder = folder, None
    where = None if folder is None else _relative(folder, work.output)
    groups = result.groups if isinstance(result, Explanation) else ()
    gap = None
    if isinstance(result, Explanation):
        gap = result.groups.attribution.relative_gap
    return BatchRow(
        image=as_text(job.image),
        name=as_text(job.name),
        label=label,
        answer=as_text(first.label),
        answer_logit=_finite(first.logit),
        class_index=answer.class_index,
        class_name=as_text(answer.label),
        logit=_finite(answer.logit),
        probability=_finite(answer.probability),
        rank=ranks.get(answer.class_index),
        explainer=choice.name,
        layer=choice.layer if made is None else made.layer,
        sign=choice.sign,
        scores=tuple(float(group.score) for group in groups),
        channels=tuple(len(group.channels) for group in groups),
        gap=_finite(gap),
        folder=where,
        picture=None if folder is None else _picture(folder, work.output),
        problem=None if problem is None else _reason(problem),
    )


def _relative(path: Path, output: str) -> str:
    return as_text(path.relative_to(output).as_posix())


def _picture(folder: Path, output: str) -> str | None:
    for pattern in _PICTURES:
        for found in sorted(folder.glob(pattern)):
            return _relative(found, output)
    return None


def _finite(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _reason(error: object) -> str:
    """Why there is no result, in a line."""
    if isinstance(error, InputError | str):
        return as_text(one_line(error, 400))
    return as_text(f"{type(error).__name__}: {one_line(error, 300)}")


@contextlib.contextmanager
def _noting() -> Iterator[list[str]]:
    """Collect the warnings of tfvis in place of printing thousands of them."""
    found: list[str] = []
    handler = _Collector(found)
    logger = logging.getLogger("tfvis")
    before, others = logger.propagate, list(logger.handlers)
    for other in others:
        logger.removeHandler(other)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield found
    finally:
        logger.removeHandler(handler)
        logger.propagate = before
        for other in others:
            logger.addHandler(other)


class _Collector(logging.Handler):
    """Adds the messages of warnings to a list."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._found = found
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message of a record, unless it is of the image that is decoded meanwhile."""
        if record.thread != self._thread:
            return
        self._found.append(as_text(one_line(record.getMessage(), 300)))
