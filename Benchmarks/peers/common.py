"""What the scripts of all peers share: arguments, timing, whole processes, lines of JSON."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

LIST_PROMPT = "The countries of the European Union are:\n1. Austria\n2. Belgium\n3. Bulgaria\n4."
GENERATED = 20
WORDS = (
    "all of the people who live in this town know that its river runs from north to south and that most bridges were made "
    "by hand long before any road came here but few can say when or how so many stones could have been found on such flat "
    "land where even now after heavy rain each field is under water for days while houses stand dry as they always did"
).split()


class CheckFailed(Exception):
    """A result that is not what it has to be: its time is worth nothing."""


def check(holds: bool, otherwise: str) -> None:
    """Raises `CheckFailed` unless something holds."""
    if not holds:
        raise CheckFailed(otherwise)


def arguments(description: str) -> argparse.ArgumentParser:
    """A parser that knows `--runs` and `--threads`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", type=int, default=5, help="runs after the one to warm up")
    parser.add_argument("--threads", type=int, default=2)
    return parser


def report(peer: str, what: str, unit: str, runs: list[float], packages: list[str], note: str = "") -> None:
    """Prints one measurement as a line of JSON."""
    line = {"peer": peer, "what": what, "unit": unit, "runs": runs, "median": statistics.median(runs), "min": min(runs),
            "max": max(runs), "version": ", ".join(f"{name} {version(name)}" for name in packages), "note": note}
    print(json.dumps(line), flush=True)


def timed(runs: int, body: Callable[[], object]) -> list[float]:
    """Seconds of `runs` calls after one to warm up."""
    body()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        body()
        seconds.append(time.perf_counter() - start)
    return seconds


def words(count: int, first: int = 0) -> str:
    """A text of so many words that begins with the word at `first` of a list."""
    return " ".join(WORDS[(first + i) % len(WORDS)] for i in range(count)).capitalize()


@dataclass
class Child:
    """A process that has ended: how long it took, its peak resident memory, and the object that its last line is."""

    seconds: float
    megabytes: float
    answer: dict


def run_child(script: str, argv: list[str], threads: int) -> Child:
    """Runs a script of this folder as a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads),
                   "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, script, *argv], stdout=subprocess.PIPE, text=True, env=environment)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    check(process.returncode == 0, f"{os.path.basename(script)} failed: {process.returncode}")
    return Child(seconds, usage.ru_maxrss * 1024 / 1e6, json.loads(output.splitlines()[-1]))


def run_children(script: str, argv: list[str], threads: int, runs: int) -> list[Child]:
    """Runs a script once to warm up (caches of files and of compiled code), then `runs` times; all must answer the same tokens."""
    children = [run_child(script, argv, threads) for _ in range(runs + 1)]
    check(len({tuple(child.answer["tokens"]) for child in children}) == 1, f"{script}: runs generated different tokens")
    return children[1:]


def report_job(peer: str, form: str, children: list[Child], packages: list[str], note: str = "") -> None:
    """Prints what runs of Ecco's job took: the whole process, generation and lens alone, peak memory."""
    parts = {part: [child.answer["seconds"][part] for child in children] for part in children[0].answer["seconds"]}
    told = ", ".join(f"{part} {statistics.median(seconds):.2f} s" for part, seconds in parts.items())
    note = f"{note}; {told}" if note else told
    what = f"the list of countries{form}"
    report(peer, f"{what}: whole process", "s", [child.seconds for child in children], packages, note)
    both = [sum(pair) for pair in zip(parts["generation"], parts["lens"])]
    report(peer, f"{what}: generation and lens", "s", both, packages, note)
    report(peer, f"{what}: peak resident memory", "MB", [child.megabytes for child in children], packages, note)


def answer(tokens: list[int], **seconds: float) -> None:
    """Prints what a child found out: the generated tokens, and seconds by part."""
    print(json.dumps({"tokens": tokens, "seconds": seconds}), flush=True)
