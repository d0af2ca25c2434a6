"""Make the gallery's pictures again: run the commands that its page shows under each of them.

python examples/gallery.py                 # all, in about twelve minutes
python examples/gallery.py owl mistake     # these alone

A picture is the last PNG file that its last command names, made narrower and written as JPEG.
"""

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gallery" / "README.md"
WIDTH = 900
QUALITY = 72


class Picture(NamedTuple):
    """A section of the page: the picture's file, and the commands that make it."""

    file: Path
    commands: tuple[tuple[str, ...], ...]


def pictures(page: Path) -> Iterator[Picture]:
    """What a page shows, in its order."""
    shown = r"!\[[^\]]*\]\(([\w-]+\.jpg)\)\n(.*?)(?=\n!\[|\Z)"
    for name, text in re.findall(shown, page.read_text(encoding="utf-8"), re.S):
        blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S))
        lines = blocks.replace("\\\n", " ").splitlines()
        words = (tuple(shlex.split(line, comments=True)) for line in lines)
        yield Picture(page.parent / name, tuple(filter(None, words)))


def run(words: tuple[str, ...]) -> str:
    """Run a command as a reader would; returns what it printed."""
    program = {"tfvis": ("-m", "tfvis"), "python": ()}[words[0]]
    done = subprocess.run(
        [sys.executable, *program, *words[1:]], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"failed: {shlex.join(words)}")
    return done.stdout


def named_picture(printed: str) -> Path:
    """The last PNG file that a command's lines name."""
    files = [line.rpartition(" -> ")[2].strip() for line in printed.splitlines()]
    return ROOT / [file for file in files if file.endswith(".png")][-1]


def as_jpeg(source: Path, file: Path) -> None:
    """Write a picture as a JPEG that is at most `WIDTH` pixels wide."""
    with Image.open(source) as picture:
        small = picture.convert("RGB")
    if small.width > WIDTH:
        height = round(small.height * WIDTH / small.width)
        small = small.resize((WIDTH, height), Image.Resampling.LANCZOS)
    small.save(file, quality=QUALITY, optimize=True, progressive=True)


def main(names: list[str], page: Path = PAGE) -> None:
    """Make the pictures of these names, or all."""
    known = {picture.file.stem: picture for picture in pictures(page)}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"Expected names among {', '.join(known)}, received {', '.join(unknown)}.")
    for name in names or known:
        print(f"{name}:", flush=True)
        printed = ""
        for words in known[name].commands:
            print(f"  {shlex.join(words)}", flush=True)
            printed = run(words)
        as_jpeg(named_picture(printed), known[name].file)
        print(f"  -> {known[name].file}, {known[name].file.stat().st_size >> 10} KiB", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a picture's name without .jpg")
    main(parser.parse_args().names)
