"""The speeds that Strata is to have, and whether a run had them."""

import re
from dataclasses import dataclass

from results import Measurement, Results, advantage, counterpart, form, number, table

XL = r"gpt2-xl-random-f32\.gguf"
SMOLLM2 = r"SmolLM2-.*\.gguf"
GEMMA = r"gemma-3-.*\.gguf"
REAL = r"(?!gpt2-).*\.gguf"
LIST = "the list of countries"


@dataclass(frozen=True)
class Target:
    """A line of the table: which measurements of ours it is about, and what they are held against.

    `against` is "share" or "times" (the measurement's own ratio), "most" (its median), or the name of a peer with its form.
    """

    work: str
    case: str
    what: str
    unit: str
    against: str
    goal: float

    def concerns(self, one: Measurement) -> bool:
        """Whether a measurement of ours is one of those meant."""
        return (one.case, one.unit) == (self.case, self.unit) and re.fullmatch(self.what, one.what, re.IGNORECASE) is not None


TARGETS = [
    Target("lens, 200 positions x 49 rows", "lens", r"200 positions.*", "GFLOP/s", "share", 0.85),
    Target("lens, 20 positions x 49 rows", "lens", r"20 positions.*", "GFLOP/s", "share", 0.85),
    Target("lens, 1 position x 49 rows", "lens", r"1 position .*F32", "GFLOP/s", "share", 0.75),
    Target("lens, 1 position x 49 rows", "lens", r"1 position .*F16", "GFLOP/s", "share", 0.8),
    Target("lens beside PyTorch", "lens", r"200 positions.*", "GFLOP/s", "PyTorch compiled", 1.15),
    Target("products", "kernels", r"512 x (6400 x 1600|1600 x 6400), F(32|16)", "GFLOP/s", "share", 0.82),
    Target("products", "kernels", r"200 x 6400 x 1600, F(32|16)", "GFLOP/s", "share", 0.82),
    Target("prefill, 512 tokens", "prefill", XL + ".*", "GFLOP/s", "share", 0.8),
    Target("prefill, 512 tokens", "prefill", REAL + ".*", "GFLOP/s", "share", 0.7),
    Target("one row from memory, Q8_0", "kernels", r"1 x .*, Q8_0", "GB/s", "share", 0.85),
    Target("one row from memory, Q4_0, Q4_K", "kernels", r"1 x .*, Q4_[0K]", "GB/s", "share", 0.75),
    Target("one row from memory, Q6_K", "kernels", r"1 x .*, Q6_K", "GB/s", "share", 0.7),
    Target("decode, one prompt", "decode", REAL + ": one prompt.*", "tokens/s", "llama.cpp", 1.6),
    Target("decode, 32 prompts together", "decode", SMOLLM2 + ": 32 prompts together.*", "tokens/s", "times", 10),
    Target("decode, 32 prompts together", "decode", GEMMA + ": 32 prompts together.*", "tokens/s", "times", 8),
    Target("decode, 32 prompts together", "decode", SMOLLM2 + ": 32 prompts together.*", "tokens/s", "llama.cpp", 5),
    Target("decode, 32 prompts together", "decode", GEMMA + ": 32 prompts together.*", "tokens/s", "llama.cpp", 3),
    Target("list of countries, whole process", "traces", f"{XL}: {LIST}", "s", "share", 1 / 1.15),
    Target("list of countries, whole process", "traces", f"{XL}: {LIST}", "s", "Ecco", 12),
    Target("list of countries, whole process", "traces", f"{XL}: {LIST}", "s", "PyTorch compiled", 1.6),
    Target("list of countries, memory beyond the file", "traces", f"{XL}: {LIST}: .* beyond the file", "MB", "most", 300),
    Target("list of countries with proposals", "decode", f"{REAL}: {LIST}, proposals", "tokens/s", "times", 1.5),
    Target("dataset of short prompts", "datasets", SMOLLM2 + ": .* target and foil", "s", "transformers", 5),
    Target("a large vocabulary indexed", "opening", r".*: index 262144 tokens.*", "s", "most", 0.2),
    Target("article example, models cached", "builds", r"article, models cached, nothing else", "s", "most", 20),
    Target("article example, second build", "builds", r"article, a second time", "s", "most", 0.05),
    Target("article example, check", "builds", r"article, checked", "s", "most", 1.5),
    Target("48 x 200 heatmap, PDF + SVG + PNG", "figures", r"rank-heatmap.*: processor time", "s", "most", 0.15),
]


def against_peer(target: Target, one: Measurement, results: Results) -> list[tuple[str, float]]:
    """What the peer's measurements of the same work make of ours: what they are called, and how many times better ours is."""
    found = []
    for peer in results.peers:
        name = f"{peer.who} {form(peer)}".strip()
        if name == target.against and counterpart(peer, results.ours) == one:
            part = peer.what.rpartition(": ")[2] if target.case == "traces" else ""
            found.append((name + (f", its {part}" if part else ""), advantage(one, peer)))
    return found


def wanted(target: Target, of: str = "") -> str:
    """The goal in words; `of` says of what a share or multiple is."""
    if target.against == "most":
        return f"at most {number(target.goal)} {target.unit}"
    if target.against == "share":
        return f"{100 * target.goal:.0f} %" + (f" of {of}" if of else "")
    beside = of or ("" if target.against == "times" else target.against)
    return f"{target.goal:g} x {beside}".strip()


def judged(target: Target, one: Measurement, results: Results) -> list[list[str]]:
    """Lines of the table for one measurement."""
    if target.against == "most":
        return [line(target, one, wanted(target), f"{number(one.median)} {one.unit}", one.median <= target.goal)]
    if target.against in ("share", "times"):
        if one.ratio is None:
            return []
        found = f"{100 * one.ratio:.0f} %" if target.against == "share" else f"{one.ratio:.2f} x"
        return [line(target, one, wanted(target, one.of or ""), found, one.ratio >= target.goal)]
    found = against_peer(target, one, results)
    if not found:
        return [line(target, one, wanted(target), "not measured", None)]
    return [line(target, one, wanted(target, name), f"{ratio:.2f} x", ratio >= target.goal) for name, ratio in found]


def line(target: Target, one: Measurement, goal: str, found: str, met: bool | None) -> list[str]:
    """One line of the table."""
    return [target.work, one.what, goal, found, {True: "met", False: "**not met**", None: ""}[met]]


def rows(results: Results) -> list[list[str]]:
    """All lines; a target about which nothing was measured says so."""
    lines = []
    for target in TARGETS:
        found = [row for one in results.ours if target.concerns(one) for row in judged(target, one, results)]
        lines += found or [[target.work, "", wanted(target), "not measured", ""]]
    return lines


def target_table(results: Results) -> str:
    """The table of targets."""
    return "### Targets\n\n" + table(["work", "measured", "wanted", "found", ""], rows(results))
