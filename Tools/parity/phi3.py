"""Phi-3: fused projections; LongRoPE, whose factors llama.cpp keeps as tensors."""

import numpy as np
from gguf import MODEL_ARCH
from transformers import Phi3Config, Phi3ForCausalLM

from parity import common


def phi3():
    """Half a head turned, by LongRoPE; the longer prompt is beyond the original context."""
    short, long = [1.0, 1.25], [1.5, 6.0]
    config = {"architectures": ["Phi3ForCausalLM"], "model_type": "phi3",
              **common.llama_like(num_attention_heads=2, num_key_value_heads=1, partial_rotary_factor=0.5, original_max_position_embeddings=24,
                                  max_position_embeddings=64, sliding_window=7,
                                  rope_scaling={"type": "longrope", "short_factor": short, "long_factor": long})}
    model = common.build(Phi3ForCausalLM, Phi3Config, config, 19)

    def more(w, c):
        w.add_rope_dimension_count(4)
        w.add_rope_scaling_orig_ctx_len(24)
        w.add_rope_scaling_attn_factors(float(np.sqrt(1 + np.log(64 / 24) / np.log(24))))
        w.add_sliding_window(c.sliding_window)
        w.add_tensor("rope_factors_long.weight", np.array(long, dtype=np.float32))
        w.add_tensor("rope_factors_short.weight", np.array(short, dtype=np.float32))
    return common.Fixture("Phi-3", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.PHI3, more=more))


FIXTURES = {"phi3": phi3}
