#!/usr/bin/env python3
"""Builds, measures Strata and its peers side by side, and prints what was found beside what is wanted.

    python3 Benchmarks/run.py [--only CASE]... [--runs N] [--threads N] [--peers DIR] [--model FILE]... [--json FILE] [--markdown FILE]
    python3 Benchmarks/run.py --add FILE...        (the tables of runs that were written as JSON)
    python3 Benchmarks/run.py ... --document docs/performance.md        (puts the tables there, between its marks)

Without --model: models of GPT-2 XL's shape with random weights (make_models.py) and the two of the catalog. Peers are those that
peers/install.sh put into DIR; one that is not there is left out, and said so. A case is run model by model, peers right after.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from peer_runs import PEERS, PeerFailed, is_installed, run_peer
from results import Results, from_ours, machine_line, our_table, peer_table, versions
from targets import target_table

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "strata"
CASES = ["machine", "kernels", "lens", "opening", "prefill", "decode", "traces", "datasets", "figures", "builds"]
WITH_MODELS = ["opening", "prefill", "decode", "traces", "datasets"]
CATALOG = ["smollm2-135m", "gemma-3-270m"]


def call(*command: object) -> None:
    """Runs a program in the repository's folder; its output is not ours."""
    print("$ " + " ".join(map(str, command)), file=sys.stderr)
    subprocess.run([str(word) for word in command], cwd=ROOT, check=True, stdout=sys.stderr)


def build() -> None:
    """Builds the program and the benchmarks."""
    call("swift", "build", "-c", "release", "--static-swift-stdlib", "--product", "strata", "-Xcxx", "-O3")
    call("swift", "build", "-c", "release", "--package-path", "Benchmarks", "--product", "StrataBenchmarks", "-Xcxx", "-O3")


def make_models(peers: Path) -> list[Path]:
    """Random models of GPT-2 XL's shape, then those of the catalog."""
    own = peers / "peers" / "bin" / "python"
    command = [own if own.exists() else sys.executable, ROOT / "Benchmarks" / "make_models.py", "--types", "f32,f16,q8_0,q4_1"]
    made = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")
    call(ROOT / ".build" / "release" / "strata", "models", "pull", *CATALOG)
    pulled = [file for name in CATALOG for file in sorted((CACHE / "models" / name).glob("*.gguf"))]
    return [Path(line) for line in made if line.endswith(".gguf")] + pulled


def measure_ours(results: Results, case: str, model: Path | None, options: argparse.Namespace) -> None:
    """Runs StrataBenchmarks with one case and one model."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        program = ROOT / "Benchmarks" / ".build" / "release" / "StrataBenchmarks"
        models = ["--model", model] if model else []
        call(program, "--only", case, *models, "--runs", options.runs, "--threads", options.threads, "--json", found)
        data = json.loads(found.read_text())
    results.saw(data["machine"])
    results.ours += [from_ours(line) for line in data["measurements"]]


def measure_peers(results: Results, case: str, model: Path | None, options: argparse.Namespace) -> None:
    """Runs the peers that have something to do beside the case."""
    for peer in PEERS:
        if peer.name in results.missing or not peer.concerns(case, model):
            continue
        try:
            results.peers += run_peer(options.peers, peer, case, model, options.runs, options.threads)
        except PeerFailed as error:
            results.missing[f"{peer.name}, {case}" + (f" of {model.name}" if model else "")] = f"failed: {error}"


def markdown(results: Results, options: argparse.Namespace) -> str:
    """Everything as Markdown."""
    command = "python3 Benchmarks/run.py" + "".join(f" --only {case}" for case in options.only)
    added = ", with the results of earlier runs of the same program (`--add`)" if options.add else ""
    head = f"Made by `{command} --runs {options.runs} --threads {options.threads}`{added}. {machine_line(results, options.runs)}"
    parts = [textwrap.fill(head, 138, break_on_hyphens=False) + "\n",
             target_table(results), peer_table(results), versions(results), *(our_table(results, case) for case in CASES)]
    return "\n".join(part for part in parts if part)


MARKS = ("<!-- measured -->", "<!-- /measured -->")


def document(results: Results, options: argparse.Namespace) -> None:
    """Puts the tables between the marks of a document."""
    text = options.document.read_text()
    before, mark, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not mark or not end:
        raise SystemExit(f"{options.document} has no {MARKS[0]} ... {MARKS[1]}")
    options.document.write_text(f"{before}{mark}\n{markdown(results, options)}{end}{after}")


def parsed() -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(description="Strata and its peers, measured side by side")
    parser.add_argument("--only", action="append", choices=CASES, default=[], help="a case; all when there is none")
    parser.add_argument("--runs", type=int, default=5, help="runs after the one to warm up")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", type=Path, default=CACHE / "peers", help="where peers/install.sh put them")
    parser.add_argument("--model", type=lambda text: Path(text).resolve(), action="append", help="a model file")
    parser.add_argument("--json", type=Path, help="where to write everything as JSON")
    parser.add_argument("--markdown", type=Path, help="where to write the tables, which are printed as well")
    parser.add_argument("--document", type=Path, help="a document whose part between marks is made anew of the tables")
    parser.add_argument("--add", type=Path, nargs="+", default=[], help="results of earlier runs; without --only nothing is run")
    parser.add_argument("--no-build", action="store_true", help="take the programs as they are")
    return parser.parse_args()


def write(results: Results, options: argparse.Namespace) -> None:
    """Writes the files that are wanted."""
    if options.json:
        options.json.write_text(json.dumps(results.dictionary(), indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(markdown(results, options))


def main() -> None:
    """Builds, measures case by case, prints."""
    options = parsed()
    options.peers = options.peers.absolute()
    cases = [case for case in CASES if case in (options.only or ([] if options.add else CASES))]
    if cases and not options.no_build:
        build()
    models = options.model or (make_models(options.peers) if set(cases) & set(WITH_MODELS) else [])
    results = Results(missing={peer.name: "not installed" for peer in PEERS if not is_installed(options.peers, peer)})
    for path in options.add:
        results.add(path)
    for case in cases:
        for model in models if case in WITH_MODELS else [None]:
            measure_ours(results, case, model, options)
            measure_peers(results, case, model, options)
            write(results, options)
    if options.document:
        document(results, options)
    print(markdown(results, options))


if __name__ == "__main__":
    main()
