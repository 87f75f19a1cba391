"""The commands as a person types them: what they print, what they leave, how they end."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result
from pypdf import PdfReader

import migpack
import samples
from migpack.cli import main

NEW = ["--name", "Corner Surgery", "--ods-code", "A99997", "--current", "EMIS Web", "--new", "SystmOne", "--go-live", "2027-06-10"]
ONE = ["--today", "2026-11-23", "--jobs", "1"]


def run(*words: object) -> Result:
    """Run a command and return how it went; a traceback fails the test."""
    result = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


def test_help_is_quick_because_it_imports_nothing_heavy() -> None:
    code = "import sys; from migpack.cli import main; main(['--help'], standalone_mode=False); print(sorted(sys.modules), file=sys.stderr)"
    here = {**os.environ, "PYTHONPATH": str(Path(migpack.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=here)
    heavy = {"weasyprint", "docx", "openpyxl", "icalendar", "pypdf", "jinja2", "rich", "holidays", "pydantic", "yaml"}
    assert [name for name in heavy if f"'{name}'" in done.stderr] == []
    for command in (
        "new",
        "check",
        "plan",
        "build",
        "status",
        "evidence",
        "list",
        "eject",
        "schema",
        "redate",
        "issue",
        "history",
        "corrections",
    ):
        assert f"  {command} " in done.stdout


def test_new_writes_a_file_that_builds(tmp_path: Path) -> None:
    result = run("new", tmp_path / "mine", "--no-input", *NEW)
    assert result.exit_code == 0
    path = tmp_path / "mine" / "practice.yaml"
    assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=practice.schema.json")
    assert json.loads((path.parent / "practice.schema.json").read_text("utf-8"))["title"] == "PracticeFile"
    checked = run("check", path, "--today", "2026-11-23")
    assert checked.exit_code == 0
    assert "gap" in checked.output and "practice.phone" in checked.output


def test_the_command_that_comes_next_can_be_typed_as_it_is_shown(tmp_path: Path) -> None:
    result = run("new", tmp_path / "Fen View" / "pack", "--no-input", *NEW)
    program, command, *words = shlex.split(result.output.rpartition("next: ")[2])
    assert (program, command) == ("migpack", "build")
    assert Path(words[0]).is_file() and len(words) == 1


def test_new_asks_for_what_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["new", str(tmp_path / "mine"), *NEW[:-2]], input="Thursday 10 June 2027\n")
    assert result.exit_code == 0
    assert samples.case_of(tmp_path / "mine" / "practice.yaml")[0].file.practice.name == "Corner Surgery"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--name: The practice's name is missing"),
        ([*NEW[:-1], "Friday 2027-06-10"], "--go-live: 10 June 2027 is a Thursday"),
        ([*NEW[:2], "--ods-code", "?", *NEW[4:]], "--ods-code: '?' is not an ODS code"),
    ],
)
def test_new_without_input_says_what_is_missing_or_wrong(tmp_path: Path, words: list[str], says: str) -> None:
    result = run("new", tmp_path / "mine", "--no-input", *words)
    assert result.exit_code == 1
    assert says in result.output
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("name", ['"; rm -rf', "{{ 7*7 }}", "a: b", "# x", "- x", "'", "Ysgol\n: x"])
def test_new_keeps_any_name_inert(tmp_path: Path, name: str) -> None:
    result = run("new", tmp_path / "mine", "--no-input", "--name", name, *NEW[2:])
    assert result.exit_code == 0
    checked = run("check", tmp_path / "mine" / "practice.yaml")
    assert checked.exit_code == ("\n" in name)
    if checked.exit_code:
        assert "more than one line" in checked.output


def test_new_never_overwrites(tmp_path: Path) -> None:
    path = samples.written(tmp_path, "mine")
    assert run("new", tmp_path, "--no-input", *NEW).exit_code == 1
    assert path.read_text() == "mine"


def test_plan_shows_tables_or_json(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.MINIMAL)
    table = run("plan", path)
    assert "Thu 10 Jun 2027" in table.output and "P-EP-01" in table.output
    data = json.loads(run("plan", path, "--json").output)
    assert next(m for m in data["milestones"] if m["id"] == "go_live")["date"] == "2027-06-10"
    assert len(data["tasks"]) > 100


def test_list_names_the_file_and_line_of_everything(tmp_path: Path) -> None:
    output = run("list").output
    for words in (
        "business_case",
        "practice_manager",
        "cutover_meeting",
        "dispensing",
        "pathology",
        "checklists/timeline.yaml:",
        "templates/catalogue.yaml:",
    ):
        assert words in output


def test_schema_is_valid_json_that_knows_the_samples() -> None:
    schema = json.loads(run("schema").output)
    assert schema["properties"]["practice"] and schema["required"] == ["practice", "systems", "dates"]


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_the_samples_keep_to_the_schema_as_an_editor_reads_them(name: str) -> None:
    held = yaml.load(samples.SAMPLES[name].read_text("utf-8"), Loader=EditorLoader)
    jsonschema.validate(held, json.loads(run("schema").output))


class EditorLoader(yaml.SafeLoader):
    """Reads as YAML 1.2 does: dates, times and yes/no are text."""


for first, resolvers in list(EditorLoader.yaml_implicit_resolvers.items()):
    kept = [(tag, pattern) for tag, pattern in resolvers if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")]
    EditorLoader.yaml_implicit_resolvers = {**EditorLoader.yaml_implicit_resolvers, first: kept}
EditorLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(0|[1-9][0-9]*)$"), list("-0123456789"))


def test_an_ejected_template_is_changed_and_counts(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.MINIMAL)
    assert run("eject", "poster_live", "--to", tmp_path).exit_code == 0
    template = tmp_path / "templates" / "patients" / "poster.html"
    template.write_text(template.read_text("utf-8") + "<p>Bring a friend</p>", "utf-8")
    assert run("build", path, "--out", tmp_path / "out", "--only", "poster_live", "--format", "pdf", *ONE).exit_code == 0
    [pdf] = (tmp_path / "out").rglob("poster-3-working.pdf")
    assert "Bring a friend" in "".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert "there is such a file already" in run("eject", "poster_live", "--to", tmp_path).output


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("<h1>x</h1>\n{{ practise.name }}", "poster.html:2:1: 'practise' is undefined"),
        ("<h1>x</h1>\n{% if %}", "poster.html:2:1: "),
        ("<h1>x</h1>\n{{ practice.nane }}", "poster.html:2:1: "),
        ("<h1>x</h1><h3>y</h3>", "<h3> (after '… x') skips a level"),
        ("<p>x</p>", "has 0 elements <h1>"),
        ("<h1>x</h1><marquee>y</marquee>", "marquee"),
        ("<h1>x</h1>{{ practice.__class__ }}", "poster.html:1:1: "),
        ("<h1>x</h1>{{ practice.model_construct() }}", "poster.html:1:1: "),
        ("<h1>x</h1>{{ dates.go_live.date.today() }}", "poster.html:1:1: "),
        ("<h1>x</h1>{% include '/etc/hostname' %}", "no such file in the library"),
        ("<h1>x</h1>{% include '../practice.yaml' %}", "no such file in the library"),
        ('<h1>x</h1><p><img src="file:///etc/hostname" alt="x"></p>', "poster_live"),
        ('<h1>x</h1><p><img src="https://x.example/x.png" alt="x"></p>', "poster_live"),
    ],
)
def test_a_wrong_template_is_told_and_nothing_is_written(tmp_path: Path, template: str, says: str) -> None:
    path = samples.written(tmp_path, samples.MINIMAL)
    samples.written(tmp_path / "templates" / "patients", template, "poster.html")
    result = run("build", path, "--out", tmp_path / "out", "--only", "poster_live", "--format", "pdf", *ONE)
    assert result.exit_code == 1
    assert says in result.output
    assert list((tmp_path / "out").rglob("*")) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7*7 }}",
        "<script>alert(1)</script>",
        "Fish & Chips",
        "=HYPERLINK(1)",
        "../../x",
        "ჯანმრთელობა",
        "مركز صحي",
        "Wały Łódź Ŵŷ",
        "x" * 160,
    ],
)
def test_text_from_the_practice_file_stays_text(tmp_path: Path, text: str) -> None:
    path = samples.written(tmp_path, samples.MINIMAL.replace("Corner Surgery", json.dumps(text)))
    result = run("build", path, "--out", tmp_path / "out", "--only", "poster_live", "--only", "register", "--only", "tracker", *ONE)
    if text == "ჯანმრთელობა":
        assert result.exit_code == 1
        assert "practice.yaml:2:9: the fonts have no letter" in result.output
        return
    assert result.exit_code == 0, result.output
    files = [file.relative_to(tmp_path / "out") for file in (tmp_path / "out").rglob("*")]
    assert all(str(file).isascii() and ".." not in str(file) for file in files)
    assert not any(
        "49" in page.extract_text() for file in (tmp_path / "out").rglob("poster-3-working.pdf") for page in PdfReader(file).pages
    )


def test_only_makes_one_document_and_leaves_the_rest(tmp_path: Path) -> None:
    path, out = samples.written(tmp_path, samples.MINIMAL), tmp_path / "out"
    both = ["--only", "poster_live", "--only", "letter", "--format", "docx"]
    assert run("build", path, "--out", out, *both, *ONE).exit_code == 0
    before = {file.name: file.stat().st_mtime_ns for file in out.rglob("*.docx")}
    path.write_text(samples.MINIMAL.replace("2027-06-10", "2027-06-17"), "utf-8")
    assert run("build", path, "--out", out, *both[:2], *both[4:], *ONE).exit_code == 0
    assert {file.name for file in out.rglob("*.docx")} == set(before)
    manifest = json.loads(next(out.rglob("manifest.json")).read_text("utf-8"))
    assert len(manifest["files"]) == 4  # the letter in its three styles, and the poster


def test_a_document_that_is_not_there_gets_a_suggestion(tmp_path: Path) -> None:
    result = run("build", samples.written(tmp_path, samples.MINIMAL), "--out", tmp_path / "out", "--only", "leter")
    assert result.exit_code == 1
    assert "did you mean 'letter'?" in result.output


def test_what_a_person_changed_is_kept_until_replaced(tmp_path: Path) -> None:
    path, out = samples.written(tmp_path, samples.MINIMAL), tmp_path / "out"
    words = ["build", path, "--out", out, "--only", "poster_live", "--format", "docx", *ONE]
    assert run(*words).exit_code == 0
    [poster] = out.rglob("poster-3-working.docx")
    poster.write_bytes(b"changed by hand")
    note = poster.with_name("our notes.txt")
    note.write_text("ours")
    path.write_text(samples.MINIMAL.replace("2027-06-10", "2027-06-17"), "utf-8")
    for _ in range(2):
        result = run(*words)
        assert "kept your changed" in result.output
        assert poster.read_bytes() == b"changed by hand"
        assert note.read_text() == "ours"
        assert [file.name for file in poster.parent.iterdir() if "-new" in file.name] == ["poster-3-working-new.docx"]
    assert run(*words, "--replace").exit_code == 0
    assert poster.read_bytes().startswith(b"PK")
    assert not poster.with_name("poster-3-working-new.docx").exists()
    assert note.read_text() == "ours"


def test_a_final_document_needs_its_approval_and_no_gap(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.MINIMAL)
    result = run("build", path, "--out", tmp_path / "out", "--only", "letter", "--final", "letter", *ONE)
    assert result.exit_code == 1
    assert "cannot be final without the approval 'prescribing'" in result.output
    assert "needs practice.phone" in result.output
    assert not list((tmp_path / "out").rglob("*"))


def test_what_was_issued_stays_issued_until_it_says_something_else(tmp_path: Path) -> None:
    path, out = samples.written(tmp_path, samples.MINIMAL), tmp_path / "out"

    def versions(*words: str) -> dict[str, str]:
        assert run("build", path, "--out", out, "--format", "pdf", *words, *ONE).exit_code == 0
        manifest = json.loads(next(out.rglob("manifest.json")).read_text("utf-8"))
        return {id: entry["version"] for id, entry in manifest["documents"].items() if id in ("timeline", "poster_live")}

    only = ("--only", "timeline", "--only", "poster_live")
    assert versions(*only) == {"timeline": "Issue 1 draft", "poster_live": "Issue 1 draft"}
    assert versions(*only, "--final", "timeline") == {"timeline": "Issue 1", "poster_live": "Issue 1 draft"}
    assert versions(*only) == {"timeline": "Issue 1", "poster_live": "Issue 2 draft"}
    path.write_text(samples.MINIMAL.replace("2027-06-10", "2027-06-17"), "utf-8")
    assert versions(*only) == {"timeline": "Issue 2 draft", "poster_live": "Issue 2 draft"}


def test_zip_hands_over_one_file(tmp_path: Path) -> None:
    path, out = samples.written(tmp_path, samples.MINIMAL), tmp_path / "out"
    words = ["build", path, "--out", out, "--only", "poster_live", "--format", "docx", "--zip", *ONE]
    assert run(*words).exit_code == 0
    [packed] = out.glob("*.zip")
    first = packed.read_bytes()
    assert zipfile.ZipFile(packed).testzip() is None
    assert {name.rpartition("/")[2] for name in zipfile.ZipFile(packed).namelist()} == {"poster-3-working.docx", "manifest.json"}
    assert run(*words).exit_code == 0
    assert packed.read_bytes() == first


def test_a_folder_that_is_no_pack_is_left_alone(tmp_path: Path) -> None:
    path, out = samples.written(tmp_path, samples.MINIMAL), tmp_path / "out"
    samples.written(out / "corner-surgery", "precious", "precious.txt")
    result = run("build", path, "--out", out, "--only", "poster_live", "--format", "docx", *ONE)
    assert result.exit_code == 1
    assert "this folder is not empty and holds no pack" in result.output
    assert [file.name for file in out.rglob("*") if file.is_file()] == ["precious.txt"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX devices")
@pytest.mark.parametrize(("out", "says"), [("/proc/nowhere", "cannot be written"), ("FILE", "cannot be written|is a file")])
def test_an_output_folder_that_cannot_be_written_is_one_message(tmp_path: Path, out: str, says: str) -> None:
    path = samples.written(tmp_path, samples.MINIMAL)
    target = samples.written(tmp_path, "x", "FILE") if out == "FILE" else Path(out)
    result = run("build", path, "--out", target, "--only", "poster_live", "--format", "docx", *ONE)
    assert result.exit_code == 1
    assert any(word in result.output for word in says.split("|")), result.output


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
def test_a_disk_that_fills_up_leaves_the_old_pack_whole(tmp_path: Path) -> None:
    path, out = samples.written(tmp_path, samples.MINIMAL), tmp_path / "out"
    words = ["build", path, "--out", out, "--only", "poster_live", "--format", "docx", *ONE]
    assert run(*words).exit_code == 0
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)); from migpack.cli import main; main(sys.argv[1:])"
    here = {**os.environ, "PYTHONPATH": str(Path(migpack.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=False, env=here)
    assert done.returncode == 1
    assert "the disk is full" in done.stderr and "Traceback" not in done.stderr
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before
    assert [file.name for file in out.iterdir()] == ["corner-surgery"]


def test_wrong_usage_ends_with_two() -> None:
    assert run("build").exit_code == 2
    assert run("build", "x.yaml", "--format", "odt").exit_code == 2
