"""Llama: rotary positions, whose rows llama.cpp's converter interleaves."""

import copy

import gguf
import numpy as np
from transformers import InternLM3Config, IQuestCoderConfig, LlamaConfig, LlamaForCausalLM

import tiny_tokenizers as tiny
from parity import common
from parity.common import finish, permute, write_tensors


def write_gguf(path, model, tokenizer):
    c = model.config
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("tiny llama")
    w.add_license("mit")
    w.add_block_count(c.num_hidden_layers)
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    if c.head_dim * c.num_attention_heads != c.hidden_size:
        w.add_key_length(c.head_dim)
        w.add_value_length(c.head_dim)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    w.add_vocab_size(c.vocab_size)
    w.add_rope_dimension_count(c.head_dim)
    w.add_add_space_prefix(False)
    w.add_add_bos_token(False)
    tiny.describe_bytes(w, tokenizer, pre="smollm", special=tiny.SMOL_SPECIAL)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_unk_token_id(0)
    w.add_pad_token_id(2)

    def change(name, a):
        if name.endswith("q_proj.weight"):
            return {name: permute(a, c.num_attention_heads)}
        if name.endswith("k_proj.weight"):
            return {name: permute(a, c.num_key_value_heads)}
        return {name: a}

    write_tensors(w, model, gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, c.num_hidden_layers), change)
    finish(w)


def llama():
    """As SmolLM2: grouped queries, tied head, the hub's older spelling of the rotation base."""
    tokenizer = common.smol()
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 24,
              "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 3, "num_key_value_heads": 1,
              "max_position_embeddings": 64, "rms_norm_eps": 1e-05, "rope_theta": 100000, "rope_scaling": None,
              "attention_bias": False, "tie_word_embeddings": True, "vocab_size": 288, "bos_token_id": 1,
              "eos_token_id": 2, "pad_token_id": 2}
    model = common.build(LlamaForCausalLM, LlamaConfig, config, 2)
    return common.Fixture("Llama", config, model, tokenizer, write_gguf=write_gguf)


def llama_untied():
    """A head of its own, heads wider than D / H, transformers 5's spelling of the rotation base."""
    tokenizer = common.smol()
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 20,
              "intermediate_size": 44, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
              "head_dim": 8, "max_position_embeddings": 64, "rms_norm_eps": 1e-06,
              "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "attention_bias": False,
              "mlp_bias": False, "tie_word_embeddings": False, "vocab_size": 288, "bos_token_id": 1,
              "eos_token_id": 2, "pad_token_id": 2}
    model = common.build(LlamaForCausalLM, LlamaConfig, config, 3)
    return common.Fixture("Llama", config, model, tokenizer, write_gguf=write_gguf)


def llama31():
    """Llama 3.1's stretched positions, biases everywhere; GGUF keeps rounded factors of the frequencies."""
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 32}
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(num_attention_heads=2, num_key_value_heads=1, head_dim=16, rope_theta=20.0,
                                  rope_scaling=scaling)}
    model = common.build(LlamaForCausalLM, LlamaConfig, config, 26)

    def change(name, a):
        heads = 2 if ".q_proj." in name else 1 if ".k_proj." in name else None
        return {name: permute(a, heads) if heads else a}

    def more(w, c):
        w.add_rope_dimension_count(c.head_dim)
        w.add_vocab_size(c.vocab_size)
        plain = 1 / (20.0 ** (np.arange(0, c.head_dim, 2) / c.head_dim))
        wave = 2 * np.pi / plain
        smooth = (32 / wave - 1) / (4 - 1)
        factors = np.where(wave < 32 / 4, 1, np.where(wave > 32, 8, 1 / ((1 - smooth) / 8 + smooth)))
        w.add_tensor("rope_freqs.weight", factors.astype(np.float32))
    return common.Fixture("Llama", config, model, common.smol(), identical=False,
                          write_gguf=common.llama_like_gguf(gguf.MODEL_ARCH.LLAMA, change, more))


def llama_linear():
    """Positions stretched evenly, in the spelling of the first such models."""
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
              **common.llama_like(rope_scaling={"type": "linear", "factor": 2.5}, tie_word_embeddings=True)}
    model = common.build(LlamaForCausalLM, LlamaConfig, config, 27)

    def change(name, a):
        heads = 4 if ".q_proj." in name else 2 if ".k_proj." in name else None
        return {name: permute(a, heads) if heads else a}

    def more(w, c):
        w.add_rope_dimension_count(c.head_dim)
        w.add_vocab_size(c.vocab_size)
        w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        w.add_rope_scaling_factor(2.5)
    return common.Fixture("Llama", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(gguf.MODEL_ARCH.LLAMA, change, more))


def llama_yarn():
    """YaRN without the length that the model was made for, its range not rounded; `rope_scaling` beside `rope_parameters`."""
    scaling = {"type": "yarn", "factor": 3.0, "beta_fast": 8, "beta_slow": 0.5, "truncate": False, "mscale": 1.2,
               "mscale_all_dim": 0.7}
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
              **common.llama_like(num_attention_heads=2, num_key_value_heads=1, head_dim=16, rope_theta=70.0,
                                  rope_scaling=scaling, rope_parameters={"rope_type": "default", "rope_theta": 7.0})}
    model = common.build(LlamaForCausalLM, LlamaConfig, copy.deepcopy(config), 79)
    return common.Fixture("Llama", config, model, common.smol())


def llama_dynamic():
    """Texts longer than the context, for which the rotation's base grows."""
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
              **common.llama_like(rope_scaling={"rope_type": "dynamic", "factor": 4.0}, max_position_embeddings=12)}
    model = common.build(LlamaForCausalLM, LlamaConfig, copy.deepcopy(config), 80)
    return common.Fixture("Llama", config, model, common.smol())


def internlm3():
    """InternLM 3, whose names of biases are its own."""
    config = {"architectures": ["InternLM3ForCausalLM"], "model_type": "internlm3", "qkv_bias": True, "bias": True,
              **common.llama_like(head_dim=8, rope_theta=50000.0)}
    model = common.build(LlamaForCausalLM, InternLM3Config, copy.deepcopy(config), 120)
    return common.Fixture("Llama", config, model, common.smol())


def iquestcoder():
    """IQuest-Coder, with settings that its released files have and that count for nothing."""
    config = {"architectures": ["IQuestCoderForCausalLM"], "model_type": "iquestcoder", "clip_qkv": None,
              "use_sliding_window": False, "sliding_window": None, "max_window_layers": 80, **common.llama_like(head_dim=4)}
    model = common.build(LlamaForCausalLM, IQuestCoderConfig, copy.deepcopy(config), 121)
    return common.Fixture("Llama", config, model, common.smol())


FIXTURES = {"internlm3": internlm3, "iquestcoder": iquestcoder, "llama": llama, "llama-dynamic": llama_dynamic,
            "llama-linear": llama_linear, "llama-untied": llama_untied,
            "llama-yarn": llama_yarn, "llama31": llama31}
