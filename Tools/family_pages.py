#!/usr/bin/env python3
"""Writes what is said about families: family-fixtures.json, the table of docs/models.md and the row "families" of README.md.

    python3 Tools/family_pages.py --fixtures          # after new fixtures; then build
    PATH=.build/debug:$PATH python3 Tools/family_pages.py

The registry of the built program is the source of names and their order; Tests/Fixtures/models and Tests/Fixtures/masked say what was compared.
"""

import argparse
import json
import re
import subprocess
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = [ROOT / "Tests" / "Fixtures" / name for name in ("models", "masked")]
LIST = ROOT / "Sources" / "Engine" / "Architectures" / "family-fixtures.json"


def fixtures():
    """The fixtures of every family, and the versions of transformers that made them."""
    families, versions = {}, set()
    for folder in sorted((folder for kind in FIXTURES for folder in kind.iterdir()), key=lambda folder: folder.name):
        expected = folder / "expected.json"
        if not expected.exists():
            continue
        said = json.loads(expected.read_text())
        versions.add(said["versions"]["transformers"])
        family = families.setdefault(said["architecture"], {"fixtures": [], "gguf": []})
        family["fixtures"].append(folder.name)
        if (folder / f"{folder.name}.gguf").exists():
            family["gguf"].append(folder.name)
    order = sorted(versions, key=lambda v: [int(part) for part in v.split(".")])
    text = json.dumps({"transformers": " and ".join(order), "families": dict(sorted(families.items()))}, indent=1)
    LIST.write_text(text + "\n")
    print(f"{LIST.name}: {len(families)} families, {sum(len(f['fixtures']) for f in families.values())} fixtures")


def code(names):
    return ", ".join(f"`{name}`" for name in names) or "none"


def between(text, name, content):
    """`text` with `content` between its marks."""
    before, rest = text.split(f"<!-- {name} -->")
    return f"{before}<!-- {name} -->\n{content}\n<!-- /{name} -->" + rest.split(f"<!-- /{name} -->")[1]


def pages():
    """The table of docs/models.md and the row of README.md."""
    listing = json.loads(subprocess.run(
        ["strata", "models", "families", "--json"], check=True, capture_output=True, text=True).stdout)
    lines = ["| family | `model_type` | GGUF | compared |", "|---|---|---|---|"]
    for row in listing["families"]:
        lines.append(f"| {row['family']} | {code(row['model_types'])} | {code(row['gguf'])} | {len(row['fixtures'])} |")
    page = ROOT / "docs" / "models.md"
    text = between(page.read_text(), "families", "\n".join(lines))
    page.write_text(between(text, "wrappers", textwrap.fill(code(listing["wrappers"]), 138)))
    readme = ROOT / "README.md"
    names = ", ".join(row["family"] for row in listing["families"])
    readme.write_text(re.sub(r"^\| families \|.*\|$", f"| families | {names} |", readme.read_text(), flags=re.MULTILINE))
    print(f"{len(listing['families'])} families, {len(listing['wrappers'])} wrappers")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fixtures", action="store_true", help="write the list of fixtures that the program embeds")
    if parser.parse_args().fixtures:
        fixtures()
    else:
        pages()
