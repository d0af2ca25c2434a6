"""Fail where a built site has a broken link or loads from elsewhere: `check_links.py build/docs`.

Links within the site must lead to a file and, where they name an anchor, to an element with that
id. Pictures, scripts and styles must be files of the site. Links that a reader follows to other
hosts are not looked at, and nothing is requested.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {
    ("img", "src"),
    ("script", "src"),
    ("source", "src"),
    ("iframe", "src"),
    ("link", "href"),
}
"""What a browser loads with the page."""

_NOT_LOADED = {"next", "prev", "index", "search", "genindex", "canonical", "author", "help"}
"""Kinds of `link` that only name another page."""


class Page(HTMLParser):
    """A page's anchors, its links, and what is loaded with it."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links to."""
        kind = {*(dict(attrs).get("rel") or "").split()}
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag, name) == ("a", "name"):
                self.anchors.add(value)
            elif (tag, name) == ("a", "href") or (
                (tag, name) == ("link", "href") and kind & _NOT_LOADED
            ):
                self.links.add(value)
            elif (tag, name) in _LOADED:
                self.loaded.add(value)


def problems(site: Path) -> Iterator[str]:
    """What is wrong with a site, a line each."""
    site = site.resolve()
    pages = {file: Page(file) for file in sorted(site.rglob("*.html"))}
    if not pages:
        yield f"{site}: no pages"
    for file, page in pages.items():
        for target in sorted(page.links | page.loaded):
            parts = urlsplit(target)
            if parts.scheme in ("data", "mailto"):
                continue
            if parts.scheme or parts.netloc:
                if target in page.loaded:
                    yield f"{file.relative_to(site)}: loads {target}"
                continue
            found = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            found = found / "index.html" if found.is_dir() else found
            anchor = unquote(parts.fragment)
            if not found.is_relative_to(site) or not found.is_file():
                yield f"{file.relative_to(site)}: {target} is not there"
            elif anchor and found in pages and anchor not in pages[found].anchors:
                yield f"{file.relative_to(site)}: {target} has no such anchor"


def main(site: str) -> int:
    """Print what is wrong; 1 if anything is."""
    found = list(problems(Path(site)))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
