"""A sender killed at any moment: everybody gets each letter once, or is shown as unknown; nobody gets it twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from killed_sender import NAMES
from mail_server import Mailbox, mail_server
from migpack.post.ledger import read_entries

KILLS = 50


def test_a_sender_killed_fifty_times_never_sends_a_letter_twice(tmp_path):
    chance, box, killed = random.Random(6), Mailbox(), 0
    paths = os.pathsep.join(str(Path(__file__).resolve().parent / name) for name in ("", "../src"))
    with mail_server(tmp_path, box, "tls", auth=False) as server:
        command = [sys.executable, str(Path(__file__).with_name("killed_sender.py")), str(tmp_path), str(server.port), server.ca_file]
        with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, env=os.environ | {"PYTHONPATH": paths}) as senders:
            assert senders.stdin and senders.stdout
            while killed < KILLS:
                senders.stdin.write("\n")
                senders.stdin.flush()
                child = int(senders.stdout.readline())
                wanted, patience = len(box.delivered) + chance.randint(0, 3), 200
                while len(box.delivered) < wanted and (patience := patience - 1):
                    time.sleep(0.005)
                time.sleep(chance.uniform(0.0, 0.04))  # somewhere in the dialogue of the letter after that
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                killed += 1
                senders.stdout.readline()
            senders.stdin.write("\n")  # and once to the end
            senders.stdin.flush()
            senders.stdout.readline()
            senders.stdout.readline()
            senders.stdin.close()
        time.sleep(0.2)  # for what a killed sender handed over last
    status = {entry.recipient: entry.status for entry in read_entries(tmp_path)}
    counts = {name: box.count(f"{name}@outside.example") for name in NAMES}
    assert set(status) == set(NAMES)
    assert set(status.values()) <= {"sent", "unknown"}
    assert max(counts.values()) == 1
    assert all(counts[name] == 1 for name in NAMES if status[name] == "sent")
    assert 0 < list(status.values()).count("unknown") <= KILLS
