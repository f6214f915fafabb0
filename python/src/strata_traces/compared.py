"""An attribution and patched runs compared with the rows of the lens and with one another. Rules of `strata trace --check`."""

from __future__ import annotations

import math
from typing import Any

from .checks import SLACK, need
from .listed import logprobs
from .shapes import FaultError


def attributed(trace: dict[str, Any]) -> None:
    """Refuses an attribution whose difference is not that of the last row's log-probabilities, unless a softcap lies between them."""
    found, texts = trace.get("attribution"), {int(key) for key in trace["texts"]}
    if found is None:
        return
    for known in (found["target"], found["foil"]):
        need(known in texts, "texts", f"no text of {known}, which 'attribution' compares", "one")
    column = _column(trace, found["position"])
    _lenses(found, trace, column)
    if found.get("softcap") is not None or column is None or not trace["rows"]:
        return
    listed = dict(zip(trace["top"]["ids"][-1][column], trace["top"]["logprobs"][-1][column], strict=True))
    if found["target"] in listed and found["foil"] in listed:
        expected, difference = listed[found["target"]] - listed[found["foil"]], _difference(found)
        need(abs(expected - difference) <= 2 * SLACK, "attribution.target_logit", f"a difference of {difference}",
             f"{expected} as in top.logprobs")


def _difference(attribution: dict[str, Any]) -> float:
    return float(attribution["target_logit"]) - float(attribution["foil_logit"])


def _column(trace: dict[str, Any], position: int) -> int | None:
    return next((index for index, column in enumerate(trace["columns"]) if column["position"] == position), None)


def _lenses(found: dict[str, Any], trace: dict[str, Any], column: int | None) -> None:
    """The lens's difference after a part is that of the row of the same point, and after the last block that of the model."""
    parts, last, lens = found["parts"], trace["model"]["layers"] - 1, trace["lens"]
    ends = {part.get("layer"): index for index, part in enumerate(parts) if part["part"] not in ("final_norm_bias", "head_bias")}
    # Other lenses than the logit lens read the rows of the trace in another way, and a softcap lies between logits and probabilities.
    is_read = lens["kind"] == "logit" and lens["norm"] == "final" and found.get("softcap") is None
    for index, part in enumerate(parts):
        value, layer, key = part.get("lens"), part.get("layer"), f"attribution.parts[{index}].lens"
        if value is None:
            continue
        is_end, slack = ends.get(layer) == index, 2 * SLACK + 1e-3 * abs(value)
        if layer == last and is_end and abs(value - _difference(found)) > slack:
            raise FaultError(key, f"{value}, expected {_difference(found)}, the model's own difference: the state after it is the "
                                  "model's output")
        row = next((r for r, row in enumerate(trace["rows"]) if _is_after(row, part, is_end)), None)
        if not is_read or column is None or row is None:
            continue
        known = logprobs(trace, row, column)
        if found["target"] in known and found["foil"] in known:
            expected, point = known[found["target"]] - known[found["foil"]], trace["rows"][row]
            need(abs(value - expected) <= slack, key, value, f"{expected} as {point['point']} {point['layer']} has it")


def _is_after(row: dict[str, Any], part: dict[str, Any], is_end: bool) -> bool:
    """Whether a row is the state after a part; the last part of a block gives its output."""
    if row["point"] == "embedding":
        return bool(part["part"] == "embedding")
    return bool(part.get("layer") == row["layer"]) and is_end == (row["point"] == "block")


