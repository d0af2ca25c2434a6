"""What a command prints, for people and for programs."""

import json

from tfvis.commands.output import Output


def test_lines_go_where_they_are_sent_and_json_to_standard_output(capsys):
    said = []
    say = Output(said.append, json=True)
    say("a line")
    say.record({"name": "a\nb", "score": 1.5})
    assert said == ["a line"]
    (line,) = capsys.readouterr().out.splitlines()  # a name's line break begins no line
    assert json.loads(line) == {"name": "a\nb", "score": 1.5}


def test_no_json_is_printed_unless_it_is_asked_for(capsys, tmp_path):
    say = Output(print)
    say.record({"name": "a"})
    say.result(tmp_path)
    say("a line")
    assert capsys.readouterr().out == "a line\n"


def test_a_result_says_where_its_page_is(tmp_path):
    said = []
    folder = tmp_path / "ü b"
    folder.mkdir()
    (folder / "report.html").write_text("")
    Output(said.append).result(folder)
    assert said == [f"In a browser: {tmp_path.as_uri()}/%C3%BC%20b/report.html"]
