"""The wheel, alone in a bare environment with the network off, builds a pack.

The environment holds Python, the wheel, and the packages that migpack needs (read from where the tests run); it cannot
see this folder. The network is off twice: a module loaded at start refuses every connection, and where the system
allows it the process has no network at all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NO_NETWORK = """
import socket

def refuse(*_args, **_kwargs):
    raise OSError("the network is off in this test")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the tree, so that the tree stays as it is."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for name in ("src", "templates", "checklists"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(tree)])
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def bare_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment that holds the wheel, and return its Python."""
    home = tmp_path_factory.mktemp("bare")
    run([sys.executable, "-m", "venv", "--without-pip", str(home)])
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = Path(run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).stdout.strip())
    with zipfile.ZipFile(wheel) as archive:  # what an installer does with a wheel of pure Python
        archive.extractall(site)
    # Packages of the environment of the tests come after the wheel's; its own .pth files, and so this tree, are not read.
    (site / "packages.pth").write_text("\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}), "utf-8")
    # A line of a .pth file that begins with "import" runs at start; sitecustomize.py would not do, Debian has one of its own.
    (site / "no_network.py").write_text(NO_NETWORK, "utf-8")
    (site / "no_network.pth").write_text("import no_network", "utf-8")
    return python


def test_the_wheel_holds_code_and_content_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "migpack/cli/__init__.py",
        "migpack/templates/catalogue.yaml",
        "migpack/checklists/timeline.yaml",
        "migpack/templates/samples/small/practice.yaml",
    ):
        assert wanted in names
    assert [name for name in names if name.startswith("migpack/templates/styles/fonts/") and name.endswith(".ttf")]
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"migpack"}
    assert not [name for name in names if "__pycache__" in name or name.startswith("migpack/tests")]


def test_the_bare_environment_sees_only_the_wheel_and_no_network(bare_python, tmp_path):
    code = "import migpack, socket; print(migpack.__file__); socket.create_connection(('192.0.2.1', 9), 1)"
    done = run([str(bare_python), "-c", code], cwd=tmp_path, fails=True)
    assert Path(done.stdout.strip()).is_relative_to(bare_python.parent.parent)
    assert "the network is off in this test" in done.stderr


def test_the_wheel_builds_a_pack(bare_python, tmp_path):
    library = run([str(bare_python), "-c", "import migpack; print(migpack.__path__[0])"], cwd=tmp_path).stdout.strip()
    sample = Path(library) / "templates/samples/small/practice.yaml"
    run([*without_network(), str(bare_python), "-m", "migpack", "build", str(sample), "--out", "packs"], cwd=tmp_path)
    kinds = {file.suffix for file in (tmp_path / "packs").rglob("*") if file.is_file()}
    assert {".docx", ".pdf", ".json"} <= kinds
    assert list((tmp_path / "packs").rglob("manifest.json"))


def without_network() -> list[str]:
    """Return the command that runs another without a network, or nothing where this system does not let us."""
    for command in (["unshare", "-rn"], ["unshare", "-n"]):
        if shutil.which("unshare") and not subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
            return command
    return []


def run(command: list[str], *, cwd: Path | None = None, fails: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command without this tree on Python's path, and require that it succeeds, or that it fails."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert bool(done.returncode) is fails, done.stdout + done.stderr
    return done
