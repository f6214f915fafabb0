"""Damages files of every kind that strata reads, and runs it on each: every run must end soon, in little memory, with an
exit code of its own, and with a message where it failed.

Needs nothing but Python. The long form is `make fuzz`; a test runs the short form (`--count`). The same seed makes the same files.
"""

import argparse
import concurrent.futures
import json
import math
import os
import pathlib
import random as randomness
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from fuzz import mutations

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "Tests/Fixtures/models"
TUNED = ROOT / "Tests/Fixtures/lenses"
JACOBIAN = ROOT / "Tests/Fixtures/jacobian"
# Exit codes that docs/commands.md names; 70 is a bug.
EXPECTED = {0, 1, 2, 64, 65, 66, 69, 73}
TRACE = ["trace", "-q", "--offline", "--threads", "1", "-p", "The cat sat on", "--generate", "2", "-o", "t.json"]
SPEC = """title: Paper
models: {A: ./m.gguf}
prompts:
  - {id: a, text: "the keys to the", generate: 2, watch: [" the", " to", "auto(2)"]}
  - {id: b, text: "the dog", continuation: " to", tags: [x], attribute: {target: " the", foil: " to", position: 1},
     patch: {source: "the fog", of: [stream, mlp]}}
  - {id: c, text: "the dog", generate: 2, changes: [{source: "the fog", of: mlp, layer: 0, positions: last},
     {plus: "a dog", minus: "a", layer: embedding, positions: from 2, by: 0.5}]}
datasets:
  - {id: d, file: d.csv, prompt: text, target: good}
figures:
  - {kind: rank-heatmap, max_rank: 1000, colors: batlow}
  - {kind: top-tokens, prompts: [a], k: 3, layer: 1}
  - {kind: token-ranks, prompts: [a], position: 1}
  - {kind: profile, limit: 5}
  - {kind: lens-grid, start: 1, count: 2}
  - {kind: difference, prompts: [a], target: 1, foil: 2, limit: 4.5}
  - {kind: attribution, by: head}
  - {kind: patching, of: mlp, limit: 2}
  - {kind: vocabulary, k: 3, rows: 5, tokens: words}
  - {kind: lens-grid, id: marked, mark: {a: [" the"], b: " to"}}
lens: {norm: final, rows: blocks}
style: {venue: acl, span: column, width: 200, height: 300, strict: false}
output: {figures: [svg], gallery: [html], report: none, template: ./tpl}
"""
TABLE = 'text,good\n"The keys"," the"\n"The dog"," to"\n'
TEMPLATE = {
    "index.mustache": "<html>{{title}}{{#prompts}}{{>prompt}}{{/prompts}}<style>{{{style}}}</style></html>\n",
    "prompt.mustache": "<p>{{id}}</p>\n{{#pieces}}{{>piece}}{{/pieces}}\n",
    "piece.mustache": "{{plain}}{{#spaces}}.{{/spaces}}\n",
    "page.css": "p {}\n",
}


