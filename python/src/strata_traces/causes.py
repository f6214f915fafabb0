"""Parts of a difference and patched runs, compared with the rest of their trace: the rules of `strata trace --check`."""

from __future__ import annotations

import math
from itertools import takewhile
from typing import Any

from .checks import need

SLACK = 2e-3


def known_logprobs(trace: dict[str, Any], row: int, column: int) -> dict[int, float]:
    """Log-probabilities of tokens that a row has, by id."""
    known: dict[int, float] = {}
    for token, logprob in zip(trace["top"]["ids"][row][column], trace["top"]["logprobs"][row][column], strict=False):
        known.setdefault(token, logprob)
    others = [(watched.get("id"), watched["logprob"][row][column]) for watched in trace["watch"]]
    others.append((trace["columns"][column].get("target"), trace["logprob"][row][column]))
    for token, logprob in others:
        if token is not None and logprob is not None:
            known.setdefault(token, logprob)
    return known


def divergence(trace: dict[str, Any], row: int, column: int) -> None:
    """A divergence is at least that of sums over the tokens which both rows name (the log sum inequality)."""
    last, found, listed = len(trace["rows"]) - 1, trace["kl"][row][column], trace["top"]["logprobs"][row][column]
    if row == last or found is None or not listed:
        return
    own, its = known_logprobs(trace, last, column), known_logprobs(trace, row, column)
    bound = shared = its_shared = alone = 0.0
    count = 0
    for token, logprob in sorted(own.items()):
        probability = math.exp(logprob)
        if token in its:
            shared += probability
            its_shared += math.exp(its[token])
            bound += probability * (logprob - its[token] - SLACK)
        else:
            alone += probability
            count += 1
    left, rest = min(1.0, max(0.0, 1 - its_shared) + SLACK), max(0.0, 1 - shared - alone)
    if alone > 0:
        share = min(left * alone / (alone + rest), count * math.exp(listed[-1] + SLACK))
        bound += alone * math.log(alone / share)
        if rest > 0:
            bound += rest * math.log(rest / (left - share))
    elif rest > 0:
        bound += rest * math.log(rest / left)
    bound -= 0.03 + 0.02 * abs(bound)
    need(found >= bound, f"kl[{row}][{column}]", found, f"{bound:.6g} or more, as top.logprobs of this row and of the last one allow")


def lenses(trace: dict[str, Any]) -> None:
    """The lens's difference after a part is that of the row of the same point, and after the last block that of the model."""
    found = trace.get("attribution")
    if found is None:
        return
    difference, last = float(found["target_logit"]) - float(found["foil_logit"]), trace["model"]["layers"] - 1
    column = next((c for c, known in enumerate(trace["columns"]) if known["position"] == found["position"]), None)
    logit = trace["lens"]["kind"] == "logit" and trace["lens"]["norm"] == "final" and found.get("softcap") is None
    ends = {part.get("layer"): i for i, part in enumerate(found["parts"]) if part["part"] not in ("final_norm_bias", "head_bias")}
    for index, part in enumerate(found["parts"]):
        value, layer = part.get("lens"), part.get("layer")
        if value is None:
            continue
        key, slack, is_end = f"attribution.parts[{index}].lens", 2 * SLACK + 1e-3 * abs(value), ends.get(layer) == index
        if layer == last and is_end:
            need(abs(value - difference) <= slack, key, value, f"{difference:.6g}, the model's own difference")
        if not logit or column is None:
            continue
        points = ("embedding",) if layer is None else ("block",) if is_end else ("attention", "mixer")
        for r, row in enumerate(trace["rows"]):
            if row["point"] in points and row["layer"] == (layer or 0):
                known = known_logprobs(trace, r, column)
                if found["target"] in known and found["foil"] in known:
                    expected = known[found["target"]] - known[found["foil"]]
                    need(abs(value - expected) <= slack, key, value, f"{expected:.6g} as rows[{r}] has it")


def patched(trace: dict[str, Any]) -> None:
    """Patched runs have the source's difference with its last state, and the base's where a patch changes or reaches nothing."""
    found = trace.get("patching")
    if found is None:
        return
    source, base = float(found["source_difference"]), float(found["base_difference"])
    own, its = ([token["id"] for token in tokens] for tokens in (trace["tokens"], found["source_tokens"]))
    slack = 2 * SLACK + 1e-3 * max(abs(source), abs(base))
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(own, its, strict=False)))
    if same == len(its):
        need(abs(source - base) <= slack, "patching.source_tokens", "those of the prompt", "others")
    decodes = trace.get("masks") is None and trace.get("encoder") is None
    for index, runs in enumerate(found["differences"]):
        place, values = f"patching.differences[{index}].values", runs["values"]
        if runs["place"] == "stream" and values and values[-1] and values[-1][-1] is not None:
            need(abs(values[-1][-1] - source) <= slack, "patching.source_difference", source, f"{values[-1][-1]}, the last of {place}")
        unread = [(r, p) for r, row in enumerate(values) for p in range(min(same, len(row)))]
        if decodes and runs["place"] == "stream" and values:
            unread += [(0, p) for p in range(min(len(values[0]), len(own), len(its))) if own[p] == its[p]]
        if decodes and runs["place"] != "attention" and values:
            unread += [(len(values) - 1, p) for p in range(len(values[-1]) - 1)]
        for r, p in unread:
            value = values[r][p]
            need(value is None or abs(value - base) <= slack, f"{place}[{r}][{p}]", value, f"{base}, since the patch reaches nothing")
    if decodes:
        _output(trace, found, slack)


def _output(trace: dict[str, Any], found: dict[str, Any], slack: float) -> None:
    """The base's difference is that of the model's own output after the prompt."""
    target, foil = found["target"], found["foil"]
    source, base = float(found["source_difference"]), float(found["base_difference"])
    position, parts, chosen = trace["prompt_length"] - 1, trace.get("attribution"), set(found.get("chosen") or [])
    if parts and parts.get("softcap") is None and parts["position"] == position and {parts["target"], parts["foil"]} == {target, foil}:
        difference = float(parts["target_logit"]) - float(parts["foil_logit"])
        expected = difference if parts["target"] == target else -difference
        need(abs(base - expected) <= slack, "patching.base_difference", base, f"{expected} as 'attribution' has it")
    if chosen == {"target", "foil"}:
        need(source >= -slack, "patching.source_difference", source, "0 or more: the target was chosen after the source")
    column = next((c for c, known in enumerate(trace["columns"]) if known["position"] == position), None)
    if column is None or not trace["rows"]:
        return
    row = len(trace["rows"]) - 1
    ids, listed, known = trace["top"]["ids"][row][column], trace["top"]["logprobs"][row][column], known_logprobs(trace, row, column)
    least = listed[-1] if listed else math.inf
    lowest = known.get(target, -math.inf) - known.get(foil, least)
    highest = known.get(target, least) - known.get(foil, -math.inf)
    need(lowest - slack <= base <= highest + slack, "patching.base_difference", base, f"{lowest} to {highest} as in top.logprobs")
    best = next((token for token in ids if token != target), None)
    own = trace["model"].get("padding") is None or trace["lens"]["norm"] == "final"
    if "foil" in chosen and own and best is not None and best != foil:
        need(known.get(foil, -math.inf) >= known[best] - slack, "patching.foil", foil, f"{best}, the most probable besides the target")
