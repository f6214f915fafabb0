"""Qwen3.5 and its multimodal form."""

import numpy as np
from gguf import MODEL_ARCH
from transformers import (Qwen3_5ForCausalLM, Qwen3_5MoeForCausalLM, Qwen3_5MoeTextConfig, Qwen3_5TextConfig, Qwen3NextConfig,
                          Qwen3NextForCausalLM)

from parity import common, qwen, recurrent, wrappers


def tile(a, keys, dim=0):
    """Value heads along a dimension, from neighbours that share a key head to llama.cpp's order, in which they lie apart."""
    a = np.moveaxis(a, dim, 0)
    width = a.shape[0] // HEADS
    a = a.reshape(keys, HEADS // keys, width, *a.shape[1:]).swapaxes(0, 1).reshape(HEADS * width, *a.shape[1:])
    return np.moveaxis(a, 0, dim)


HEADS = 4
KEY = 8


def change(keys):
    """Tensors as llama.cpp's converter leaves them, with a number of key heads."""
    def changed(name, a):
        stem, _, leaf = name.rpartition(".")
        if "linear_attn." in name:
            first = 2 * keys * KEY
            if stem.endswith(("in_proj_qkv", "conv1d")):
                a = a.reshape(a.shape[0], -1)
                return {name: np.concatenate([a[:first], tile(a[first:], keys)])}
            if leaf == "A_log":
                return {name: recurrent.rates(tile(a, keys))}
            if leaf == "dt_bias":
                return {f"{stem}.dt_proj.bias": tile(a, keys)}
            if stem.endswith(("in_proj_a", "in_proj_b", "in_proj_z")):
                return {name: tile(a, keys)}
            if stem.endswith("out_proj"):
                return {name: tile(a, keys, dim=1)}
            return {name: a}
        return {name: a + 1 if stem.endswith("norm") else a}
    return changed


def describe_linear(w, c):
    recurrent.describe(w, c.linear_conv_kernel_dim, c.linear_num_value_heads * c.linear_value_head_dim, c.linear_key_head_dim,
                       c.linear_num_value_heads, c.linear_num_key_heads)
    w.add_full_attention_interval(2)
    w.add_rope_dimension_count(c.head_dim // 2)
    w.add_rope_dimension_sections([11, 11, 10, 0])


def gguf(architecture, keys):
    return common.llama_like_gguf(architecture, change(keys), describe_linear)


def settings(keys, **changes):
    """What the published files say, with small numbers."""
    config = {
        "head_dim": 8, "linear_conv_kernel_dim": 4, "linear_key_head_dim": KEY, "linear_value_head_dim": KEY,
        "linear_num_key_heads": keys, "linear_num_value_heads": HEADS, "full_attention_interval": 2, "attn_output_gate": True,
        "layer_types": ["linear_attention", "full_attention", "linear_attention"], "num_hidden_layers": 3, "mamba_ssm_dtype": "float32",
        "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0, "partial_rotary_factor": 0.5,
                            "mrope_section": [1, 1, 0], "mrope_interleaved": True},
        "mtp_num_hidden_layers": 1, "mtp_use_dedicated_embeddings": False, "attention_bias": False, **changes}
    config = common.llama_like(**config)
    del config["rope_theta"]
    return config


def tame(model):
    """Norms near one, whose weights are differences from it but in the delta rule; blocks that add little, as in trained models."""
    for name, p in model.named_parameters():
        if name.endswith("norm.weight") and "linear_attn" not in name and "visual" not in name:
            p.data -= 1
        elif name.endswith(("down_proj.weight", "out_proj.weight", "o_proj.weight")):
            p.data *= 0.5
    return model


def dense(keys, seed, **changes):
    config = {"architectures": ["Qwen3_5ForCausalLM"], "model_type": "qwen3_5_text", **settings(keys, **changes)}
    return config, tame(common.build(Qwen3_5ForCausalLM, Qwen3_5TextConfig, config, seed))


def qwen35():
    """As many key heads as value heads, whose order is then the same in both kinds of file."""
    config, model = dense(HEADS, 301)
    return common.Fixture("Qwen3.5", config, model, common.smol(), write_gguf=gguf(MODEL_ARCH.QWEN35, HEADS))


def qwen35_shared():
    """Value heads that share key heads, in another order in GGUF; a tied head."""
    config, model = dense(2, 312, tie_word_embeddings=True)
    return common.Fixture("Qwen3.5", config, model, common.smol(), write_gguf=gguf(MODEL_ARCH.QWEN35, 2), identical=False)


def qwen35_odd():
    """Widths that fill no register, a convolution of three tokens, biases of attention, the usual blocks and part of a head."""
    changes = {"linear_key_head_dim": 6, "linear_value_head_dim": 21, "head_dim": 16, "linear_conv_kernel_dim": 3, "attention_bias": True,
               "rope_parameters": {"rope_type": "default", "rope_theta": 1000.0}, "layer_types": None, "full_attention_interval": 3,
               "linear_num_value_heads": 2}
    config, model = dense(1, 306, **changes)
    return common.Fixture("Qwen3.5", config, model, common.smol())


def qwen35_wrapper():
    """The language part of a multimodal model."""
    config = wrappers.whole("qwen3_5", {"model_type": "qwen3_5_text", **settings(2, attention_bias=True)})
    wrapper, language = wrappers.build(config, 309)
    tame(wrapper)
    tame(language)
    return common.Fixture("Qwen3.5", config, language, common.smol(), wrapper=wrapper)


EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "shared_expert_intermediate_size": 12}


