"""Models that transformers computes otherwise than their own files say, as docs/numerics.md lists them.

Numbers of such a run would pass for those of the model. Where the program follows the files or refuses them, a run is refused here.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from . import modules

#: Multimodal models that leave the factor of their language model's logits out.
WITHOUT_LOGIT_FACTOR = ("aya_vision", "cohere2_vision", "granite_speech", "granite_speech_plus")


def require_none(model: Any) -> None:
    """Refuses a model whose run is not that of its settings."""
    for find in (_slopes, _expert_weights, _rotation_bases, _logit_factor, _eager_slopes):
        fault = find(model)
        if fault is not None:
            raise modules.ModelError(f"{modules.kind_of(model)}: {fault}; {modules.PROGRAM}")


def remark(model: Any) -> str | None:
    """What is to be said of a model whose weights transformers has changed while it loaded them; None for others."""
    if _kind(model) in ("mamba", "falcon_mamba", "mamba2") and getattr(_text(model), "rescale_prenorm_residual", False) is True:
        return (f"{modules.kind_of(model)}: 'rescale_prenorm_residual' is true, so transformers has divided every 'out_proj' by the root "
                "of the number of blocks when it loaded the model: these are numbers of other weights than those of the file")
    return None


def _text(model: Any) -> Any:
    config = getattr(model, "config", None)
    return config.get_text_config() if config is not None and hasattr(config, "get_text_config") else config


def _kind(model: Any) -> str:
    return str(getattr(_text(model), "model_type", ""))


def _slopes(model: Any) -> str | None:
    """MPT: whatever `alibi_bias_max` says, transformers takes 8; a class of one's own may follow it."""
    if _kind(model) != "mpt":
        return None
    section = getattr(_text(model), "attn_config", None)
    largest = section.get("alibi_bias_max", 8) if isinstance(section, dict) else getattr(section, "alibi_bias_max", 8)
    found = _position_bias(model)
    if largest == 8 or found is None:
        return None
    heads = found.shape[0]
    whole = 2 ** math.ceil(math.log2(heads))
    slopes = [2.0 ** (-(head + 1) * largest / whole) for head in range(whole)]
    expected = slopes if whole == heads else [*slopes[1::2], *slopes[::2]][:heads]
    # Neighbouring keys differ by the slope of their head.
    differences = (found[:, 0, -1] - found[:, 0, -2]).tolist()
    if all(math.isclose(a, b, rel_tol=1e-2) for a, b in zip(differences, expected, strict=True)):
        return None
    return f"expected the slopes of alibi_bias_max = {largest:g}, found others: transformers always uses those of 8"


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def _position_bias(model: Any) -> torch.Tensor | None:
    """[heads, 1, keys] what the first block adds to its scores; None where it is given nothing."""
    taken: list[torch.Tensor] = []

    def take(module: Any, args: Any, kwargs: Any) -> None:
        bias = kwargs.get("position_bias", args[1] if len(args) > 1 else None)
        if isinstance(bias, torch.Tensor):
            taken.append(bias.detach().float().cpu())

    hook = modules.blocks_of(model)[0].register_forward_pre_hook(take, with_kwargs=True)
    try:
        modules.states(model, [0, 0])
    finally:
        hook.remove()
    bias = taken[0] if taken else None
    return bias if bias is not None and bias.ndim == 3 and bias.shape[-1] > 1 else None


def _expert_weights(model: Any) -> str | None:
    """DeepSeek V2: transformers passes `norm_topk_prob` over."""
    text = _text(model)
    chosen = getattr(text, "num_experts_per_tok", None) or 1
    if _kind(model) != "deepseek_v2" or getattr(text, "norm_topk_prob", False) is not True or chosen == 1:
        return None
    return "expected norm_topk_prob = false, found true: transformers passes it over, and DeepSeek's own code divides weights by their sum"


def _rotation_bases(model: Any) -> str | None:
    """Muse Glimmer: every layer is turned by `rope_theta`, whatever other base a layer has; only zeros count."""
    text = _text(model)
    bases = getattr(text, "layer_rope_theta", None)
    if not _kind(model).startswith("muse_glimmer") or not isinstance(bases, (list, tuple)):
        return None
    sections = [getattr(text, "rope_parameters", None), {"rope_theta": getattr(text, "rope_theta", None)}]
    own = next((found["rope_theta"] for found in sections if isinstance(found, dict) and found.get("rope_theta")), None)
    other = next((base for base in bases if base not in (None, 0, own)), None)
    if own is None or other is None:
        return None
    return f"expected one rope_theta for all layers, {own:g}, found {other:g} in layer_rope_theta: transformers turns by the first alone"


def _logit_factor(model: Any) -> str | None:
    """Multimodal models whose class leaves out what the language model alone applies to its logits."""
    outer, text = getattr(model, "config", None), _text(model)
    if outer is text or getattr(outer, "model_type", "") not in WITHOUT_LOGIT_FACTOR:
        return None
    key = next((key for key in ("logit_scale", "logits_scaling") if getattr(text, key, 1) not in (None, 1)), None)
    return None if key is None else f"expected logits with the factor of '{key}', found a class of transformers that leaves it out"


def _eager_slopes(model: Any) -> str | None:
    """Falcon with ALiBi: its eager attention gives other numbers than its usual one, which the program follows."""
    text = _text(model)
    if _kind(model) != "falcon" or getattr(text, "alibi", False) is not True or getattr(text, "_attn_implementation", "") != "eager":
        return None
    return "expected sdpa attention (attn_implementation), found eager, whose numbers with ALiBi are others"
