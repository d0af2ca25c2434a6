"""`tfvis localise` with a table of addresses."""

import csv

import pytest
from PIL import Image

from tfvis.cli import main

HEADER = "image,left,top,right,bottom,class"


@pytest.fixture
def localise(clean, capsys):
    """Run `tfvis localise` on a table of images; returns status, stdout and stderr."""

    def run(images, *options):
        table = clean / "boxes.csv"
        table.write_text("\n".join([HEADER, *(f"{name},10,20,100,120,dog" for name in images)]))
        status = main(
            ["localise", str(table), "--model", "critters", "--methods", "uniform",
             "--output", str(clean / "out"), *options]
        )  # fmt: skip
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def unreadable(folder):
    file = folder / "out" / "boxes" / "localisation" / "unreadable.csv"
    with file.open(newline="", encoding="utf-8") as stream:
        return [(row["image"], row["reason"]) for row in csv.DictReader(stream)]


def test_what_will_be_requested_is_said_before_the_first_request(localise, server, capsys):
    told = []

    def answer(handler):
        told.append(capsys.readouterr())
        handler.send_error(404)

    names = [f"/{k}.png" for k in range(3)]
    server.answers = dict.fromkeys(names, answer)
    status, _, err = localise([server.url + name for name in names], "--allow-local")
    place = f"127.0.0.1:{server.server_port}"
    assert told[0].out.endswith(f"\nRequests 3 addresses of 1 host: {place} (3).\n")
    assert "looking at images: 3 of 3 images" in err  # its progress
    assert sorted(server.asked) == names
    assert status == 2
    assert err.splitlines()[-1] == (
        f"tfvis: error: None of 3 images can be read. The first, {server.url + names[0]!r}: "
        "Cannot download it: Not Found."
    )


@pytest.mark.slow
def test_many_addresses_are_refused_in_a_few_lines_and_the_rest_goes_on(localise, clean, server):
    Image.new("RGB", (224, 224)).save(clean / "here.png")
    odd = ["http://169.254.169.254/latest", "http://0x7f.1/a.png"]
    local = [*odd, *(f"{server.url}/{k}.png" for k in range(2000))]
    status, out, err = localise([*local, "here.png"])
    assert status == 0
    assert "Requests" not in out
    assert server.asked == []
    assert "2002 images could not be read:" in out
    assert out.count("Not requested") == 5
    assert err.count("\n") < 10
    assert "Share of 1 object missed" in out
    found = unreadable(clean)
    assert [name for name, _ in found] == local
    for (_, reason), host in zip(found, ["169.254.169.254", "0x7f.1", "127.0.0.1"], strict=False):
        assert reason == (
            f"Not requested: '{host}' is an address of this machine or of a local network. It is "
            "allowed by --allow-local, in Python by allow_local=True."
        )


def test_where_every_address_is_refused_that_is_one_line(localise, clean, server):
    status, out, err = localise([f"{server.url}/{k}.png" for k in range(20)], "--quiet")
    assert (status, out, server.asked) == (2, "", [])
    assert err.count("\n") == 1
    assert "None of 20 images can be read. The first, 'http://127.0.0.1:" in err
    assert "allowed by --allow-local" in err
    assert not (clean / "out").exists()


def test_local_addresses_are_allowed_for_a_table_only(capsys):
    assert main(["localise", "--allow-local", "--quiet"]) == 2
    error = "tfvis: error: Expected --allow-local with a table, received no table.\n"
    assert capsys.readouterr().err == error
