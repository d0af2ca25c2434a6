"""Pages of results as trees of elements, and what holds for every one of them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "img", "hr", "base"}
_APART = {"td", "th", "tr", "p", "li", "br", "caption", "figcaption", "h1", "h2", "h3"}
_ADDRESSES = ("href", "src", "srcset", "action", "formaction", "data", "poster", "xlink:href")

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '</script><script>alert("1")</script>',
    "\"><a href='http://example.org'>x</a>",
    "Größe 名前 🦩" * 20,
)
"""Names that somebody else chose."""


class Element:
    """An element of a page, or the page itself."""

    def __init__(self, tag="", attributes=(), parent=None):
        self.tag, self.attributes, self.parent = tag, dict(attributes), parent
        self.children = []

    def __getitem__(self, name):
        return self.attributes[name]

    @property
    def text(self):
        """The text inside, its white space made one space."""
        return " ".join("".join(self._pieces()).split())

    @property
    def classes(self):
        return (self.attributes.get("class") or "").split()

    def _pieces(self):
        for child in self.children:
            yield from [child] if isinstance(child, str) else child._pieces()
        if self.tag in _APART:
            yield " "

    def __iter__(self):
        for child in self.children:
            if not isinstance(child, str):
                yield child
                yield from child

    def all(self, tag=None, **wanted):
        """The elements below of a tag and some attributes.

        `class_` is one of the classes; `data_value` is `data-value`; a value of ... is any.
        """
        return [own for own in self if tag in (None, own.tag) and _fits(own, wanted)]

    def one(self, tag=None, **wanted):
        """The only element of them."""
        (found,) = self.all(tag, **wanted)
        return found

    def values(self, tag=None, attribute="data-value", **wanted):
        """The numbers that elements carry, nothing rounded."""
        found = [own[attribute] for own in self.all(tag, **wanted) if attribute in own.attributes]
        return [float(each) if each else float("nan") for each in found]


def _fits(element, wanted):
    for name, value in wanted.items():
        found = element.attributes.get(name.rstrip("_").replace("_", "-"))
        if found is None or (name == "class_" and value not in element.classes):
            return False
        if name != "class_" and value is not ... and found != value:
            return False
    return True


class _Builder(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.page = self.at = Element()

    def handle_starttag(self, tag, attrs):
        element = Element(tag, attrs, self.at)
        self.at.children.append(element)
        if tag not in _VOID:
            self.at = element

    def handle_endtag(self, tag):
        assert self.at.tag == tag, f"</{tag}> ends <{self.at.tag}>"
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)


def parsed(html):
    """A page as a tree; every element in it ends where it should."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.at is builder.page
    return builder.page


class Page:
    """A page that was read, and its data."""

    def __init__(self, text):
        self.tree = parsed(text)
        self.elements = list(self.tree)

    def all(self, tag=None, within=None, **attributes):
        """Elements of a tag, with some attributes (`class_` is one of the classes)."""
        return (within or self.tree).all(tag, **attributes)

    def one(self, *given, **attributes):
        (found,) = self.all(*given, **attributes)
        return found

    def values(self, within):
        """The `data-value` of all elements below one."""
        return [float(own["data-value"]) for own in within if own.attributes.get("data-value")]

    @property
    def data(self):
        return data_of(self.tree)


def captioned(page, begin):
    """The table whose caption begins so."""
    captions = [own for own in page.all("caption") if own.text.startswith(begin)]
    assert len(captions) == 1, [own.text for own in page.all("caption")]
    return captions[0].parent


def data_of(page):
    """The numbers that the page offers for download."""
    return json.loads("".join(page.one("script", id="data").children))


def require_self_contained(html, *, links=()):
    """A page that asks nothing of the network, and runs no program but its own.

    Args:
        html: the page.
        links: the only addresses that its links may have, besides places of the page itself.
    """
    page = parsed(html)
    assert len(html.encode()) <= 1_500_000
    assert [script.attributes.get("type") for script in page.all("script")] == [
        "application/json", None,
    ]  # fmt: skip
    for element in page:
        for name, value in element.attributes.items():
            assert not name.startswith("on"), (element.tag, name)
            assert name != "style", element.tag
            if name in _ADDRESSES:
                assert value.startswith("#") or value in links, (element.tag, name, value)
    assert not page.all("img")
    style = page.one("style").text
    assert all(each.startswith('"data:image/') for each in re.findall(r"url\(([^)]*)", style))
    assert "@import" not in style
    ids = [element["id"] for element in page if "id" in element.attributes]
    assert len(ids) == len({*ids})
    for element in page.all(role="img"):
        assert element["aria-label"].strip()
    for element in page:
        for name in ("aria-labelledby", "aria-controls", "aria-describedby"):
            assert element.attributes.get(name, ids[0]) in ids
    return page


def require_text(page, *texts):
    """Texts from outside stand in the page as text."""
    for text in texts:
        assert " ".join(text.split()) in page.one("body").text, text
