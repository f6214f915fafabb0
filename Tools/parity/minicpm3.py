"""MiniCPM3: latent attention in a dense model, with factors."""

import gguf
import numpy as np
from gguf import MODEL_ARCH
from transformers import MiniCPM3Config, MiniCPM3ForCausalLM

from parity import common

WIDTHS = {"q_lora_rank": 12, "kv_lora_rank": 20, "qk_nope_head_dim": 6, "qk_rope_head_dim": 4}


def write_gguf(path, model, tokenizer):
    c = model.config
    w = gguf.GGUFWriter(path, "minicpm3")
    common.describe(w, "minicpm3", c, c.intermediate_size, c.rms_norm_eps)
    w.add_vocab_size(c.vocab_size)
    w.add_q_lora_rank(c.q_lora_rank)
    w.add_kv_lora_rank(c.kv_lora_rank)
    w.add_key_length(c.qk_nope_head_dim + c.qk_rope_head_dim)
    w.add_rope_dimension_count(c.qk_rope_head_dim)
    w.add_rope_scaling_orig_ctx_len(24)
    w.add_rope_scaling_attn_factors(float(np.sqrt(1 + np.log(64 / 24) / np.log(24))))
    for which in "long", "short":
        w.add_tensor(f"rope_factors_{which}.weight", np.array(c.rope_parameters[f"{which}_factor"], dtype=np.float32))
    common.describe_smol(w, tokenizer)
    common.write_tensors(w, model, gguf.get_tensor_name_map(MODEL_ARCH.MINICPM3, c.num_hidden_layers), common.same)
    common.finish(w)


def minicpm3():
    """The factors of the released model, which llama.cpp takes for granted: 12, 1.4 / sqrt(L), 256 / D; LongRoPE."""
    factors = {"short_factor": [1.0, 1.25], "long_factor": [1.5, 6.0]}
    config = {"architectures": ["MiniCPM3ForCausalLM"], "model_type": "minicpm3", **common.llama_like(
        num_key_value_heads=4, rms_norm_eps=1e-05, tie_word_embeddings=True, scale_emb=12, scale_depth=1.4, dim_model_base=256,
        rope_scaling={"type": "longrope", **factors, "original_max_position_embeddings": 24}, **WIDTHS)}
    model = common.build(MiniCPM3ForCausalLM, MiniCPM3Config, config, 201)
    # Sixteen times the width of the model: logits of the usual size.
    model.model.embed_tokens.weight.data /= 16
    return common.Fixture("MiniCPM3", config, model, common.smol(), write_gguf=write_gguf)


def minicpm3_direct():
    """What only a config.json can say: queries projected at once, values of another width, biases, other factors, YaRN."""
    config = {"architectures": ["MiniCPM3ForCausalLM"], "model_type": "minicpm3", **common.llama_like(
        num_hidden_layers=3, num_key_value_heads=4, scale_emb=3, scale_depth=None, dim_model_base=None, attention_bias=True, mlp_bias=True,
        rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "mscale": 0.8, "mscale_all_dim": 0.6},
        **{**WIDTHS, "q_lora_rank": None, "v_head_dim": 9})}
    model = common.build(MiniCPM3ForCausalLM, MiniCPM3Config, config, 202)
    return common.Fixture("MiniCPM3", config, model, common.smol())


FIXTURES = {"minicpm3": minicpm3, "minicpm3-direct": minicpm3_direct}
