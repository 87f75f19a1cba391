"""Sending: the dialogue with a real mail server, cut at every step, and what the ledger says of it afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from mail_server import STAGES, Mailbox, attached, mail_server, received
from migpack.post.ledger import Entry, opened
from migpack.post.message import Sender, Words, compose
from migpack.post.run import Clock, Item, Standing, chosen, send, standing
from migpack.post.smtp import Connection, Outcome
from migpack.problems import Mistakes, Place

SENDER = Sender("Mill Lane Surgery", "sam@mill-lane.example")
NOON = dt.datetime(2027, 4, 1, 12, tzinfo=dt.UTC)
CLOCK = Clock(lambda: NOON, lambda _: None, lambda: False)
HTML = "<!doctype html><html lang='en-GB'><head><meta charset='utf-8'><title>x</title></head><body><h1>Dates</h1><p>.</p></body></html>"


def item(name, files=None, content="one"):
    address = f"{name}@outside.example"
    entry = Entry(name, "notice", "notice", content, facts={"go_live": "2027-06-24"})
    return Item(entry, name, address, lambda: Words("", address, "Dates", HTML, files or {}))


def run(folder, server, items, *, resend=False):
    """Send what has not been sent, as the command does; return what became of each."""
    with opened(folder) as ledger:
        ledger.settle()
        todo = chosen(items, ledger.entries(), resend=resend)
        done = send(todo, ledger, SENDER, lambda: Connection(server, Place("practice.yaml", 3)), CLOCK, rate=60)
        return {one.item.label: one.answer.outcome for one in done}


def states(folder):
    with opened(folder) as ledger:
        return {entry.recipient: entry.status for entry in ledger.entries()}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_arrives_whole_over_an_encrypted_connection_and_is_sent_once(tmp_path, security):
    box, files = Mailbox(), {"a.pdf": bytes(range(256)) * 700, "b.docx": b".\r\n.\r\n..\r\n" * 50}
    with mail_server(tmp_path, box, security) as server:
        assert run(tmp_path, server, [item("pharmacy", files)]) == {"pharmacy": Outcome.SENT}
        assert run(tmp_path, server, [item("pharmacy", files)]) == {}
    assert box.sessions == (2 if security == "starttls" else 1)  # the server begins anew when encryption starts; no second run connected
    assert box.count("pharmacy@outside.example") == 1
    data = box.delivered[0][1]
    got = received(data)
    assert attached(data) == files
    assert (got.from_.display_name, got.from_.address, got.subject) == ("Mill Lane Surgery", "sam@mill-lane.example", "Dates")
    assert [to.address for to in got.to] == ["pharmacy@outside.example"]
    assert (got.date_parsed, got.text_html) == (NOON, [HTML + "\r\n"])
    (message_id,) = got.headers["Message-ID"]
    assert message_id.endswith("@mill-lane.example>")
    assert "X-Unsent" not in got.headers
    with opened(tmp_path) as ledger:
        (row,) = ledger.entries()
    assert (row.status, row.answer, row.told_on, row.message_id) == ("sent", "250 OK, taken", "2027-04-01", message_id)
    assert row.facts == {"go_live": "2027-06-24"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_connection_dropped_at_any_stage_never_sends_twice(tmp_path, stage):
    box = Mailbox(trouble={("sam@mill-lane.example" if stage == "mail" else "b@outside.example"): f"drop {stage}"})
    # Large enough that the client is still sending when the server is gone.
    items = [item("a"), item("b", {"large.pdf": bytes(8_000_000)} if stage == "payload" else None), item("c")]
    with mail_server(tmp_path, box) as server:
        first = run(tmp_path, server, items)
        after_the_stop = stage in ("kept", "lost")
        # Before the last full stop nothing was delivered, so the letter is handed over again at once; after it nobody knows.
        assert first == {"a": Outcome.SENT, "b": Outcome.UNKNOWN if after_the_stop else Outcome.SENT, "c": Outcome.SENT}
        assert run(tmp_path, server, items) == {}
        assert box.count("b@outside.example") == {"kept": 1, "lost": 0}.get(stage, 1)
        if after_the_stop:
            assert states(tmp_path)["b"] == "unknown"
            assert run(tmp_path, server, items, resend=True) == {"b": Outcome.SENT}
            assert states(tmp_path)["b"] == "sent"


@pytest.mark.parametrize(
    ("reply", "outcome", "status"),
    [
        ("450 mailbox busy", Outcome.LATER, "planned"),
        ("550 no such user", Outcome.REFUSED, "refused"),
        ("dot: 451 try again", Outcome.LATER, "planned"),
        ("dot: 554 not wanted", Outcome.REFUSED, "refused"),
    ],
)
def test_the_server_decides_whether_a_letter_is_tried_again(tmp_path, reply, outcome, status):
    box = Mailbox(trouble={"b@outside.example": reply})
    items = [item("a"), item("b"), item("c")]
    with mail_server(tmp_path, box) as server:
        assert run(tmp_path, server, items) == {"a": Outcome.SENT, "b": outcome, "c": Outcome.SENT}
        assert states(tmp_path)["b"] == status
        again = run(tmp_path, server, items)
        assert again == ({"b": Outcome.SENT} if status == "planned" else {})
        assert run(tmp_path, server, items, resend=True) == ({} if status == "planned" else {"b": Outcome.SENT})
    assert [box.count(f"{name}@outside.example") for name in "abc"] == [1, 1, 1]


def test_a_message_over_the_servers_limit_is_refused_and_the_others_go(tmp_path):
    box = Mailbox()
    with mail_server(tmp_path, box, most_bytes=20_000) as server:
        assert run(tmp_path, server, [item("big", {"a.pdf": bytes(40_000)}), item("small")]) == {
            "big": Outcome.REFUSED,
            "small": Outcome.SENT,
        }


def test_a_sender_that_the_server_does_not_take_stops_the_run_and_nothing_is_refused(tmp_path):
    box = Mailbox(trouble={"sam@mill-lane.example": "mail: 553 not your address"})
    with mail_server(tmp_path, box) as server:
        with pytest.raises(Mistakes, match="takes nothing from this sender"):
            run(tmp_path, server, [item("a"), item("b")])
        assert states(tmp_path) == {"a": "planned", "b": "planned"}


def test_a_run_that_is_stopped_ends_after_the_letter_on_its_way_and_the_next_goes_on(tmp_path):
    box, waits = Mailbox(), []
    stopping = Clock(lambda: NOON, waits.append, lambda: len(box.delivered) >= 2)
    items = [item(name) for name in "abcd"]
    with mail_server(tmp_path, box) as server:
        with opened(tmp_path) as ledger:
            done = send(items, ledger, SENDER, lambda: Connection(server, Place("practice.yaml")), stopping, rate=30)
            assert len(list(done)) == 2
        assert waits == [2.0, 2.0]  # thirty a minute: two seconds before each but the first
        assert states(tmp_path) == {"a": "sent", "b": "sent", "c": "planned", "d": "planned"}
        run(tmp_path, server, items)
    assert [to for to, _ in box.delivered] == [f"{name}@outside.example" for name in "abcd"]


def test_a_server_that_keeps_dropping_the_connection_is_left_alone(tmp_path):
    box = Mailbox(trouble={f"{name}@outside.example": "drop rcpt" for name in "abcdef"}, once=False)
    with mail_server(tmp_path, box) as server, pytest.raises(Mistakes, match="for 3 letters one after the other"):
        run(tmp_path, server, [item(name) for name in "abcdef"])
    assert set(states(tmp_path).values()) == {"planned"}


def test_a_slow_server_is_waited_for_and_a_silent_one_leaves_the_letter_unknown(tmp_path):
    box = Mailbox(wait_s=0.3)
    with mail_server(tmp_path, box) as server:
        assert run(tmp_path, server, [item("slow")]) == {"slow": Outcome.SENT}
        assert run(tmp_path, replace(server, last_answer_s=0.05), [item("silent")]) == {"silent": Outcome.UNKNOWN}
    assert states(tmp_path) == {"slow": "sent", "silent": "unknown"}


def test_a_wrong_password_certificate_or_port_is_one_line_and_leaves_all_planned(tmp_path):
    box = Mailbox()
    with mail_server(tmp_path, box) as server:
        for wrong, told in [
            (replace(server, password="guess"), "does not let 'sam' in"),
            (replace(server, ca_file=""), "its certificate does not hold"),
            (replace(server, host="127.0.0.1"), "its certificate does not hold"),
            (replace(server, security="tls"), "no secure connection"),
            (replace(server, port=1), "no connection to the mail server"),
            (replace(server, ca_file=str(tmp_path / "none.pem")), "there is no file 'none.pem'"),
            (replace(server, ca_file=__file__), "'test_send.py' holds no certificate that can be read"),
        ]:
            with pytest.raises(Mistakes) as caught:
                run(tmp_path, wrong, [item("a")])
            assert str(caught.value).startswith("practice.yaml:3") and told in str(caught.value)
            assert "\n" not in str(caught.value) and server.password not in str(caught.value)
            assert "guess" not in str(caught.value)
    assert (states(tmp_path), box.delivered) == ({"a": "planned"}, [])


def test_a_password_never_goes_over_a_connection_that_is_not_encrypted(tmp_path):
    box = Mailbox()
    with mail_server(tmp_path, box, "tls", auth=False) as server, pytest.raises(Mistakes, match=r"no connection|no secure"):
        Connection(replace(server, security="starttls", user="sam", password="x", timeout_s=0.5), Place("practice.yaml"))
    assert "not-a-real-password" not in repr(replace(server, password="not-a-real-password"))


def test_a_letter_with_new_words_is_not_sent_again_unasked(tmp_path):
    box = Mailbox()
    with mail_server(tmp_path, box) as server:
        run(tmp_path, server, [item("a")])
        changed = [item("a", content="two")]
        with opened(tmp_path) as ledger:
            assert standing(changed[0].entry, ledger.entries())[0] is Standing.CHANGED
        assert run(tmp_path, server, changed) == {}
        assert run(tmp_path, server, changed, resend=True) == {"a": Outcome.SENT}
    assert box.count("a@outside.example") == 2


def test_the_same_letter_sent_again_has_the_same_message_id(tmp_path):
    box = Mailbox(trouble={"a@outside.example": "drop kept"})
    with mail_server(tmp_path, box) as server:
        run(tmp_path, server, [item("a")])
        run(tmp_path, server, [item("a")], resend=True)
    ids = {received(data).headers["Message-ID"][0] for _, data in box.delivered}
    assert (len(box.delivered), len(ids)) == (2, 1)


def test_two_hundred_letters_over_every_cut_point_arrive_once_or_are_shown_as_unknown(tmp_path):
    names = [f"r{number:03}" for number in range(200)]
    stages = ("rcpt", "data", "payload", "kept", "lost")
    trouble = {f"{name}@outside.example": f"drop {stages[number % 5]}" for number, name in enumerate(names) if number % 4 == 1}
    box = Mailbox(trouble=dict(trouble))
    items = [item(name) for name in names]
    with mail_server(tmp_path, box) as server:
        run(tmp_path, server, items)
        assert run(tmp_path, server, items) == {}
    for name, status in states(tmp_path).items():
        count = box.count(f"{name}@outside.example")
        assert status in ("sent", "unknown")
        assert count == 1 if status == "sent" else count <= 1
    # A small message is gone before the client sees that the server is, so that those are unknown as well.
    unknown = list(states(tmp_path).values()).count("unknown")
    assert 20 <= unknown <= sum(told.endswith(("kept", "lost", "payload")) for told in trouble.values()) == 30


def test_what_was_not_handed_over_keeps_what_was_known_of_it(tmp_path):
    box = Mailbox(trouble={"a@outside.example": "drop lost"})
    with mail_server(tmp_path, box) as server:
        run(tmp_path, server, [item("a")])
        box.trouble["a@outside.example"] = "450 busy"
        assert run(tmp_path, server, [item("a")], resend=True) == {"a": Outcome.LATER}
    assert states(tmp_path) == {"a": "unknown"}


def test_a_message_has_crlf_lines_of_seven_bit_letters_only():
    words = Words("Zoë Müller", "zoe@bücher.example", "Änderung", HTML.replace("Dates", "Zoë’s dates"), {"a.pdf": b"\n\r\x00\xff"})
    data = compose(words, SENDER, "<1@mill-lane.example>", NOON)
    assert data.replace(b"\r\n", b"").count(b"\n") == data.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(map(len, data.split(b"\r\n"))) <= 998 and data.isascii()
    got = received(data)
    assert (got.subject, got.to[0].display_name, got.to[0].address) == ("Änderung", "Zoë Müller", "zoe@xn--bcher-kva.example")
    assert "Zoë’s dates" in got.text_plain[0] and "Zoë’s dates" in got.text_html[0]
    assert attached(data) == words.files
