"""A small practice whose letters are issued, ready to be sent: what the tests of e-mail share."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from migpack.cli import main
from migpack.manifest import NOTHING
from migpack.pack import build, pack_folder, plan_only, prepare
from migpack.plan import Wanted
from migpack.post.outbox import Outbox, open_outbox
from samples import SAMPLES, case_of

ISSUED = dt.date(2027, 4, 1)  # the day on which the notices are due
THIRD_PARTIES = ("exampleshire_pathology", "exampleton_general_hospi")


@dataclass(frozen=True)
class Practice:
    """A practice file and its pack, in a folder of their own."""

    file: Path

    @property
    def folder(self) -> Path:
        """The practice's folder."""
        return self.file.parent

    @property
    def pack(self) -> Path:
        """The pack's folder."""
        return self.folder / "output" / "mill-lane-surgery"

    def run(self, command: str, *words: str, code: int = 0, today: str = "2027-04-01") -> Result:
        """Run a command on this practice and check its exit code."""
        more = ["--today", today] if command in ("send", "drafts", "sent") else []
        where = [] if command in ("ledger", "bounces") else ["--pack", str(self.folder / "output")]
        done = CliRunner().invoke(main, [command, str(self.file), *where, *words, *more], catch_exceptions=False)
        assert done.exit_code == code, done.output + done.stderr
        return done

    def outbox(self, *only: str) -> Outbox:
        """Return its letters on the day they are due."""
        case, library = case_of(self.file)
        return open_outbox(case, library, ISSUED, self.pack, only)

    def add(self, text: str) -> None:
        """Write more into the practice file."""
        self.file.write_text(self.file.read_text("utf-8") + text, "utf-8")

    def change(self, old: str, new: str) -> None:
        """Change the practice file."""
        text = self.file.read_text("utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), "utf-8")

    def copy(self, folder: Path) -> Practice:
        """Return a copy that a test may spoil."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Practice(folder / "practice.yaml")


def issued(folder: Path, only: set[str], final: set[str]) -> Practice:
    """Build some documents of the small practice, some of them final."""
    practice = Practice(folder / "practice.yaml")
    shutil.copy(SAMPLES["small"], practice.file)
    case, _ = case_of(practice.file)
    codes = plan_only(case, ISSUED).approval_codes
    practice.add(
        "approvals:\n"
        + "".join(f"  {need}: {{by: Kit Example, on: 2027-03-01, code: {codes[need]}}}\n" for need in ("business_case", "prescribing"))
    )
    case, library = case_of(practice.file)
    ready = prepare(case, library, ISSUED, Wanted(frozenset(only), frozenset(final)))
    for _ in build(ready, pack_folder(case, folder / "output"), last=NOTHING, formats=frozenset({"pdf", "docx"}), jobs=2):
        pass
    return practice


def mail_settings(port: int, ca_file: str, security: str = "starttls") -> str:
    """Return the section of a practice file that names a mail server on this machine."""
    return (
        f"mail:\n  host: localhost\n  port: {port}\n  security: {security}\n  user: sam\n"
        f"  sender: sam@mill-lane.example\n  ca_file: {ca_file}\n  rate_per_minute: 600\n"
    )
