#!/usr/bin/env python3
"""Builds another version of the repository beside this one and runs cases of both in turns: ratios, with their spread.

    python3 Benchmarks/compare.py BASE [--only CASE]... [--runs N] [--threads N] [--model FILE]... [--json FILE]

BASE is a commit, tag or branch. Its files go to out/compare/COMMIT, and each version is built into a folder of its own; what is there
already is used again. A turn runs a case once with either version, now the one first and now the other, each with its own
StrataBenchmarks (which checks results and probes the machine), on pinned processors. Turns in which other programs took more than 5 % of
a processor are dropped, counted and run again. Times never decide anything here: the numbers are for people.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from company import MOST, Company, spread
from results import number, table

ROOT = Path(__file__).resolve().parent.parent
CASES = ["machine", "kernels", "lens", "opening", "prefill", "decode", "traces", "figures", "builds"]
WITH_MODELS = ["opening", "prefill", "decode", "traces"]
# Turns for each that is wanted, after which disturbed ones are taken, and said to be.
PATIENCE = 4


@dataclass(frozen=True)
class Version:
    """A version that was built."""

    name: str
    source: Path
    strata: Path
    benchmarks: Path


@dataclass
class Line:
    """A measurement of both versions, turn by turn."""

    case: str
    what: str
    unit: str
    base: list[float] = field(default_factory=list)
    now: list[float] = field(default_factory=list)

    def ratios(self) -> list[float]:
        """How many times better the version of now is in each turn: faster, or smaller."""
        rate = self.unit.endswith("/s")
        return [now / base if rate else base / now for base, now in zip(self.base, self.now)]


def said(*command: object) -> str:
    """What a command prints."""
    return subprocess.run([str(word) for word in command], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def call(*command: object, cwd: Path) -> None:
    """Runs a command whose output is progress."""
    print("$ " + " ".join(map(str, command)), file=sys.stderr)
    subprocess.run([str(word) for word in command], cwd=cwd, check=True, stdout=sys.stderr)


def extract(commit: str) -> Path:
    """The files of a commit in a folder of their own."""
    source = ROOT / "out" / "compare" / commit[:12] / "source"
    if not source.exists():
        partial = source.with_name("partial")
        partial.mkdir(parents=True, exist_ok=True)
        archive = subprocess.Popen(["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", str(partial)], stdin=archive.stdout, check=True)
        if archive.wait() != 0:
            raise SystemExit(f"git archive {commit} ended with {archive.returncode}")
        partial.rename(source)
    return source


def built(name: str, source: Path) -> Version:
    """Builds the program and the benchmarks of a version."""
    folder = ROOT / "out" / "compare" / name
    release = ["swift", "build", "-c", "release", "-Xcxx", "-O3"]
    call(*release, "--static-swift-stdlib", "--product", "strata", "--scratch-path", folder / "strata", cwd=source)
    call(*release, "--package-path", "Benchmarks", "--product", "StrataBenchmarks", "--scratch-path", folder / "benchmarks", cwd=source)
    return Version(name, source, folder / "strata" / "release" / "strata", folder / "benchmarks" / "release" / "StrataBenchmarks")


def measured(version: Version, case: str, options: argparse.Namespace) -> list[dict]:
    """One run of a case."""
    models = [word for path in options.model for word in ("--model", str(path))] if case in WITH_MODELS else []
    processors = spread()[: options.threads]
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        subprocess.run(
            [str(version.benchmarks), "--only", case, "--runs", "1", "--threads", str(options.threads), "--strata", str(version.strata),
             "--json", str(found), *models],
            cwd=version.source, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, processors))
        return json.loads(found.read_text())["measurements"]


def in_turns(case: str, base: Version, now: Version, options: argparse.Namespace) -> tuple[list[Line], int, int]:
    """All turns of a case: its lines, how many turns were dropped, and how many of those that count were disturbed."""
    turns = []
    quiet = 0
    while quiet < options.runs and len(turns) < options.runs * PATIENCE:
        company = Company()
        found = {}
        for version in (base, now) if len(turns) % 2 == 0 else (now, base):
            found[version.name] = measured(version, case, options)
        turns.append((company.share(), found))
        quiet += turns[-1][0] <= MOST
        print(f"{case}: turn {len(turns)}, company {100 * turns[-1][0]:.0f} %", file=sys.stderr)
    taken = sorted(turns, key=lambda turn: turn[0])[: max(options.runs, quiet)]
    lines: dict[tuple[str, str], Line] = {}
    for _, found in taken:
        theirs = {(one["what"], one["unit"]): one["median"] for one in found[base.name]}
        for one in found[now.name]:
            key = (one["what"], one["unit"])
            if key in theirs:
                line = lines.setdefault(key, Line(case, *key))
                line.base.append(theirs[key])
                line.now.append(one["median"])
    return list(lines.values()), len(turns) - len(taken), len(taken) - quiet


def case_table(lines: list[Line], dropped: int, disturbed: int) -> str:
    """Medians of both versions and of the ratios of turns."""
    rows = []
    for line in lines:
        ratios = line.ratios()
        medians = [f"{number(statistics.median(values))} {line.unit}" for values in (line.base, line.now)]
        rows.append([line.what, *medians, f"{statistics.median(ratios):.3f}", f"{min(ratios):.3f} to {max(ratios):.3f}", str(len(ratios))])
    counted = f"{dropped} turns dropped because of other programs"
    counted += f", {disturbed} of those that count were disturbed" if disturbed else ""
    return table(["what", "base", "now", "times better", "range", "turns"], rows) + f"\n{counted}.\n"


def parsed() -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", help="a commit, tag or branch")
    parser.add_argument("--only", action="append", choices=CASES, default=[], help="a case; kernels, lens and figures when there is none")
    parser.add_argument("--runs", type=int, default=5, help="turns that count")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", type=lambda text: Path(text).resolve(), action="append", default=[], help="a model file")
    parser.add_argument("--json", type=Path, help="where to write every number of every turn")
    return parser.parse_args()


def main() -> None:
    options = parsed()
    commit = said("git", "rev-parse", "--verify", f"{options.base}^{{commit}}")
    base, now = built(commit[:12], extract(commit)), built("now", ROOT)
    kept = []
    state = said("git", "describe", "--always", "--dirty")
    print(f"Base is {options.base} ({commit[:12]}), now is {state}; {options.threads} threads.\n")
    for case in options.only or ["kernels", "lens", "figures"]:
        lines, dropped, disturbed = in_turns(case, base, now, options)
        print(f"### {case}\n\n{case_table(lines, dropped, disturbed)}", flush=True)
        kept.append({"case": case, "dropped": dropped, "disturbed": disturbed, "lines": [vars(line) for line in lines]})
    if options.json:
        options.json.write_text(json.dumps({"base": commit, "cases": kept}, indent=1) + "\n")


if __name__ == "__main__":
    main()
