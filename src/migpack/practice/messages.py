"""How patients and others are written to: texts and the web page, letters, and the mail server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, model_validator

from migpack.practice.base import Fact, Person, WebAddress, YesNo
from migpack.values import Date, Email, Id, Line, Prose

Pence = Annotated[float, Field(ge=0, le=100), WithJsonSchema({"type": ["number", "string"]})]


class Messages(Fact):
    """How patients are told: addresses, sender and price of texts, who helps those who need more."""

    page: WebAddress | None = Field(None, description="The web page about the change, on the practice's own website")
    page_updated: Date | None = Field(None, description="The day on which the web page was last changed")
    feedback: WebAddress | None = Field(None, description="Where to leave feedback")
    short_name: Line | None = Field(None, description="The surgery's name in texts, if it must be shorter")
    text_price_pence: Pence | None = Field(None, description="What one text costs you, in pence")
    text_segments: int | None = Field(None, ge=1, le=6, description="How many segments one text may take at most")
    helper: Person | None = Field(None, description="Whom people who need extra help can call")
    languages: tuple[Id, ...] = Field((), description="Languages of the language sheet, by id; all when left out")
    reasons: Prose | None = Field(None, description="Why the surgery changes its system, in a sentence for patients")


class Letter(Fact):
    """How letters look and who signs them."""

    profile: Literal["plain", "dl_window", "c5_window"] = "plain"
    signed_by: Line | None = None
    signed_role: Line | None = None
    large_print_pt: int = Field(18, ge=16, le=24)
    logo: Line | None = Field(None, description="The practice's own logo: a PNG or JPEG file beside this one")
    logo_alt: Line | None = Field(None, description="What the logo shows, in words")
    logo_confirmed: YesNo = Field(False, description="Yes: we may use this logo, and it is not the NHS logo without permission")

    @model_validator(mode="after")
    def _logo_is_ours(self) -> Letter:
        if self.logo and not (self.logo_alt and self.logo_confirmed):
            raise ValueError(
                "a logo needs its words and your word \N{EM DASH} write logo_alt: and logo_confirmed: yes beside it, or take logo out"
            )
        return self


class Mail(Fact):
    """The practice's mail server and sender. The password never stands here: it is asked of the environment or the system's keyring."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$", max_length=253)] = Field(
        description="The mail server, such as smtp.mail.example"
    )
    port: int | None = Field(None, ge=1, le=65535, description="587 for starttls and 465 for tls when left out")
    security: Literal["starttls", "tls"] = "starttls"
    user: Line | None = Field(None, description="The account's name; left out where the server asks for none")
    sender: Email = Field(description="The address that messages come from")
    sender_name: Line | None = Field(None, description="The name beside it; the practice's when left out")
    reply_to: Email | None = None
    attachment_mb: int | None = Field(None, ge=1, le=100, description="The most that one message may hold, in megabytes")
    rate_per_minute: int | None = Field(None, ge=1, le=600, description="How many messages a minute the server takes")
    ca_file: Line | None = Field(
        None, description="The certificates to trust, a PEM file beside this one, where the system's are not enough"
    )
