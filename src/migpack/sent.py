"""What a recipient was told, how and when: what the ledger hands to whoever must know who holds an old date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """A letter that somebody was given.

    `recipient` is the id of a third party, the role of a person, or 'patients'; `facts` are the days that the letter told, as ISO dates by
    milestone id or '<third party id>.off' and '.on'; `by` is email, post or hand.
    """

    id: str
    recipient: str
    document: str
    facts: Mapping[str, str]
    on: dt.date
    by: str
