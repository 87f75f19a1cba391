"""A program that sends two hundred letters from one ledger, and is killed while it does: run by tests/test_kill.py.

For each line that it reads it starts a sender in a process of its own, and says that process's number when it has started and again when it
has ended. The senders are forked, so that each is at work within milliseconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from migpack.post.ledger import Ledger, only_run
from migpack.post.message import compose
from migpack.post.run import chosen, send
from migpack.post.smtp import Connection, Server
from migpack.problems import Place
from test_send import CLOCK, SENDER, item

NAMES = [f"r{number:03}" for number in range(200)]


def send_all(folder: Path, server: Server) -> None:
    """Send what the ledger says has not been sent."""
    with only_run(folder):
        ledger = Ledger(folder)
        ledger.settle()
        todo = chosen([item(name) for name in NAMES], ledger.entries(), resend=False)
        for _ in send(todo, ledger, SENDER, lambda: Connection(server, Place("practice.yaml")), CLOCK, rate=60):
            pass
        ledger.close()


def main() -> None:
    """Start senders as asked."""
    folder, port, trusted = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    server = Server("localhost", port, "tls", ca_file=trusted)
    compose(item("nobody").words(), SENDER, "<1@mill-lane.example>", CLOCK.reading())  # so that all is loaded before the first fork
    for _ in sys.stdin:
        if (child := os.fork()) == 0:
            send_all(folder, server)
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