def patched(trace: dict[str, Any]) -> None:
    """Refuses patched runs whose two texts, or whose two tokens, were exchanged: other numbers of the trace tell."""
    found = trace.get("patching")
    if found is None:
        return
    source, base = found["source_difference"], found["base_difference"]
    slack = 2 * SLACK + 1e-3 * max(abs(source), abs(base))
    # A text of a decoder has the states of another one before the first token that differs.
    pairs = [one["id"] == other["id"] for one, other in zip(trace["tokens"], found["source_tokens"], strict=False)]
    same = pairs.index(False) if False in pairs else len(pairs)
    if same == len(found["source_tokens"]) and abs(source - base) > slack:
        raise FaultError("patching.source_tokens", f"those of the prompt, expected others: the difference after the source, {source}, is "
                                                   f"not that after the prompt, {base}")
    is_causal = trace.get("masks") is None and trace.get("encoder") is None
    for index, runs in enumerate(found["differences"]):
        values, key = runs["values"], f"differences[{index}].values"
        end = values[-1][-1] if runs["place"] == "stream" and values and values[-1] else None
        need(end is None or abs(end - source) <= slack, "patching.source_difference", source,
             f"{end}, the last of {key}: the run ends with the source's own state")
        for r, row in enumerate(values):
            for position, value in enumerate(row[:same]):
                need(value is None or abs(value - base) <= slack, "patching.base_difference", base,
                     f"{value} as in {key}[{r}][{position}], up to where both texts have the same tokens")
        if is_causal:
            _unread(runs, f"patching.{key}", pairs, base, slack)
    if is_causal:
        _output(found, trace, slack)


def _unread(runs: dict[str, Any], key: str, pairs: list[bool], base: float, slack: float) -> None:
    """Runs whose patch cannot reach the end: the same token's embedding, and what the last block gives to positions that nothing reads."""
    cells = []
    values = runs["values"]
    if runs["place"] == "stream" and values:
        cells += [(0, position, "both texts have the same token there") for position, same in enumerate(pairs) if same]
    # Attention of a last block may still be read where its MLP looks at the position before (RWKV).
    if runs["place"] != "attention" and values:
        why = "nothing after the last block reads that position"
        cells += [(len(values) - 1, position, why) for position in range(len(values[-1]) - 1)]
    for row, position, why in cells:
        value = values[row][position]
        need(value is None or abs(value - base) <= slack, f"{key}[{row}][{position}]", value, f"{base}: {why}")


def _output(found: dict[str, Any], trace: dict[str, Any], slack: float) -> None:
    """Compares the base with the model's own output after the prompt."""
    target, foil, base, key = found["target"], found["foil"], found["base_difference"], "patching.base_difference"
    position, parts = trace["prompt_length"] - 1, trace.get("attribution")
    if parts is not None and parts.get("softcap") is None and parts["position"] == position and {
            parts["target"], parts["foil"]} == {target, foil}:
        expected = _difference(parts) if parts["target"] == target else -_difference(parts)
        need(abs(base - expected) <= slack, key, base, f"{expected} as 'attribution' has it")
    if set(found["chosen"]) == {"target", "foil"}:
        need(found["source_difference"] >= -slack, "patching.source_difference", found["source_difference"],
             "0 or more: the target was chosen as the most probable token after the source")
    column = _column(trace, position)
    if column is None or not trace["rows"]:
        return
    ids, listed = trace["top"]["ids"][-1][column], trace["top"]["logprobs"][-1][column]
    known, most = logprobs(trace, -1, column), listed[-1] if listed else math.inf

    def low(token: int) -> float:
        return known.get(token, -math.inf)

    def high(token: int) -> float:
        return known.get(token, most)

    lowest, highest = low(target) - high(foil), high(target) - low(foil)
    if base < lowest - slack or base > highest + slack:
        bound = f"{lowest}" if lowest == highest else f"at least {lowest}" if base < lowest else f"at most {highest}"
        raise FaultError(key, f"{base}, expected {bound} as in top.logprobs")
    best = next((token for token in ids if token != target), None)
    # The raw lens lists rows of the head without a token, which are not chosen.
    is_listed = "foil" in found["chosen"] and (trace["model"].get("padding") is None or trace["lens"]["norm"] == "final")
    if is_listed and best is not None and best != foil:
        need(low(foil) >= low(best) - slack, "patching.foil", foil, f"{best}, the most probable token after the prompt besides the target")
