#!/usr/bin/env python3
"""Writes what the program says of the keys of a spec into docs/spec.md (between its marks) and docs/spec.schema.json.

    python3 Tools/spec_pages.py [STRATA]       (.build/debug/strata when there is none)

The words around the tables are written by hand. SpecDocumentationTests compares. Needs nothing but Python.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STRATA = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".build/debug/strata").resolve()


def strata(*arguments: str) -> str:
    """What the program says on stdout."""
    return subprocess.run([STRATA, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    page = ROOT / "docs/spec.md"
    words = re.sub(
        r"(<!-- (keys|kinds)(?:: (\w+))? -->\n).*?(<!-- /\2 -->)",
        lambda found: found[1] + strata(found[2], *([found[3]] if found[3] else []), "--markdown") + found[4],
        page.read_text(), flags=re.DOTALL)
    page.write_text(words)
    (ROOT / "docs/spec.schema.json").write_text(strata("keys", "--schema"))


if __name__ == "__main__":
    main()
