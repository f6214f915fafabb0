"""Changes of a run by hooks of transformers, with the words of docs/changes.md: states put in, and directions added.

    change = {"source": "The keys to the cabinet", "layer": 10, "positions": 2}
    found = prepared(model, tokenizer, [change], prompt_ids)
    with applied(model, found):
        logits = model(input_ids=..., use_cache=False).logits

Runs must not use a cache: positions are those of the whole text.
"""

import contextlib
import hashlib

import torch

import lens_reference

KEYS = {"source", "plus", "minus", "from_position", "from_layer", "file", "tensor", "by", "of", "layer", "positions"}


def part(block, place: str):
    """The module of a block whose output is added to the stream: a norm of its own comes after attention and MLP in some families."""
    if hasattr(block, "post_feedforward_layernorm"):
        return block.post_attention_layernorm if place == "attention" else block.post_feedforward_layernorm
    names = ("attn", "self_attn", "attention") if place == "attention" else ("mlp",)
    found = next((getattr(block, name) for name in names if hasattr(block, name)), None)
    if found is None:
        raise SystemExit(f"no module of {type(block).__name__} is known to be its {place}")
    return found


def hook(model, place: str, layer: int | None, change):
    """Calls `change` with the states [T, D] at a place, which it may return changed."""
    blocks = lens_reference.blocks_of(model)
    if layer is None:

        def before(_, args, kwargs):
            if args:
                return (change(args[0][0])[None], *args[1:]), kwargs
            return args, {**kwargs, "hidden_states": change(kwargs["hidden_states"][0])[None]}

        return blocks[0].register_forward_pre_hook(before, with_kwargs=True)
    module = blocks[layer] if place == "stream" else part(blocks[layer], place)

    def after(_, __, output):
        if isinstance(output, (tuple, list)):
            return (change(output[0][0])[None], *output[1:])
        return change(output[0])[None]

    return module.register_forward_hook(after)


@torch.no_grad()
def states(model, ids: list[int], place: str, layer: int | None) -> torch.Tensor:
    """The states [T, D] of a text at a place."""
    kept = []

    def keep(rows):
        kept.append(rows.clone())
        return rows

    handle = hook(model, place, layer, keep)
    try:
        model(input_ids=torch.tensor([ids], device=model.device), use_cache=False)
    finally:
        handle.remove()
    return kept[0]


def reach(positions, length: int | None):
    """Whether a position, counted from 0, is reached; `length` ends `all` and `from` (states of another text)."""
    if positions == "all":
        return lambda p: length is None or p < length
    if isinstance(positions, str) and positions.startswith("from "):
        first = int(positions[5:]) - 1
        return lambda p: p >= first and (length is None or p < length)
    these = {p - 1 for p in (positions if isinstance(positions, list) else [positions])}
    return lambda p: p in these


def vector(path: str, name: str | None, layer: int | None, layers: int):
    """A direction of a safetensors file, and what a trace says of it."""
    from safetensors.torch import load

    with open(path, "rb") as file:
        data = file.read()
    tensors = load(data)
    name = name or (next(iter(tensors)) if len(tensors) == 1 else None)
    if name not in tensors:
        raise SystemExit(f"{path}: expected tensor: one of {sorted(tensors)}")
    found = tensors[name].float()
    told = {"name": path.split("/")[-1], "sha256": hashlib.sha256(data).hexdigest(), "tensor": name}
    if found.dim() == 2:
        told["row"] = (0 if layer is None else layer + 1) if found.shape[0] == layers + 1 else layer
        found = found[told["row"]]
    return found, told


def prepared(model, tokenizer, changes: list[dict], prompt: list[int], token=lambda id: {"id": id}) -> list[dict]:
    """Changes with their numbers: where they are made, the states or the direction, and what a trace tells of them."""
    layers = len(lens_reference.blocks_of(model))

    def number(layer):
        return None if layer == "embedding" else layer

    def told_text(text, ids):
        return {"text": text, "tokens": [token(id) for id in ids]}

    found = []
    for change in changes:
        if set(change) - KEYS:
            raise SystemExit(f"unknown keys of a change: {sorted(set(change) - KEYS)}")
        place, layer, positions = change.get("of", "stream"), number(change["layer"]), change["positions"]
        if positions == "last":
            positions = len(prompt)
        told = {"place": place} | ({} if layer is None else {"layer": layer})
        if "source" in change:
            ids = tokenizer(change["source"])["input_ids"]
            if len(ids) != len(prompt):
                raise SystemExit(f"expected a source of {len(prompt)} tokens, found {len(ids)}")
            found.append({
                "place": place, "layer": layer, "reach": reach(positions, len(prompt)),
                "states": states(model, ids, place, layer), "told": told | {"patch": told_text(change["source"], ids)}})
            continue
        by = change.get("by", 1)
        if "file" in change:
            direction, file = vector(change["file"], change.get("tensor"), layer, layers)
            origin = {"file": file}
        else:
            own = number(change.get("from_layer", change["layer"]))
            origin, pair = {}, []
            for side in ("plus", "minus"):
                ids = tokenizer(change[side])["input_ids"]
                position = change.get("from_position", len(ids)) - 1
                pair.append(states(model, ids, "stream", own)[position])
                origin[side] = {"text": told_text(change[side], ids), "position": position}
                origin[side] |= {} if own is None else {"layer": own}
            direction = pair[0] - pair[1]
        steer = {"by": by, "norm": float(direction.double().norm()), "origin": origin}
        found.append({
            "place": "stream", "layer": layer, "reach": reach(positions, None), "by": by, "direction": direction,
            "told": told | {"steer": steer}})
    return found


@contextlib.contextmanager
def applied(model, changes: list[dict]):
    """While it lasts, every run of a whole text is changed."""

    def changing(own):
        def change(rows):
            rows = rows.clone()
            for position in filter(own["reach"], range(rows.shape[0])):
                if "states" in own:
                    rows[position] = own["states"][position]
                elif own["by"] != 0:
                    rows[position] += own["by"] * own["direction"].to(rows.dtype)
            return rows

        return change

    handles = [hook(model, own["place"], own["layer"], changing(own)) for own in changes]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def told(changes: list[dict], tokens: int) -> list[dict]:
    """What a trace of so many tokens says of the changes."""
    return [own["told"] | {"positions": [p for p in range(tokens) if own["reach"](p)]} for own in changes]
