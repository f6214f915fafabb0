"""What the numbers of a summary must be so that they can be right: shares, ranks, logarithms, intervals and counts.

Rules of `strata trace --check`; those between different numbers are in `summary_relations`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from .checks import lens_of, need, sizes
from .identity import origin
from .shapes import FaultError
from .summary_relations import relate

# What rounding can add to a mean of logarithms of probabilities.
SLACK = 1e-3
SHARES = ("top1", "accuracy", "corpus.agreement")
OF_BLOCKS = ("attention", "recurrent", "mlp", "per_layer", "norm_bias")


def check(summary: dict[str, Any]) -> None:
    """Refuses a summary with numbers that no model and no dataset can give."""
    groups, items = summary["groups"], summary["dataset"]["items"]
    need(bool(summary["rows"]), "rows", "no rows", "one or more")
    sizes(summary)
    lens_of(summary, ["strata.dataset/2", "strata.dataset/3"])
    _form(summary)
    need(bool(groups), "groups", "none", "first a group of all items")
    need(items >= 0, "dataset.items", items, "0 or more")
    for index, group in enumerate(groups):
        _group(group, f"groups[{index}]", summary, index == 0)
    _words(summary)
    if summary.get("items") is not None:
        _items(summary["items"], summary)
        if summary["dataset"].get("form") != "corpus":
            for index, group in enumerate(groups):
                _means(summary, group, f"groups[{index}]")
    relate(summary)
    origin(summary)


def _form(summary: dict[str, Any]) -> None:
    """What only summaries of the third schema have."""
    dataset, third = summary["dataset"], "strata.dataset/3"
    parts = {"dataset.form": dataset.get("form"), "dataset.score": dataset.get("score"), "items": summary.get("items"),
             "words": summary.get("words")}
    found = next((key for key, value in parts.items() if value is not None), None)
    if found is None:
        need(summary["schema"] != third, "schema", f"'{third}'", "'form', 'score', 'items' or 'words', which need it")
        return
    need(summary["schema"] == third, found, f"found in '{summary['schema']}'", f"the schema '{third}'")
    need(dataset.get("form") != "sentences" or dataset.get("score") is not None, "dataset.score", "none", "'sum' or 'mean' for sentences")
    need(dataset.get("form") != "corpus" or dataset.get("score") is None, "dataset.score", dataset.get("score"), "none for a corpus")


def _group(group: dict[str, Any], place: str, summary: dict[str, Any], is_first: bool) -> None:
    dataset, rows, first = summary["dataset"], len(summary["rows"]), summary["groups"][0]
    form, items, count = dataset.get("form"), dataset["items"], group["items"]
    if (group.get("column") is None) != is_first or (group.get("value") is None) != is_first:
        raise FaultError(place, "expected 'column' and 'value' in all groups but the first")
    expected = f"{items}, all of 'dataset.items'" if is_first else f"0 to {items}"
    need(count == items if is_first else 0 <= count <= items, f"{place}.items", count, expected)
    for key in ("accuracy", "difference", "attribution", "patching"):
        as_in = "accuracy" if key == "difference" else key
        if (group.get(key) is None) != (first.get(as_in) is None):
            raise FaultError(place, f"'{key}' must be in all groups or in none" + ("" if key == as_in else f", beside '{as_in}'"))
    is_word, is_corpus, is_sentences = form is None, form == "corpus", form == "sentences"
    lacking = {
        "rank": is_word, "median_rank": is_word, "top1": not is_sentences, "first_top1": is_word, "settled": is_word, "corpus": is_corpus,
    }
    if not is_word:
        lacking["accuracy"] = is_sentences
    if group.get("attribution") is not None:
        _attribution(group["attribution"], summary["model"], f"{place}.attribution")
    if group.get("patching") is not None:
        _patching(group["patching"], summary["model"], count, f"{place}.patching")
    for key, is_expected in lacking.items():
        if (group.get(key) is not None) != is_expected:
            raise FaultError(
                f"{place}.{key}", "missing, expected in a dataset of this form" if is_expected else "found in a dataset that has none")
    vocabulary = max(1, summary["model"]["vocabulary"])
    for name, curve in _curves(group, ""):
        _curve(name, curve, f"{place}.{name}", rows, vocabulary)
    for key in ("tokens", "bytes") if is_corpus else ():
        need(group["corpus"][key] >= 1, f"{place}.corpus.{key}", group["corpus"][key], "1 or more")
    for key in ("first_top1", "settled"):
        if group.get(key) is not None:
            _histogram(group[key], f"{place}.{key}", rows, count)


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


def _curve(name: str, curve: dict[str, Any], key: str, rows: int, most: int) -> None:
    ranges: dict[str, tuple[float, float, str]] = {share: (0, 1, "0 to 1") for share in SHARES}
    ranges |= {rank: (1, most, f"1 to {most}") for rank in ("rank", "median_rank")}
    widest = math.log(max(2, most))
    ranges |= {
        "logprob": (-math.inf, SLACK, "at most 0"), "corpus.kl": (-SLACK, math.inf, "0 or more"),
        "corpus.bits_per_byte": (0, math.inf, "0 or more"), "corpus.entropy": (-SLACK, widest + SLACK, f"0 to {widest:.6g}")}
    # Those of patched pairs have an entry for each of their layers, which the lens's rows need not be.
    is_row = "." not in name or name.startswith("corpus.")
    lists = {part: curve[part] for part in ("value", "low", "high")}
    for part, values in lists.items():
        if not isinstance(values, list):
            continue
        if is_row:
            need(len(values) == rows, f"{key}.{part}", f"{len(values)} numbers", f"{rows} as in 'rows'")
        low, high, words = ranges.get(name, (-math.inf, math.inf, ""))
        for index, value in enumerate(values):
            need(low <= value <= high, f"{key}.{part}[{index}]", value, words)
    pairs = zip(lists["low"], lists["high"], strict=True) if isinstance(lists["low"], list) else [(lists["low"], lists["high"])]
    for index, (low, high) in enumerate(pairs):
        need(low <= high, f"{key}.low[{index}]", low, f"at most {high}, the other end of its interval")


def _histogram(histogram: dict[str, Any], key: str, rows: int, items: int) -> None:
    need(len(histogram["rows"]) == rows, f"{key}.rows", f"{len(histogram['rows'])} numbers", f"{rows} as in 'rows'")
    counts = [*histogram["rows"], histogram["never"]]
    for count in counts:
        need(0 <= count <= items, key, f"a count of {count}", f"0 to {items}")
    need(sum(counts) == items, key, f"{sum(counts)} items", items)


def _attribution(found: dict[str, Any], model: dict[str, Any], key: str) -> None:
    """Means of parts that are of blocks, and sum to that of the difference."""
    parts, layers = found["parts"], range(max(1, model["layers"]))
    need(bool(parts), f"{key}.parts", "no parts", "one or more")
    for index, part in enumerate(parts):
        place, layer, of_block = f"{key}.parts[{index}]", part.get("layer"), part["part"] in OF_BLOCKS
        need(of_block == (layer is not None), place, f"layer {layer}", "that of the block" if of_block else "none for this part")
        need(layer is None or layer in layers, f"{place}.layer", layer, f"0 to {len(layers) - 1}")
    values, last = [float(part["adds"]["value"]) for part in parts], parts[-1]["sum"]["value"]
    # Parts that cancel over the prompts hide how much each prompt may miss by rounding.
    bound, difference = 1e-3 * (1 + sum(map(abs, values))), found["difference"]["value"]
    need(abs(sum(values) - difference) <= bound, f"{key}.parts", f"a sum of {sum(values)}", f"{difference} as 'difference'")
    need(abs(last - sum(values)) <= bound, f"{key}.parts[{len(parts) - 1}].sum", last, f"{sum(values)}, the sum of all parts")


def _patching(found: dict[str, Any], model: dict[str, Any], items: int, key: str) -> None:
    """Counts of pairs within the number of a group's items, and means of layers that rise."""
    for name in ("items", "undefined", "source_right", "base_right", "both_right"):
        need(0 <= found[name] <= items, f"{key}.{name}", found[name], f"0 to {items}")
    need(found["items"] + found["undefined"] == items, f"{key}.items", found["items"], f"with 'undefined' {items}")
    least = min(found["source_right"], found["base_right"])
    need(found["both_right"] <= least, f"{key}.both_right", found["both_right"], f"0 to {least}")
    seen = []
    for index, means in enumerate(found["means"]):
        place, kind, layers = f"{key}.means[{index}]", [means[name] for name in ("place", "role", "baselines")], means["layers"]
        need(kind not in seen, place, f"{' '.join(kind)} for the second time", "place, role and baselines once")
        seen.append(kind)
        most = max(1, found["items"] if means["baselines"] == "all" else min(found["items"], found["both_right"]))
        need(1 <= means["items"] <= most, f"{place}.items", means["items"], f"1 to {most}")
        lowest = -1 if means["place"] == "stream" else 0
        for layer in layers:
            need(lowest <= layer < max(1, model["layers"]), f"{place}.layers", layer, f"{lowest} to {model['layers'] - 1}")
        rise = bool(layers) and all(one < other for one, other in itertools.pairwise(layers))
        need(rise, f"{place}.layers", layers, "numbers that rise, at least one")
        for part in ("value", "low", "high"):
            count = len(means["effect"][part])
            need(count == len(layers), f"{place}.effect.{part}", f"{count} numbers", f"{len(layers)} as in 'layers'")


