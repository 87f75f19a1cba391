"""The words of a text message → what it costs to send; an address → the QR code that leads there. Pure.

A message of letters that GSM-7 has (GSM 03.38) fits 160 of them, or 153 in each of several segments; one letter more than that
alphabet and the whole message is UCS-2: 70, or 67 in each of several. Ten characters of GSM-7 count twice.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

from migpack.model import Case

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True)
class TextSize:
    """How long a text message is: its characters as its alphabet counts them, its segments, its price in pence."""

    characters: int
    alphabet: str
    segments: int
    pence: float
    odd: str

    @property
    def price(self) -> str:
        """The price in words."""
        return f"{self.pence:g}p"


def size(words: str, pence: float) -> TextSize:
    """Return the size of a text message at this price for a segment; `odd` holds the letters that force UCS-2."""
    odd = "".join(dict.fromkeys(letter for letter in words if letter not in _GSM and letter not in _GSM_TWICE))
    if odd:
        count, alphabet, one, several = len(words.encode("utf-16-be")) // 2, "UCS-2", 70, 67
    else:
        count, alphabet, one, several = len(words) + sum(letter in _GSM_TWICE for letter in words), "GSM-7", 160, 153
    segments = 1 if count <= one else -(-count // several)
    return TextSize(count, alphabet, segments, round(segments * pence, 2), odd)


def text_price(case: Case) -> float:
    """Return what one segment costs this practice, in pence."""
    own = case.file.messages.text_price_pence
    return case.content.messages.texts.price_pence if own is None else own


def most_segments(case: Case) -> int:
    """Return how many segments one message of this practice may take."""
    return case.file.messages.text_segments or case.content.messages.texts.most_segments


def qr_code(address: str) -> str:
    """Return the QR code of an https address as a picture in a data: URI."""
    import segno

    if not address.startswith("https://"):
        raise ValueError(f"'{address}' is no https address")
    held = io.BytesIO()
    segno.make(address, error="m", micro=False).save(held, kind="png", scale=8, border=4)
    return f"data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}"
