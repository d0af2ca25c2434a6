"""Rows of a made-up batch, with pictures beside its page."""

import random

import numpy as np

from tfvis.report.batch_rows import BatchRow
from tfvis.report.page.batch_index import batch_page
from tfvis.utils import images

CLASSES = ("cat", "crane", "dog", "sea star", "zebra")
EXPLAINERS = ("feature groups", "grad-cam")
PICTURES = 7


def made_row(k, **changes):
    """A row that has everything, its numbers chosen by its own number.

    The numbers differ between rows in digits that a page keeps.
    """
    rng = random.Random(k)
    c = rng.randrange(len(CLASSES))
    given = {
        "image": f"photos/part {k % 3}/image{k:05d}.jpg",
        "name": f"image{k:05d}",
        "label": CLASSES[rng.randrange(len(CLASSES))] if k % 2 else CLASSES[c],
        "answer": CLASSES[c],
        "answer_logit": rng.randrange(10**6) / 10**5,
        "class_index": c,
        "class_name": CLASSES[c],
        "logit": rng.randrange(-(10**6), 10**6) / 10**5,
        "probability": rng.randrange(10**6) / 10**6,
        "rank": 1 + k % 3,
        "explainer": EXPLAINERS[k % 2],
        "layer": "mixed4d",
        "sign": "pos",
        "scores": (rng.randrange(-(10**6), 10**6) / 10**5, 0.25, -0.125)[: 1 + k % 3],
        "channels": (4, 2, 1)[: 1 + k % 3],
        "gap": rng.randrange(10**6) / 10**7,
        "folder": f"results/image {k:05d}/cat & dog",
        "picture": f"thumbs/picture {k % PICTURES}.png",
        "seconds": rng.randrange(10**6) / 10**5,
    }
    return BatchRow(**given | changes)


def unread_row(k, **changes):
    """A row of an image that could not be read."""
    given = {"image": f"photos/image{k:05d}.jpg", "name": f"image{k:05d}"}
    return BatchRow(**given | {"problem": "It is no image."} | changes)


def some_rows(n):
    """Rows in no order of any column; some lack values, some have problems and notes."""
    rows = []
    for k in random.Random(0).sample(range(n), n):
        if k % 11 == 3:
            rows.append(unread_row(k, problem=f"It is no image of kind {k % 4}."))
        elif k % 11 == 5:
            rows.append(
                made_row(k, scores=(), channels=(), gap=None, seconds=None, label=None,
                         explainer=None, problem="The gradient is zero.")
            )  # fmt: skip
        else:
            rows.append(made_row(k, notes="Two\nlines." if k % 7 == 0 else None))
    return rows


def written_page(folder, rows, **facts):
    """The address of rows' page in a folder, with the pictures of `made_row`."""
    (folder / "thumbs").mkdir()
    rng = np.random.default_rng(0)
    for k in range(PICTURES):
        images.save(folder / "thumbs" / f"picture {k}.png", rng.random((8, 8, 3)))
    file = folder / "index.html"
    file.write_text(batch_page(rows, title="A batch", facts=facts), encoding="utf-8")
    return file.as_uri()