def _words(summary: dict[str, Any]) -> None:
    """Words of items: as many items, and as many numbers as there are words."""
    words, rows = summary.get("words"), len(summary["rows"])
    if words is None:
        return
    need(len(words) == summary["dataset"]["items"], "words", f"{len(words)} items", summary["dataset"]["items"])
    for index, item in enumerate(words):
        key, count = f"words[{index}]", len(item["texts"])
        need(len(item["tokens"]) == count, f"{key}.tokens", f"{len(item['tokens'])} words", f"{count} as in 'texts'")
        for name in ("surprisal", "corrected"):
            need(len(item[name]) == rows, f"{key}.{name}", f"{len(item[name])} rows", f"{rows} as in 'rows'")
            for row, line in enumerate(item[name]):
                need(len(line) == count, f"{key}.{name}[{row}]", f"{len(line)} words", f"{count} as in 'texts'")


def _items(items: dict[str, Any], summary: dict[str, Any]) -> None:
    """Numbers of single items: as many as there are items, in rows."""
    count, rows, is_corpus = summary["dataset"]["items"], len(summary["rows"]), summary["dataset"].get("form") == "corpus"
    for name in ("groups", "pairs", "bytes"):
        found = items.get(name)
        need(found is None or len(found) == count, f"items.{name}", f"{len(found or [])} items", count)
    for name, is_expected in (("bytes", is_corpus), ("right", not is_corpus)):
        if (items.get(name) is not None) != is_expected:
            raise FaultError(f"items.{name}", "missing" if is_expected else "found in a dataset that has none")
    for name in ("right", "logprob"):
        lines = items.get(name)
        if lines is None:
            continue
        need(len(lines) == rows, f"items.{name}", f"{len(lines)} rows", f"{rows} as in 'rows'")
        for row, line in enumerate(lines):
            need(len(line) == count, f"items.{name}[{row}]", f"{len(line)} items", count)
            for item, value in enumerate(line):
                good, expected = (value in (0, 0.5, 1), "0, 0.5 or 1") if name == "right" else (value <= 0, "at most 0")
                need(good, f"items.{name}[{row}][{item}]", value, expected)
    for item, size in enumerate(items.get("bytes") or []):
        need(size >= 1, f"items.bytes[{item}]", size, "1 or more")


def _means(summary: dict[str, Any], group: dict[str, Any], place: str) -> None:
    """The means of a group are those of its items."""
    items, names = summary["items"], list(dict.fromkeys(g["column"] for g in summary["groups"] if g.get("column") is not None))
    members = list(range(summary["dataset"]["items"]))
    if group.get("column") is not None:
        # Where the columns of items are not those of groups, only the items of the first group are known.
        if any(len(values) != len(names) for values in items["groups"]):
            return
        column = names.index(group["column"])
        members = [item for item in members if items["groups"][item][column] == group["value"]]
    need(len(members) == group["items"] and bool(members), f"{place}.items", group["items"], f"{len(members)} as in 'items.groups'")
    right = "top1" if group.get("accuracy") is None else "accuracy"
    for name, numbers in ((right, items.get("right")), ("logprob", items["logprob"])):
        if group.get(name) is None or numbers is None:
            continue
        for row, line in enumerate(numbers):
            mean, found = sum(line[item] for item in members) / len(members), group[name]["value"][row]
            need(abs(mean - found) <= 1e-6 * max(1, abs(mean)), f"{place}.{name}.value[{row}]", found, f"{mean}, the mean over 'items'")
