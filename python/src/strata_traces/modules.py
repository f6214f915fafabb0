"""Where a causal language model of transformers keeps its blocks, and its states with the logits that they lead to.

The definitions are those of docs/numerics.md: a state is the raw output of a block (or the input of the first one); the normed lens is
head(final_norm(state)). A block that runs several times has a state after every run. transformers' own `hidden_states` are not used:
their last entry is already normed. Everything here runs the model without dropout, whatever mode its user has it in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch


class ModelError(ValueError):
    """A model whose states cannot be taken here, or a text that it cannot run: what was found, and what to do."""


PROGRAM = "trace it with the program itself, strata trace --model"


def kind_of(model: Any) -> str:
    """The model type of a configuration and the class, as errors name them."""
    config = getattr(model, "config", None)
    return f"model type {str(getattr(config, 'model_type', None) or 'unknown')!r} ({type(model).__name__})"


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
    inner = getattr(model, "model", model)
    # The language model within a multimodal one.
    inner = getattr(inner, "language_model", getattr(inner, "text_model", inner))
    inner = getattr(inner, "model", inner)
    return getattr(inner, "decoder", inner)


def _base(model: Any) -> Any:
    """The model without its head, where transformers names it."""
    return getattr(model, getattr(model, "base_model_prefix", "") or "_", None)


def blocks_of(model: Any) -> Any:
    """The blocks in the order of their first runs."""
    part = stem(model)
    if hasattr(part, "L_module") and hasattr(part, "H_module"):
        return [*part.L_module.layers, *part.H_module.layers]
    holder = getattr(part, "encoder", part)
    found = next((getattr(holder, name) for name in ("h", "blocks", "layers", "layer") if hasattr(holder, name)), None)
    if found is None or not len(found):
        raise ModelError(f"{kind_of(model)}: expected a list of blocks, found none where models of transformers have it; {PROGRAM}")
    return found


def final_norm(model: Any) -> Any:
    """The norm before the head; None where there is none (GPT, OPT-350m)."""
    names = ("ln_f", "norm_f", "norm", "final_layernorm", "final_layer_norm", "final_norm", "layer_norm", "embedding_norm", "ln",
             "layernorm", "LayerNorm", "out_norm")
    part = getattr(stem(model), "H_module", stem(model))
    found = next((getattr(part, name) for name in names if hasattr(part, name)), None)
    return found if found is not None else getattr(_base(model), "LayerNorm", None)


@contextlib.contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Every part of a model without dropout for a while; afterwards, errors included, each is in the mode that it was in.

    The flags alone are set: a `train` of one's own, as adapters have that merge their weights, is not called.
    """
    training = [part for part in model.modules() if part.training]
    try:
        for part in training:
            part.training = False
        yield
    finally:
        for part in training:
            part.training = True


