#!/usr/bin/env python3
"""Counts the instructions of a few kernels and compares them with those that were kept: a check that no other program disturbs.

    python3 Benchmarks/instructions.py [--program PROGRAM] [--tolerance SHARE] [--keep]

Needs valgrind (Debian package), whose callgrind counts; it has no AVX-512, so the kernels take AVX2. `--keep` writes
instructions.json anew. Exits with 1 when a kernel needs more instructions than were kept, and also when it needs fewer, so that
the kept numbers stay true; with 2 when they cannot be compared.
"""

import argparse
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEPT = HERE / "instructions.json"
PROGRAM = HERE / ".build" / "release" / "StrataBenchmarks"


def stop(message: str) -> None:
    """Ends the program: nothing was compared."""
    print(message, file=sys.stderr)
    raise SystemExit(2)


def counted(program: Path) -> dict[str, int]:
    """Instructions of each kernel, in the order in which the program runs them."""
    if shutil.which("valgrind") is None:
        stop("expected valgrind, found none: apt-get install valgrind")
    if not program.exists():
        stop(f"{program}: no such program: swift build -c release --package-path Benchmarks --product StrataBenchmarks -Xcxx -O3")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        # valgrind refuses a program whose debug information is newer than itself.
        stripped = Path(folder) / program.name
        subprocess.run(["strip", "--strip-debug", "-o", str(stripped), str(program)], check=True)
        result = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=counted_call", "--dump-after=counted_call", f"--callgrind-out-file={out}",
             str(stripped), "instructions"], capture_output=True, text=True)
        if result.returncode != 0:
            stop(f"valgrind ended with {result.returncode}: {result.stderr[-2000:]}")
        names = result.stdout.splitlines()
        counts = []
        for index in range(len(names)):
            text = Path(f"{out}.{index + 1}").read_text(errors="replace")
            found = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
            counts.append(int(found[1]) if found else 0)
        if not names or min(counts) == 0:
            stop(f"expected instructions of {len(names)} kernels, found {counts}")
        return dict(zip(names, counts))


def setting() -> dict[str, str]:
    """What the numbers depend on besides the source."""
    compiler = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    version = re.search(r"Swift version ([\d.]+)", compiler)
    return {"processor": platform.machine(), "compiler": f"Swift {version[1]}" if version else "unknown"}


def compare(kept: dict[str, int], found: dict[str, int], tolerance: float) -> bool:
    """Prints a table; whether all agree."""
    good = True
    print("| kernel | kept | found | difference |\n| --- | --- | --- | --- |")
    for name in list(kept) + [name for name in found if name not in kept]:
        if name not in kept or name not in found:
            print(f"| {name} | {kept.get(name, '-')} | {found.get(name, '-')} | only in one |")
            good = False
            continue
        difference = found[name] / kept[name] - 1
        ok = abs(difference) <= tolerance
        good = good and ok
        print(f"| {name} | {kept[name]} | {found[name]} | {100 * difference:+.2f} %{'' if ok else ' (!)'} |")
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--tolerance", type=float, default=0.01, help="the largest difference, as a share; 0.01 unless given")
    parser.add_argument("--keep", action="store_true", help="write what is found into instructions.json")
    options = parser.parse_args()
    found = counted(options.program)
    if options.keep:
        KEPT.write_text(json.dumps({"made with": setting(), "instructions": found}, indent=2) + "\n")
        print(f"kept {len(found)} numbers in {KEPT.name}")
        return
    if not KEPT.exists():
        stop(f"{KEPT}: no such file; --keep writes it")
    kept = json.loads(KEPT.read_text())
    if kept["made with"] != setting():
        stop(f"the kept numbers are those of {kept['made with']}, and this is {setting()}: run with --keep on the version to compare with")
    if not compare(kept["instructions"], found, options.tolerance):
        print("instructions differ; when that is meant, run this again with --keep and commit instructions.json", file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
