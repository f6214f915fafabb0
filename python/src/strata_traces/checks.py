"""What a trace must be so that it can be read: shapes, indices and counts that fit together, in the order of the program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .shapes import FaultError

COUNTS = range(2**31)
# The largest difference that rounding can cause in logarithms stored as float32 whose sums have another order.
SLACK = 2e-3


def check(trace: dict[str, Any]) -> None:
    """Refuses a trace whose values have the right types and do not fit together."""
    _counts(trace)
    lens_of(trace, ["strata.trace/2"])
    _matrices(trace)
    _places(trace)
    if trace.get("attribution") is not None:
        _attribution(trace["attribution"], trace)
    _masks(trace)
    if trace.get("patching") is not None:
        _patching(trace["patching"], trace)
    _changes(trace)
    if trace.get("chat") is not None:
        _chat(trace["chat"], trace["prompt_length"])


def need(good: bool, key: str, found: Any, expected: Any) -> None:
    if not good:
        raise FaultError(key, f"{found}, expected {expected}")


def vocabulary(trace: dict[str, Any]) -> range:
    return range(max(1, int(trace["model"]["vocabulary"])))


def layers_of(trace: dict[str, Any]) -> range:
    return range(max(1, int(trace["model"]["layers"])))


def require_known(tokens: Sequence[dict[str, Any]], key: str, trace: dict[str, Any]) -> None:
    for index, token in enumerate(tokens):
        need(token["id"] in vocabulary(trace), f"{key}[{index}].id", token["id"], f"less than {len(vocabulary(trace))}")


def _counts(trace: dict[str, Any]) -> None:
    sizes(trace)
    numbers = [("method.generate", trace["method"].get("generate"))]
    numbers += [(f"tokens[{i}].id", token["id"]) for i, token in enumerate(trace["tokens"])]
    numbers += [(f"encoder.tokens[{i}].id", token["id"]) for i, token in enumerate((trace.get("encoder") or {}).get("tokens", []))]
    numbers += [(f"columns[{i}].target", column.get("target")) for i, column in enumerate(trace["columns"])]
    for r, row in enumerate(trace["top"]["ids"]):
        numbers += [(f"top.ids[{r}][{c}]", known) for c, cell in enumerate(row) for known in cell]
    for i, span in enumerate((trace.get("chat") or {}).get("spans", [])):
        numbers += [(f"chat.spans[{i}].{key}", span[key]) for key in ("first", "count")]
    _within(numbers)


def sizes(data: dict[str, Any]) -> None:
    """Refuses sizes of the model and layers of rows that are negative, or larger than in any model."""
    _within([(f"model.{key}", data["model"].get(key)) for key in ("layers", "width", "vocabulary", "padding")])
    _within([(f"rows[{i}].layer", row["layer"]) for i, row in enumerate(data["rows"])])


def _within(numbers: Sequence[tuple[str, Any]]) -> None:
    for key, number in numbers:
        need(number is None or number in COUNTS, key, number, f"0 to {COUNTS[-1]}")


def lens_of(data: dict[str, Any], seconds: Sequence[str]) -> None:
    """Refuses a lens that does not fit its model, and a Jacobian lens in another schema than those that can have it."""
    lens, model = data["lens"], data["model"]
    if lens["kind"] != "jacobian":
        for key in ("n_prompts", "d_model", "source_layers"):
            if lens.get(key) is not None:
                raise FaultError(f"lens.{key}", "only a lens of the kind 'jacobian' has it")
        return
    need(data["schema"] in seconds, "lens.kind", "'jacobian'", f"the schema '{seconds[0]}' for it")
    need(lens["norm"] == "final", "lens.norm", "'none'", "'final' for a lens of the kind 'jacobian'")
    need(lens.get("sha256") is not None, "lens.sha256", "none", "the digest of the lens's file")
    need((lens.get("n_prompts") or 0) in COUNTS[1:], "lens.n_prompts", lens.get("n_prompts"), "a number from 1")
    need(lens.get("d_model") == model["width"], "lens.d_model", lens.get("d_model"), f"{model['width']} as in 'model.width'")
    layers = lens.get("source_layers") or []
    need(bool(layers), "lens.source_layers", "none", "the layers of the lens's matrices")
    _ascending(layers, "lens.source_layers", layers_of(data))


def _ascending(numbers: Sequence[int], key: str, inside: range) -> None:
    for index, number in enumerate(numbers):
        need(number in inside, f"{key}[{index}]", number, f"0 to {len(inside) - 1}")
        need(index == 0 or number > numbers[index - 1], f"{key}[{index}]", number, "more than the one before")


def _matrices(trace: dict[str, Any]) -> None:
    rows, columns, top = len(trace["rows"]), len(trace["columns"]), trace["top"]
    matrices = [(key, trace[key]) for key in ("rank", "logprob", "entropy", "kl")]
    matrices += [(f"top.{key}", top[key]) for key in ("ids", "logprobs")]
    for index, watched in enumerate(trace["watch"]):
        _watched(watched, f"watch[{index}]", trace)
        matrices += [(f"watch[{index}].{key}", watched[key]) for key in ("rank", "logprob")]
    for key, matrix in matrices:
        need(len(matrix) == rows, key, f"{len(matrix)} rows", f"{rows} as in 'rows'")
        for r, row in enumerate(matrix):
            need(len(row) == columns, f"{key}[{r}]", f"{len(row)} columns", f"{columns} as in 'columns'")
        if key.endswith("rank"):
            for place, rank in cells_of(key, matrix):
                need(1 <= rank <= len(vocabulary(trace)), place, rank, f"1 to {trace['model']['vocabulary']}")
    _found(trace)
    blank = blank_rows(trace) if trace["schema"] == "strata.trace/2" else set()
    for r, row in enumerate(top["ids"]):
        for c, ids in enumerate(row):
            if r not in blank and (len(ids) != top["k"] or len(top["logprobs"][r][c]) != top["k"]):
                raise FaultError(f"top.ids[{r}][{c}]", f"{len(ids)} tokens, expected {top['k']} as in 'top.k'")


def cells_of(key: str, matrix: Sequence[Sequence[Any]]) -> Iterator[tuple[str, Any]]:
    """The values of a matrix that are there, with their places."""
    for r, row in enumerate(matrix):
        for c, value in enumerate(row):
            if value is not None:
                yield f"{key}[{r}][{c}]", value


def _watched(watched: dict[str, Any], key: str, trace: dict[str, Any]) -> None:
    known, ids, texts, words = (watched.get(name) for name in ("id", "ids", "texts", "first_of"))
    need((known is None) != (ids is None), key, "both 'id' and 'ids'" if known is not None else "neither 'id' nor 'ids'", "one of them")
    if ids is None:
        need(known in vocabulary(trace), f"{key}.id", known, f"less than {len(vocabulary(trace))}")
        need(texts is None and words is None, key, "'texts' or 'first_of' without 'ids'", "none")
        return
    need(bool(ids), f"{key}.ids", "no members", "one or more")
    for index, member in enumerate(ids):
        need(member in vocabulary(trace), f"{key}.ids[{index}]", member, f"less than {len(vocabulary(trace))}")
        need(member not in ids[:index], f"{key}.ids[{index}]", member, "each once")
    need(texts is not None and len(texts) == len(ids), f"{key}.texts", f"{len(texts or [])} texts", f"{len(ids)} as in 'ids'")
    if words is not None:
        need(len(words) == len(ids), f"{key}.first_of", f"{len(words)} entries", f"{len(ids)} as in 'ids'")
        for index, entry in enumerate(words):
            need(bool(entry), f"{key}.first_of[{index}]", "no words", "one or more")


def request_of(asked: str) -> tuple[int, str] | None:
    """How many tokens `auto(3, last)` asks for, and where."""
    match = re.fullmatch(r"auto\( *([0-9]+)(?:, *(first|last|all|[0-9]+))?\)", asked)
    if not match or not 1 <= int(match[1]) <= 20 or (match[2] and match[2].isdigit() and int(match[2]) == 0):
        return None
    return int(match[1]), match[2] or "first"


def _found(trace: dict[str, Any]) -> None:
    found = trace.get("watch_auto")
    if found is None:
        return
    request, ids, cells = request_of(found["asked"]), found["ids"], found["cells"]
    if request is None:
        raise FaultError("watch_auto.asked", f"'{found['asked']}', expected a request such as 'auto(3)'")
    need(len(ids) <= request[0], "watch_auto.ids", f"{len(ids)} tokens", f"at most {request[0]} as in 'asked'")
    need(len(cells) == len(ids), "watch_auto.cells", f"{len(cells)} numbers", f"{len(ids)} as in 'ids'")
    last = [watched.get("id") for watched in trace["watch"]][len(trace["watch"]) - len(ids):] if ids else []
    need(len(trace["watch"]) >= len(ids) and last == ids, "watch_auto.ids", ids, "the last of the ids in 'watch'")
    for index, count in enumerate(cells):
        need(count >= 1, f"watch_auto.cells[{index}]", count, "1 or more")


def _places(trace: dict[str, Any]) -> None:
    count = len(trace["tokens"])
    for index, column in enumerate(trace["columns"]):
        need(column["position"] in range(count), f"columns[{index}].position", column["position"], f"0 to {count - 1}")
    need(trace["prompt_length"] in range(count + 1), "prompt_length", trace["prompt_length"], f"0 to {count}")
    if trace.get("encoder") is not None:
        need(bool(trace["encoder"]["tokens"]), "encoder.tokens", "no tokens", "those of 'prompt'")
        need(trace["prompt_length"] > 0, "prompt_length", 0, "1 or more: a decoder begins with its start token")


def _masks(trace: dict[str, Any]) -> None:
    masks = trace.get("masks")
    if masks is None:
        return
    for index, position in enumerate(masks):
        need(position in range(len(trace["tokens"])), f"masks[{index}]", position, f"0 to {len(trace['tokens']) - 1}")
    for index, column in enumerate(trace["columns"]):
        need(column["position"] in masks, f"columns[{index}].position", column["position"], "one of 'masks'")


def _pair(found: dict[str, Any], key: str, trace: dict[str, Any]) -> None:
    for name in ("target", "foil"):
        need(found[name] in vocabulary(trace), f"{key}.{name}", found[name], f"less than {len(vocabulary(trace))}")
    need(found["target"] != found["foil"], f"{key}.foil", found["foil"], "another token than 'target'")


def _attribution(found: dict[str, Any], trace: dict[str, Any]) -> None:
    count = len(trace["tokens"])
    need(found["position"] in range(count), "attribution.position", found["position"], f"0 to {count - 1}")
    _pair(found, "attribution", trace)
    for index, part in enumerate(found["parts"]):
        key, layer = f"attribution.parts[{index}]", part.get("layer")
        of_block = part["part"] in ("attention", "recurrent", "mlp", "per_layer", "norm_bias")
        need(of_block == (layer is not None), key, f"layer {layer}", "that of the block" if of_block else "none for this part")
        need(layer is None or layer in layers_of(trace), f"{key}.layer", layer, f"0 to {len(layers_of(trace)) - 1}")
        need(part.get("heads") is None or part["part"] == "attention", f"{key}.heads", "heads", "none for this part")
    values = [float(part["value"]) for part in found["parts"]]
    difference = float(found["target_logit"]) - float(found["foil_logit"])
    bound = 2 * (1e-4 * abs(difference) + 1e-5 * sum(map(abs, values)) + 1e-6)
    need(abs(sum(values) - difference) <= bound, "attribution.parts", f"a sum of {sum(values)}", difference)


def _patching(found: dict[str, Any], trace: dict[str, Any]) -> None:
    _pair(found, "patching", trace)
    length, tokens = trace["prompt_length"], found["source_tokens"]
    need(len(tokens) == length, "patching.source_tokens", f"{len(tokens)} tokens", f"{length} as in 'prompt_length'")
    require_known(tokens, "patching.source_tokens", trace)
    places = [runs["place"] for runs in found["differences"]]
    for index, runs in enumerate(found["differences"]):
        key = f"patching.differences[{index}]"
        need(places.index(runs["place"]) == index, f"{key}.place", f"'{runs['place']}'", "each once")
        rows = trace["model"]["layers"] + (runs["place"] == "stream")
        need(len(runs["values"]) == rows, f"{key}.values", f"{len(runs['values'])} rows", rows)
        for r, row in enumerate(runs["values"]):
            need(len(row) == length, f"{key}.values[{r}]", f"{len(row)} positions", length)


def _changes(trace: dict[str, Any]) -> None:
    changes = trace.get("changes")
    if changes is None:
        return
    need(trace["schema"] == "strata.trace/2", "changes", "a changed run", "the schema 'strata.trace/2' for it")
    need(bool(changes), "changes", "none", "one or more; leave the key out for the model's own run")
    for key in ("attribution", "patching"):
        need(trace.get(key) is None, key, "numbers of the model's own run", "none beside 'changes'")
    for index, change in enumerate(changes):
        _change(change, f"changes[{index}]", trace)


def _change(change: dict[str, Any], key: str, trace: dict[str, Any]) -> None:
    layers, layer, positions = layers_of(trace), change.get("layer"), change["positions"]
    need(layer is None or layer in layers, f"{key}.layer", layer, f"0 to {len(layers) - 1}")
    need(layer is not None or change["place"] == "stream", f"{key}.layer", "none", "the block whose part was changed")
    need(bool(positions), f"{key}.positions", "none", "one or more")
    _ascending(positions, f"{key}.positions", range(len(trace["tokens"])))
    if change.get("patch") is not None:
        tokens, length = change["patch"]["tokens"], trace["prompt_length"]
        need(len(tokens) == length, f"{key}.patch.tokens", f"{len(tokens)} tokens", f"{length} as in 'prompt_length'")
        require_known(tokens, f"{key}.patch.tokens", trace)
        need(positions[-1] < length, f"{key}.positions", positions[-1], "positions of the prompt")
        return
    steer = change["steer"]
    need(change["place"] == "stream", f"{key}.place", f"'{change['place']}'", "'stream', to which directions are added")
    need(steer["norm"] >= 0, f"{key}.steer.norm", steer["norm"], "0 or more")
    file = steer["origin"].get("file")
    if file is not None:
        good = re.fullmatch(r"[0-9A-Fa-f]{64}", file["sha256"]) is not None
        need(good, f"{key}.steer.origin.file.sha256", f"'{file['sha256']}'", "64 hexadecimal digits")
        return
    for name in ("plus", "minus"):
        state, place = steer["origin"][name], f"{key}.steer.origin.{name}"
        require_known(state["text"]["tokens"], f"{place}.text.tokens", trace)
        need(state.get("layer") is None or state["layer"] in layers, f"{place}.layer", state.get("layer"), f"0 to {len(layers) - 1}")
        count = len(state["text"]["tokens"])
        need(state["position"] in range(count), f"{place}.position", state["position"], f"0 to {count - 1}")


def _chat(chat: dict[str, Any], length: int) -> None:
    messages, spans = chat["messages"], chat["spans"]
    if chat.get("reply") and (not messages or messages[-1]["role"] != "assistant"):
        raise FaultError("chat.reply", "true, expected false where the last message is not the assistant's")
    following = 0
    for index, span in enumerate(spans):
        key, message = f"chat.spans[{index}]", span.get("message")
        need(span["first"] == following, f"{key}.first", span["first"], f"{following}, where the span before ends")
        need(1 <= span["count"] <= length - following, f"{key}.count", span["count"], f"1 to {length - following}")
        if message is not None:
            need(message in range(len(messages)), f"{key}.message", message, "an index into 'messages'")
            role = messages[message]["role"]
            need(span.get("role") == role, f"{key}.role", f"'{span.get('role')}'", f"'{role}' as in 'messages[{message}]'")
        else:
            need(span["template"], f"{key}.message", "missing", "the message whose content this is")
        following += span["count"]
    need(not spans or following == length, "chat.spans", f"{following} tokens", f"{length} as in 'prompt_length'")


def blank_rows(trace: dict[str, Any]) -> set[int]:
    """Rows without numbers, because the lens does not read them."""
    if trace["top"]["k"] == 0:
        return set()
    matrices = [trace[key] for key in ("rank", "logprob", "entropy", "kl")]
    matrices += [watched[key] for watched in trace["watch"] for key in ("rank", "logprob")]
    lists = [trace["top"][key] for key in ("ids", "logprobs")]
    return {
        r for r in range(len(trace["rows"]))
        if not any(any(of[r]) for of in lists) and all(v is None for matrix in matrices for v in matrix[r])
    }
