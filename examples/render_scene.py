"""Render a scene of known objects into a file.

python examples/render_scene.py guitar owl --seed 1950000002 --output scene.png
"""

import argparse
from pathlib import Path

from tfvis.critters import CLASSES, UNKNOWN_FIGURES, render_scene
from tfvis.utils import images


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description="Render a scene into a file.")
    parser.add_argument("figures", nargs="+", choices=[*CLASSES, *UNKNOWN_FIGURES])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True, help="a PNG or JPEG file")
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    images.save(arguments.output, render_scene(arguments.figures, seed=arguments.seed).image)


if __name__ == "__main__":
    main()
