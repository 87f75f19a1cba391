"""Web pages for patients stand by themselves and say what the page says."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import samples
from migpack import blocks, markup
from migpack.manifest import NOTHING
from migpack.pack import build
from migpack.plan import Wanted


class _Words(HTMLParser):
    """Collects the words of the body."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.inside, self.styles = "", False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = self.inside or tag == "body"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.words += data


def test_a_web_page_has_the_words_of_its_document_and_takes_in_nothing(tmp_path: Path) -> None:
    ready = samples.prepared(samples.SAMPLES["rich"], Wanted(only=frozenset({"letter", "web_page"})))
    made = list(build(ready, tmp_path / "pack", last=NOTHING, formats=frozenset({"html"})))
    assert {artefact.document for artefact in made} == {"letter", "web_page"}
    for artefact in made:
        html = artefact.data.decode()
        assert "<script" not in html and "<link" not in html and "library:" not in html and "viewport" in html
        assert not re.search(r'(?:src|href)="(?!https:|mailto:|tel:|#|data:)', html)
        page = next(page for page in ready.pages if page.document.id == artefact.document)
        reader = _Words()
        reader.feed(html)
        said = "".join(blocks.text(markup.read(page.html, page.document.id)).split())
        assert "".join(reader.words.split()) == said
