"""Names are one part of a path on any system, and tell classes apart."""

import pytest

from tfvis.utils.file_names import class_name, layer_name, safe_name
from tfvis.utils.labels import Labels


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tiger cat", "tiger cat"),
        ("crane/bird", "crane_bird"),
        ('a\\b:c*d?e"f<g>h|i', "a_b_c_d_e_f_g_h_i"),
        ("two\nlines\x7f", "two_lines_"),
        ("ends in dots. . ", "ends in dots"),
        (".hidden", "_hidden"),
        ("..", "_"),
        ("", "_"),
        ("con", "_con"),
        ("COM1.txt", "_COM1.txt"),
        ("console", "console"),
        ("CON .txt", "_CON .txt"),
        ("nul  .tar.gz", "_nul  .tar.gz"),
        ("COM¹", "_COM¹"),
        ("lpt³.txt", "_lpt³.txt"),
        ("CONIN$", "_CONIN$"),
        ("conout$.png", "_conout$.png"),
        ("CON cert.txt", "CON cert.txt"),
        ("COM⁴", "COM⁴"),
        ("COM10", "COM10"),
        ("cat\u202egpj.exe", "cat_gpj.exe"),
        ("a\u200eb\u200fc\u2066d\u2069e\u061c", "a_b_c_d_e_"),
        ("नमस्‍ते", "नमस्‍ते"),  # a joiner belongs to the word
    ],
)
def test_names_are_safe(name, expected):
    assert safe_name(name) == expected


def test_long_names_are_cut_at_whole_characters():
    assert safe_name("a" * 200) == "a" * 80
    assert safe_name("ä" * 50) == "ä" * 40
    assert len(safe_name("x" + "ä" * 50).encode()) == 79


def labels(*names):
    return Labels(tuple((name,) for name in names))


def test_classes_of_one_name_are_told_apart_by_their_index():
    own = labels("crane", "cat", "crane")
    assert [class_name(own, k) for k in range(3)] == ["crane_0", "cat", "crane_2"]
    # Also where only a path makes them one.
    own = labels("Crane", "a/b", "crane", "a:b")
    assert [class_name(own, k) for k in range(4)] == ["Crane_0", "a_b_1", "crane_2", "a_b_3"]


def test_a_name_that_looks_like_one_with_its_index_gets_one_too():
    own = labels("crane", "crane", "crane_0")
    names = [class_name(own, k) for k in range(3)]
    assert names == ["crane_0", "crane_1", "crane_0_2"]


def test_a_layers_name_has_no_slashes():
    assert layer_name("block/conv:1") == "blockconv_1"
    assert layer_name("mixed4d") == "mixed4d"
