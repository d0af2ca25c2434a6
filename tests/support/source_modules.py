"""The modules of tfvis and where they are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def modules(root):
    """All modules of tfvis, by their dotted names: from name to file."""
    found = {}
    for file in sorted((root / "tfvis").rglob("*.py")) + sorted((root / "utils").rglob("*.py")):
        parts = list(file.relative_to(root).with_suffix("").parts)
        if parts[0] == "utils":
            parts.insert(0, "tfvis")
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = file
    return found


def place_of(name):
    """A module's or package's place in the checkout: utils/errors, tfvis/models/auto."""
    return name.replace("tfvis.utils", "utils").replace(".", "/")
