"""Files from outside, kept within limits: how long and how large their reading may get, and what their parts may hold.

Never lets a file decide how much memory, time or disk it takes.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

from migpack.collect.returned import Unreadable

_MOST_PARTS = 2_000
_MOST_BYTES = 100_000_000  # of a file with all its parts inflated
_MOST_RATIO = 400  # inflated to packed, for parts that matter
_SMALL_BYTES = 1_000_000
_STEP_BYTES = 1 << 16


def unpack(data: bytes, what: str) -> dict[str, bytes]:
    """Return the parts of a zipped file; `what` names it for people ('Word file').

    Raises:
        Unreadable: it is damaged, or grows beyond all measure.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_PARTS or sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise _too_large(what)
            left, parts = _MOST_BYTES, {}
            for entry in entries:
                parts[entry.filename] = _inflated(packed, entry, left, what)
                left -= len(parts[entry.filename])
            return parts
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, KeyError):
        raise Unreadable(f"this is no {what}, or a damaged one \N{EM DASH} save it again and send that file") from None


def _inflated(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int, what: str) -> bytes:
    """Return a part, inflated step by step: what it says of its size may be a lie."""
    held = bytearray()
    with packed.open(entry) as part:
        while step := part.read(_STEP_BYTES):
            held += step
            if len(held) > left or len(held) > max(_SMALL_BYTES, _MOST_RATIO * entry.compress_size):
                raise _too_large(what)
    return bytes(held)


def _too_large(what: str) -> Unreadable:
    return Unreadable(
        f"the {what} unpacks to more than any form of ours \N{EM DASH} save it again without large pictures and send that file"
    )


def parse(data: bytes) -> Any:
    """Return XML as an element.

    Raises:
        Unreadable: it is damaged, or defines or refers to anything outside itself.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("the file is damaged \N{EM DASH} open it, save it again and send that file") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("the file holds a document type, which no form of ours has \N{EM DASH} open it, save it again and send that file")
    return root
