"""The rooms of migpack: who may import whom, who may print, and who may ask the clock.

Reads the source with `ast` and runs none of it. The tables below are the law: a new module has to be given a level here
before it may exist, and imports point to its own level or below. `BAD` holds one breach of each rule, so that every rule
is seen to bite.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src"

# Level → its modules; a module may import its own level and those below. Level 6 are the features, each with its own folder or file.
LEVELS = {
    0: "migpack migpack.problems",
    1: "migpack.lock migpack.phrases migpack.values migpack.issued migpack.yamlio migpack.yamledit",
    2: "migpack.content migpack.content.* migpack.mailings migpack.practice migpack.practice.* migpack.record migpack.sent migpack.model "
    "migpack.workdays",
    3: "migpack.library migpack.load migpack.timeline migpack.parties migpack.check migpack.plan migpack.chart migpack.references "
    "migpack.told migpack.go_no_go migpack.status migpack.compare",
    4: "migpack.filters migpack.messages migpack.context migpack.sandbox migpack.render migpack.vocabulary migpack.blocks migpack.markup "
    "migpack.writing migpack.proof migpack.screen migpack.facts migpack.slots migpack.forms",
    5: "migpack.write migpack.write.* migpack.manifest migpack.fillable migpack.starter",
    5.5: "migpack.pack",
    6: "migpack.letters* migpack.collect* migpack.post* migpack.changes* migpack.programme*",
    7: "migpack.cli* migpack.__main__",
}
FEATURES = 6
SHARED_BY_FEATURES = ("migpack.letters.recipients",)

# Which modules may import each library that is heavy or that belongs to one room.
OWNERS = {
    "yaml": ("migpack.yamlio", "migpack.yamledit"),
    "jinja2": ("migpack.sandbox",),
    "weasyprint": ("migpack.write.pdf*", "migpack.write.join", "migpack.letters*"),
    "lxml": ("migpack.slots", "migpack.write.word*", "migpack.collect*"),
    "docx": ("migpack.write.word*", "migpack.write.house_styles", "migpack.collect*"),
    "pydyf": ("migpack.write.*", "migpack.letters*"),
    "fontTools": ("migpack.write.*", "migpack.letters*"),
    "uharfbuzz": ("migpack.letters.shaping", "migpack.write.scripts"),
    "pypdf": ("migpack.write.*", "migpack.letters*", "migpack.collect*"),
    "pyhanko": ("migpack.collect.signatures",),
    "pyhanko_certvalidator": ("migpack.collect.signatures",),
    "openpyxl": ("migpack.write.tracker", "migpack.write.sheets", "migpack.letters.tables", "migpack.letters.report", "migpack.collect*"),
    "icalendar": ("migpack.write.calendar",),
    "click": ("migpack.cli*",),
    "rich": ("migpack.cli*",),
    "holidays": ("migpack.workdays",),
    "segno": ("migpack.messages", "migpack.write.codes"),
    # What reaches the network, and what keeps secrets, stands in one place each.
    "smtplib": ("migpack.post.smtp",),
    "socket": ("migpack.post.smtp",),
    "ssl": ("migpack.post.smtp",),
    "sqlite3": ("migpack.post.ledger", "migpack.lock"),
    "keyring": ("migpack.post.password",),
    "zxingcpp": ("migpack.collect.*",),
    "numpy": ("migpack.collect.*",),
    "PIL": ("migpack.collect.*",),
    "pypdfium2": ("migpack.collect.*",),
}
# What must not be loaded by `migpack --help`.
SLOW = ("weasyprint", "docx", "lxml", "openpyxl", "icalendar", "pypdf", "jinja2", "rich", "holidays", "segno", "numpy", "PIL")
# These think; they touch no file, clock, network or terminal.
PURE = [
    f"migpack.{name}"
    for name in "phrases timeline parties check compare plan chart context vocabulary blocks writing markup proof facts record told "
    "go_no_go status letters.addresses letters.cells letters.choice letters.duplicates".split()
]
OUTSIDE = ("os", "io", "sys", "pathlib", "shutil", "tempfile", "subprocess", "socket", "time", "urllib")
SPEAKER = "migpack.cli"

Sources = Mapping[str, str]


def real_sources() -> dict[str, str]:
    """Return module name → source of all of migpack."""
    return {module_name(file): file.read_text("utf-8") for file in sorted(SOURCE.rglob("*.py"))}


def module_name(file: Path) -> str:
    """Return the dotted name that Python gives the file."""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def level_of(module: str) -> float | None:
    """Return the level of a module, or None where the table has forgotten it."""
    return next((level for level, modules in LEVELS.items() for pattern in modules.split() if fnmatchcase(module, pattern)), None)


def breaches_of_order(sources: Sources) -> Iterator[str]:
    """Yield each module without a level, and each import that climbs or that looks inside another feature."""
    for module in sources:
        level = level_of(module)
        if level is None:
            yield f"{module} has no level in LEVELS"
            continue
        for target in imported_modules(module, sources):
            if (level_of(target) or 0) > level:
                yield f"{module} (level {level:g}) imports {target} (level {level_of(target):g})"
            elif level == FEATURES == level_of(target) and room(module) != room(target) and target not in SHARED_BY_FEATURES:
                yield f"the feature {module} imports the feature {target}"


def breaches_of_rings(sources: Sources) -> Iterator[str]:
    """Yield each ring of modules that import one another."""
    graph = {module: imported_modules(module, sources) for module in sources}

    def walk(module: str, path: tuple[str, ...]) -> Iterator[str]:
        if module in path:
            yield " → ".join([*path[path.index(module) :], module])
        elif module not in done:
            for target in sorted(graph.get(module, ())):
                yield from walk(target, (*path, module))
            done.add(module)

    done: set[str] = set()
    for module in graph:
        yield from walk(module, ())


def breaches_of_ownership(sources: Sources) -> Iterator[str]:
    """Yield each import of a library by a module that does not own it, and of the outside world by one that only thinks."""
    for module, source in sources.items():
        for name, _ in imported_names(module, source):
            library = name.partition(".")[0]
            if not any(fnmatchcase(module, owner) for owner in OWNERS.get(library, ("*",))):
                yield f"{module} imports {library}, which belongs to {', '.join(OWNERS[library])}"
            if module in PURE and library in OUTSIDE:
                yield f"{module} imports {library}, but only thinks"


def breaches_of_start(sources: Sources) -> Iterator[str]:
    """Yield each slow library that importing the command line would load."""
    waiting, seen = ["migpack.__main__"], set()
    while waiting:
        module = waiting.pop()
        if module in seen or module not in sources:
            continue
        seen.add(module)
        waiting += [*imported_modules(module, sources, at_start=True), module.rpartition(".")[0]]
        for name, at_start in imported_names(module, sources[module]):
            if at_start and name.partition(".")[0] in SLOW:
                yield f"{module} imports {name} at its head: import it inside the function that needs it"


def breaches_of_silence(sources: Sources) -> Iterator[str]:
    """Yield each place outside the command line that prints, exits or asks the clock."""
    for module, source in sources.items():
        if module == SPEAKER or module.startswith(f"{SPEAKER}."):
            continue
        for node in ast.walk(parsed(source)):
            match node:
                case (
                    ast.Call(func=ast.Name(id="print" | "input" | "exit" | "breakpoint"))
                    | ast.Attribute(attr="echo" | "secho" | "stdout" | "stderr")
                ):
                    yield f"{module}:{node.lineno} speaks; only {SPEAKER} does"
                case ast.Call(func=ast.Attribute(attr="today" | "now" | "utcnow")):
                    yield f"{module}:{node.lineno} asks the clock; only {SPEAKER} does"
                case ast.Attribute(value=ast.Name(id="time"), attr="time" | "localtime" | "gmtime" | "strftime"):
                    yield f"{module}:{node.lineno} asks the clock; only {SPEAKER} does"
                case ast.Attribute(value=ast.Name(id="sys"), attr="exit" | "argv" | "stdin") | ast.Name(id="SystemExit"):
                    yield f"{module}:{node.lineno} uses {ast.unparse(node)}; only {SPEAKER} does"


def breaches_of_privacy(sources: Sources) -> Iterator[str]:
    """Yield each name with an underscore that crosses from one module of migpack into another."""
    for module, source in sources.items():
        modules: set[str] = set()  # names by which this module knows other modules
        for node in ast.walk(parsed(source)):
            if isinstance(node, ast.ImportFrom) and (base := base_of(module, node)).partition(".")[0] == "migpack":
                for alias in node.names:
                    if is_private(alias.name):
                        yield f"{module}:{node.lineno} takes {alias.name} from {base}"
                    if f"{base}.{alias.name}" in sources:
                        modules.add(alias.asname or alias.name)
            elif isinstance(node, ast.Import):
                modules |= {alias.asname or alias.name for alias in node.names if alias.name in sources}
        for node in ast.walk(parsed(source)):
            if isinstance(node, ast.Attribute) and is_private(node.attr) and ast.unparse(node.value) in modules:
                yield f"{module}:{node.lineno} reaches for {ast.unparse(node)}"


def imported_modules(module: str, sources: Sources, *, at_start: bool = False) -> set[str]:
    """Return the modules of migpack that a module imports, itself apart; `at_start` leaves out imports inside functions."""
    found = set()
    for name, starts in imported_names(module, sources[module]):
        if starts or not at_start:
            while name and name not in sources:  # `from migpack.values import Date` imports migpack.values
                name = name.rpartition(".")[0]
            found.add(name)
    return found - {module, ""}


def imported_names(module: str, source: str) -> Iterator[tuple[str, bool]]:
    """Yield each name imported, in full, and whether it is imported as the module loads. Imports for type checkers alone count as not."""

    def walk(node: ast.AST, at_start: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, at_start) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                yield from ((f"{base_of(module, child)}.{alias.name}", at_start) for alias in child.names)
            else:
                later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_for_types(child)
                yield from walk(child, at_start and not later)

    yield from walk(parsed(source), True)


def base_of(module: str, node: ast.ImportFrom) -> str:
    """Return the module that a from-import names, a relative one in full."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")[: -node.level]
    return ".".join([*parts, *([node.module] if node.module else [])])


