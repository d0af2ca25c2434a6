"""How long an image takes one process that has all cores: what several have to be faster than."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tfvis.utils.image_sources import ImageFile

from ..runtime import command_line
from .image_rows import explained_image
from .work import BatchJob, BatchWork

if TYPE_CHECKING:
    from tfvis.utils.network import Network

__all__ = ["FROM", "seconds_alone"]

logger = logging.getLogger(__name__)

FROM = 200
"""From so many images on it is worth finding out: it takes as long as some images."""

_TRIED = 4
_COUNTED = 3


def seconds_alone(net: Network, work: BatchWork, jobs: Sequence[BatchJob]) -> float | None:
    """Seconds an image of this process, the median of a few; what they give is thrown away.

    Args:
        net: the network.
        work: what is done with each image.
        jobs: images; those that cannot be read are left out.

    Returns:
        None where too few can be explained.
    """
    from ..models.weight_sums import fixed_weights

    explainers = tuple((own, own.build(net)) for own in work.explainers)
    found: list[float] = []
    with tempfile.TemporaryDirectory() as folder, command_line.running(None), fixed_weights():
        own = replace(work, output=str(Path(folder).resolve()))
        for job in jobs[: 2 * _TRIED]:
            start = time.perf_counter()
            try:
                source = ImageFile.read(job.path).at(net.input_size, work.fit)
                explained_image(net, explainers, own, job, source)
            except Exception as error:  # it is met, and told, by the run itself
                logger.debug("%s is not timed: %s", job.name, error)
            else:
                found.append(time.perf_counter() - start)
            if len(found) == _TRIED:
                break
    # The first one also compiles.
    return median(found[1:]) if len(found) > _COUNTED else None
