"""Result folders of tests, and what is in them."""

import json

from tfvis.report import result_folder, write_result


def write(target, *names, says="new"):
    """A result folder of these files."""
    with result_folder(target) as folder:
        for name in names:
            (folder / name).write_text(says)
        write_result(folder, "test", {"says": says}, None, None)


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != "result.json"}


def says(folder):
    return json.loads((folder / "result.json").read_text())["says"]


def files(path):
    """The paths of all files below."""
    return sorted(str(f.relative_to(path)) for f in path.rglob("*") if f.is_file())


def said(target):
    """What `result.json` says."""
    return json.loads((target / "result.json").read_text(encoding="utf-8"))
