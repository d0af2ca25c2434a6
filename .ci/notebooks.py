"""Run notebooks and store them with small outputs: `notebooks.py FILE [FILE …] [--output DIR]`.

A result shows an interactive page and a picture where a notebook is run. The stored file has the
picture alone, as a JPEG: it stays small, and is shown where files are only looked at.
"""

from __future__ import annotations

import argparse
import base64
import io
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

WIDTH = 900
"""Pixels of a stored picture at most."""
_QUALITY = 80
_SECONDS = 600
"""A cell that takes longer is stopped."""


def run(file: Path, folder: Path) -> Any:
    """A notebook with the outputs that it has now.

    Args:
        file: the notebook; it stays as it is.
        folder: where it runs, and writes what it writes.
    """
    notebook = nbformat.read(file, as_version=4)
    metadata = {"metadata": {"path": str(folder)}}
    NotebookClient(
        notebook, timeout=_SECONDS, kernel_name="python3", resources=metadata, record_timing=False
    ).execute()
    return notebook


def shrink(notebook: Any) -> None:
    """Keep of each output what a reader of the file sees, and no more bytes than that takes."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type != "code":
            continue
        # What libraries log is another thing on each machine.
        cell.outputs = [own for own in cell.outputs if own.get("name") != "stderr"]
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                data["image/jpeg"] = _as_jpeg(data.pop("image/png"))
                data.pop("text/html", None)
                output.metadata = {}


def _as_jpeg(encoded: str) -> str:
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as opened:
        picture = opened.convert("RGB")
    if picture.width > WIDTH:
        height = round(picture.height * WIDTH / picture.width)
        picture = picture.resize((WIDTH, height), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def main(argv: list[str] | None = None) -> int:
    """Run notebooks; returns the exit status: 1 if a cell fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--output", type=Path, metavar="DIR",
        help="where to run and to store them; each beside its file, in its place, if left out",
    )  # fmt: skip
    arguments = parser.parse_args(argv)
    for file in arguments.files:
        folder = arguments.output or file.parent
        try:
            notebook = run(file, folder)
        except CellExecutionError as error:
            sys.stderr.write(f"{file}: {error}\n")
            return 1
        shrink(notebook)
        nbformat.write(notebook, folder / file.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
