"""Options of the command line that follow from dataclasses."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from tfvis.cli import main
from tfvis.commands import explain, localise
from tfvis.commands.option_groups import add_options, given_options, with_flags
from tfvis.explainers.guided_inversion.presets import InversionOptions, Preset
from tfvis.explainers.options import FeatureGroupOptions, PerturbationOptions
from tfvis.utils.errors import InputError, require_count, unknown
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.options import option


@dataclass(frozen=True, kw_only=True)
class Options:
    """A field of each type."""

    count: int = option(3, "how many", metavar="N")
    share: float = option(0.5, "50% of all", metavar="SHARE")
    name: str = option("cat", "which one", metavar="NAME")
    file: Path | None = option(None, "where", metavar="FILE", shown="nowhere")
    few: int | None = option(None, "how few", metavar="N")
    wide: bool = option(False, "be wide")
    flip: bool = option(True, "do flip")
    pair: tuple[float, float] = option((1.0, 2.5), "two numbers", metavar=("A", "B"))
    layers: tuple[str, ...] = option((), "some layers", metavar="LAYER")
    hidden: int = 7

    def __post_init__(self) -> None:
        require_count("count", self.count)
        if self.name not in ("cat", "dog"):
            raise unknown("name", self.name, ("cat", "dog"))


def parser_of(kind=Options, **options):
    parser = argparse.ArgumentParser(prog="test", formatter_class=argparse.RawTextHelpFormatter)
    add_options(parser, kind, **options)
    return parser


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", {}),
        ("--count 5", {"count": 5}),
        ("--share 0.25", {"share": 0.25}),
        ("--name dog", {"name": "dog"}),
        ("--file a/b.txt", {"file": Path("a/b.txt")}),
        ("--few 2", {"few": 2}),
        ("--wide", {"wide": True}),
        ("--flip", {"flip": True}),
        ("--no-flip", {"flip": False}),
        ("--pair 3 4", {"pair": (3.0, 4.0)}),
        ("--layers one two three", {"layers": ("one", "two", "three")}),
    ],
)
def test_each_type_of_field_is_read(line, expected):
    found = given_options(parser_of().parse_args(line.split()), Options)
    assert found == expected
    assert [type(value) for value in found.values()] == [type(v) for v in expected.values()] or (
        "file" in found  # of a class of its own on each system
    )
    assert Options(**found) == Options(**expected)


@pytest.mark.parametrize("line", ["--count many", "--share x", "--pair 1", "--layers", "--wide 1"])
def test_what_is_of_another_type_is_refused(line, capsys):
    with pytest.raises(SystemExit) as error:
        parser_of().parse_args(line.split())
    assert error.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_help_has_each_text_and_default():
    lines = parser_of().format_help()
    for text in (
        "how many (default: 3)", "50% of all (default: 0.5)", "which one (default: cat)",
        "where (default: nowhere)", "how few (default: none)", "be wide (default: off)",
        "do flip (default: on)", "two numbers (default: 1 2.5)", "some layers (default: none)",
    ):  # fmt: skip
        assert text in lines
    assert "--pair A B" in lines
    assert "--layers LAYER [LAYER ...]" in lines
    assert "hidden" not in lines  # has no text, and is no option
    assert parser_of(shown="the preset's").format_help().count("(default: the preset's)") == 9


def test_a_field_without_a_text_is_no_option():
    assert not hasattr(parser_of().parse_args([]), "hidden")
    with pytest.raises(SystemExit):
        parser_of().parse_args(["--hidden", "1"])


def test_fields_can_be_left_out():
    text = parser_of(skip=("count", "pair")).format_help()
    assert "--count" not in text
    assert "--pair" not in text
    assert "--share" in text


def test_a_prefix_stands_before_every_name():
    parser = parser_of(prefix="icon")
    add_options(parser, Options)
    given = parser.parse_args(["--icon-count", "5", "--name", "dog"])
    assert given_options(given, Options, "icon") == {"count": 5}
    assert given_options(given, Options) == {"name": "dog"}


def test_an_old_name_goes_on_working_and_is_not_shown():
    parser = parser_of(prefix="icon", old={"count": "--number"})
    assert given_options(parser.parse_args(["--number", "4"]), Options, "icon") == {"count": 4}
    assert given_options(parser.parse_args(["--icon-count", "4"]), Options, "icon") == {"count": 4}
    assert "--number" not in parser.format_help()
    assert "--icon-count" in parser.format_help()


@pytest.mark.parametrize(
    ("prefix", "made", "message"),
    [
        ("", Options, "Expected --count to be a whole number >= 1, received 0."),
        ("", lambda **_: Options(name="cow"), "Unknown name 'cow'"),
    ],
)
def test_an_error_names_the_option(prefix, made, message):
    with pytest.raises(InputError) as error:
        with_flags(lambda: made(count=0), [(Options, prefix)])
    assert str(error.value).startswith(message)


def test_an_error_of_anything_else_is_left_as_it_is():
    def fail():
        raise InputError("Expected an image of two colours, received one.")

    with pytest.raises(InputError, match=r"^Expected an image of two colours, received one\.$"):
        with_flags(fail, [(Options, "")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("explain --icon-steps 0", "Expected --icon-steps to be a whole number >= 1, received 0."),
        ("explain --steps 0", "Expected --icon-steps to be a whole number >= 1, received 0."),
        ("explain --icon-size 33", "Expected --icon-size to be even, received 33. Closest: 34."),
        ("explain --icon-size 8", "Expected --icon-size to be a whole number >= 16"),
        ("explain --icon-size 9000", "Expected --icon-size to be at most 4096"),
        ("explain --icon-decay 0", "Expected --icon-decay above 0, received 0.0."),
        ("explain --icon-learning-rate -1", "Expected --icon-learning-rate above 0"),
        ("explain --icon-batch-size 0", "Expected --icon-batch-size to be a whole number >= 1"),
        ("explain --icon-transforms papers", "Unknown --icon-transforms 'papers'. Closest: paper"),
        ("explain --icon-parameterisation pixel", "Unknown --icon-parameterisation 'pixel'"),
        ("explain --icon-dtype float64", "Unknown --icon-dtype 'float64'"),
        ("explain --attribution-steps 0", "Expected --attribution-steps to be a whole number >= 1"),
        ("explain --iterations 0", "Expected --attribution-steps to be a whole number >= 1"),
        ("explain --n-groups 0", "Expected --n-groups to be a whole number >= 1, received 0"),
        ("explain --explained-variance 1", "Expected --explained-variance between 0 and 1"),
        ("explain --heat-maps both", "Unknown --heat-maps 'both'"),
        (
            "explain --show-against --heat-maps activation",
            "Expected --show-against with maps of attributions only: the signs of activations do "
            "not tell. Leave out --heat-maps activation and --attribution Shap.",
        ),
        (
            "explain --grouping DBSCAN --n-groups 3",
            "DBSCAN finds the number of groups itself, received --n-groups 3. Leave it out",
        ),
        ("explain --grouping n_groups", "Unknown grouping 'n_groups'"),
        ("explain --seed -1", "Expected --seed to be a whole number >= 0, received -1."),
        ("explain --name ''", "Expected --name"),
        ("localise --mask-area 1", "Expected --mask-area between 0 and 1, received 1.0."),
        ("localise --mask-iterations 0", "Expected --mask-iterations to be a whole number >= 1"),
        ("invert --batch-size 0", "Expected --batch-size to be a whole number >= 1, received 0."),
        ("invert --iterations 0 1", "Expected --iterations to be a whole number >= 1, received 0."),
        ("invert --epsilon 0", "Expected --epsilon above 0, received 0.0."),
        ("invert --damping -1", "Expected --damping to be at least 0, received -1.0."),
    ],
)
def test_errors_of_the_commands_name_the_option(arguments, message, capsys):
    assert main([word.strip("'") for word in arguments.split()]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def options_in(help_text):
    """The names in lines such as `  --icon-steps N`."""
    lines = help_text.splitlines()
    return {line.split()[0].rstrip(",") for line in lines if line.startswith("  --")}


@pytest.mark.parametrize(
    ("command", "kind", "prefix", "skipped"),
    [
        ("explain", IconOptions, "icon-", set()),
        ("explain", FeatureGroupOptions, "", {"layer"}),  # its own --layers
        ("invert", InversionOptions, "", {"step"}),
        ("invert", Preset, "", set()),
        ("localise", Preset, "", set()),
        ("localise", PerturbationOptions, "mask-", {"batch_size"}),  # the same for all methods
    ],
)
def test_every_field_is_an_option(command, kind, prefix, skipped, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = options_in(capsys.readouterr().out)
    names = {field.name for field in fields(kind)} - skipped
    assert {f"--{prefix}{name.replace('_', '-')}" for name in names} <= shown


def test_the_old_names_are_not_in_the_help(capsys):
    with pytest.raises(SystemExit):
        main(["explain", "--help"])
    shown = options_in(capsys.readouterr().out)
    assert not shown & {"--steps", "--size", "--dtype", "--iterations"}


@pytest.mark.parametrize(
    ("command", "place", "kind", "prefix"),
    [
        (explain, "tfvis.commands.group_options.IconOptions", IconOptions, "icon"),
        (explain, "tfvis.commands.group_options.FeatureGroupOptions", FeatureGroupOptions, ""),
        (localise, "tfvis.commands.localise.PerturbationOptions", PerturbationOptions, "mask"),
    ],
)
def test_a_new_field_is_an_option_at_once(command, place, kind, prefix, monkeypatch):
    @dataclass(frozen=True, kw_only=True)
    class More(kind):
        sharpness: float = option(0.75, "how sharp it is", metavar="SHARE")

    monkeypatch.setattr(place, More)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    flag = f"--{prefix}-sharpness" if prefix else "--sharpness"
    text = " ".join(parser.format_help().split())
    assert f"{flag} SHARE how sharp it is (default: 0.75)" in text
    given = given_options(parser.parse_args([flag, "0.5"]), More, prefix)
    assert given["sharpness"] == 0.5
    assert "sharpness" not in given_options(parser.parse_args([]), More, prefix)
