"""The practice's mail settings → the server to sign in to, with the password of the environment or of the system's keyring.

Never reads a password from a file, and none is printed: `Server` does not show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migpack.model import Case
from migpack.post.smtp import PORTS, Server
from migpack.practice import Mail
from migpack.problems import CannotRun, mistake

VARIABLE = "MIGPACK_MAIL_PASSWORD"
SERVICE = "migpack"


def server_of(case: Case, practice_folder: Path, environment: Mapping[str, str]) -> Server:
    """Return the mail server of a practice.

    Raises:
        Mistakes: the practice file names none, or its password is nowhere.
    """
    mail = case.file.mail
    if mail is None:
        raise mistake(case.place("mail"), "the practice file names no mail server", "write mail: {host: …, user: …, sender: …}")
    if mail.ca_file and not (practice_folder / mail.ca_file).is_file():
        what = f"there is no file '{mail.ca_file}' beside the practice file"
        raise mistake(case.place("mail", "ca_file"), what, "check its name, or take this line out if your server needs none")
    return Server(
        mail.host,
        mail.port or PORTS[mail.security],
        mail.security,
        mail.user or "",
        _password(case, mail, environment) if mail.user else "",
        str(practice_folder / mail.ca_file) if mail.ca_file else "",
    )


def _password(case: Case, mail: Mail, environment: Mapping[str, str]) -> str:
    if found := environment.get(VARIABLE) or _from_keyring(str(mail.user)):
        return found
    raise mistake(
        case.place("mail", "user"),
        f"there is no password for '{mail.user}'",
        f"set {VARIABLE} for this run, or keep it with: keyring set {SERVICE} {mail.user}",
    )


def _from_keyring(user: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise CannotRun(
            f"the password is not in {VARIABLE}, and reading the system's keyring needs more: pip install 'migpack[keyring]'"
        ) from None
    try:
        return keyring.get_password(SERVICE, user) or ""
    except KeyringError:
        return ""
