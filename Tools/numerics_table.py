"""Measures the tables of docs/numerics.md again: runs the comparing tests and puts what they print between the page's marks.

    python Tools/numerics_table.py [--check] [--from FILE]

With --check nothing is written; the exit code says whether the page is up to date. With --from FILE the tests are not run again: FILE is
what `make test` printed. Needs no Python packages.
"""

import argparse
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "numerics.md"
TESTS = "ParityTests|TunedLens|JacobianLens|AttentionRow|TokenizerKind|StoredNumbersTests"
CELLS = re.compile(r"(?P<what>.+), norm (?P<norm>final|none): (?P<cells>\d+) cells, largest differences: logprob (?P<logprob>\S+), "
                   r"top logprobs (?P<top>\S+), entropy (?P<entropy>\S+), KL (?P<kl>\S+); ranks that differ (?P<ranks>\d+) "
                   r"\(by (?P<shift>\d+) at most\).*")
LOGITS = re.compile(r"(?P<what>.+): largest relative difference of \d+ logits (?P<value>\S+)")


def short(number):
    value = float(number)
    # A largest difference of nothing at all was not measured.
    return "" if value == 0 else f"{value:.1e}".replace("e-0", "e-")


def name(what):
    """One row for both kinds of file of a tiny model."""
    return what.replace("article/", "").replace("gpt2-random/transformers", "GPT-2, 4 random layers, real vocabulary") \
        .replace(" from safetensors", "").replace(" from gguf", "")


def printed(file):
    """What the tests print."""
    if file:
        return file.read_text(errors="replace")
    out = subprocess.run(["swift", "test", "-Xcxx", "-O3", "--filter", TESTS], cwd=ROOT, capture_output=True, text=True,
                         env=os.environ | {"STRATA_OPTIMISED": "1"})
    if out.returncode != 0:
        sys.exit("the tests fail:\n" + "\n".join(line for line in out.stdout.splitlines() if line.startswith("✘")))
    return out.stdout


def measure(text):
    rows, others, logits = {}, set(), {}
    for line in text.splitlines():
        if found := CELLS.fullmatch(line):
            row = rows.setdefault((name(found["what"]), found["norm"]), {key: 0.0 for key in ("logprob", "entropy", "kl", "ranks", "shift")})
            row["cells"] = found["cells"]
            for key in ("logprob", "entropy", "kl", "ranks", "shift"):
                row[key] = max(row[key], float(found[key]))
        elif found := LOGITS.fullmatch(line):
            key = name(found["what"])
            logits[key] = max(logits.get(key, 0), float(found["value"]))
        elif re.search(r"against (Ecco|TransformerLens):|^tuned-lens, |^Jacobian lens, |hostile strings", line) and line[0] not in "◇✔":
            others.add(re.sub(r"\d\.\d+(e-\d+)?(?=\D|$)", lambda m: short(m[0]) or "0", line))
    return rows, logits, sorted(others)


def table(rows, logits):
    lines = ["| model | lens | cells | logits, relative | log-probability | entropy | KL | ranks that differ |", "|---|---|---|---|---|---|---|---|"]
    for (what, norm), row in sorted(rows.items()):
        ranks = f"{row['ranks']:.0f}" + (f", by {row['shift']:.0f}" if row["ranks"] else "")
        relative = short(logits[what]) if what in logits and norm == "final" else ""
        lines.append(f"| {what} | {'normed' if norm == 'final' else 'raw'} | {row['cells']} | {relative} | {short(row['logprob'])} | "
                     f"{short(row['entropy'])} | {short(row['kl'])} | {ranks} |")
    return lines


def wrapped(line):
    """An entry of a list in lines of at most 140 columns."""
    return textwrap.fill(f"- {line}", 139, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--from", dest="file", type=Path)
    arguments = parser.parse_args()
    rows, logits, others = measure(printed(arguments.file))
    measured = "\n".join(table(rows, logits) + ["", "Other comparisons, as the tests print them:", ""] + [wrapped(line) for line in others])
    page = PAGE.read_text()
    begin, end = "<!-- measured -->\n", "\n<!-- /measured -->"
    before, rest = page.split(begin)
    new = before + begin + measured + end + rest.split(end)[1]
    if arguments.check:
        sys.exit(0 if new == page else "docs/numerics.md is out of date")
    PAGE.write_text(new)
    print(f"{len(rows)} rows, {len(others)} lines")


if __name__ == "__main__":
    main()
