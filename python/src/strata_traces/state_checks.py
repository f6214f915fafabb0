"""What states that something else has taken tell about how they were taken; the checks of `strata trace --states`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from . import modules
from .tokens import token

#: How far row 0 may be from the embedding, as a share of its length: weights in 4 bits are up to a tenth away from those in 16.
MOST_OF_EMBEDDING = 0.25
#: As many positions are looked at.
MOST = 16


def remarks(model: Any, tokenizer: Any, states: Sequence[torch.Tensor], ids: Sequence[int], length: int, logits: torch.Tensor) -> list[str]:
    """What may be wrong with states [L + 1][T, D] of tokens whose first `length` are the prompt; `logits` [T, V] are those of the last."""
    found: list[str] = []
    distance = _distance_from_embedding(model, states[0], ids)
    if distance is not None and distance > MOST_OF_EMBEDDING:
        found.append(f"row 0 is not the embedding of its tokens (it differs by {round(100 * min(distance, 1000))} % of its length): rows "
                     "may be in another order, or states are of another model")
    if len(states) > 1 and _is_normed(model, states[-1]):
        found.append("the last row has the statistics of a state that the final norm was applied to, as the last of transformers' "
                     "hidden_states has: it is normed twice; take the output of the last block")
    best = logits[length - 1 : len(ids) - 1].argmax(-1).tolist()
    other = [place for place, id in enumerate(best) if id != ids[length + place]]
    if other:
        first = other[0]
        named, served = (next(iter(token(tokenizer, id).values())) for id in (best[first], ids[length + first]))
        found.append(f"the last row names {named!r} after position {length - 1 + first}, where {served!r} follows ({len(other)} of "
                     f"{len(best)} differ): rows may be off by one, states may be normed already or of another model, or tokens were given "
                     "or drawn at random")
    return found


class _TakenError(Exception):
    """Ends a run at its first block."""


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def _embedding(model: Any, ids: Sequence[int]) -> torch.Tensor | None:
    """[T, D] what the first block reads; the blocks themselves do not run."""
    found: list[torch.Tensor] = []

    def take(module: Any, args: Any, kwargs: Any) -> None:
        found.append(args[0] if args else kwargs["hidden_states"])
        raise _TakenError

    hook = modules.blocks_of(model)[0].register_forward_pre_hook(take, with_kwargs=True)
    try:
        modules.run(model, [ids], 0, len(ids))
    except _TakenError:
        pass
    finally:
        hook.remove()
    return found[0].reshape(-1, found[0].shape[-1]) if found and found[0].ndim == 3 else None


def _distance_from_embedding(model: Any, state: torch.Tensor, ids: Sequence[int]) -> float | None:
    """The largest distance of row 0 from the embedding of its tokens, as a share of the embedding's length; None where nobody knows."""
    expected = _embedding(model, ids[:MOST])
    if expected is None or expected.shape != state[:MOST].shape:
        return None
    own = expected.double().cpu()
    distance, length = (state[:MOST].double().cpu() - own).norm(dim=-1), own.norm(dim=-1)
    known = [float("inf") if size == 0 else far / size
             for far, size in zip(distance.tolist(), length.tolist(), strict=True)
             if size < float("inf") and far == far and (size > 0 or far > 0)]
    return max(known, default=None)


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def _is_normed(model: Any, state: torch.Tensor) -> bool:
    """Whether the last states have exactly what the final norm makes of any state."""
    norm, width = modules.final_norm(model), state.shape[-1]
    if norm is None or width <= 8:
        return False
    # What the norm does to nothing, to ones, and to a state of mean 0 and mean square 1 gives its bias, its kind and its weights.
    signs = torch.ones(width, device=state.device, dtype=state.dtype)
    signs[1::2] = -1
    probes = torch.stack([torch.zeros_like(signs), torch.ones_like(signs), signs])
    with modules.evaluating(norm):
        bias, ones, signed = norm(probes[None])[0].double().cpu()
    weight, is_layer = (signed - bias) * signs.double().cpu(), bool((ones - bias).norm() < 0.1 * (signed - bias).norm())
    # Where weights are small the division finds nothing but rounding.
    places = weight.abs() > 1e-3
    if int(places.sum()) <= width // 2:
        return False
    values = ((state[:MOST].double().cpu() - bias) / weight)[:, places]
    mean = values.mean(-1, keepdim=True) if is_layer else torch.zeros(len(values), 1, dtype=torch.float64)
    square = ((values - mean) ** 2).mean(-1)
    return bool((mean.abs() < 0.02).all()) and bool(((square - 1).abs() < 0.02).all())
