"""Arguments in, words out: the only room that prints, exits or asks the clock.

Heavy modules are imported inside the commands that need them, so that --help is instant.
"""

from migpack.cli import forms, letters, pack  # each adds its commands to the group
from migpack.cli.group import main

__all__ = ["forms", "letters", "main", "pack"]
