"""Gemma 3: norms on both sides, local and global layers; llama.cpp's converter adds 1 to the norms."""

import gguf
import numpy as np
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

import tiny_tokenizers as tiny
from parity import common
from parity.common import finish, write_tensors


def described(path, c, kind):
    """A writer of Gemma 3 or 3n that has written the shape of the model."""
    w = gguf.GGUFWriter(path, kind)
    w.add_name(f"tiny {kind}")
    w.add_license("mit")
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_key_length(c.head_dim)
    w.add_value_length(c.head_dim)
    w.add_rope_freq_base(c.rope_parameters["full_attention"]["rope_theta"])
    w.add_sliding_window(c.sliding_window)
    w.add_head_count_kv(c.num_key_value_heads)
    return w


def write_gguf(path, model, tokenizer):
    c = model.config
    w = described(path, c, "gemma3")
    tiny.describe_gemma(w, tokenizer)

    def change(name, a):
        return {name: a + np.float32(1) if name.endswith("norm.weight") else a}

    write_tensors(w, model, gguf.get_tensor_name_map(gguf.MODEL_ARCH.GEMMA3, c.num_hidden_layers), change)
    finish(w)


def gemma3():
    """Seven blocks, the sixth of them global; a window shorter than the text; the hub's spelling of the configuration."""
    tokenizer = tiny.pieces(320)
    config = {"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text",
              "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 16, "intermediate_size": 20,
              "num_hidden_layers": 7, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 8,
              "max_position_embeddings": 64, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
              "rope_local_base_freq": 10000.0, "rope_scaling": None, "query_pre_attn_scalar": 8, "sliding_window": 5,
              "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) + ["sliding_attention"],
              "attention_bias": False, "attn_logit_softcapping": None, "final_logit_softcapping": None,
              "tie_word_embeddings": True, "vocab_size": 320, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
    model = common.build(Gemma3ForCausalLM, Gemma3TextConfig, config, 4, gemma=True)
    return common.Fixture("Gemma 3", config, model, tokenizer, tiny.save_gemma_files, write_gguf)


def gemma3_scalar():
    """What only a config.json can say: a query scale that is not the head's width, another pattern, other bases."""
    tokenizer = tiny.pieces(320)
    config = {"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text",
              "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 20, "intermediate_size": 28,
              "num_hidden_layers": 4, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8,
              "max_position_embeddings": 64, "rms_norm_eps": 1e-05,
              "rope_parameters": {"full_attention": {"rope_theta": 40000.0, "rope_type": "default"},
                                  "sliding_attention": {"rope_theta": 500.0, "rope_type": "default"}},
              "query_pre_attn_scalar": 20, "sliding_window": 4,
              "layer_types": ["sliding_attention", "full_attention"] * 2, "tie_word_embeddings": True,
              "vocab_size": 320, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
    model = common.build(Gemma3ForCausalLM, Gemma3TextConfig, config, 5, gemma=True)
    return common.Fixture("Gemma 3", config, model, tokenizer, tiny.save_gemma_files)


def gemma3_caps():
    """Softcaps as in Gemma 2, of which transformers heeds that of the logits; biases in attention, the local layers stretched as well."""
    tokenizer = tiny.pieces(320)
    config = {"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text",
              "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 12, "intermediate_size": 20,
              "num_hidden_layers": 3, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8,
              "max_position_embeddings": 64, "rms_norm_eps": 1e-06, "attention_bias": True,
              "rope_parameters": {"full_attention": {"rope_theta": 40000.0, "rope_type": "linear", "factor": 2.0},
                                  "sliding_attention": {"rope_theta": 500.0, "rope_type": "linear", "factor": 3.0}},
              "query_pre_attn_scalar": 8, "sliding_window": 4, "sliding_window_pattern": 2, "attn_logit_softcapping": 2.5,
              "final_logit_softcapping": 6.0, "tie_word_embeddings": True, "vocab_size": 320, "bos_token_id": 2,
              "eos_token_id": 1, "pad_token_id": 0}
    model = common.build(Gemma3ForCausalLM, Gemma3TextConfig, config, 76, gemma=True)
    return common.Fixture("Gemma 3", config, model, tokenizer, tiny.save_gemma_files)


FIXTURES = {"gemma3": gemma3, "gemma3-caps": gemma3_caps, "gemma3-scalar": gemma3_scalar}
