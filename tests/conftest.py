"""What every test starts from: no fonts of this machine, so that a page looks the same wherever the tests run, and no clock in any test."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

os.environ["FONTCONFIG_FILE"] = str(Path(__file__).with_name("no_fonts.conf"))
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")
