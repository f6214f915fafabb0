"""Llama 4: chunks of attention, layers without rotation, experts whose input is weighed."""

import gguf
import numpy as np
from gguf import MODEL_ARCH
from transformers import Llama4ForCausalLM, Llama4TextConfig

from parity import common


def change(name, a):
    """Experts with gates and ups apart, [E, out, in]."""
    if name.endswith("experts.gate_up_proj"):
        gates, ups = np.split(a, 2, axis=-1)
        stem = name.removesuffix("gate_up_proj")
        return {f"{stem}gate_proj.weight": gates.transpose(0, 2, 1), f"{stem}up_proj.weight": ups.transpose(0, 2, 1)}
    if name.endswith("experts.down_proj"):
        return {f"{name}.weight": a.transpose(0, 2, 1)}
    return {name: a}


def write_gguf(path, model, tokenizer):
    c = model.config
    w = gguf.GGUFWriter(path, "llama4")
    common.describe(w, "llama4", c, c.intermediate_size_mlp, c.rms_norm_eps)
    w.add_vocab_size(c.vocab_size)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    w.add_rope_dimension_count(c.head_dim)
    w.add_key_length(c.head_dim)
    w.add_value_length(c.head_dim)
    w.add_interleave_moe_layer_step(c.interleave_moe_layer_step)
    w.add_expert_feed_forward_length(c.intermediate_size)
    w.add_expert_count(c.num_local_experts)
    w.add_expert_used_count(c.num_experts_per_tok)
    common.describe_smol(w, tokenizer)
    common.write_tensors(w, model, gguf.get_tensor_name_map(MODEL_ARCH.LLAMA4, c.num_hidden_layers), change)
    common.finish(w)


def config(**changes):
    return {"architectures": ["Llama4ForCausalLM"], "model_type": "llama4_text", "attention_bias": False, **common.llama_like(
        num_hidden_layers=4, head_dim=8, num_attention_heads=2, num_key_value_heads=1, intermediate_size=8, intermediate_size_mlp=20,
        num_local_experts=4, num_experts_per_tok=1, interleave_moe_layer_step=2, attention_chunk_size=8192, use_qk_norm=True,
        rope_theta=500000.0), "no_rope_layers": [], **changes}


def llama4():
    """As the released models: every fourth layer without rotation, every second with experts."""
    settings = config()
    model = common.build(Llama4ForCausalLM, Llama4TextConfig, settings, 221)
    return common.Fixture("Llama 4", settings, model, common.smol(), write_gguf=write_gguf)


def llama4_chunks():
    """Chunks and steps of the temperature shorter than the text, biases, lists of layers, two experts for a token."""
    stretched = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                 "original_max_position_embeddings": 16}
    settings = config(no_rope_layers=[1, 0, 1, 0], moe_layers=[0, 3], attention_chunk_size=5, attn_temperature_tuning=True, floor_scale=4,
                      attn_scale=0.5, attention_bias=True, num_experts_per_tok=2, rope_scaling=stretched)
    model = common.build(Llama4ForCausalLM, Llama4TextConfig, settings, 222)
    model.lm_head.weight.data /= 4
    return common.Fixture("Llama 4", settings, model, common.smol())


def llama4_plain():
    """Without norms of queries and keys, without temperature, kinds of layers apart from their rotation."""
    settings = config(layer_types=["chunked_attention", "full_attention", "full_attention", "chunked_attention"], attention_chunk_size=7,
                      use_qk_norm=False, attn_temperature_tuning=False)
    model = common.build(Llama4ForCausalLM, Llama4TextConfig, settings, 223)
    return common.Fixture("Llama 4", settings, model, common.smol())


FIXTURES = {"llama4": llama4, "llama4-chunks": llama4_chunks, "llama4-plain": llama4_plain}
