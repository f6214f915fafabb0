"""What the numbers of a summary have to do with one another, however its items answered. Rules of `strata trace --check`.

Every relation follows from how the numbers are counted. Those of target and foil need targets of one token: an answer of several tokens
may be the best one at each of its tokens and be less probable than the foil.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

from .checks import need
from .shapes import FaultError

# Numbers whose sum over the groups of a column is that of all items.
COUNTS = ("items", "corpus.tokens", "corpus.bytes", "first_top1.never", "settled.never", "patching.items", "patching.source_right",
          "patching.base_right", "patching.both_right")
# Means, with what they are weighted by.
MEANS = {
    "logprob": "tokens", "top1": "tokens", "rank": "items", "accuracy": "items", "difference": "items", "corpus.kl": "tokens",
    "corpus.entropy": "tokens", "corpus.agreement": "tokens", "corpus.bits_per_byte": "bytes"}


def relate(summary: dict[str, Any]) -> None:
    """Refuses a summary with a number that contradicts another one."""
    _rows(summary)
    for index, group in enumerate(summary["groups"]):
        place, dataset = f"groups[{index}]", summary["dataset"]
        _shares(group, place)
        _ranks(group, place)
        _foils(group, dataset, place)
        if group.get("corpus") is not None:
            _corpus(group, place)
        if group.get("patching") is not None:
            _ends(group["patching"], summary["model"], f"{place}.patching")
        digest = group.get("items_sha256")
        good = digest is None or re.fullmatch("[0-9a-f]{64}", digest) is not None
        need(good, f"{place}.items_sha256", f"'{str(digest)[:80]}'", "64 digits of 0-9 and a-f")
    columns: dict[str, str] = {}
    for group in summary["groups"][1:]:
        columns.setdefault(_same(group["column"]), group["column"])
    for name in columns.values():
        _parts(summary["groups"], name)
    _order(summary, list(columns.values()))


def _same(text: str) -> str:
    """A text as the program compares it: characters that are composed are equal to their parts."""
    return unicodedata.normalize("NFC", text)


def _rows(summary: dict[str, Any]) -> None:
    """Rows are the embedding and every block, each once, in their order; a Jacobian lens reads blocks alone, the last among them."""
    rows, layers = summary["rows"], summary["model"]["layers"]
    found = [(row["point"], row["layer"]) for row in rows]
    if summary["lens"]["kind"] == "jacobian":
        for index, (point, layer) in enumerate(found):
            good = point == "block" and (index == 0 or layer > found[index - 1][1])
            need(good, f"rows[{index}]", f"{point} {layer}", "blocks that rise, as a Jacobian lens reads them")
        need(found[-1][1] == layers - 1, f"rows[{len(rows) - 1}]", f"block {found[-1][1]}", "the last block")
        return
    for index, row in enumerate(found):
        expected = ("block", index - 1) if index else ("embedding", 0)
        need(row == expected, f"rows[{index}]", f"{row[0]} {row[1]}", f"{expected[0]} {expected[1]}")
    need(len(rows) == layers + 1, "rows", f"{len(rows)} rows", f"those of the embedding and {layers} blocks")


def _values(group: dict[str, Any], name: str) -> list[float] | None:
    """The values of a statistic by row; None where a group has none."""
    found = _entry(group, name)
    return None if found is None else list(found["value"])


def _entry(group: dict[str, Any], name: str) -> Any:
    outer, _, inner = name.partition(".")
    found = group.get(outer)
    return found if not inner or found is None else found[inner]


def _shares(group: dict[str, Any], place: str) -> None:
    """A share is one that a number of items, or of tokens, gives."""
    tokens = (group.get("corpus") or {}).get("tokens")
    number, what = (group["items"], f"{group['items']} items") if tokens is None else (tokens, f"{tokens} tokens")
    for name, steps in (("top1", 1), ("accuracy", 2), ("rank", 1), ("corpus.agreement", 1)):
        for row, value in enumerate(_values(group, name) or []):
            count = value * number * steps
            good = abs(count - round(count)) <= 1e-6 * max(1, abs(value)) * max(1, number) * steps
            need(good, f"{place}.{name}.value[{row}]", value, f"one that a whole number of {what} gives")
    for row, value in enumerate(_values(group, "median_rank") or []):
        good = abs(2 * value - round(2 * value)) <= 1e-6
        need(good, f"{place}.median_rank.value[{row}]", value, "a whole number, or the mean of two")


def _ranks(group: dict[str, Any], place: str) -> None:
    """Ranks, and rows of the first and of settled rank 1, against the share of rank 1."""
    shares, items = _values(group, "top1"), group["items"]
    if group.get("corpus") is not None or shares is None:
        return
    ranks, medians = _values(group, "rank"), _values(group, "median_rank")
    for row, share in enumerate(shares):
        why = f"since {share} of the targets have rank 1"
        # Every target without rank 1 has rank 2 or more.
        if ranks is not None:
            need(ranks[row] >= 2 - share - 1e-6, f"{place}.rank.value[{row}]", ranks[row], f"{2 - share} or more, {why}")
        if medians is not None and share > 0.5 + 1e-6:
            need(medians[row] <= 1 + 1e-6, f"{place}.median_rank.value[{row}]", medians[row], f"1, {why}")
        elif medians is not None and share < 0.5 - 1e-6:
            need(medians[row] >= 2 - 1e-6, f"{place}.median_rank.value[{row}]", medians[row], f"2 or more, {why}")
    first, settled = group.get("first_top1"), group.get("settled")
    if first is None or settled is None:
        return
    slack, ever = 1e-6 * max(1, items), items - first["never"]
    # How often a row from this one on lacks one of those that ever have rank 1.
    lacking = sum(max(0.0, ever - share * items) for share in shares)
    begun = kept = 0
    following = [*settled["rows"][1:], settled["never"]]
    for row, share in enumerate(shares):
        begun, kept, count = begun + first["rows"][row], kept + settled["rows"][row], share * items
        where = f"numbers that fit together: {share} of {items} have rank 1 (top1)"
        # Those that have rank 1 here have it here or earlier for the first time.
        need(first["rows"][row] - slack <= count <= begun + slack, f"{place}.first_top1.rows[{row}]",
             f"{first['rows'][row]}, and {begun} up to here", where)
        # Those that keep it from here or an earlier row have it; those that keep it from the next row on alone have not.
        need(kept - slack <= count <= items - following[row] + slack, f"{place}.settled.rows[{row}]", f"{kept} up to here", where)
        # At most as many have lost it again as are lacking in all rows together.
        least = ever - lacking - slack
        need(kept >= least, f"{place}.settled.rows[{row}]", f"{kept} up to here",
             f"{math.ceil(least)} or more, as many keep rank 1 from here on (top1)")
        lacking -= max(0.0, ever - count)


def _foils(group: dict[str, Any], dataset: dict[str, Any], place: str) -> None:
    """Shares and means of target and foil against each other."""
    shares, means, first = (_values(group, name) for name in ("accuracy", "difference", "top1"))
    if shares is None or means is None:
        return
    for row, (share, mean) in enumerate(zip(shares, means, strict=True)):
        key = f"{place}.difference.value[{row}]"
        need(share < 1 or mean > 0, key, mean, "more than 0, since every target is above its foil (accuracy)")
        need(share > 0 or mean < 0, key, mean, "less than 0, since every foil is above its target (accuracy)")
        # Targets of several tokens may be the best at each of them and be less probable than the foil.
        if first is None or dataset.get("form") is not None or dataset.get("score") is not None:
            continue
        # No foil has a greater logit than a target of rank 1; an equal one counts as half.
        need(share >= first[row] / 2 - 1e-6, f"{place}.accuracy.value[{row}]", share,
             f"{first[row] / 2} or more, since {first[row]} of the targets have rank 1 (top1)")
        need(first[row] < 1 or mean >= 0, key, mean, "0 or more, since every target has rank 1 (top1)")


def _corpus(group: dict[str, Any], place: str) -> None:
    """Numbers of a corpus that follow from others."""
    corpus = group["corpus"]
    for row, (mean, found) in enumerate(zip(group["logprob"]["value"], corpus["bits_per_byte"]["value"], strict=True)):
        bits = -mean * corpus["tokens"] / (math.log(2) * corpus["bytes"])
        need(abs(bits - found) <= 1e-6 * max(1, abs(bits)), f"{place}.corpus.bits_per_byte.value[{row}]", found,
             f"{bits} of {corpus['tokens']} tokens with {corpus['bytes']} bytes and their 'logprob'")
    last, kl, agreement = len(group["logprob"]["value"]) - 1, corpus["kl"]["value"][-1], corpus["agreement"]["value"][-1]
    need(abs(kl) <= 2e-3, f"{place}.corpus.kl.value[{last}]", kl, "0: the last row is what the others are compared with")
    need(agreement >= 1 - 1e-6, f"{place}.corpus.agreement.value[{last}]", agreement, "1, since the last row agrees with itself")


def _ends(patching: dict[str, Any], model: dict[str, Any], place: str) -> None:
    """An effect after the last block is the whole one at the last position, and none at another one."""
    for index, means in enumerate(patching["means"]):
        is_last, effects = means["role"] == "last", means["effect"]["value"]
        if means["layers"][-1] != model["layers"] - 1 or means["place"] == "attention" or (is_last and means["place"] != "stream"):
            continue
        why = "1: the run ends with the source's own state" if is_last else "0: nothing after the last block reads these positions"
        need(abs(effects[-1] - is_last) <= 0.01, f"{place}.means[{index}].effect.value[{len(effects) - 1}]", effects[-1], why)


def _parts(groups: list[dict[str, Any]], column: str) -> None:
    """The groups of a column are together all items."""
    all_items, own = groups[0], dict[str, tuple[int, dict[str, Any]]]()
    for index, group in enumerate(groups):
        # A column that was asked for twice has its groups twice.
        if group.get("column") is not None and _same(group["column"]) == _same(column):
            own.setdefault(_same(group["value"]), (index, group))
    parts, words = [group for _, group in own.values()], f"the groups of '{column[:80]}'"
    for name in COUNTS:
        whole = _entry(all_items, name)
        total = sum(_entry(group, name) or 0 for group in parts)
        need(whole is None or total == whole, f"groups[{next(iter(own.values()))[0]}].{name}", f"{words} have {total}",
             f"{whole} as all items have")
    for name, unit in MEANS.items():
        lines = [_values(group, name) for group in parts]
        if _values(all_items, name) is None or any(line is None for line in lines):
            continue
        weights = [(group["items"] if group.get("corpus") is None else group["corpus"].get(unit, group["items"])) for group in parts]
        if sum(weights) <= 0:
            continue
        for row, found in enumerate(_values(all_items, name) or []):
            mean = sum(line[row] * weight for line, weight in zip(lines, weights, strict=True) if line is not None) / sum(weights)
            need(abs(mean - found) <= 1e-6 * max(1, abs(mean)), f"groups[0].{name}.value[{row}]", found,
                 f"{mean}, the mean of {words} weighted by their numbers")


def _order(summary: dict[str, Any], columns: list[str]) -> None:
    """Values of a column are in the order in which they first occur among the items."""
    items = summary.get("items")
    if items is None or any(len(values) != len(columns) for values in items["groups"]):
        return
    for place, column in enumerate(columns):
        expected = list(dict.fromkeys(_same(values[place]) for values in items["groups"]))
        found = [(index, group["value"]) for index, group in enumerate(summary["groups"])
                 if group.get("column") is not None and _same(group["column"]) == _same(column)]
        if len(found) != len(expected):
            raise FaultError("groups", f"{len(found)} of '{column[:80]}', expected {len(expected)} as in 'items.groups'")
        for (index, value), other in zip(found, expected, strict=True):
            need(_same(value) == other, f"groups[{index}].value", f"'{value[:80]}'",
                 f"'{other[:80]}', as values first occur in 'items.groups'")
