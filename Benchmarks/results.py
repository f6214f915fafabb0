"""What was measured, ours and peers', and the tables that say it."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

FORM = r", (plain|compiled)( lens)?(?=:|$)"
BATCHES = r", in \d+ batches$"


@dataclass(frozen=True)
class Measurement:
    """One line of ours or of a peer; `case` and `model` say what it was run beside."""

    who: str
    case: str
    what: str
    unit: str
    median: float
    min: float
    max: float
    runs: int
    ratio: float | None = None
    of: str | None = None
    version: str = ""
    note: str = ""


@dataclass
class Results:
    """Everything that a run found; what was left out, and why."""

    machines: list[dict] = field(default_factory=list)
    ours: list[Measurement] = field(default_factory=list)
    peers: list[Measurement] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def saw(self, machine: dict) -> None:
        """Keeps what the machine did in one of the runs."""
        self.machines.append(machine)

    @property
    def machine(self) -> dict:
        """What the machine did: medians of all runs; empty when there was none."""
        return {key: median(one[key] for one in self.machines) if isinstance(value, float) else value
                for key, value in (self.machines[-1] if self.machines else {}).items()}

    def add(self, path: Path) -> None:
        """Takes over what an earlier run has written."""
        found = json.loads(path.read_text())
        for machine in found["machines"]:
            self.saw(machine)
        self.ours += [Measurement(**one) for one in found["ours"]]
        self.peers += [Measurement(**one) for one in found["peers"]]
        self.missing |= found["missing"]

    def dictionary(self) -> dict:
        """As JSON has it."""
        return asdict(self)


def from_ours(line: dict) -> Measurement:
    """A line of StrataBenchmarks; milliseconds become seconds."""
    scale = 1e-3 if line["unit"] == "ms" else 1
    unit = "s" if line["unit"] == "ms" else line["unit"]
    return Measurement("Strata", line["case"], line["what"], unit, line["median"] * scale, line["min"] * scale,
                       line["max"] * scale, line["runs"], line.get("ratio"), line.get("of"))


def from_peer(case: str, model: str, line: dict) -> Measurement:
    """A line of a script in peers/, whose job was that of a model of ours."""
    what = line["what"] if not model or line["what"].startswith(model) else f"{model}: {line['what']}"
    return Measurement(line["peer"], case, what, line["unit"], line["median"], line["min"], line["max"], len(line["runs"]),
                       version=line["version"], note=line["note"])


def form(peer: Measurement) -> str:
    """How the peer did it, where it can be done in several ways: "compiled"."""
    found = re.search(FORM, peer.what)
    return found[1] if found else ""


def counterpart(peer: Measurement, ours: list[Measurement]) -> Measurement | None:
    """Our measurement of the same work: the one whose name is the beginning of the peer's, the longest of several."""
    what = re.sub(FORM, "", peer.what)
    same = [one for one in ours if (one.case, one.unit) == (peer.case, peer.unit) and what.startswith(re.sub(BATCHES, "", one.what))]
    return max(same, key=lambda one: len(one.what), default=None)


def advantage(ours: Measurement, peer: Measurement) -> float:
    """How many times better ours is: faster, or smaller."""
    return ours.median / peer.median if ours.unit.endswith("/s") else peer.median / ours.median


def number(value: float) -> str:
    """About three significant digits."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def quantity(one: Measurement) -> str:
    """Median, with the range behind it."""
    return f"{number(one.median)} {one.unit} ({number(one.min)} to {number(one.max)})"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def our_table(results: Results, case: str) -> str:
    """What we measured in a case."""
    rows = []
    for one in results.ours:
        if one.case == case:
            share = one.ratio is not None and one.unit not in ("tokens/s",)
            ratio = "" if one.ratio is None else f"{100 * one.ratio:.0f} % of {one.of}" if share else f"{one.ratio:.2f} x {one.of}"
            rows.append([one.what, quantity(one), ratio])
    return f"### {case}\n\n{table(['what', 'median (range)', 'ratio'], rows)}" if rows else ""


def peer_table(results: Results) -> str:
    """Every peer beside ours."""
    rows = []
    for peer in results.peers:
        ours = counterpart(peer, results.ours)
        rows.append([peer.what, peer.who, quantity(ours) if ours else "", quantity(peer),
                     f"{advantage(ours, peer):.2f}" if ours else "", peer.note])
    header = ["what", "peer", "Strata", "the peer", "times better", "note"]
    return f"### Peers, each beside our own run of the same case\n\n{table(header, rows)}" if rows else ""


def versions(results: Results) -> str:
    """Which peers ran, and which did not."""
    found = {peer.who: peer.version for peer in results.peers}
    lines = [f"- {who}: {version}" for who, version in found.items()]
    lines += [f"- {who}: {why}" for who, why in results.missing.items() if who not in found]
    return "### Versions of the peers\n\n" + "\n".join(lines) + "\n" if lines else ""


def machine_line(results: Results, runs: int) -> str:
    """What the machine did."""
    machine = results.machine
    if not machine:
        return ""
    return (f"{machine['name']}, {machine['threads']} threads: {machine['gigaflops']:.1f} GFLOP/s in registers, "
            f"{machine['gigabytes']:.1f} GB/s from memory ({machine['gigabytes_one_thread']:.1f} with one thread), medians of the run's probes. "
            f"Medians of {runs} runs after one to warm up; fastest and slowest in brackets.\n")
