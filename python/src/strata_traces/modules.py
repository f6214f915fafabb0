"""Where a causal language model of transformers keeps its blocks, and its states with the logits that they lead to.

The definitions are those of docs/numerics.md: a state is the raw output of a block (or the input of the first one); the normed lens is
head(final_norm(state)). transformers' own `hidden_states` are not used: their last entry is already normed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch


def stem(model: Any) -> Any:
    """The part of a causal language model that holds its blocks."""
    for name in ("transformer", "gpt_neox", "gpt_neox_japanese", "biogpt", "git", "backbone"):
        if hasattr(model, name):
            return getattr(model, name)
    # BERT and its kin.
    for name in ("encoder", "transformer"):
        part = getattr(_base(model), name, None)
        if hasattr(part, "layer"):
            return part
    return getattr(model.model, "decoder", model.model)


def _base(model: Any) -> Any:
    """The model without its head, where transformers names it."""
    return getattr(model, getattr(model, "base_model_prefix", "") or "_", None)


def blocks_of(model: Any) -> Any:
    """The blocks, first to last."""
    holder = getattr(stem(model), "encoder", stem(model))
    return next(getattr(holder, name) for name in ("h", "blocks", "layers", "layer") if hasattr(holder, name))


def final_norm(model: Any) -> Any:
    """The norm before the head; None where there is none (GPT, OPT-350m)."""
    names = ("ln_f", "norm_f", "norm", "final_layernorm", "final_layer_norm", "final_norm", "layer_norm", "embedding_norm", "ln",
             "layernorm", "LayerNorm", "out_norm")
    found = next((getattr(stem(model), name) for name in names if hasattr(stem(model), name)), None)
    return found if found is not None else getattr(_base(model), "LayerNorm", None)


def states(model: Any, ids: Sequence[int]) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Raw states of a text, [L + 1][T, D]: the input of block 0, then the output of every block; and the model's logits [T, V]."""
    found, logits = states_of_all(model, [ids])
    return [state[0] for state in found], logits[0]


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def states_of_all(model: Any, texts: Sequence[Sequence[int]], padding: int = 0) -> tuple[list[torch.Tensor], torch.Tensor]:
    """The same of several texts run together, [L + 1][B, T, D] and [B, T, V]; shorter texts are padded at their ends.

    A causal model does not see what follows, so padding changes nothing before it.
    """
    blocks = blocks_of(model)
    captured: dict[int, torch.Tensor] = {}

    def take(index: int, value: Any) -> None:
        captured[index] = (value[0] if isinstance(value, (tuple, list)) else value).clone()

    hooks = [blocks[0].register_forward_pre_hook(
        lambda m, args, kwargs: take(0, args[0] if args else kwargs["hidden_states"]), with_kwargs=True)]
    for i, block in enumerate(blocks):
        hooks.append(block.register_forward_hook(lambda m, args, out, i=i: take(i + 1, out)))
    try:
        logits = model(**_inputs(texts, padding, model.device), use_cache=False).logits
    finally:
        for hook in hooks:
            hook.remove()
    return [captured[i] for i in range(len(blocks) + 1)], logits


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def next_logits(model: Any, texts: Sequence[Sequence[int]], padding: int = 0) -> torch.Tensor:
    """The model's logits [B, V] after the last token of each text."""
    logits = model(**_inputs(texts, padding, model.device), use_cache=False).logits
    last = torch.tensor([len(ids) - 1 for ids in texts], device=logits.device)
    return logits[torch.arange(len(texts), device=logits.device), last]


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def lens_logits(model: Any, state: torch.Tensor, norm: bool) -> torch.Tensor:
    """Logits of a raw state [..., D] under the lens.

    The model itself runs, with its last block made to answer `state`: whatever it does after its blocks is done.
    """
    states = state.reshape(1, -1, state.shape[-1])
    last = blocks_of(model)[-1]
    hooks = [last.register_forward_hook(
        lambda m, args, out: (states, *out[1:]) if isinstance(out, (tuple, list)) else states)]
    if not norm and final_norm(model) is not None:
        hooks.append(final_norm(model).register_forward_hook(lambda m, args, out: args[0]))
    try:
        ids = torch.zeros(1, states.shape[1], dtype=torch.long, device=states.device)
        logits = model(input_ids=ids, use_cache=False).logits
    finally:
        for hook in hooks:
            hook.remove()
    return logits.reshape(*state.shape[:-1], -1)


def _inputs(texts: Sequence[Sequence[int]], padding: int, device: Any) -> dict[str, torch.Tensor]:
    longest = max(len(ids) for ids in texts)
    rows = [[*ids, *[padding] * (longest - len(ids))] for ids in texts]
    inputs = {"input_ids": torch.tensor(rows, device=device)}
    # Without padding nothing is hidden, and models take their usual way.
    if any(len(ids) < longest for ids in texts):
        mask = [[1] * len(ids) + [0] * (longest - len(ids)) for ids in texts]
        inputs["attention_mask"] = torch.tensor(mask, device=device)
    return inputs
