"""What two runs of a batch must have in common."""

import re


def results(folder):
    """All files of images by their places; rows without their times."""
    found = {}
    for file in folder.rglob("*"):
        place = file.relative_to(folder)
        if file.is_file() and len(place.parts) > 1 and place.parts[0] != ".batch":
            text = file.read_bytes()
            if file.name == "rows.json":
                text = re.sub(rb'"seconds": [\d.]+', b"", text)
            found[str(place)] = text
    return found
