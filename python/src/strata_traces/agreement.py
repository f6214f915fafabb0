"""Rules that the numbers of a trace must follow together: those of `strata trace --check`, in its order."""

from __future__ import annotations

import math
from typing import Any

from .checks import SLACK, blank_rows, cells_of, layers_of, need, request_of, require_known
from .compared import attributed, patched
from .identity import identify
from .listed import divergences
from .shapes import FaultError
from .spelled import texts as spelled


def agree(trace: dict[str, Any]) -> None:
    """Refuses a trace that can be read and whose numbers cannot be right."""
    rules = (
        identify, _tokens, spelled, _numbers, _top, divergences, _watched, _automatic, _blank_rows, _last_row, attributed, patched)
    for rule in rules:
        rule(trace)


def _tokens(trace: dict[str, Any]) -> None:
    tokens, columns, rows, texts = trace["tokens"], trace["columns"], trace["rows"], {int(key) for key in trace["texts"]}
    require_known(tokens, "tokens", trace)
    for index, column in enumerate(columns):
        target, position = column.get("target"), column["position"]
        if trace.get("masks") is not None:
            choice = next(iter(trace["top"]["ids"][-1][index]), None) if rows else None
            need(choice is None or target == choice, f"columns[{index}].target", target, f"{choice}, the model's own choice at the mask")
            continue
        following = tokens[position + 1]["id"] if position + 1 < len(tokens) else None
        need(target == following, f"columns[{index}].target", target, f"{following}, the token at position {position + 1}")
        need(
            index == 0 or position > columns[index - 1]["position"], f"columns[{index}].position", position,
            "more than that of the column before")
    for index, row in enumerate(rows):
        layers = range(1) if row["point"] == "embedding" else layers_of(trace)
        need(row["layer"] in layers, f"rows[{index}].layer", row["layer"], "0" if len(layers) == 1 else f"0 to {len(layers) - 1}")
        if index and height(row) <= height(rows[index - 1]):
            found, before = (f"{known['point']} {known['layer']}" for known in (row, rows[index - 1]))
            raise FaultError(
                f"rows[{index}]", f"{found}, expected a point above {before}: rows go from the bottom of the network to the top")
    last = trace["model"]["layers"] - 1
    if rows and (rows[-1]["point"], rows[-1]["layer"]) != ("block", last):
        raise FaultError(f"rows[{len(rows) - 1}]", f"expected the output of the last block, {last}, as the last row")
    ids = [known for watched in trace["watch"] for known in watched.get("ids") or [watched["id"]]]
    for known in ids + sorted({token["id"] for token in tokens}):
        need(known in texts, "texts", f"no text of {known}", "one")


def height(row: dict[str, Any]) -> int:
    """A number that grows from the bottom of the network to the top."""
    return 3 * int(row["layer"]) + {"embedding": 0, "block": 2}.get(row["point"], 1)


def _numbers(trace: dict[str, Any]) -> None:
    widest = math.log(max(2, trace["model"]["vocabulary"]))
    for key, value in cells_of("logprob", trace["logprob"]):
        need(value <= SLACK, key, value, "at most 0")
    for key, value in cells_of("entropy", trace["entropy"]):
        need(-SLACK <= value <= widest + SLACK, key, value, f"0 to {widest:.6g}, in nats")
    for key, value in cells_of("kl", trace["kl"]):
        need(value >= -SLACK, key, value, "0 or more, in nats")
    for c, column in enumerate(trace["columns"]):
        if column.get("target") is None:
            for r in range(len(trace["rows"])):
                for key in ("rank", "logprob"):
                    value = trace[key][r][c]
                    need(value is None, f"{key}[{r}][{c}]", value, "null: the column has no target")
    for index, watched in enumerate(trace["watch"]):
        for key, value in cells_of(f"watch[{index}].logprob", watched["logprob"]):
            need(value <= SLACK, key, value, "at most 0")


