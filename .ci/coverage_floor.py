"""Fail where a file has less line coverage than the floor: `coverage_floor.py coverage.json 75`."""

import json
import sys
from pathlib import Path


def shares(report: dict) -> dict[str, float]:
    """Each file's covered lines in percent, from the report that `coverage json` writes."""
    return {name: file["summary"]["percent_covered"] for name, file in report["files"].items()}


def main(file: str, floor: str) -> int:
    """Print the files below the floor, or the file with the least; 1 if any is below."""
    found = sorted(
        (share, name) for name, share in shares(json.loads(Path(file).read_text())).items()
    )
    below = [(share, name) for share, name in found if share < float(floor)]
    for share, name in below or found[:1]:
        sys.stdout.write(f"{name}: {share:.1f} % of lines covered, expected at least {floor} %\n")
    return 1 if below or not found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
