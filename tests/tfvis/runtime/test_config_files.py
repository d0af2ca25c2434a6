"""Options from a TOML file."""

import argparse
from pathlib import Path

import pytest

from tfvis.runtime.terminal import Parser
from tfvis.utils.errors import InputError


@pytest.fixture
def parser():
    """A parser with every kind of option."""
    parser = Parser(prog="tfvis try")
    parser.set_defaults(command="try")
    parser.add_argument("before", type=Path, metavar="BEFORE")
    parser.add_argument("after", type=Path, metavar="AFTER")
    parser.add_argument("--icon-steps", type=int, default=512)
    parser.add_argument("--steps", dest="icon_steps", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--cut", type=float, default=argparse.SUPPRESS)
    parser.add_argument("--range", nargs=2, type=float)
    parser.add_argument("--class", "--classes", dest="classes", nargs="+", default=(),
                        metavar="CLASS")  # fmt: skip
    parser.add_argument("--name")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--quiet", action="store_true")
    return parser


@pytest.fixture
def parse(parser, tmp_path):
    """Parse words with a configuration file of some text; `{file}` in them is the file."""
    file = tmp_path / "run.toml"

    def run(text, *words):
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return parser.parse_args(["--config", str(file), *words])

    return run


WHOLE = """
command = "try"
before = "a.png"
after = "b.png"
icon-steps = 8
cut = 1
range = [0, 255.0]
classes = ["cat", 3]
again = true
flip = false
"""


def test_a_file_gives_what_the_command_line_would(parse, parser):
    found = vars(parse(WHOLE))
    words = "a.png b.png --icon-steps 8 --cut 1 --range 0 255 --class cat 3 --again --no-flip"
    typed = vars(parser.parse_args(words.split()))
    for name in ("config", "set_options"):
        found.pop(name), typed.pop(name)
    assert found == typed
    assert isinstance(found["cut"], float)


def test_what_is_typed_wins(parse):
    found = parse(WHOLE, "--icon-steps", "9", "--classes", "dog", "--flip", "c.png", "d.png")
    assert (found.icon_steps, found.classes, found.flip) == (9, ["dog"], True)
    assert (found.before, found.after) == (Path("c.png"), Path("d.png"))
    assert found.range == [0, 255]


def test_the_order_of_words_does_not_matter(parser, tmp_path):
    (tmp_path / "run.toml").write_text("icon_steps = 8\ncut = 0.5")
    words = ["--icon-steps", "9", "a", "b", f"--conf={tmp_path / 'run.toml'}"]  # shortened, too
    found = parser.parse_args(words)
    assert (found.icon_steps, found.cut) == (9, 0.5)


def test_an_argument_of_which_the_file_has_the_other_is_typed_alone(parse):
    found = parse('before = "a.png"', "c.png")
    assert (found.before, found.after) == (Path("a.png"), Path("c.png"))


def test_one_of_two_arguments_that_the_file_has_is_refused(parse):
    with pytest.raises(InputError, match="Expected BEFORE and AFTER together, .* 'c.png' alone"):
        parse(WHOLE, "c.png")


@pytest.mark.parametrize("key", ["class", "classes"])
def test_every_name_of_an_option_is_a_key_and_one_value_needs_no_array(parse, key):
    assert parse(f'{key} = "cat"', "a", "b").classes == ["cat"]


def test_an_earlier_name_goes_on_working(parse):
    assert parse("steps = 3", "a", "b").icon_steps == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("icon_stps = 3", "Unknown option 'icon_stps' in '{file}'. Closest: icon_steps."),
        ("no_flip = true", "Unknown option 'no_flip' in '{file}'. Closest: flip."),
        ("xyzzy = 3", "Unknown option 'xyzzy' in '{file}'. `tfvis try --help` lists the options."),
        ('config = "a"', "Unknown option 'config' in '{file}'"),
        ("help = true", "Unknown option 'help' in '{file}'"),
        ("[explain]\ncut = 1", "Unknown option 'explain' in '{file}'"),
        ("[name]\ncut = 1", "Expected name in '{file}' to be a string, received a table."),
        ('icon_steps = "8"', "to be a whole number, received '8'."),
        ("icon_steps = 8.0", "to be a whole number, received 8.0."),
        ("icon_steps = true", "to be a whole number, received true."),
        ("icon_steps = [8]", "to be a whole number, received [8]."),
        ('cut = "half"', "Expected cut in '{file}' to be a number, received 'half'."),
        (f"cut = 1{'0' * 400}", "to be a number, received one too large."),
        ("name = 3", "Expected name in '{file}' to be a string, received 3."),
        ("name = 2026-01-02", "to be a string, received a date."),
        (r'name = "a\u0000b"', r"to be a string without NUL, received 'a\x00b'."),
        ("again = 1", "Expected again in '{file}' to be true or false, received 1."),
        ("range = [1]", "Expected range in '{file}' to be an array of 2 numbers, received [1]."),
        ("range = 1", "to be an array of 2 numbers, received 1."),
        ('range = [1, "x"]', "to be an array of 2 numbers, received [1, 'x']."),
        ("classes = []", "Expected classes in '{file}' to be an array of strings, received []."),
        ("classes = [1.5]", "to be an array of strings, received [1.5]."),
        ("icon-steps = 1\nsteps = 2", "Expected icon-steps or steps in '{file}', which are the"),
        ('command = "explain"', "of tfvis try in '{file}', received one of tfvis explain."),
        ("command = 3", "of tfvis try in '{file}', received one of 3."),
        ("a = ", "Expected TOML in '{file}', found a mistake: Invalid value (at "),
        ("a = 1\na = 2", "Expected TOML in '{file}', found a mistake: Cannot overwrite a value"),
        (b"a = \x00", "Expected TOML in '{file}', found a mistake: "),
        (b"# " + b"x" * (1 << 20), "Expected a configuration file of at most 1 MiB"),
        ("a = " + "[" * 20_000, "Expected TOML in '{file}', found a mistake: "),
    ],
)
def test_what_cannot_be_used_is_one_line(parse, tmp_path, text, message):
    with pytest.raises(InputError) as error:
        parse(text, "a", "b")
    assert message.replace("{file}", str(tmp_path / "run.toml")) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_missing_or_no_file_is_one_line(parser, tmp_path):
    with pytest.raises(InputError, match="No configuration file '.*nowhere.toml'"):
        parser.parse_args(["--config", str(tmp_path / "nowhere.toml")])
    with pytest.raises(InputError, match="Cannot read the configuration file '.*': Is a directory"):
        parser.parse_args(["--config", str(tmp_path)])


def test_a_name_that_is_not_utf_8_and_a_byte_order_mark_are_read(parse):
    assert parse(b"\xef\xbb\xbfbefore = 'a\xff.png'", "b").before == Path("a\udcff.png")


def test_nothing_is_read_where_no_file_is_named(parser):
    assert parser.parse_args(["a", "b", "--name", "x"]).icon_steps == 512
    # After -- a word is no option.
    assert parser.parse_args(["--", "--config", "b"]).before == Path("--config")


def test_the_options_that_were_set_are_told(parser):
    words = ["a", "b", "--class", "cat", "dog", "--no-flip", "--quiet", "--cut", "0"]
    told = parser.parse_args(words).set_options
    assert {name: value for name, value in told.items() if value is not None} == {
        "before": Path("a"), "after": Path("b"), "icon_steps": 512, "cut": 0.0,
        "classes": ["cat", "dog"], "flip": False,
    }  # fmt: skip
    assert told["again"] is None