def describe_experts(w, c):
    w.add_expert_count(c.num_experts)
    w.add_expert_used_count(c.num_experts_per_tok)
    w.add_expert_feed_forward_length(c.moe_intermediate_size)
    w.add_expert_shared_feed_forward_length(c.shared_expert_intermediate_size)


def moe_gguf(path, model, tokenizer):
    def more(w, c):
        describe_linear(w, c)
        describe_experts(w, c)

    stack = qwen.stacked(model.config)

    def changed(name, a):
        found = {}
        for new, b in change(HEADS)(name, a).items():
            found |= stack(new, b[0] if new.endswith("shared_expert_gate.weight") else b)
        return found
    model.config.intermediate_size = model.config.moe_intermediate_size
    common.llama_like_gguf(MODEL_ARCH.QWEN35MOE, changed, more)(path, model, tokenizer)


def qwen35_moe():
    """Experts in one tensor and a shared expert with a gate, as many key heads as value heads."""
    config = {"architectures": ["Qwen3_5MoeForCausalLM"], "model_type": "qwen3_5_moe_text", **settings(
        HEADS, **EXPERTS, num_hidden_layers=2, layer_types=["linear_attention", "full_attention"], linear_key_head_dim=KEY)}
    del config["intermediate_size"]
    model = tame(common.build(Qwen3_5MoeForCausalLM, Qwen3_5MoeTextConfig, config, 305))
    return common.Fixture("Qwen3.5-MoE", config, model, common.smol(), write_gguf=moe_gguf)


def next_settings(**changes):
    config = settings(2, **EXPERTS, norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], **changes)
    for key in ("mamba_ssm_dtype", "mtp_num_hidden_layers", "mtp_use_dedicated_embeddings", "attn_output_gate"):
        del config[key]
    config |= {"rope_theta": 100000.0, "partial_rotary_factor": 0.5}
    del config["rope_parameters"]
    return config


def next_gguf(path, model, tokenizer):
    """Rows of queries, keys and values one after the other, and those of the gate in a tensor of their own."""
    c = model.config
    keys, shared = c.linear_num_key_heads, HEADS // c.linear_num_key_heads
    stack = qwen.stacked(c)

    def changed(name, a):
        stem, _, leaf = name.rpartition(".")
        if stem.endswith("in_proj_qkvz"):
            groups = a.reshape(keys, -1, a.shape[1])
            ends = np.cumsum([KEY, KEY, shared * KEY])
            q, k, v, z = (part.reshape(-1, a.shape[1]) for part in np.split(groups, ends, axis=1))
            layer = stem.partition("in_proj_qkvz")[0]
            return {f"{layer}in_proj_qkv.weight": np.concatenate([q, k, v]), f"{layer}in_proj_z.weight": z}
        if leaf == "A_log":
            return {name: recurrent.rates(a)}
        if leaf == "dt_bias":
            return {f"{stem}.dt_proj.bias": a}
        if stem.endswith("conv1d"):
            return {name: a[:, 0]}
        if stem.endswith("norm") and not stem.endswith("linear_attn.norm"):
            a = a + 1
        if stem.endswith("shared_expert_gate"):
            a = a[0]
        return stack(name, a)

    def more(w, c):
        describe_linear(w, c)
        describe_experts(w, c)
    common.llama_like_gguf(MODEL_ARCH.QWEN3NEXT, changed, more)(path, model, tokenizer)


def qwen3_next():
    """Value heads that share key heads, rows in a group for each key head."""
    config = {"architectures": ["Qwen3NextForCausalLM"], "model_type": "qwen3_next", **next_settings(
        num_hidden_layers=2, layer_types=["linear_attention", "full_attention"])}
    model = tame(common.build(Qwen3NextForCausalLM, Qwen3NextConfig, config, 307))
    return common.Fixture("Qwen3-Next", config, model, common.smol(), write_gguf=next_gguf)


def qwen3_next_dense():
    """Dense blocks among the others, weights of experts as they are, biases of attention, an interval instead of a list."""
    changes = {"layer_types": None, "full_attention_interval": 2, "attention_bias": True}
    config = {"architectures": ["Qwen3NextForCausalLM"], "model_type": "qwen3_next", **next_settings(**changes)}
    config |= {"norm_topk_prob": False, "mlp_only_layers": [1]}
    model = tame(common.build(Qwen3NextForCausalLM, Qwen3NextConfig, config, 308))
    return common.Fixture("Qwen3-Next", config, model, common.smol())


FIXTURES = {"qwen35-moe": qwen35_moe, "qwen3-next": qwen3_next, "qwen3-next-dense": qwen3_next_dense, "qwen35": qwen35, "qwen35-shared": qwen35_shared, "qwen35-odd": qwen35_odd, "qwen35-wrapper": qwen35_wrapper}
