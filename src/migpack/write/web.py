"""Page → a web page that stands by itself, for the practice's website: the same words, with the styles written into it.

It takes in nothing from anywhere: no script, no font, no picture that it does not carry.
"""

from __future__ import annotations

import re

from migpack.model import Page

_SHEET = re.compile(r'<link rel="stylesheet" href="[^"]*">')
_RUNNING = re.compile(r' data-running-(?:left|right)="[^"]*"')
_HEAD = '<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>\n{}</style>'


def write_web(page: Page, styles: str) -> str:
    """Return a page as HTML for a browser; `styles` is the text of its style sheet."""
    head, body, rest = page.html.partition("<body")
    return _SHEET.sub(lambda _: _HEAD.format(styles), head) + _RUNNING.sub("", body + rest)