def _top(trace: dict[str, Any]) -> None:
    texts = {int(key) for key in trace["texts"]}
    for r in range(len(trace["rows"])):
        for c, column in enumerate(trace["columns"]):
            ids, logprobs, place = trace["top"]["ids"][r][c], trace["top"]["logprobs"][r][c], f"[{r}][{c}]"
            for known in ids:
                need(known in texts, "texts", f"no text of {known}, which stands in top.ids{place}", "one")
            for i in range(1, len(ids)):
                before = logprobs[i - 1]
                need(logprobs[i] <= before, f"top.logprobs{place}[{i}]", logprobs[i], f"at most {before}, the one before")
            need(len(set(ids)) == len(ids), f"top.ids{place}", "a token that occurs twice", "each once")
            need(all(value < 700 for value in logprobs), f"top.logprobs{place}", max(logprobs, default=0), "at most 0")
            total = sum(math.exp(value) for value in logprobs)
            need(total <= 1 + SLACK, f"top.logprobs{place}", f"probabilities that sum to {total:.6g}", "at most 1")
            _entropy(trace["entropy"][r][c], logprobs, trace["model"]["vocabulary"], place)
            _target(column.get("target"), trace["rank"][r][c], trace["logprob"][r][c], ids, logprobs, place)


def _entropy(found: Any, logprobs: list[float], vocabulary: int, place: str) -> None:
    """An entropy is between the least and the most that the list allows: what it leaves may be one token, or all others alike."""
    if found is None or not logprobs:
        return
    listed = -sum(math.exp(value) * value for value in logprobs)
    rest = max(0.0, 1 - sum(map(math.exp, logprobs)))
    most = listed + (-rest * math.log(rest / max(1, vocabulary - len(logprobs))) if rest > 0 else 0)
    slack = 0.01 + 0.01 * most
    need(listed - slack <= found <= most + slack, f"entropy{place}", found,
         f"{max(0, listed - slack):.6g} to {most + slack:.6g}, as top.logprobs allow")


def _target(
    target: Any, rank: Any, logprob: Any, ids: list[int], logprobs: list[float], place: str, key: str = "",
) -> None:
    if target is None or rank is None or logprob is None:
        return
    if target in ids:
        index = ids.index(target)
        need(rank <= index + 1, f"{key}rank{place}", rank, f"at most {index + 1}, the {'word' if key else 'target'}'s place in top.ids")
        need(abs(logprob - logprobs[index]) <= SLACK, f"{key}logprob{place}", logprob, f"{logprobs[index]} as in top.logprobs")
    elif logprobs:
        need(
            logprob <= logprobs[-1] + SLACK, f"{key}logprob{place}", logprob,
            f"at most {logprobs[-1]}, the last of top.logprobs, where the {'word' if key else 'target'} is not")
        above = sum(value > logprob + SLACK for value in logprobs)
        need(rank > above, f"{key}rank{place}", rank, f"more than {above}: as many in top.ids are more probable")


def _watched(trace: dict[str, Any]) -> None:
    """Texts of sets are those of their ids, and the numbers of watched words are those of the most probable tokens."""
    texts = {int(key): text for key, text in trace["texts"].items()}
    for index, watched in enumerate(trace["watch"]):
        for member, (id, text) in enumerate(zip(watched.get("ids") or [], watched.get("texts") or [], strict=False)):
            need(texts.get(id) == text, f"watch[{index}].texts[{member}]", repr(text), f"{texts.get(id)!r}, the text of {id}")
        if watched.get("id") is None:
            continue
        for r in range(len(trace["rows"])):
            for c in range(len(trace["columns"])):
                rank, logprob = watched["rank"][r][c], watched["logprob"][r][c]
                ids, logprobs = trace["top"]["ids"][r][c], trace["top"]["logprobs"][r][c]
                key, place = f"watch[{index}].", f"[{r}][{c}]"
                _target(watched["id"], rank, logprob, ids, logprobs, place, key)
                _place(watched["id"], rank, logprob, ids, logprobs, place, key)


