"""OLMo and OLMo 2. llama.cpp interleaves the rows of OLMo's queries and keys, not of OLMo 2's."""

from gguf import MODEL_ARCH, RopeScalingType
from transformers import (
    Olmo2Config, Olmo2ForCausalLM, Olmo3Config, Olmo3ForCausalLM, OlmoConfig, OlmoForCausalLM)

from parity import common
from parity.common import permute


def olmo():
    """Norms without weights, a clip that cuts."""
    config = {"architectures": ["OlmoForCausalLM"], "model_type": "olmo", "attention_bias": False,
              **common.llama_like(clip_qkv=1.5)}
    del config["rms_norm_eps"]
    model = common.build(OlmoForCausalLM, OlmoConfig, config, 20)

    def change(name, a):
        if name.endswith("q_proj.weight"):
            return {name: permute(a, 4)}
        return {name: permute(a, 2) if name.endswith("k_proj.weight") else a}

    def more(w, c):
        w.add_layer_norm_eps(1e-5)
        w.add_clamp_kqv(c.clip_qkv)
    return common.Fixture("OLMo", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.OLMO, change, more))


def olmo2():
    """Norms after attention and MLP, and over all queries and keys."""
    config = {"architectures": ["Olmo2ForCausalLM"], "model_type": "olmo2", "attention_bias": False,
              **common.llama_like(rope_theta=500000)}
    model = common.build(Olmo2ForCausalLM, Olmo2Config, config, 21)
    return common.Fixture("OLMo 2", config, model, common.smol(), write_gguf=common.llama_like_gguf(MODEL_ARCH.OLMO2))


def olmo3():
    """A window in two of three layers, the third stretched by YaRN; llama.cpp writes it as `olmo2`."""
    full = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "attention_factor": 1.2,
            "rope_theta": 5000.0}
    config = {"architectures": ["Olmo3ForCausalLM"], "model_type": "olmo3", "attention_bias": False,
              **common.llama_like(num_hidden_layers=3, sliding_window=6,
                                  layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                                  rope_parameters={"full_attention": full,
                                                   "sliding_attention": {"rope_type": "default", "rope_theta": 5000.0}})}
    del config["rope_theta"]
    model = common.build(Olmo3ForCausalLM, Olmo3Config, config, 78)

    def more(w, c):
        w.add_rope_freq_base(full["rope_theta"])
        w.add_sliding_window(c.sliding_window)
        w.add_sliding_window_pattern([kind == "sliding_attention" for kind in c.layer_types])
        w.add_rope_scaling_type(RopeScalingType.YARN)
        w.add_rope_scaling_factor(full["factor"])
        w.add_rope_scaling_orig_ctx_len(full["original_max_position_embeddings"])
        w.add_rope_scaling_yarn_attn_factor(full["attention_factor"])
    return common.Fixture("OLMo 3", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.OLMO2, more=more))


FIXTURES = {"olmo": olmo, "olmo2": olmo2, "olmo3": olmo3}
