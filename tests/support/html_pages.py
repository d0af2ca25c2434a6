"""What is in a page, for tests: elements with their attributes and texts, and its data."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "img", "hr", "line", "rect"}


@dataclass
class Element:
    tag: str
    attributes: dict
    path: tuple = ()
    texts: list = field(default_factory=list)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())

    @property
    def classes(self):
        return (self.attributes.get("class") or "").split()


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.elements, self.open = [], []

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs), tuple(self.open))
        self.elements.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        while tag not in _VOID and self.open and self.open.pop().tag != tag:
            pass

    def handle_data(self, data):
        for element in self.open:
            element.texts.append(data)


class Page:
    """A page that was read."""

    def __init__(self, text):
        reader = _Reader()
        reader.feed(text)
        self.elements = reader.elements

    def all(self, tag=None, within=None, **attributes):
        """Elements of a tag, with some attributes (`class_` is one of the classes)."""
        wanted = attributes.pop("class_", None)
        return [
            own
            for own in self.elements
            if tag in (None, own.tag)
            and (within is None or within in own.path)
            and (wanted is None or wanted in own.classes)
            and all(own.attributes.get(k.replace("_", "-")) == v for k, v in attributes.items())
        ]

    def one(self, *given, **attributes):
        (found,) = self.all(*given, **attributes)
        return found

    def values(self, within):
        """The `data-value` of all elements below one."""
        inside = [own for own in self.elements if within in own.path]
        return [float(own.attributes["data-value"]) for own in inside
                if own.attributes.get("data-value")]  # fmt: skip

    @property
    def data(self):
        return json.loads("".join(self.one("script", id="data").texts))