def depends_on_length(model: Any) -> bool:
    """Whether the positions of a text depend on how long the longest text beside it is."""

    def kinds(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, entry in value.items():
                if key in ("rope_type", "type") and isinstance(entry, str):
                    yield entry
                yield from kinds(entry)

    config = getattr(model, "config", None)
    text = config.get_text_config() if config is not None and hasattr(config, "get_text_config") else config
    sections = [getattr(text, name, None) for name in ("rope_parameters", "rope_scaling")]
    return any("dynamic" in kind or kind in ("longrope", "su") for section in sections for kind in kinds(section))


def positions_of(model: Any) -> int | None:
    """How many tokens a table of learned positions has rows for; None where positions are computed."""
    names = ("wpe", "embed_positions", "position_embeddings", "positions_embed", "position_embed", "position_embedding")
    part = stem(model)
    for holder in (part, getattr(part, "embeddings", None), getattr(_base(model), "embeddings", None)):
        table = next((found for name in names if isinstance(found := getattr(holder, name, None), torch.nn.Embedding)), None)
        if table is not None:
            begin = table.padding_idx + 1 if table.padding_idx is not None and not hasattr(table, "offset") else 0
            return int(table.num_embeddings) - int(getattr(table, "offset", begin))
    return None


def states(model: Any, ids: Sequence[int]) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Raw states of a text, [L + 1][T, D]: the input of block 0, then the output of every block; and the model's logits [T, V]."""
    found, logits = states_of_all(model, [ids])
    return [state[0] for state in found], logits[0]


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def states_of_all(
    model: Any, texts: Sequence[Sequence[int]], padding: int = 0, lengths: Sequence[int] | None = None,
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """The same of several texts run together, [L + 1][B, T, D] and [B, T, V]; shorter texts are padded at their ends.

    A causal model does not see what follows, so padding changes nothing before it. Where positions depend on the length of a text
    ("dynamic" and "longrope"), texts of one length alone run together; `lengths` are those that they have or will have.
    """
    blocks = blocks_of(model)
    longest = max(len(ids) for ids in texts)
    found: list[torch.Tensor] = []
    for group, length in _groups(model, texts, lengths):
        captured: list[torch.Tensor] = []

        def take(value: Any, captured: list[torch.Tensor] = captured) -> None:
            captured.append((value[0] if isinstance(value, (tuple, list)) else value).clone())

        with _watched(blocks, take):
            logits = run(model, [texts[i] for i in group], padding, length)
        _require_states(model, captured, logits)
        for place, part in enumerate((*captured, logits)):
            if len(group) == len(texts):
                found.append(part)
                continue
            if len(found) == place:
                found.append(part.new_zeros(len(texts), longest, part.shape[-1]))
            found[place][torch.tensor(group, device=part.device), : part.shape[1]] = part[:, :longest]
    return found[:-1], found[-1]


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def next_logits(
    model: Any, texts: Sequence[Sequence[int]], padding: int = 0, lengths: Sequence[int] | None = None,
) -> torch.Tensor:
    """The model's logits [B, V] after the last token of each text."""
    found: dict[int, torch.Tensor] = {}
    for group, length in _groups(model, texts, lengths):
        logits = run(model, [texts[i] for i in group], padding, length)
        found |= {i: logits[row, len(texts[i]) - 1] for row, i in enumerate(group)}
    return torch.stack([found[i] for i in range(len(texts))])


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
        logits = run(model, [[0] * states.shape[1]], 0, states.shape[1])
    finally:
        for hook in hooks:
            hook.remove()
    return logits.reshape(*state.shape[:-1], -1)


@contextlib.contextmanager
def _watched(blocks: Any, take: Callable[[Any], None]) -> Iterator[None]:
    """Hands over the input of the first block once, then what the stream is after every run of a block."""
    begun = False

    def begin(module: Any, args: Any, kwargs: Any) -> None:
        nonlocal begun
        if not begun:
            take(args[0] if args else kwargs["hidden_states"])
        begun = True

    hooks = [blocks[0].register_forward_pre_hook(begin, with_kwargs=True)]
    for block in blocks:
        halves = getattr(block, "input_layernorm", None)
        if isinstance(halves, torch.nn.ModuleList):
            # A block of several attentions (LongCat Flash): its later norms read the stream between them.
            hooks += [norm.register_forward_pre_hook(lambda m, args: take(args[0])) for norm in list(halves)[1:]]
        hooks.append(block.register_forward_hook(lambda m, args, out: take(out)))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _require_states(model: Any, states: Sequence[torch.Tensor], logits: torch.Tensor) -> None:
    """Refuses blocks that pass on something else than one state for each token."""
    shape = (*logits.shape[:2], states[0].shape[-1]) if states else ()
    for state in states:
        if tuple(state.shape) != shape:
            raise ModelError(
                f"{kind_of(model)}: expected blocks that pass on one state for each token, {list(shape)}, found {list(state.shape)}: "
                f"several streams or another order; {PROGRAM}")
    if not states:
        raise ModelError(f"{kind_of(model)}: expected its blocks to run, found that none did; {PROGRAM}")


def _groups(model: Any, texts: Sequence[Sequence[int]], lengths: Sequence[int] | None) -> list[tuple[list[int], int]]:
    """Which texts run together, and how many tokens they are padded to."""
    if not depends_on_length(model):
        return [(list(range(len(texts))), max(len(ids) for ids in texts))]
    found: dict[int, list[int]] = {}
    for index, ids in enumerate(texts):
        found.setdefault(len(ids) if lengths is None else lengths[index], []).append(index)
    return [(group, length) for length, group in found.items()]


def run(model: Any, texts: Sequence[Sequence[int]], padding: int, length: int) -> torch.Tensor:
    """The model's logits [B, T, V]."""
    if depends_on_length(model):
        _forget_lengths(model)
    with evaluating(model):
        try:
            logits: torch.Tensor = model(**_inputs(texts, padding, length, model.device), use_cache=False).logits
        except IndexError as error:
            raise ModelError(
                f"{kind_of(model)}: expected a text within the model's positions and tokens, found one of {length} tokens that it cannot "
                f"run ({error}); shorten the prompt or generate less") from error
    return logits


def _forget_lengths(model: Any) -> None:
    """Puts positions that grow with the longest text so far back to those of a new model."""
    for part in model.modules():
        if not hasattr(part, "original_max_seq_len"):
            continue
        for name in [name for name in vars(part) if name.endswith("max_seq_len_cached")]:
            prefix = name.removesuffix("max_seq_len_cached")
            first, now = getattr(part, f"{prefix}original_inv_freq", None), getattr(part, f"{prefix}inv_freq", None)
            if first is not None and now is not None:
                setattr(part, f"{prefix}inv_freq", first.to(now.device, copy=True))
            setattr(part, name, part.original_max_seq_len)


def _inputs(texts: Sequence[Sequence[int]], padding: int, length: int, device: Any) -> dict[str, torch.Tensor]:
    inputs = {"input_ids": torch.tensor([[*ids, *[padding] * (length - len(ids))] for ids in texts], device=device)}
    # Without padding nothing is hidden, and models take their usual way.
    if any(len(ids) < length for ids in texts):
        inputs["attention_mask"] = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids in texts], device=device)
    return inputs
