"""StableLM, as the small models (sequential) and as the 12B one (parallel, norms of single heads, which GGUF stacks)."""

import numpy as np
from gguf import MODEL_ARCH
from transformers import StableLmConfig, StableLmForCausalLM

from parity import common


def more(w, c):
    w.add_layer_norm_eps(c.layer_norm_eps)
    w.add_rope_dimension_count(int(c.rope_parameters["partial_rotary_factor"] * (c.hidden_size // c.num_attention_heads)))
    w.add_parallel_residual(c.use_parallel_residual)


def config(**changes):
    made = {"architectures": ["StableLmForCausalLM"], "model_type": "stablelm", "layer_norm_eps": 1e-05,
            **common.llama_like(num_attention_heads=2, partial_rotary_factor=0.25, **changes)}
    del made["rms_norm_eps"]
    return made


def stablelm():
    made = config(use_qkv_bias=True, use_parallel_residual=False, qk_layernorm=False, num_key_value_heads=2)
    model = common.build(StableLmForCausalLM, StableLmConfig, made, 24)
    return common.Fixture("StableLM", made, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.STABLELM, more=more))


def stablelm_parallel():
    made = config(use_qkv_bias=False, use_parallel_residual=True, qk_layernorm=True, num_key_value_heads=1)
    model = common.build(StableLmForCausalLM, StableLmConfig, made, 25)
    heads = {}

    def change(name, a):
        if "_layernorm.norms." not in name:
            return {name: a}
        stem, _, rest = name.partition(".norms.")
        found = heads.setdefault(stem, {})
        found[int(rest.split(".")[0])] = a
        count = 2 if "q_layernorm" in stem else 1
        return {f"{stem}.weight": np.stack([found[i] for i in range(count)])} if len(found) == count else {}
    return common.Fixture("StableLM", made, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.STABLELM, change, more))


FIXTURES = {"stablelm": stablelm, "stablelm-parallel": stablelm_parallel}
