"""What the numbers of a summary must be so that they can be right: shares, ranks, logarithms, intervals and counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from . import summary_sums
from .checks import need
from .shapes import FaultError, real, whole

# What rounding can add to a mean of logarithms of probabilities.
SLACK = 1e-3
SHARES = ("top1", "accuracy", "corpus.agreement")


def check(summary: dict[str, Any]) -> None:
    """Refuses a summary with numbers that no model and no dataset can give."""
    rows, groups, items = summary["rows"], summary["groups"], whole(summary["dataset"].get("items"), "dataset.items")
    need(bool(rows), "rows", "no rows", "one or more")
    need(items >= 0, "dataset.items", items, "0 or more")
    vocabulary = summary["model"].get("vocabulary")
    most = math.inf if vocabulary is None else max(1, whole(vocabulary, "model.vocabulary"))
    for index, group in enumerate(groups):
        place = f"groups[{index}]"
        _object(group, place)
        is_first = index == 0
        if (group.get("column") is None) != is_first or (group.get("value") is None) != is_first:
            raise FaultError(place, "expected 'column' and 'value' in all groups but the first")
        count = whole(group.get("items"), f"{place}.items")
        expected = f"{items}, all of 'dataset.items'" if is_first else f"0 to {items}"
        need(count == items if is_first else 0 <= count <= items, f"{place}.items", count, expected)
        for name, curve in _curves(group, ""):
            _curve(name, curve, f"{place}.{name}", len(rows), most)
        for key in ("first_top1", "settled"):
            if group.get(key) is not None:
                _histogram(group[key], f"{place}.{key}", len(rows), count)
        _counts(group, place, count)
    need(bool(groups), "groups", "none", "first a group of all items")
    if summary.get("items") is not None:
        _items(summary["items"], len(rows), items)
        if summary["dataset"].get("form") != "corpus":
            for index, group in enumerate(groups):
                _means(summary, group, f"groups[{index}]")
    _rows(summary)
    for index, group in enumerate(groups):
        _relations(group, summary["dataset"], f"groups[{index}]")
    summary_sums.check(summary)


def _object(value: Any, key: str) -> None:
    if not isinstance(value, dict):
        raise FaultError(key, f"expected an object, found {type(value).__name__}")


def _curves(value: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """All statistics with an interval, wherever they stand in a group."""
    if isinstance(value, dict) and {"value", "low", "high"} <= set(value):
        yield key, value
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield from _curves(entry, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _curves(entry, f"{key}[{index}]")


def _curve(name: str, curve: dict[str, Any], key: str, rows: int, most: float) -> None:
    ranges: dict[str, tuple[float, float, str]] = {share: (0, 1, "0 to 1") for share in SHARES}
    ranges |= {rank: (1, most, "1 or more" if most == math.inf else f"1 to {most}") for rank in ("rank", "median_rank")}
    ranges["logprob"] = (-math.inf, SLACK, "at most 0")
    ranges |= {f"corpus.{size}": (-SLACK, math.inf, "0 or more") for size in ("kl", "bits_per_byte")}
    ranges["corpus.entropy"] = (-SLACK, math.log(max(2, most)) + SLACK, f"0 to {math.log(max(2, most)):.6g}")
    # Those of patched pairs have an entry for each of their layers, which the lens's rows need not be.
    is_row = "." not in name or name.startswith("corpus.")
    lists = {part: curve[part] for part in ("value", "low", "high")}
    for part, values in lists.items():
        if not isinstance(values, list):
            if is_row:
                raise FaultError(f"{key}.{part}", f"expected a list, found {type(values).__name__}")
            real(values, f"{key}.{part}")
            continue
        expected = rows if is_row else len(curve["value"]) if isinstance(curve["value"], list) else -1
        need(len(values) == expected, f"{key}.{part}", f"{len(values)} numbers", f"{expected}" + (" as in 'rows'" if is_row else ""))
        low, high, words = ranges.get(name, (-math.inf, math.inf, ""))
        for index, value in enumerate(values):
            need(low <= real(value, f"{key}.{part}[{index}]") <= high, f"{key}.{part}[{index}]", value, words)
    pairs = zip(lists["low"], lists["high"], strict=True) if isinstance(lists["low"], list) else [(lists["low"], lists["high"])]
    for index, (low, high) in enumerate(pairs):
        need(low <= high, f"{key}.low[{index}]", low, f"at most {high}, the other end of its interval")


def _rows(summary: dict[str, Any]) -> None:
    """Rows are the embedding and every block, each once, in their order; a Jacobian lens reads blocks alone, the last among them."""
    rows, layers = summary["rows"], summary["model"].get("layers")
    for index, row in enumerate(rows):
        _object(row, f"rows[{index}]")
        whole(row.get("layer"), f"rows[{index}].layer")
    found = [(row.get("point"), row["layer"]) for row in rows]
    if (summary.get("lens") or {}).get("kind") == "jacobian":
        for index, (point, layer) in enumerate(found):
            good = point == "block" and (index == 0 or layer > found[index - 1][1])
            need(good, f"rows[{index}]", f"{point} {layer}", "blocks that rise, as a Jacobian lens reads them")
        need(layers is None or found[-1][1] == layers - 1, f"rows[{len(rows) - 1}]", f"block {found[-1][1]}", "the last block")
        return
    for index, row in enumerate(found):
        expected = ("block", index - 1) if index else ("embedding", 0)
        need(row == expected, f"rows[{index}]", f"{row[0]} {row[1]}", f"{expected[0]} {expected[1]}")
    need(layers is None or len(rows) == layers + 1, "rows", f"{len(rows)} rows", f"those of the embedding and {layers} blocks")


def _relations(group: dict[str, Any], dataset: dict[str, Any], place: str) -> None:
    """What ranks, shares and differences have to do with one another, however the items answered."""
    values: dict[str, list[float]] = {
        name: group[name]["value"] for name in ("rank", "median_rank", "top1", "accuracy", "difference") if group.get(name) is not None}
    first = values.get("top1")
    if group.get("corpus") is None and first is not None:
        for row, share in enumerate(first):
            # Every target without rank 1 has rank 2 or more.
            rank, median = values.get("rank", [math.inf] * len(first))[row], values.get("median_rank", [None] * len(first))[row]
            why = f"since {share} of the targets have rank 1"
            need(rank >= 2 - share - 1e-6, f"{place}.rank.value[{row}]", rank, f"{2 - share} or more, {why}")
            if median is not None and share > 0.5 + 1e-6:
                need(median <= 1 + 1e-6, f"{place}.median_rank.value[{row}]", median, f"1, {why}")
            elif median is not None and share < 0.5 - 1e-6:
                need(median >= 2 - 1e-6, f"{place}.median_rank.value[{row}]", median, f"2 or more, {why}")
    if "accuracy" not in values or "difference" not in values:
        return
    for row, (share, mean) in enumerate(zip(values["accuracy"], values["difference"], strict=True)):
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


def _histogram(histogram: Any, key: str, rows: int, items: int) -> None:
    _object(histogram, key)
    found = histogram.get("rows")
    if not isinstance(found, list) or len(found) != rows:
        raise FaultError(f"{key}.rows", f"expected {rows} numbers as in 'rows', found {found!r:.60}")
    counts = [whole(value, f"{key}.rows[{index}]") for index, value in enumerate(found)]
    counts.append(whole(histogram.get("never"), f"{key}.never"))
    for count in counts:
        need(0 <= count <= items, key, f"a count of {count}", f"0 to {items}")
    need(sum(counts) == items, key, f"{sum(counts)} items", items)


def _counts(group: dict[str, Any], place: str, items: int) -> None:
    """Counts of parts of a group are within the number of its items."""
    corpus, patching = group.get("corpus"), group.get("patching")
    if corpus is not None:
        _object(corpus, f"{place}.corpus")
        for name in ("tokens", "bytes"):
            count = whole(corpus.get(name), f"{place}.corpus.{name}")
            need(count >= 1, f"{place}.corpus.{name}", count, "1 or more")
    if patching is not None:
        key = f"{place}.patching"
        _object(patching, key)
        counts = {name: whole(patching.get(name), f"{key}.{name}")
                  for name in ("items", "undefined", "source_right", "base_right", "both_right")}
        for name, count in counts.items():
            need(0 <= count <= items, f"{key}.{name}", count, f"0 to {items}")
        need(counts["items"] + counts["undefined"] == items, f"{key}.items", counts["items"], f"with 'undefined' {items}")
        least = min(counts["source_right"], counts["base_right"])
        need(counts["both_right"] <= least, f"{key}.both_right", counts["both_right"], f"0 to {least}")


def _items(items: Any, rows: int, count: int) -> None:
    """Numbers of single items: as many as there are items, in rows."""
    _object(items, "items")
    for name in ("right", "logprob"):
        lines = items.get(name)
        if lines is None:
            continue
        if not isinstance(lines, list) or len(lines) != rows:
            raise FaultError(f"items.{name}", f"expected {rows} rows as in 'rows', found {lines!r:.60}")
        for row, line in enumerate(lines):
            if not isinstance(line, list) or len(line) != count:
                raise FaultError(f"items.{name}[{row}]", f"expected {count} items, found {line!r:.60}")
            for item, value in enumerate(line):
                key = f"items.{name}[{row}][{item}]"
                number = real(value, key)
                good, expected = (number in (0, 0.5, 1), "0, 0.5 or 1") if name == "right" else (number <= SLACK, "at most 0")
                need(good, key, value, expected)


def _means(summary: dict[str, Any], group: dict[str, Any], place: str) -> None:
    """The means of a group are those of its items."""
    items, names = summary["items"], list(dict.fromkeys(g["column"] for g in summary["groups"] if g.get("column") is not None))
    lines = items.get("logprob")
    if not lines:
        return
    members = list(range(len(lines[0])))
    if group.get("column") is not None:
        values = items.get("groups")
        if not isinstance(values, list) or len(values) != len(members) or any(
                not isinstance(value, list) or len(value) != len(names) for value in values):
            return
        column = names.index(group["column"])
        members = [item for item in members if values[item][column] == group["value"]]
    need(len(members) == group["items"], f"{place}.items", group["items"], f"{len(members)} as in 'items.groups'")
    right = "top1" if group.get("accuracy") is None else "accuracy"
    for name, numbers in ((right, items.get("right")), ("logprob", lines)):
        if not members or group.get(name) is None or numbers is None:
            continue
        for row, line in enumerate(numbers):
            mean, found = sum(line[item] for item in members) / len(members), group[name]["value"][row]
            need(abs(mean - found) <= 1e-6 * max(1, abs(mean)), f"{place}.{name}.value[{row}]", found, f"{mean}, the mean over 'items'")
