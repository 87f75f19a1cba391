"""The bytes of a PDF with signed fields → whether each digital signature still holds, as far as pyHanko (an optional extra) can say.

A signature covers the file as it was when it was signed; what was added to the file since is for the reader to judge. Whether the
certificate can be trusted, nobody is asked: no list of those that can is kept. Never reaches out to the network.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["intact", "broken", "unchecked"]


@dataclass(frozen=True)
class Judged:
    """A signature: whether what it covers holds, the name in its certificate, and how much of the file it covers."""

    state: State
    by: str = ""
    covers_bytes: int = 0


def judge_signatures(data: bytes) -> Mapping[str, Judged]:
    """Return the signatures of a PDF by their fields; nothing without pyHanko, or where it cannot read the file."""
    try:
        from pyhanko.pdf_utils.reader import PdfFileReader
        from pyhanko_certvalidator import ValidationContext
    except ImportError:
        return {}
    context = ValidationContext(allow_fetching=False, trust_roots=[])
    try:
        signed = PdfFileReader(io.BytesIO(data), strict=False).embedded_signatures
    except Exception:  # what the other library could read, this one may not
        return {}
    return {str(one.field_name): _judged(one, context) for one in signed}


def _judged(signature: Any, context: Any) -> Judged:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    try:
        found = validate_pdf_signature(signature, context, skip_diff=True)
        holds = found.intact and found.valid and found.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
        signer = str(found.signing_cert.subject.native.get("common_name", ""))
        start, length = (int(part) for part in list(signature.byte_range)[2:])
    except Exception:  # a signature that was tampered with can fail anywhere in the library
        return Judged("broken")
    return Judged("intact" if holds else "broken", signer, start + length)