def _place(known: int, rank: Any, logprob: Any, ids: list[int], logprobs: list[float], place: str, key: str) -> None:
    """A rank within the most probable tokens is that of the token there, or of one that is as probable."""
    if rank is None or logprob is None:
        return
    above = sum(value > logprob + SLACK for value in logprobs)
    need(rank > above, f"{key}rank{place}", rank, f"more than {above}: as many in top.ids are more probable")
    if rank <= len(ids) and ids[rank - 1] != known:
        there = logprobs[rank - 1]
        need(abs(there - logprob) <= SLACK, f"{key}rank{place}", rank,
             f"another: top.ids has {ids[rank - 1]} there, not {known}, and its log-probability is {there}, not {logprob}")


def is_output(trace: dict[str, Any], column: dict[str, Any]) -> bool:
    masks = trace.get("masks")
    return bool(column["position"] in masks if masks is not None else column["position"] >= trace["prompt_length"] - 1)


def _automatic(trace: dict[str, Any]) -> None:
    """The tokens that a first run found are those that come first in rows below the last, and not in the last."""
    found = trace.get("watch_auto")
    request = request_of(found["asked"]) if found is not None else None
    if found is None or request is None or trace["top"]["k"] == 0:
        return
    everywhere = list(range(len(trace["columns"])))
    outputs = [c for c in everywhere if is_output(trace, trace["columns"][c])]
    places = {"first": (outputs or everywhere[-1:])[:1], "last": everywhere[-1:], "all": everywhere}
    where = places.get(request[1]) if request[1] in places else everywhere[int(request[1]) - 1 : int(request[1])]
    need(bool(where) or request[1] == "all", "watch_auto.asked", f"'{found['asked']}'", f"one of {len(everywhere)} columns")
    named = {watched.get("id") for watched in trace["watch"][: len(trace["watch"]) - len(found["ids"])]}
    cells: dict[int, int] = {}
    for c in where or []:
        tops = [row[c][0] if row[c] else None for row in trace["top"]["ids"]]
        if not tops or tops[-1] is None:
            continue
        for known in tops[:-1]:
            if known is not None and known != tops[-1] and known not in named:
                cells[known] = cells.get(known, 0) + 1
    order = sorted(cells, key=lambda known: -cells[known])[: request[0]]
    need(found["ids"] == order, "watch_auto.ids", found["ids"], f"{order}, which come first in top.ids")
    counts = [cells[known] for known in order]
    need(found["cells"] == counts, "watch_auto.cells", found["cells"], f"{counts} as in top.ids")


def _blank_rows(trace: dict[str, Any]) -> None:
    blank, layers, last = blank_rows(trace), trace["lens"].get("source_layers"), len(trace["rows"]) - 1
    if last in blank:
        raise FaultError(f"rows[{last}]", "no numbers, expected those of the model's own output")
    if layers is None:
        return
    for index, row in enumerate(trace["rows"][:-1]):
        read = row["point"] == "block" and row["layer"] in layers
        if read == (index in blank):
            raise FaultError(f"rows[{index}]", "no numbers, expected some" if read else "numbers, expected none: the lens does not read it")


def _last_row(trace: dict[str, Any]) -> None:
    if not trace["rows"]:
        return
    row = len(trace["rows"]) - 1
    for c, column in enumerate(trace["columns"]):
        kl, rank = trace["kl"][row][c], trace["rank"][row][c]
        need(kl is None or abs(kl) <= SLACK, f"kl[{row}][{c}]", kl, "0: the last row is what the others are compared with")
        greedy = trace["method"].get("generate") is not None and (trace["method"].get("decoding") or "greedy") == "greedy"
        if greedy and is_output(trace, column) and column.get("target") is not None:
            need(rank is None or rank == 1, f"rank[{row}][{c}]", rank, "1: the token was generated greedily")
