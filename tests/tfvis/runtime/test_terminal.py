import contextlib
import io
import logging
import time
from types import SimpleNamespace

import pytest

from tfvis.runtime.terminal import (
    Parser,
    PrintableFormatter,
    aligned,
    progress_bars,
    say,
    tell,
)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


def terminal():
    """A terminal as stderr; what is written there can be read."""
    return contextlib.redirect_stderr(Terminal())


@pytest.fixture
def log(capsys):
    """stderr is a file; the lines that are written there can be read."""
    return lambda: capsys.readouterr().err.splitlines()


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is moved."""
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: now.seconds)
    return now


def test_a_bar_shows_its_stage_and_how_far_it_is():
    with terminal() as screen, progress_bars(quiet=False) as progress:
        report = progress("attributions")
        report(1, 4)
        report(4, 4)
    err = screen.getvalue()
    assert "attributions" in err
    assert "4/4" in err
    assert err.endswith("\n")


def test_a_bar_that_has_ended_is_not_drawn_again():
    with terminal() as screen, progress_bars(quiet=False) as progress:
        report = progress("step 1")
        report(4, 4)
        report(4, 4)
    assert screen.getvalue().count("100%") == 1


def test_bars_end_with_an_error():
    with (
        pytest.raises(KeyboardInterrupt),
        terminal() as screen,
        progress_bars(quiet=False) as progress,
    ):
        progress("icons")(1, 4)
        raise KeyboardInterrupt
    assert screen.getvalue().endswith("\n")


def test_a_total_that_is_not_known():
    with terminal() as screen, progress_bars(quiet=False) as progress:
        progress("download", unit="B")(100_000, 0)
    assert "100k" in screen.getvalue()


def test_a_log_gets_one_line_a_stage(log, clock):
    with progress_bars(quiet=False) as progress:
        for stage, steps in [("attributions", 32), ("mixed4d, cat, pos: icons", 128)]:
            report = progress(stage)
            for done in range(1, steps + 1):
                clock.seconds += 0.25
                report(done, steps)
            report(steps, steps)
    assert log() == [
        "attributions: 32 of 32 in 8 s",
        "mixed4d, cat, pos: icons: 128 of 128 in 32 s",
    ]


def test_a_log_shows_each_minute_that_a_long_stage_lives(log, clock):
    with progress_bars(quiet=False) as progress:
        report = progress("step 1", unit="iteration")
        for done in range(1, 11):
            clock.seconds += 25
            report(done, 10)
    assert log() == [
        "step 1 … 3 of 10 iterations (30 %)",
        "step 1 … 6 of 10 iterations (60 %)",
        "step 1 … 9 of 10 iterations (90 %)",
        "step 1: 10 of 10 iterations in 4 min",
    ]


def test_a_log_says_how_far_a_stage_came_that_was_interrupted(log, clock):
    with pytest.raises(KeyboardInterrupt), progress_bars(quiet=False) as progress:
        report = progress("icons")
        clock.seconds += 5
        report(1, 4)
        raise KeyboardInterrupt
    report(2, 4)
    assert log() == ["icons: 1 of 4 in 5 s"]


def test_a_stage_in_which_nothing_is_done_is_not_in_the_log(log):
    with progress_bars(quiet=False) as progress:
        progress("download", unit="B")
        progress("icons")
    assert log() == []


@pytest.mark.parametrize(
    ("total", "line"),
    [(28_000_000, "download: 1.5 of 28.0 MB in 0 s"), (0, "download: 1.5 MB in 0 s")],
)
def test_a_download_in_a_log(log, clock, total, line):
    with progress_bars(quiet=False) as progress:
        progress("download", unit="B")(1_500_000, total)
    assert log() == [line]


@pytest.mark.parametrize(
    ("seconds", "told"), [(119, "119 s"), (120, "2 min"), (5400, "90 min"), (9000, "2 h 30 min")]
)
def test_long_times_are_minutes_or_hours(log, clock, seconds, told):
    with progress_bars(quiet=False) as progress:
        report = progress("rendering", unit="scene")
        clock.seconds += seconds
        report(1, 1)
    assert log() == [f"rendering: 1 of 1 scene in {told}"]


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_quiet_shows_nothing(stream):
    with contextlib.redirect_stderr(stream()) as shown, progress_bars(quiet=True) as progress:
        progress("icons")(1, 4)
    assert shown.getvalue() == ""


def test_a_tables_columns_begin_or_end_below_each_other():
    rows = [("alpha", "missed"), ("0", "0.5")]
    assert list(aligned(rows)) == ["alpha  missed", "0      0.5"]
    assert list(aligned(rows, numbers=True)) == ["alpha  missed", "    0     0.5"]


HOSTILE = "\x1b[2J\x1b]0;title\x07ca\x00t\u202e\x9b"
HARMLESS = "\\x1b[2J\\x1b]0;title\\x07ca\\x00t\\u202e\\x9b"


def test_control_characters_of_names_do_not_reach_the_terminal(capsys):
    say(f"{HOSTILE} dog Ägypten 猫")
    tell(f"error: {HOSTILE}")
    found = capsys.readouterr()
    assert found.out == f"{HARMLESS} dog Ägypten 猫\n"
    assert found.err == f"error: {HARMLESS}\n"


BREAKS = "cat\nDone.\r\x0b\x0c\x85\u2028\u2029\t"
UNBROKEN = "cat\\x0aDone.\\x0d\\x0b\\x0c\\x85\\u2028\\u2029\\x09"


def test_a_name_with_line_breaks_forges_no_line(capsys):
    say(BREAKS)
    tell(BREAKS)
    record = logging.LogRecord("tfvis", logging.WARNING, "", 0, "Unknown %s", (BREAKS,), None)
    assert capsys.readouterr() == (f"{UNBROKEN}\n", f"{UNBROKEN}\n")
    assert PrintableFormatter().format(record) == f"Unknown {UNBROKEN}"
    with pytest.raises(SystemExit):
        Parser(prog="tfvis").parse_args([BREAKS])
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_a_stage_with_line_breaks_in_its_name_forges_no_line(stream):
    with contextlib.redirect_stderr(stream()) as shown, progress_bars(quiet=False) as progress:
        progress(f"{BREAKS}\x1b: icons")(1, 1)
    assert f"{UNBROKEN}\\x1b: icons: " in shown.getvalue()


def test_marks_of_the_direction_of_the_text_are_written_as_codes(capsys):
    say("a\u200eb\u200fc\u061cd\u202ee\u2066f")
    assert capsys.readouterr().out == "a\\u200eb\\u200fc\\u061cd\\u202ee\\u2066f\n"


def test_help_keeps_its_lines(capsys):
    with pytest.raises(SystemExit):
        Parser(prog="tfvis", description="What it does.").parse_args(["--help"])
    assert {"usage: tfvis [-h]", "What it does."} <= {*capsys.readouterr().out.splitlines()}


def test_options_in_a_warning_are_written_as_on_the_command_line():
    message = "'icons of my_cat': give more icon_steps."
    record = logging.LogRecord("tfvis", logging.WARNING, "", 0, message, None, None)
    assert PrintableFormatter().format(record) == message
    record.options = ("icon_steps",)
    assert PrintableFormatter().format(record) == "'icons of my_cat': give more --icon-steps."


def test_nor_do_those_in_messages(capsys):
    with pytest.raises(SystemExit):
        Parser(prog="tfvis").parse_args([HOSTILE])
    assert HARMLESS in capsys.readouterr().err
    record = logging.LogRecord("tfvis", logging.WARNING, "", 0, "Unknown %s", (HOSTILE,), None)
    assert PrintableFormatter("tfvis: %(message)s").format(record) == f"tfvis: Unknown {HARMLESS}"
