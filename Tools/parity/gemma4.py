"""Gemma 4: wider heads in full layers, shared keys and values, inputs of every layer from the token, experts beside the MLP."""

import gguf
import numpy as np
import torch
from gguf import MODEL_ARCH
from transformers import Gemma4ForCausalLM, Gemma4TextConfig, Gemma4UnifiedForCausalLM, Gemma4UnifiedTextConfig

import tiny_tokenizers as tiny
from parity import common, wrappers


def write_gguf(path, model, tokenizer):
    """After Gemma4Model of convert_hf_to_gguf.py."""
    c = model.config
    w = gguf.GGUFWriter(path, "gemma4")
    w.add_name("tiny gemma4")
    w.add_license("mit")
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_head_count(c.num_attention_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    sliding = [kind == "sliding_attention" for kind in c.layer_types]
    full = sliding.index(False)
    shapes = [c.per_layer_config[i] for i in range(c.num_hidden_layers)]
    first = c.num_hidden_layers - c.num_kv_shared_layers
    w.add_feed_forward_length([c.intermediate_size * (2 if c.use_double_wide_mlp and i >= first else 1)
                               for i in range(c.num_hidden_layers)] if c.use_double_wide_mlp else c.intermediate_size)
    heads = [shape.num_key_value_heads for shape in shapes]
    w.add_head_count_kv(heads if len(set(heads)) > 1 else heads[0])
    w.add_shared_kv_layers(c.num_kv_shared_layers)
    w.add_embedding_length_per_layer_input(c.hidden_size_per_layer_input)
    w.add_sliding_window(c.sliding_window)
    w.add_sliding_window_pattern(sliding)
    wide, narrow = shapes[full].head_dim, shapes[0].head_dim
    w.add_key_length(wide)
    w.add_value_length(wide)
    w.add_key_length_swa(narrow)
    w.add_value_length_swa(narrow)
    w.add_rope_dimension_count(wide)
    w.add_rope_dimension_count_swa(narrow)
    rope = c.rope_parameters
    w.add_rope_freq_base(rope["full_attention"]["rope_theta"])
    w.add_rope_freq_base_swa(rope["sliding_attention"]["rope_theta"])
    if c.final_logit_softcapping:
        w.add_final_logit_softcapping(c.final_logit_softcapping)
    if c.enable_moe_block:
        w.add_expert_count(c.num_experts)
        w.add_expert_used_count(c.top_k_experts)
        w.add_expert_feed_forward_length(c.moe_intermediate_size)
    turned = int(wide * rope["full_attention"]["partial_rotary_factor"] / 2)
    w.add_tensor("rope_freqs.weight", np.array([1.0] * turned + [1e30] * (wide // 2 - turned), dtype=np.float32))
    tiny.describe_gemma(w, tokenizer)

    def change(name, a):
        if name.endswith("layer_scalar"):
            return {f"{name}.weight": a}
        if name.endswith("router.scale"):
            return {name.replace("router.scale", "router.proj.scale"): a}
        if name.endswith("per_expert_scale"):
            return {name.replace("router.per_expert_scale", "experts.down_proj.scale"): a}
        if ".experts." in name:
            return {f"{name}.weight": a}
        return {name: a}

    names = gguf.get_tensor_name_map(MODEL_ARCH.GEMMA4, c.num_hidden_layers)
    common.write_tensors(w, model, names, change)
    common.finish(w)


def scaled(model, seed):
    """Factors of layers, which are no parameters."""
    rng = np.random.default_rng(seed)
    for layer in model.model.layers:
        layer.layer_scalar.data = torch.from_numpy((np.round((0.9 + 0.2 * rng.standard_normal(1)) * 1024) / 1024).astype(np.float32))
    return model


def config(**changes):
    rope = {"full_attention": {"partial_rotary_factor": 0.25, "rope_theta": 1000000.0, "rope_type": "proportional"},
            "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"}}
    return {"architectures": ["Gemma4ForCausalLM"], "model_type": "gemma4_text", "attention_bias": False, "attention_dropout": 0.0,
            "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 16, "intermediate_size": 12, "num_hidden_layers": 4,
            "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "global_head_dim": 16, "max_position_embeddings": 64,
            "rms_norm_eps": 1e-06, "rope_parameters": rope, "sliding_window": 5, "use_bidirectional_attention": None,
            "layer_types": ["sliding_attention", "full_attention"] * 2, "final_logit_softcapping": 30.0, "tie_word_embeddings": True,
            "vocab_size": 320, "vocab_size_per_layer_input": 320, "hidden_size_per_layer_input": 4, "attention_k_eq_v": False,
            "num_kv_shared_layers": 0, "num_global_key_value_heads": None, "use_double_wide_mlp": False, "enable_moe_block": False,
            "num_experts": None, "top_k_experts": None, "expert_intermediate_size": None, "moe_intermediate_size": None,
            "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, **changes}


def gemma4():
    """As E2B: the upper layers use keys and values of lower ones and have an MLP of twice the width; inputs of every layer."""
    settings = config(num_kv_shared_layers=2, use_double_wide_mlp=True)
    model = scaled(common.build(Gemma4ForCausalLM, Gemma4TextConfig, settings, 211), 211)
    model.model.embed_tokens.weight.data /= 4
    return common.Fixture("Gemma 4", settings, model, tiny.pieces(320), tiny.save_gemma_files, write_gguf)


def gemma4_keys():
    """As 31B: full layers have key heads of their own number and use keys as values; no inputs of layers."""
    settings = config(attention_k_eq_v=True, num_key_value_heads=2, num_global_key_value_heads=1, hidden_size_per_layer_input=0,
                      use_bidirectional_attention="vision",
                      num_hidden_layers=3, layer_types=["sliding_attention", "sliding_attention", "full_attention"])
    model = scaled(common.build(Gemma4ForCausalLM, Gemma4TextConfig, settings, 212), 212)
    return common.Fixture("Gemma 4", settings, model, tiny.pieces(320), tiny.save_gemma_files, write_gguf)


def gemma4_saved():
    """As transformers 5 saves it: widths of heads by layer; biases, another rotation, a last layer that must be full."""
    settings = config(attention_bias=True, final_logit_softcapping=None, num_hidden_layers=3, num_kv_shared_layers=1,
                      layer_types=["full_attention", "sliding_attention", "sliding_attention"],
                      per_layer_config={"0": {"head_dim": 12}, "2": {"head_dim": 12}},
                      rope_parameters={"full_attention": {"partial_rotary_factor": 0.5, "rope_theta": 5000.0, "rope_type": "proportional",
                                                          "factor": 2.0},
                                       "sliding_attention": {"rope_theta": 300.0, "rope_type": "default"}})
    del settings["global_head_dim"], settings["num_global_key_value_heads"]
    model = scaled(common.build(Gemma4ForCausalLM, Gemma4TextConfig, settings, 213), 213)
    model.model.embed_tokens.weight.data /= 4
    return common.Fixture("Gemma 4", settings, model, tiny.pieces(320), tiny.save_gemma_files)


def gemma4_experts():
    """As 26B-A4B: experts beside the MLP of every layer."""
    settings = config(enable_moe_block=True, num_experts=4, top_k_experts=2, moe_intermediate_size=4, hidden_size_per_layer_input=0,
                      num_hidden_layers=2, layer_types=["sliding_attention", "full_attention"])
    model = scaled(common.build(Gemma4ForCausalLM, Gemma4TextConfig, settings, 214), 214)
    return common.Fixture("Gemma 4", settings, model, tiny.pieces(320), tiny.save_gemma_files, write_gguf)


def gemma4_unified():
    """As 12B: the language part of the unified model, which has neither inputs of layers nor experts."""
    settings = config(num_hidden_layers=2, layer_types=["sliding_attention", "full_attention"], attention_k_eq_v=True,
                      num_global_key_value_heads=2)
    for key in ("vocab_size_per_layer_input", "hidden_size_per_layer_input", "enable_moe_block", "num_experts", "top_k_experts",
                "moe_intermediate_size", "expert_intermediate_size"):
        del settings[key]
    settings |= {"architectures": ["Gemma4UnifiedForCausalLM"], "model_type": "gemma4_unified_text"}
    model = scaled(common.build(Gemma4UnifiedForCausalLM, Gemma4UnifiedTextConfig, settings, 215), 215)
    return common.Fixture("Gemma 4", settings, model, tiny.pieces(320), tiny.save_gemma_files)


def gemma4_wrapper():
    """The language part of the model with images."""
    text = config(num_hidden_layers=2, layer_types=["sliding_attention", "full_attention"], hidden_size_per_layer_input=0)
    del text["architectures"]
    settings = wrappers.whole("gemma4", text) | {"audio_config": None}
    settings["vision_config"] |= {"position_embedding_size": 8, "head_dim": 4}
    wrapper, language = wrappers.build(settings, 216)
    return common.Fixture("Gemma 4", settings, language, tiny.pieces(320), tiny.save_gemma_files, wrapper=wrapper)


FIXTURES = {"gemma4": gemma4, "gemma4-keys": gemma4_keys, "gemma4-saved": gemma4_saved, "gemma4-experts": gemma4_experts,
            "gemma4-unified": gemma4_unified, "gemma4-wrapper": gemma4_wrapper}
