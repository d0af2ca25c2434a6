"""A page in a frame."""

import base64
import hashlib
import html
import re
from html.parser import HTMLParser

import pytest

from tfvis.report.page import frames, page_of
from tfvis.report.page.frames import framed

HOSTILE = '"><script>alert(1)</script><iframe src="x">&quot;&amp;#" href="#'


class Elements(HTMLParser):
    """The elements of a text, with their attributes as a browser reads them."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def page_in(text):
    """What a browser shows in the only element of a text."""
    ((tag, attributes),) = Elements(text).found
    assert tag == "iframe"
    assert "src" not in attributes
    return attributes


def test_a_frame_holds_the_page_and_nothing_else(explanation):
    found = explanation(label=HOSTILE)
    attributes = page_in(framed(found))
    expected = page_of(found, limit=frames.LIMIT)
    assert attributes["srcdoc"].replace('href="about:srcdoc#', 'href="#') == expected
    assert attributes["title"] == html.unescape(re.search("<title>(.*)</title>", expected)[1])
    assert HOSTILE in attributes["title"]


def test_a_frame_is_cut_off_from_the_page_around_it(explanation):
    attributes = page_in(framed(explanation(), height=300))
    allowed = set(attributes["sandbox"].split())
    assert allowed == {"allow-scripts", "allow-downloads"}  # not allow-same-origin
    assert (attributes["width"], attributes["height"]) == ("100%", "300")


@pytest.mark.parametrize("text", ["x href=", '" href="x', "<a href="])
def test_texts_that_look_like_links_are_left_as_they_are(explanation, text):
    found = explanation(label=text)
    framed_page = page_in(framed(found))["srcdoc"]
    expected = page_of(found, limit=frames.LIMIT)
    assert framed_page.replace('href="about:srcdoc#', 'href="#') == expected


def test_links_in_a_frame_stay_in_it_and_what_the_policy_allows_is_unchanged(explanation):
    page = page_in(framed(explanation()))["srcdoc"]
    links = [own["href"] for tag, own in Elements(page).found if tag == "a"]
    assert links
    assert all(link.startswith("about:srcdoc#") for link in links)
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    allowed = set(re.findall(r"sha256-([\w+/=]+)", html.unescape(policy)))
    contents = re.findall(r"<style>(.*?)</style>", page, re.S)
    contents += re.findall(r"<script>(.*?)</script>", page, re.S)
    digests = {base64.b64encode(hashlib.sha256(own.encode()).digest()).decode() for own in contents}
    assert digests == allowed


def test_a_page_that_would_be_too_large_is_not_shown(explanation):
    found = explanation()
    assert framed(found, limit=1000) is None
    with pytest.raises(ValueError, match="at most 1,000 bytes"):
        page_of(found, limit=1000)


def test_what_is_no_result_has_no_frame():
    with pytest.raises(TypeError, match="received str"):
        framed("no result")


def test_files_beside_a_page_are_no_links_in_a_frame(experiment):
    page = page_of(experiment)
    assert 'href="../images/photo/crane/' in page
    inside = page_in(framed(experiment))["srcdoc"]
    links = [own.get("href") for tag, own in Elements(inside).found if tag == "a"]
    assert set(links) == {"about:srcdoc#main", None}
    assert "crane" in inside
