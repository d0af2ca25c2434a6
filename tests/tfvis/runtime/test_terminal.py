import logging

import pytest

from tfvis.runtime.terminal import (
    Parser,
    PrintableFormatter,
    aligned,
    progress_bars,
    say,
    tell,
)


def test_a_bar_shows_its_stage_and_how_far_it_is(capsys):
    with progress_bars(quiet=False) as progress:
        report = progress("attributions")
        report(1, 4)
        report(4, 4)
    err = capsys.readouterr().err
    assert "attributions" in err
    assert "4/4" in err
    assert err.endswith("\n")


def test_a_bar_that_has_ended_is_not_drawn_again(capsys):
    with progress_bars(quiet=False) as progress:
        report = progress("step 1")
        report(4, 4)
        report(4, 4)
    assert capsys.readouterr().err.count("100%") == 1


def test_bars_end_with_an_error(capsys):
    with pytest.raises(KeyboardInterrupt), progress_bars(quiet=False) as progress:
        progress("icons")(1, 4)
        raise KeyboardInterrupt
    assert capsys.readouterr().err.endswith("\n")


def test_a_total_that_is_not_known(capsys):
    with progress_bars(quiet=False) as progress:
        progress("download", unit="B")(100_000, 0)
    assert "100k" in capsys.readouterr().err


def test_quiet_shows_nothing(capsys):
    with progress_bars(quiet=True) as progress:
        progress("icons")(1, 4)
    assert capsys.readouterr().err == ""


def test_a_tables_columns_begin_or_end_below_each_other():
    rows = [("alpha", "missed"), ("0", "0.5")]
    assert list(aligned(rows)) == ["alpha  missed", "0      0.5"]
    assert list(aligned(rows, numbers=True)) == ["alpha  missed", "    0     0.5"]


HOSTILE = "\x1b[2J\x1b]0;title\x07ca\x00t\u202e\x9b"
HARMLESS = "\\x1b[2J\\x1b]0;title\\x07ca\\x00t\\u202e\\x9b"


def test_control_characters_of_names_do_not_reach_the_terminal(capsys):
    say(f"{HOSTILE}\tdog\nÄgypten 猫")
    tell(f"error: {HOSTILE}")
    found = capsys.readouterr()
    assert found.out == f"{HARMLESS}\tdog\nÄgypten 猫\n"
    assert found.err == f"error: {HARMLESS}\n"


def test_nor_do_those_in_messages(capsys):
    with pytest.raises(SystemExit):
        Parser(prog="tfvis").parse_args([HOSTILE])
    assert HARMLESS in capsys.readouterr().err
    record = logging.LogRecord("tfvis", logging.WARNING, "", 0, "Unknown %s", (HOSTILE,), None)
    assert PrintableFormatter("tfvis: %(message)s").format(record) == f"tfvis: Unknown {HARMLESS}"