class Case:
    """A folder with a damaged file and the command to run there."""

    def __init__(self, kind, number, seed, folder):
        self.kind, self.number, self.folder = kind, number, folder
        self.random = randomness.Random(f"{seed}-{kind}-{number}")
        self.commands = getattr(self, kind.replace("-", "_"))()

    def write(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())

    def model(self, damaged, change):
        """A folder of safetensors in which one file is damaged."""
        name = self.random.choice(sorted(p.name for p in MODELS.iterdir()))
        source = MODELS / name / "hf"
        for path in source.iterdir():
            if path.name == damaged:
                data = path.read_bytes()
                self.write(f"m/{path.name}", change(self.random, data if damaged.endswith("s") else data.decode()))
            else:
                (self.folder / "m").mkdir(exist_ok=True)
                os.symlink(path, self.folder / "m" / path.name)
        return [TRACE + ["-m", "./m"]]

    def config(self):
        return self.model("config.json", mutations.mutate_json)

    def tokenizer(self):
        return self.model("tokenizer.json", mutations.mutate_json)

    def tokenizer_config(self):
        return self.model("tokenizer_config.json", mutations.mutate_json)

    def safetensors(self):
        return self.model("model.safetensors", mutations.mutate_safetensors)

    def gguf(self):
        source = self.random.choice(sorted(MODELS.glob("*/*.gguf")))
        self.write("m.gguf", mutations.mutate_gguf(self.random, source.read_bytes()))
        return [TRACE + ["-m", "./m.gguf"]]

    def lens(self):
        files = {p.name: p for p in (TUNED / "gpt2").rglob("*") if p.name in ("config.json", "params.pt")}
        damaged = self.random.choice(sorted(files))
        for name, path in files.items():
            change = mutations.mutate_json if name == "config.json" else mutations.mutate_bytes
            data = path.read_bytes()
            if name == damaged:
                # The pickle stands at the beginning of the archive, its directory at the end.
                at = self.random.choice([0, max(0, len(data) - 1500)])
                data = (
                    change(self.random, data.decode())
                    if name == "config.json"
                    else change(self.random, data, 2, at, at + 1500))
            self.write(f"lens/{name}", data)
        return [TRACE + ["-m", str(MODELS / "gpt2/gpt2.gguf"), "--tuned-lens", "./lens"]]

    def jacobian(self):
        data = (JACOBIAN / "gpt2.pt").read_bytes()
        # The pickle stands at the beginning of the archive, its directory at the end.
        at = self.random.choice([0, max(0, len(data) - 1500)])
        self.write("j.pt", mutations.mutate_bytes(self.random, data, 2, at, at + 1500))
        return [TRACE + ["-m", str(MODELS / "gpt2/gpt2.gguf"), "--jacobian-lens", "./j.pt"]]

    def trace(self):
        self.write("t.json", mutations.mutate_json(self.random, self.sample("trace.json")))
        kinds = ["rank-heatmap", "top-tokens", "token-ranks", "lens-grid", "trajectory", "profile", "first-layer",
                 "difference", "token-strip", "comparison", "attribution", "patching", "vocabulary"]
        kind = self.random.choice(kinds)
        return [
            ["draw", "t.json", "--kind", kind, "-o", f"x.{self.random.choice(['svg', 'png', 'csv', 'pdf', 'tex'])}"],
            self.random.choice([
                ["trace", "--check", "t.json"], ["export", "t.json", "-o", "x.npz"], ["export", "t.json", "-o", "x.csv"],
                ["diff", "t.json", str(self.samples / "trace.json")]]),
        ]

    def states(self):
        source = self.random.choice(["own.safetensors", "vllm.safetensors"])
        data = (self.samples / source).read_bytes()
        # The header, or the tokens and states behind it.
        behind = self.random.random() < 0.3
        start = 8 + int.from_bytes(data[:8], "little")
        self.write("s.safetensors", mutations.mutate_bytes(self.random, data, self.random.randrange(1, 4), start, len(data))
                   if behind else mutations.mutate_safetensors(self.random, data))
        return [["trace", "-q", "--states", "s.safetensors", "-m", str(MODELS / "llama/llama.gguf"), "--columns", "all", "-o", "x.json"]]

    def gathered(self):
        damaged = self.random.choice(["trace.json", "summary.json"])
        for name in ("trace.json", "summary.json"):
            text = self.sample(name)
            self.write(f"in/{name}", mutations.mutate_json(self.random, text) if name == damaged else text)
        return [["gather", "in", "-q", "--threads", "1", "--kind", "top-tokens", "--kind", "dataset-profile"]]

    def summary(self):
        self.write("d.json", mutations.mutate_json(self.random, self.sample("summary.json")))
        return [["draw", "d.json", "--kind", kind, "-o", "x.svg"] for kind in ("dataset-profile", "dataset-comparison")]

    def picture(self):
        data = (self.samples / "picture.png").read_bytes()
        self.write("p.png", mutations.mutate_bytes(self.random, data, self.random.randrange(1, 4), 0, 200))
        return [["diff", "p.png", str(self.samples / "picture.png"), "--html", "x.html"]]

    def spec(self):
        damaged = self.random.choice(["s.yaml"] * 3 + ["numbers"] * 2 + ["d.csv", "template"])
        spec = SPEC
        if damaged == "numbers":
            found = list(re.finditer(r"(?<=: )[0-9.]+", spec))
            for number in self.random.sample(found, 2):
                if number.start() < len(spec):
                    spec = spec[: number.start()] + str(self.random.choice(mutations.NUMBERS)) + spec[number.end() :]
        self.write("s.yaml", mutations.mutate_lines(self.random, spec) if damaged == "s.yaml" else spec)
        self.write("d.csv", mutations.mutate_lines(self.random, TABLE) if damaged == "d.csv" else TABLE)
        chosen = self.random.choice(sorted(TEMPLATE)) if damaged == "template" else None
        for name, text in TEMPLATE.items():
            self.write(f"tpl/{name}", mutations.mutate_lines(self.random, text) if name == chosen else text)
        os.symlink(MODELS / "llama/llama.gguf", self.folder / "m.gguf")
        return [["build", "s.yaml", "-q", "--offline", "--threads", "1"]]

    samples = pathlib.Path()

    @classmethod
    def sample(cls, name):
        return (cls.samples / name).read_text()

    KINDS = ["config", "gguf", "tokenizer", "tokenizer-config", "safetensors", "lens", "jacobian", "trace", "summary", "picture",
             "spec", "states", "gathered"]


