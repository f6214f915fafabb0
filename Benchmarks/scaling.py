"""Measures `strata trace` as a function of the size of its job, and has Strata's own Plot module draw it.

    python3 Benchmarks/scaling.py                   measure, write docs/performance/scaling.json, draw beside it
    python3 Benchmarks/scaling.py --draw            draw what was measured before

Four scans: the length of the prompt, the number of prompts of one run, layers, vocabulary. Each job is a whole process; its
time and its peak resident memory are the kernel's own numbers (wait4). Models have random weights (make_models.py).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from make_models import CACHE, Shape, make

ROOT = Path(__file__).resolve().parent.parent
# Each, with the space before it, is among the first thousand tokens: cut alike by vocabularies of any size.
WORDS = "the of and to in is that for on was with as it be at by from have or an they which one you had not but what all were".split()
BASE = Shape(layers=6, width=768, heads=12, vocabulary=50257, context=4200)
TYPE = "f16"
# A job is run again until it took this long, or so often.
ENOUGH_SECONDS, ENOUGH_RUNS = 2.0, 5


def text(tokens, first=0):
    """A text of about so many tokens."""
    return " ".join(WORDS[(first + i) % len(WORDS)] for i in range(tokens))


class Job:
    """A command line of `strata trace` and what it amounts to."""

    def __init__(self, size, shape, prompts, generate=0, columns="last"):
        self.size, self.shape, self.generate, self.columns = size, shape, generate, columns
        self.prompts = prompts
        self.model = make(shape, [TYPE], CACHE / "benchmarks")[0]

    def operations(self, trace):
        """Of the products with weights and of attention, for a run whose first trace is this; prompts are about as long."""
        tokens, columns = len(trace["tokens"]), len(trace["columns"])
        d, layers = self.shape.width, self.shape.layers
        blocks = layers * (2 * tokens * 12 * d * d + 2 * tokens * tokens * d)
        heads = self.generate + 1 + columns * (layers + 1)
        return len(self.prompts) * (blocks + 2 * heads * d * self.shape.vocabulary)

    def run(self, options, folder):
        """Seconds of some runs, and the largest peak memory."""
        output = Path(folder) / "trace.json"
        command = [options.strata, "trace", "--model", self.model, "--columns", self.columns, "--generate", self.generate]
        command += ["--threads", options.threads, "--quiet", "-o", output]
        for index, prompt in enumerate(self.prompts):
            file = Path(folder) / f"prompt-{index}.txt"
            file.write_text(prompt)
            command += ["--prompt-file", file]
        # A cache of its own, without traces: one that is kept is read and not made again.
        cache = Path(folder) / "cache"
        seconds, peak = [], 0
        while len(seconds) < 1 or len(seconds) < ENOUGH_RUNS and sum(seconds) < ENOUGH_SECONDS:
            shutil.rmtree(cache / "strata/traces", ignore_errors=True)
            time_taken, memory = measure(options.benchmarks, [str(word) for word in command], cache)
            seconds.append(time_taken)
            peak = max(peak, memory)
        lines = output.read_text().splitlines()
        if len(lines) != len(self.prompts):
            sys.exit(f"{len(lines)} traces of {len(self.prompts)} prompts")
        trace = json.loads(lines[0])
        wanted = len(trace["tokens"]) if self.columns == "all" else 1
        if len(trace["rows"]) != self.shape.layers + 1 or len(trace["columns"]) != wanted or any(trace["kl"][-1]):
            sys.exit(f"the trace of {' '.join(map(str, command[:4]))} is not whole")
        return {
            "size": self.size, "seconds": seconds, "peak": peak, "file": self.model.stat().st_size,
            "operations": self.operations(trace), "tokens": len(trace["tokens"]),
        }


def measure(benchmarks, command, cache):
    """Seconds and peak resident bytes of a process.

    Linux hands a parent's peak down to its children, and this process may have made models: the small one that
    StrataBenchmarks is stands in between.
    """
    output = subprocess.check_output(
        [benchmarks, "command", "--", *command], env=os.environ | {"XDG_CACHE_HOME": str(cache)}
    )
    child = json.loads(output)
    if child["status"] != 0:
        sys.exit(f"'{' '.join(command[:4])} ...' ended with {child['status']}")
    return child["seconds"], child["peak"]


def scans():
    """(name, title, axis, [(line, jobs)]); the first line's model file is drawn."""
    model = f"{BASE.layers} layers of {BASE.width}, vocabulary {BASE.vocabulary:,}"
    yield "prompt", f"Length of the prompt: {model}", "Prompt length (tokens)", [
        ("every position", [Job(n, BASE, [text(n)], columns="all") for n in (64, 128, 256, 512, 1024, 2048, 4096)]),
        ("end of the prompt", [Job(n, BASE, [text(n)]) for n in (64, 128, 256, 512, 1024, 2048, 4096)]),
    ]

    def prompts(n):
        # No two begin alike: hardly anything can be shared.
        return [f"{i} {text(15, i)}" for i in range(n)]

    yield "batch", f"Prompts of one run: {model}", "Prompts", [
        ("16 tokens, then 16 generated", [Job(n, BASE, prompts(n), generate=16) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256)]),
        ("16 tokens", [Job(n, BASE, prompts(n)) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256)]),
    ]
    shapes = [Shape(n, 768, 12, 50257, 512) for n in (3, 6, 12, 24, 48)]
    yield "layers", "Layers of width 768, vocabulary 50,257, 64 tokens", "Layers", lines(shapes, lambda s: s.layers)
    shapes = [Shape(6, 768, 12, n, 512) for n in (4096, 16384, 65536, 262144)]
    yield "vocabulary", "Vocabulary: 6 layers of 768, 64 tokens", "Vocabulary (tokens)", lines(shapes, lambda s: s.vocabulary)


