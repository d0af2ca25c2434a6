"""What a PDF of matplotlib's holds, read without matplotlib: its page, its fonts, its words."""

import re
import zlib

_STRING = re.compile(rb"\(((?:\\.|[^\\)])*)\)", re.S)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def page_millimetres(data):
    """The width and height of the page."""
    ((left, bottom, right, top),) = re.findall(rb"/MediaBox \[ (\S+) (\S+) (\S+) (\S+) \]", data)
    return tuple((float(b) - float(a)) / 72 * 25.4 for a, b in ((left, right), (bottom, top)))


def picture_sizes(data):
    """The width and height in pixels of each embedded picture."""
    return [tuple(map(int, found)) for found in re.findall(
        rb"/Subtype /Image.*?/Width (\d+) /Height (\d+)", re.sub(rb"\s+", b" ", data))]  # fmt: skip


def texts(data):
    """Every line of text, as a reader that copies it gets it."""
    objects = {int(number): body for number, body in re.findall(
        rb"(?:^|\n)(\d+) 0 obj\s(.*?)\sendobj", data, re.S)}  # fmt: skip
    (fonts,) = {body for body in objects.values() if re.match(rb"<< (?:/F\d+ \d+ 0 R ?)+>>", body)}
    tables = {
        name: int(re.search(rb"/ToUnicode (\d+)", objects[int(number)])[1])
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", fonts)
    }
    letters = {name: _letters(_stream(objects[number])) for name, number in tables.items()}
    (page,) = (
        found
        for body in objects.values()
        if b"stream" in body and b" Tf" in (found := _stream(body))
    )
    return [_words(block, letters) for block in re.findall(rb"\bBT\n(.*?)\nET\b", page, re.S)]


def _stream(body):
    found = re.search(rb"stream\r?\n(.*)\r?\nendstream", body, re.S)[1]
    try:
        return zlib.decompress(found)
    except zlib.error:
        return found


def _letters(table):
    """The letter of each code of a font."""
    found = {}
    for first, last, codes in re.findall(rb"<(\w+)> <(\w+)> \[([^\]]*)\]", table):
        given = [bytes.fromhex(own.decode()) for own in re.findall(rb"<(\w+)>", codes)]
        span = range(int(first, 16), int(last, 16) + 1)
        found |= dict(zip(span, (own.decode("utf-16-be") for own in given), strict=True))
    return found


def _words(block, letters):
    words, font = "", None
    for name, string in re.findall(rb"/(F\d+) [\d.]+ Tf|" + _STRING.pattern, block, re.S):
        if name:
            font = letters[name]
            continue
        code = re.sub(rb"\\(\d{3}|.)", _unescaped, string, flags=re.S)
        words += "".join(font[code[k] << 8 | code[k + 1]] for k in range(0, len(code), 2))
    return words


def _unescaped(found):
    own = found[1]
    return bytes([int(own, 8)]) if own.isdigit() else _ESCAPES.get(own, own)
