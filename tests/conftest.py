"""What every test starts from: no fonts of this machine, so that a page looks the same wherever the tests run."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["FONTCONFIG_FILE"] = str(Path(__file__).with_name("no_fonts.conf"))