def lines(shapes, size):
    """Every position and the end of one text, for models of several shapes."""
    return [
        ("every position", [Job(size(shape), shape, [text(64)], columns="all") for shape in shapes]),
        ("end of the prompt", [Job(size(shape), shape, [text(64)]) for shape in shapes]),
    ]


def described(axis, measured):
    """What a figure shows, for those who cannot see it."""
    ends = []
    for line in measured:
        first, last = line["points"][0], line["points"][-1]
        ends.append(
            f"{line['name']} takes {statistics.median(first['seconds']):.2f} s and {first['peak'] / 1e6:.0f} MB at "
            f"{first['size']}, {statistics.median(last['seconds']):.2f} s and {last['peak'] / 1e6:.0f} MB at {last['size']}"
        )
    return f"Time and peak memory of strata trace over {axis[0].lower() + axis[1:]}: {'; '.join(ends)}."


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draw", action="store_true", help="measure nothing")
    parser.add_argument("--only", action="append", help="prompt, batch, layers or vocabulary; the others stay as they were")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--strata", type=Path, default=ROOT / ".build/release/strata")
    parser.add_argument("--benchmarks", type=Path, default=ROOT / "Benchmarks/.build/release/StrataBenchmarks")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs/performance")
    options = parser.parse_args()
    numbers = options.folder / "scaling.json"
    options.folder.mkdir(parents=True, exist_ok=True)
    found = {scan["name"]: scan for scan in json.loads(numbers.read_text())} if numbers.exists() else {}
    if not options.draw:
        with tempfile.TemporaryDirectory() as folder:
            for name, title, axis, jobs in scans():
                if options.only and name not in options.only:
                    continue
                print(name, file=sys.stderr)
                # Once for the digest of each model, which is kept, and the page cache.
                for model in {job.model: job for _, line in jobs for job in line}.values():
                    Job(1, model.shape, ["Once"]).run(options, folder)
                measured = [
                    {"name": line, "points": [job.run(options, folder) for job in run]}
                    for line, run in jobs
                ]
                description = described(axis, measured)
                found[name] = {"name": name, "title": title, "axis": axis, "description": description, "lines": measured}
        numbers.write_text(json.dumps(list(found.values()), indent=1) + "\n")
    subprocess.run([options.benchmarks, "scaling", numbers, options.folder], check=True)


if __name__ == "__main__":
    main()
