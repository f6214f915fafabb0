"""Phi-MoE: SparseMixer, layer norms, LongRoPE with scales of its own."""

import numpy as np
from gguf import MODEL_ARCH
from transformers import PhimoeConfig, PhimoeForCausalLM

from parity import common, experts


def settings(**changes):
    return {"architectures": ["PhimoeForCausalLM"], "model_type": "phimoe", **common.llama_like(
        num_local_experts=4, num_experts_per_tok=2, intermediate_size=8, input_jitter_noise=0.01, **changes)}


def longrope(short_scale, long_scale):
    """The longer prompt is beyond the original context. There, transformers 5.24 takes the long scale, but keeps the short factors;
    so both factors are the same here."""
    return {"max_position_embeddings": 64, "original_max_position_embeddings": 24, "rope_scaling": {
        "type": "longrope", "short_factor": FACTORS, "long_factor": FACTORS, "short_mscale": short_scale,
        "long_mscale": long_scale, "original_max_position_embeddings": 24}}


FACTORS = [1.0, 1.25]


def phimoe():
    """Biases everywhere, a window."""
    config = settings(router_jitter_noise=0.01, attention_bias=True, lm_head_bias=True, sliding_window=11, **longrope(1.25, 1.25))
    model = common.build(PhimoeForCausalLM, PhimoeConfig, config, 105)

    def more(w, c):
        experts.describe(w, 4, 2)
        w.add_rope_dimension_count(4)
        w.add_rope_scaling_orig_ctx_len(24)
        w.add_rope_scaling_attn_factors(1.25)
        w.add_sliding_window(c.sliding_window)
        w.add_tensor("rope_factors_long.weight", np.array(FACTORS, dtype=np.float32))
        w.add_tensor("rope_factors_short.weight", np.array(FACTORS, dtype=np.float32))
    return common.Fixture("Phi-MoE", config, model, common.smol(), write_gguf=common.llama_like_gguf(
        MODEL_ARCH.PHIMOE, experts.stacked(4, rename), more))


def rename(name):
    """The names that gguf knows."""
    if ".experts." not in name:
        return name
    for old, new in (("w1", "gate_proj"), ("w3", "up_proj"), ("w2", "down_proj")):
        name = name.replace(f".{old}.", f".{new}.")
    return name.replace("block_sparse_moe", "mlp")


def phimoe_jitter():
    """What only a config.json can say: a wide jitter, which makes more experts near; two scales. Names as in memory."""
    config = settings(router_jitter_noise=0.375, tie_word_embeddings=True, **longrope(1.25, 1.5))
    model = common.build(PhimoeForCausalLM, PhimoeConfig, config, 108)
    return common.Fixture("Phi-MoE", config, model, common.smol(), original=False)


FIXTURES = {"phimoe": phimoe, "phimoe-jitter": phimoe_jitter}
