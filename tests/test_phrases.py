"""Dates in words and rules: what they read as, what they refuse, and that the text comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migpack.phrases import UNITS, Avoid, Length, Offset, Order, PhraseError, parse_rule

names = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True).filter(lambda name: name not in ("before", "after", "on"))
lengths = st.builds(Length, st.integers(0, 400), st.sampled_from(UNITS))


@given(lengths)
def test_a_length_reads_back_as_itself(length: Length) -> None:
    assert Length.parse(str(length)) == length


@given(st.one_of(st.builds(Offset, lengths, st.sampled_from([-1, 1]), names), st.builds(Offset, st.none(), st.just(0), names)))
def test_an_offset_reads_back_as_itself(offset: Offset) -> None:
    assert Offset.parse(str(offset)) == offset


@pytest.mark.parametrize(
    "text",
    [
        "cutover_meeting at least 4 weeks before final_extract",
        "reentry_complete at most 14 days after go_live",
        "off between 1 working day and 2 working days before final_extract",
        "order before kick_off",
        "kick_off on or after order",
        "extract_request on order",
        "go_live not on bank_holiday",
        "final_extract to reentry_complete not over qof_year_end",
        "initial_extract at least extract_notice after extract_request",
    ],
)
def test_a_rule_reads_back_as_itself(text: str) -> None:
    rule = parse_rule(text)
    assert isinstance(rule, (Order, Avoid))
    assert str(rule) == text


@pytest.mark.parametrize("text", ["", "soon", "3 dys before go_live", "before go_live", "3 days go_live", "-3 days before go_live", "on"])
def test_what_is_not_a_date_in_words_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(PhraseError, match="write for example"):
        Offset.parse(text)


@pytest.mark.parametrize("text", ["", "a near b", "a at least soon days before b", "a not on Monday morning"])
def test_what_is_not_a_rule_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(PhraseError, match="write for example"):
        parse_rule(text)
