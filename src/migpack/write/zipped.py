"""Bytes of a .docx or .xlsx → the same file with a fixed order of parts and fixed dates.

Both formats are zip archives that record when each part was written, in the archive and in the core properties.
The parts stand sorted by name after the content types, which readers look for first.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

# No pack prints it: a day that says "not a real date" to whoever looks at the properties.
DATE = dt.datetime(2000, 1, 1)
_TYPES = "[Content_Types].xml"
_CORE = "docProps/core.xml"
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)\b[^>]*>)[^<]*(?=</)")


def rezip(data: bytes) -> bytes:
    """Return the archive with its parts in fixed order and every date set to `DATE`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in sorted(old.namelist(), key=lambda name: (name != _TYPES, name)):
            part = old.read(name)
            if name == _CORE:
                part = _STAMP.sub(rb"\g<1>" + f"{DATE:%Y-%m-%dT%H:%M:%SZ}".encode(), part)
            entry = zipfile.ZipInfo(name, DATE.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            new.writestr(entry, part, compresslevel=6)
    return packed.getvalue()
