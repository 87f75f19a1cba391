"""LibreOffice opens and saves returned Word files (`make verify`; `make test` is Python only)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import returns
import samples
from migpack.collect.word import read_word
from migpack.fillable import read_forms
from migpack.plan import Wanted

pytestmark = pytest.mark.office

ANSWERED = {
    "sample.name": "Siân Öztürk = Łódź سلام",
    "sample.p-1.done": "yes",
    "sample.p-2.done": "no",
    "sample.p-1.on": "3 December 2026",
    "sample.p-1.note": "First line\nsecond – سلام",
    "sample.p-4.note": "ŵ" * 2000,
    "sample.fit": "n",
    "sample.log-2.what": "=1+1",
    "sample.log-3.who": "Kim",
    "sample.sign": "K Example",
}


def saved_by_office(folder: Path, *files: Path) -> dict[str, bytes]:
    """Return the files as LibreOffice saves them, by name."""
    office = shutil.which("soffice") or pytest.fail("LibreOffice is missing: make verify installs it")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "docx:MS Word 2007 XML", "--outdir", folder / "saved", *files]
    environment = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}  # without fonts, it does not start
    subprocess.run(command, check=True, capture_output=True, timeout=300, env=environment)
    return {file.name: (folder / "saved" / file.name).read_bytes() for file in files}


def test_a_word_form_filled_in_and_saved_by_libreoffice_gives_the_same_answers(tmp_path: Path) -> None:
    for name, answers in {"filled": ANSWERED, "untouched": {}}.items():
        (tmp_path / f"{name}.docx").write_bytes(returns.by_word(returns.word(), answers))
    saved = saved_by_office(tmp_path, tmp_path / "filled.docx", tmp_path / "untouched.docx")
    assert b"w:tag" not in returns.part(saved["filled.docx"]), "LibreOffice keeps names now: this test proves no more what it says"
    for name, answers in {"filled": ANSWERED, "untouched": {}}.items():
        found = read_word(saved[f"{name}.docx"], {returns.CODE: returns.form()})
        assert found.values == {**returns.issued(), **answers}
        assert (found.identity.code, found.notes, found.said) == (returns.CODE, (), ())


def test_the_checklists_and_logs_of_a_pack_saved_by_libreoffice_give_no_answers(tmp_path: Path) -> None:
    wanted = Wanted(frozenset({"checklist", "cutover_log", "safety_case"}))
    pack = samples.built(samples.SAMPLES["small"], tmp_path / "out", wanted=wanted)
    forms = read_forms(pack.folder)
    values = {code: {field.name: field.value for field in form.fields} for code, form in forms.items()}
    files = pack.files(".docx")
    assert len(files) > 8
    for data in saved_by_office(tmp_path, *files).values():
        found = read_word(data, forms)
        assert (found.values, found.notes, found.said) == (values[found.identity.code], (), ())