def is_for_types(node: ast.AST) -> bool:
    """Return whether this is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def is_private(name: str) -> bool:
    """Return whether a name is a module's own: one underscore before it; two are Python's."""
    return name.startswith("_") and not name.startswith("__")


def room(module: str) -> str:
    """Return the feature that a module belongs to: migpack.letters.run → letters."""
    return module.split(".")[1]


@cache
def parsed(source: str) -> ast.Module:
    """Return the syntax tree."""
    return ast.parse(source)


RULES = (breaches_of_order, breaches_of_rings, breaches_of_ownership, breaches_of_start, breaches_of_silence, breaches_of_privacy)

BAD = [
    (breaches_of_order, {"migpack.helpers": ""}, "migpack.helpers has no level"),
    (
        breaches_of_order,
        {"migpack.plan": "from migpack.render import pages", "migpack.render": ""},
        "(level 3) imports migpack.render (level 4)",
    ),
    (
        breaches_of_order,
        {"migpack.plan": "def f():\n    from migpack import pack", "migpack.pack": "", "migpack": ""},
        "imports migpack.pack",
    ),
    (breaches_of_order, {"migpack.write.pdf": "from ..cli import main", "migpack.cli": ""}, "(level 5) imports migpack.cli (level 7)"),
    (
        breaches_of_order,
        {"migpack.post.send": "import migpack.letters.run", "migpack.letters.run": ""},
        "the feature migpack.post.send imports",
    ),
    (
        breaches_of_rings,
        {"migpack.plan": "import migpack.check", "migpack.check": "import migpack.plan"},
        "migpack.plan → migpack.check → migpack.plan",
    ),
    (breaches_of_ownership, {"migpack.load": "import yaml"}, "belongs to migpack.yamlio, migpack.yamledit"),
    (breaches_of_ownership, {"migpack.pack": "def f():\n    from docx.shared import Mm"}, "migpack.pack imports docx"),
    (breaches_of_ownership, {"migpack.check": "from pathlib import Path"}, "only thinks"),
    (
        breaches_of_start,
        {
            "migpack.__main__": "from migpack.cli import main",
            "migpack.cli": "from migpack import pack",
            "migpack": "",
            "migpack.pack": "if True:\n    import pypdf",
        },
        "migpack.pack imports pypdf at its head",
    ),
    (breaches_of_silence, {"migpack.pack": "print('done')"}, "migpack.pack:1 speaks"),
    (breaches_of_silence, {"migpack.pack": "import sys\nsys.stderr.write('x')"}, "migpack.pack:2 speaks"),
    (breaches_of_silence, {"migpack.plan": "import datetime as dt\ndt.date.today()"}, "migpack.plan:2 asks the clock"),
    (breaches_of_silence, {"migpack.plan": "raise SystemExit(1)"}, "uses SystemExit"),
    (breaches_of_privacy, {"migpack.plan": "from migpack.check import _rule", "migpack.check": ""}, "takes _rule from migpack.check"),
    (
        breaches_of_privacy,
        {"migpack.plan": "from migpack import check as c\nc._rule()", "migpack.check": "", "migpack": ""},
        "migpack.plan:2 reaches for c._rule",
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_migpack_keeps_the_rule(rule):
    assert "\n".join(rule(real_sources())) == ""


@pytest.mark.parametrize(("rule", "sources", "told"), BAD, ids=[told for _, _, told in BAD])
def test_a_breach_is_found(rule, sources, told):
    assert told in "\n".join(rule(sources))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_what_is_allowed_is_not_a_breach(rule):
    allowed = {
        "migpack": "",
        "migpack.__main__": "from migpack.cli import main",
        "migpack.cli": "import click, sys\nfrom migpack.pack import build\nprint(dt.date.today(), file=sys.stderr)",
        "migpack.pack": "def build():\n    from migpack.write import pdf",
        "migpack.write": "",
        "migpack.write.pdf": "if TYPE_CHECKING:\n    import weasyprint\ndef write():\n    import weasyprint",
        "migpack.letters.recipients": "from migpack.pack import build",
        "migpack.post.send": "from migpack.letters.recipients import read\n__all__ = ['read']",
    }
    assert "\n".join(rule(allowed)) == ""


def test_starting_the_command_loads_nothing_slow():
    code = f"import sys; import migpack.__main__; print(*sorted({{*{SLOW!r}}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")
