"""Names in Chinese where the system's encoding is ASCII: locale C, and Python's UTF-8 mode off."""

import json
import os
import subprocess
import sys
import textwrap

import pytest
from PIL import Image

from tfvis.report.own_files import own_files
from tfvis.report.writing import result_folder, write_result

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
CAT, DOG, BOXES = "猫.png", "狗.png", "框.csv"


def in_ascii(code, *arguments, cwd):
    """What a program prints there; its arguments are bytes of UTF-8, as a shell passes them."""
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True, check=False, cwd=cwd, env={**os.environ, **ASCII},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr.decode()
    return found.stdout.decode("ascii") + found.stderr.decode("ascii")


NAMES = """
    import os, sys
    from tfvis.utils.file_names import as_text, safe_name

    assert sys.getfilesystemencoding() == "ascii"
    for name in [*sys.argv[1:], "\\u732b", "\\u732b" * 50, "\\udcff"]:
        safe = safe_name(name)
        assert safe_name(safe) == safe
        print(ascii(as_text(safe)), os.fsencode(safe).decode("utf-8").encode("unicode_escape"))
"""


def test_names_on_disk_are_the_same_in_every_locale(tmp_path):
    lines = in_ascii(NAMES, "猫", "狗", cwd=tmp_path).splitlines()
    expected = ["猫", "狗", "猫", "猫" * 26, "%ff"]
    assert lines == [f"{name!a} {name.encode('unicode_escape')}" for name in expected]


WRITE = """
    from pathlib import Path
    from tfvis.report.writing import result_folder, write_result
    from tfvis.utils.file_names import safe_name

    with result_folder(Path("one")) as folder:
        (folder / safe_name("\\u732b.txt")).touch()
        write_result(folder, "test", {}, None, None)
"""


def test_a_results_own_files_are_known_in_every_locale(tmp_path):
    in_ascii(WRITE, cwd=tmp_path)
    assert own_files(tmp_path / "one") == {"猫.txt", "result.json"}
    with result_folder(tmp_path / "one") as folder:
        (folder / "狗.txt").touch()
        write_result(folder, "test", {}, None, None)
    assert sorted(file.name for file in (tmp_path / "one").iterdir()) == ["result.json", "狗.txt"]
    in_ascii(WRITE, cwd=tmp_path)
    assert sorted(file.name for file in (tmp_path / "one").iterdir()) == ["result.json", "猫.txt"]


COMMANDS = """
    import sys
    from tfvis.cli import main

    model, labels, cat, dog, boxes = sys.argv[1:]
    every = ["--model", model, "--labels", labels, "--value-range", "0", "1", "--output", "out"]
    quick = ["--icon-steps", "1", "--icon-size", "32", "--attribution-steps", "2",
             "--n-groups", "1"]
    assert main(["explain", cat, dog, *every, "--layers", "second", "--classes", "0", *quick]) == 0
    assert main(["invert", cat, dog, *every, "--class", "0", "--iterations", "1", "1"]) == 0
    assert main(["localise", boxes, *every, "--methods", "Grad-CAM"]) == 0
    assert main(["explain", cat, cat, *every]) == 2
"""


@pytest.mark.slow
def test_commands_take_images_a_table_and_classes_with_names_in_chinese(own_model, tmp_path):
    for name, shade in ((CAT, 0), (DOG, 200)):
        Image.new("RGB", (48, 48), (shade, 100, 50)).save(tmp_path / name)
    rows = ["image,left,top,right,bottom,class", f"{CAT},9,9,30,30,鸟", f"{DOG},9,9,30,40,鸟"]
    (tmp_path / BOXES).write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "标签.txt").write_text("鸟\nother\nanother\n", encoding="utf-8")
    told = in_ascii(COMMANDS, str(own_model), "标签.txt", CAT, DOG, BOXES, cwd=tmp_path)

    out = tmp_path / "out"
    files = sorted(str(file.relative_to(out).parent) for file in out.rglob("result.json"))
    assert files == sorted([
        "框/localisation",
        *(f"{name}/{own}" for name in ("猫", "狗")
          for own in ("鸟_IGSG/PCA/second_pos1", "guided_inversion")),
    ])  # fmt: skip
    for file in out.rglob("result.json"):
        result = json.loads(file.read_text())
        assert result["provenance"]["image_name"] == file.relative_to(out).parts[0]
        assert set(result["files"]) == {own.name for own in file.parent.iterdir()}
    assert r"\u732b: " in told  # and all of it is ASCII
    assert "images of different names" not in told
    assert "each image once" in told
