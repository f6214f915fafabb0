#!/usr/bin/env python3
"""Draws one trace with Strata and with matplotlib and seaborn: 48 layers x 200 positions with numbers, as PDF and PNG.

    python3 Benchmarks/figure_race.py [--runs N] [--python PYTHON]

Both are whole processes. PYTHON needs matplotlib and seaborn; strata is .build/release/strata. Sizes of the files are printed too.
"""

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYERS, POSITIONS, WIDTH, HEIGHT = 48, 200, 2000, 700

SEABORN = """
import json, sys
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import seaborn
from matplotlib.colors import LogNorm
trace = json.load(open(sys.argv[1]))
rank = np.array(trace["rank"])
plt.rcParams["pdf.fonttype"] = 42
figure, axes = plt.subplots(figsize=(%f, %f))
seaborn.heatmap(rank, ax=axes, cmap="RdPu_r", norm=LogNorm(1, 100000), annot=True, fmt="d", annot_kws={"size": 5}, linewidths=0.5,
    xticklabels=[trace["texts"][str(column["target"])] for column in trace["columns"]], yticklabels=range(len(rank)))
axes.set_xlabel("Output token")
axes.set_ylabel("Layer")
figure.savefig(sys.argv[2])
figure.savefig(sys.argv[3], dpi=300)
""" % (WIDTH / 72, HEIGHT / 72)


def made() -> dict:
    """A trace whose ranks fall towards 1 on the way up, as those of models do."""
    chance = random.Random(11)
    rows = [{"layer": layer, "point": "block"} for layer in range(LAYERS)]
    tokens = [{"id": i, "text": "," if i % 9 == 8 else f" word{i}"} for i in range(POSITIONS + 1)]
    columns = [{"position": i, "target": i + 1} for i in range(POSITIONS)]
    grid = lambda value: [[value(row) for _ in columns] for row in range(LAYERS)]
    rank = grid(lambda row: max(1, int(math.pow(50000, 1 - row / (LAYERS - 1) * (chance.random() + 0.8)))))
    model = {"name": "made", "architecture": "GPT-2", "layers": LAYERS, "width": 1600, "vocabulary": 50257, "weights": "F32",
             "sha256": "0" * 64, "license": None, "source": None}
    return {
        "schema": "strata.trace/1", "model": model, "lens": {"kind": "logit", "norm": "final"}, "compute": "f32",
        "prompt": "".join(token["text"] for token in tokens), "prompt_length": len(tokens), "method": {"continuation": ""}, "tokens": tokens,
        "rows": rows, "columns": columns, "rank": rank, "logprob": grid(lambda _: -2.0),
        "top": {"k": 1, "ids": grid(lambda _: [1]), "logprobs": grid(lambda _: [-1.0])}, "watch": [],
        "entropy": grid(lambda _: 3.0), "kl": grid(lambda row: 0.0 if row == LAYERS - 1 else 1.0),
        "texts": {str(token["id"]): token["text"] for token in tokens},
    }


def timed(command: list, runs: int) -> list[float]:
    """Seconds of so many runs after one to warm up."""
    seconds = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        subprocess.run([str(word) for word in command], check=True)
        seconds.append(time.perf_counter() - begin)
    return seconds[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trace = folder / "trace.json"
        trace.write_text(json.dumps(made()))
        strata = [ROOT / ".build/release/strata", "draw", trace, "--kind", "rank-heatmap", "--set", "inputs=false",
                  "--width", WIDTH, "--height", HEIGHT, "-o", folder / "strata.pdf", "-o", folder / "strata.png"]
        seaborn = [options.python, "-c", SEABORN, trace, folder / "seaborn.pdf", folder / "seaborn.png"]
        rows = []
        for label, command in (("strata", strata), ("seaborn", seaborn)):
            seconds = timed(command, options.runs)
            sizes = [(folder / f"{label}.{ending}").stat().st_size for ending in ("pdf", "png")]
            rows.append((label, statistics.median(seconds), min(seconds), max(seconds), *sizes))
        print(f"| {LAYERS} layers x {POSITIONS} positions with numbers | seconds | PDF | PNG, 300 dpi |\n| --- | --- | --- | --- |")
        for label, median, least, most, pdf, png in rows:
            print(f"| {label} | {median:.2f} ({least:.2f} to {most:.2f}) | {pdf / 1000:.0f} kB | {png / 1000:.0f} kB |")
        print(f"\n{rows[1][1] / rows[0][1]:.1f} times as fast, PDF {rows[0][4] / rows[1][4]:.2f} times as large.")


if __name__ == "__main__":
    main()
