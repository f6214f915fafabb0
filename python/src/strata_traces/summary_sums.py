"""What the numbers of a summary have to do with the numbers of its items: shares that counts give, groups that make up the whole."""

from __future__ import annotations

import math
from typing import Any

from .checks import need
from .shapes import FaultError

Fields = dict[str, Any]


def check(summary: Fields) -> None:
    """Refuses shares that no number of items gives, parts that are not the whole, and ends that are not those of a model."""
    groups, layers = summary["groups"], summary["model"].get("layers")
    for index, group in enumerate(groups):
        place = f"groups[{index}]"
        _shares(group, place)
        _firsts(group, place)
        _corpus(group, place)
        if layers is not None:
            _patched(group, layers, place)
    _parts(groups)


def _value(group: Fields, name: str) -> list[float] | None:
    """The mean of a statistic by row, if the group has it: "top1", "corpus.kl"."""
    found: Any = group
    for part in name.split("."):
        found = None if found is None else found.get(part)
    return None if found is None else found["value"]


def _number(group: Fields) -> int:
    corpus: Fields = group.get("corpus") or {"tokens": group["items"]}
    return int(corpus["tokens"])


def _shares(group: Fields, place: str) -> None:
    number, what = _number(group), "tokens" if group.get("corpus") else "items"
    for name, steps in (("top1", 1), ("accuracy", 2), ("rank", 1), ("corpus.agreement", 1)):
        for row, value in enumerate(_value(group, name) or []):
            count = value * number * steps
            good = abs(count - round(count)) <= 1e-6 * max(1, abs(value)) * max(1, number) * steps
            need(good, f"{place}.{name}.value[{row}]", value, f"one that a whole number of {number} {what} gives")
    for row, value in enumerate(_value(group, "median_rank") or []):
        good = abs(2 * value - round(2 * value)) <= 1e-6
        need(good, f"{place}.median_rank.value[{row}]", value, "a whole number, or the mean of two")


def _firsts(group: Fields, place: str) -> None:
    """Where targets have rank 1 for the first time, and from where on they keep it."""
    shares, first, settled = _value(group, "top1"), group.get("first_top1"), group.get("settled")
    if group.get("corpus") is not None or shares is None or first is None or settled is None:
        return
    items = group["items"]
    slack, ever = 1e-6 * max(1, items), items - first["never"]
    lacking = sum(max(0.0, ever - share * items) for share in shares)
    begun = kept = 0
    for row, share in enumerate(shares):
        begun += first["rows"][row]
        kept += settled["rows"][row]
        count = share * items
        words = f"{share} of {items} have rank 1 (top1)"
        good = first["rows"][row] - slack <= count <= begun + slack
        need(good, f"{place}.first_top1.rows[{row}]", f"{first['rows'][row]}, and {begun} up to here", f"others, since {words}")
        following = settled["rows"][row + 1] if row + 1 < len(settled["rows"]) else settled["never"]
        good = kept - slack <= count <= items - following + slack and kept >= ever - lacking - slack
        need(good, f"{place}.settled.rows[{row}]", f"{kept} up to here", f"another number, since {words}")
        lacking -= max(0.0, ever - count)


def _corpus(group: Fields, place: str) -> None:
    corpus = group.get("corpus")
    if corpus is None:
        return
    for row, mean in enumerate(group["logprob"]["value"]):
        bits = -mean * corpus["tokens"] / (math.log(2) * corpus["bytes"])
        found = corpus["bits_per_byte"]["value"][row]
        good = abs(bits - found) <= 1e-6 * max(1, abs(bits))
        need(good, f"{place}.corpus.bits_per_byte.value[{row}]", found, f"{bits} of {corpus['tokens']} tokens and their 'logprob'")
    for name, expected, slack in (("kl", 0.0, 2e-3), ("agreement", 1.0, 1e-6)):
        values = corpus[name]["value"]
        if values:
            need(abs(values[-1] - expected) <= slack, f"{place}.corpus.{name}.value[{len(values) - 1}]", values[-1], expected)


def _patched(group: Fields, layers: int, place: str) -> None:
    """After the last block, the source's state at the last position is its answer, and states elsewhere reach nothing."""
    for index, means in enumerate((group.get("patching") or {}).get("means", [])):
        is_last = means["role"] == "last"
        if means["place"] == "attention" or not means["layers"] or means["layers"][-1] != layers - 1:
            continue
        if is_last and means["place"] != "stream":
            continue
        row, expected = len(means["layers"]) - 1, 1 if is_last else 0
        found = means["effect"]["value"][row]
        need(abs(found - expected) <= 0.01, f"{place}.patching.means[{index}].effect.value[{row}]", found, expected)


COUNTS = (
    "items", "corpus.tokens", "corpus.bytes", "first_top1.never", "settled.never", "patching.items", "patching.source_right",
    "patching.base_right", "patching.both_right",
)
MEANS = (
    ("logprob", "tokens"), ("top1", "tokens"), ("rank", "items"), ("accuracy", "items"), ("difference", "items"), ("corpus.kl", "tokens"),
    ("corpus.entropy", "tokens"), ("corpus.agreement", "tokens"), ("corpus.bits_per_byte", "bytes"),
)


def _count(group: Fields, name: str) -> float | None:
    found: Any = group
    for part in name.split("."):
        found = None if found is None else found.get(part)
    return None if found is None else float(found)


def _weight(group: Fields, by: str) -> float:
    corpus: Fields = group.get("corpus") or {}
    return float(group["items"] if by == "items" or by not in corpus else corpus[by])


def _parts(groups: list[Fields]) -> None:
    """The groups of a column are together all items."""
    for column in dict.fromkeys(group["column"] for group in groups if group.get("column") is not None):
        # A column that was asked for twice has its groups twice.
        own = list({group["value"]: group for group in reversed(groups) if group.get("column") == column}.values())
        for name in COUNTS:
            whole, parts = _count(groups[0], name), [_count(group, name) for group in own]
            if whole is not None and None not in parts:
                total = sum(part for part in parts if part is not None)
                need(total == whole, f"groups[0].{name}", whole, f"{total}, as the groups of '{column}' have together")
        for name, by in MEANS:
            mean, curves = _value(groups[0], name), [_value(group, name) for group in own]
            if mean is None or any(curve is None for curve in curves):
                continue
            weights = [_weight(group, by) for group in own]
            if sum(weights) <= 0:
                raise FaultError("groups", f"the groups of '{column}' have no items")
            for row, found in enumerate(mean):
                sums = sum(curve[row] * weight for curve, weight in zip(curves, weights, strict=True) if curve is not None)
                expected = sums / sum(weights)
                good = abs(expected - found) <= 1e-6 * max(1, abs(expected))
                need(good, f"groups[0].{name}.value[{row}]", found, f"{expected}, the mean of the groups of '{column}'")
