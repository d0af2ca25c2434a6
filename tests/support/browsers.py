"""A real browser for tests of pages, where there is one."""

import contextlib
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextlib.contextmanager
def chromium():
    """Headless Chromium; skips where Playwright or Chromium is missing."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser here: none of {', '.join(NAMES)} is on the path")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield browser
        browser.close()


class Watched:
    """A page, with what it asked for, and what it complained of.

    Attributes:
        page: Playwright's page.
        requests: all addresses that were asked for, those inside the page left out.
        complaints: messages of the console, and errors.
    """

    def __init__(self, browser, address, **context):
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.requests, self.complaints = [], []
        self.page.on("request", self._asked)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(address)

    def _asked(self, request):
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)

    def number(self, selector):
        """The number that an element's text ends in."""
        return float(self.page.inner_text(selector).split()[-1].replace("\N{MINUS SIGN}", "-"))
