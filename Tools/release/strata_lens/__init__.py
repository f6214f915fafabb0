"""Strata: figures and galleries of how a language model's hidden states become words. The program is beside this file."""

import os
import sys

__version__ = "@VERSION@"

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "strata")


def main():
    """Becomes the program. It runs pip and Jinja in this Python, which has what the wheel depends on."""
    os.environ.setdefault("STRATA_PYTHON", sys.executable)
    try:
        os.execv(PROGRAM, ["strata", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"error: {PROGRAM} cannot be started: {error.strerror}\n  hint: install strata-lens again")