def run(program, command, folder, seconds):
    """Exit status (negative for a signal, None for none in time), seconds, megabytes, and what was said.

    The seconds are of processor time, as a busy machine must not look like a hang; a run that only waits ends after ten times as many.
    """
    # Memory beyond any measure is refused by the system, so that this machine lives on.
    limited = ["sh", "-c", f'ulimit -v 8000000; ulimit -t {math.ceil(seconds)}; exec "$@"', "sh", program] + command
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    with open(folder / "said", "wb") as said:
        process = subprocess.Popen(limited, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        late = threading.Event()

        def stop():
            late.set()
            os.kill(process.pid, signal.SIGKILL)

        timer = threading.Timer(10 * seconds, stop)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = 0
    used = usage.ru_utime + usage.ru_stime
    code = None if late.is_set() or used >= math.ceil(seconds) else os.waitstatus_to_exitcode(status)
    text = (folder / "said").read_bytes().decode(errors="replace")
    return code, used, usage.ru_maxrss // 1024, text


def fault(code, megabytes, said, limits):
    """What is wrong with how a run ended; None when nothing is."""
    if code is None:
        return f"no end within {limits.seconds} s of processor time or {10 * limits.seconds} s on the clock"
    if code not in EXPECTED:
        return f"ended with {code}"
    if code != 0 and code != 2 and "error: " not in said and "failed " not in said:
        return f"ended with {code} without a word"
    if megabytes > limits.megabytes:
        return f"took {megabytes} MB"
    return None


def make_samples(program, folder):
    """A trace, a summary and a picture that are whole."""
    gguf = str(MODELS / "llama/llama.gguf")
    (folder / "d.csv").write_text(TABLE)
    commands = [
        ["trace", "-q", "-m", gguf, "-p", "The cat sat", "--generate", "2", "--watch", " the", "--watch", " to", "-o", "trace.json"],
        ["trace", "-q", "-m", gguf, "-p", "The cat sat", "--columns", "all", "--save-states", "own.safetensors", "-o", "own.json"],
        ["dataset", "d.csv", "-q", "-m", gguf, "--prompt", "text", "--target", "good", "--format", "json", "-o", "summary.json"],
        ["draw", "trace.json", "--kind", "rank-heatmap", "-o", "picture.png"],
    ]
    for command in commands:
        code, _, _, said = run(program, command, folder, 60)
        if code != 0:
            sys.exit(f"strata {' '.join(command)} ended with {code}: {said}")
    (folder / "vllm.safetensors").write_bytes(as_vllm((folder / "own.safetensors").read_bytes()))


def as_vllm(data):
    """The states of our own file of one text in the layout of vLLM."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])

    def values(name):
        first, end = header[name]["data_offsets"]
        return data[start + first : start + end], header[name]["shape"]

    states, (rows, columns, width) = values("states.0")
    tokens, shape = values("tokens.0")
    line = 4 * width
    turned = b"".join(states[(r * columns + c) * line :][:line] for c in range(columns) for r in range(rows))
    new = {"hidden_states": {"dtype": "F32", "shape": [columns, rows, width], "data_offsets": [0, len(turned)]},
           "token_ids": {"dtype": "I64", "shape": shape, "data_offsets": [len(turned), len(turned) + len(tokens)]}}
    text = json.dumps(new).encode()
    return len(text).to_bytes(8, "little") + text + turned + tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="the built strata")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--count", type=int, help="runs in all; without it, until --seconds-in-all are over")
    parser.add_argument("--seconds-in-all", type=float, default=600)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", action="append", choices=Case.KINDS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=10, help="the most processor time a run may take; the clock may show ten times as much")
    parser.add_argument("--megabytes", type=int, default=200, help="the most memory a run may take")
    parser.add_argument("--keep", type=pathlib.Path, help="where folders of faults are kept")
    limits = parser.parse_args()
    # Damaged files nest values deeper than Python writes them by default.
    sys.setrecursionlimit(20_000)
    program = str(pathlib.Path(limits.program).resolve())
    kinds = limits.only or Case.KINDS
    deadline = time.monotonic() + limits.seconds_in_all
    found, ended, slowest, largest = [], {}, 0.0, 0

    with tempfile.TemporaryDirectory() as place:
        Case.samples = pathlib.Path(place) / "samples"
        Case.samples.mkdir()
        make_samples(program, Case.samples)

        def one(number):
            kind = kinds[number % len(kinds)]
            folder = pathlib.Path(place) / f"{kind}-{number}"
            folder.mkdir()
            results = []
            for command in Case(kind, number, limits.seed, folder).commands:
                code, seconds, megabytes, said = run(program, command, folder, limits.seconds)
                results.append((kind, number, command, code, seconds, megabytes, said))
            bad = any(fault(r[3], r[5], r[6], limits) for r in results)
            if bad and limits.keep:
                shutil.copytree(folder, limits.keep / folder.name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(folder)
            return results

        with concurrent.futures.ThreadPoolExecutor(limits.jobs) as pool:
            number, waiting = limits.first, set()
            while waiting or (number < limits.first + limits.count if limits.count else time.monotonic() < deadline):
                while len(waiting) < 2 * limits.jobs and (
                    number < limits.first + limits.count if limits.count else time.monotonic() < deadline
                ):
                    waiting.add(pool.submit(one, number))
                    number += 1
                done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    for kind, case, command, code, seconds, megabytes, said in future.result():
                        ended[(kind, code)] = ended.get((kind, code), 0) + 1
                        slowest, largest = max(slowest, seconds), max(largest, megabytes)
                        reason = fault(code, megabytes, said, limits)
                        if reason:
                            found.append(case)
                            print(f"{kind} {case}: {reason}: strata {' '.join(command)}\n  {said.strip()[-400:]}", flush=True)

    for kind in kinds:
        codes = ", ".join(f"{count} ended with {code}" for (name, code), count in sorted(ended.items(), key=str) if name == kind)
        print(f"{kind}: {codes}")
    print(f"{sum(ended.values())} runs, {len(found)} faults, at most {slowest:.1f} s and {largest} MB")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
