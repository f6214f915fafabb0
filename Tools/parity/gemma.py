"""Gemma 1 and 2; llama.cpp's converter adds 1 to the norms."""

import numpy as np
from gguf import MODEL_ARCH
import transformers
from transformers import Gemma2Config, Gemma2ForCausalLM, GemmaConfig, GemmaForCausalLM

from parity import common


def plus_one(name, a):
    return {name: a + np.float32(1) if name.endswith("norm.weight") else a}


def gemma():
    """As the first releases: "gelu", which means its tanh approximation."""
    config = {"architectures": ["GemmaForCausalLM"], "model_type": "gemma",
              **common.llama_like(hidden_act="gelu", head_dim=8, num_key_value_heads=1, tie_word_embeddings=True,
                                  rms_norm_eps=1e-06)}
    model = common.build(GemmaForCausalLM, GemmaConfig, config, 17, gemma=True)
    return common.Fixture("Gemma", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.GEMMA, plus_one, key_lengths))


def key_lengths(w, c):
    w.add_key_length(c.head_dim)
    w.add_value_length(c.head_dim)


def gemma2():
    """Softcaps low enough to matter, every other layer local."""
    config = {"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "hidden_activation": "gelu_pytorch_tanh",
              **common.llama_like(num_hidden_layers=3, head_dim=8, tie_word_embeddings=True, rms_norm_eps=1e-06,
                                  query_pre_attn_scalar=8, sliding_window=5, attn_logit_softcapping=2.0,
                                  final_logit_softcapping=3.0)}
    model = common.build(Gemma2ForCausalLM, Gemma2Config, config, 18, gemma=True)

    def more(w, c):
        key_lengths(w, c)
        w.add_attn_logit_softcapping(c.attn_logit_softcapping)
        w.add_final_logit_softcapping(c.final_logit_softcapping)
        w.add_sliding_window(c.sliding_window)
    return common.Fixture("Gemma 2", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.GEMMA2, plus_one, more))


def vaultgemma():
    """Gemma 2 without norms after attention and MLP; one layer of two with a window."""
    config = {"architectures": ["VaultGemmaForCausalLM"], "model_type": "vaultgemma", "hidden_size": 16, "intermediate_size": 24,
              "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "sliding_window": 5,
              "max_position_embeddings": 64, "query_pre_attn_scalar": 6, "attn_logit_softcapping": 3.0, "final_logit_softcapping": 2.0,
              "rms_norm_eps": 1e-06, "hidden_activation": "gelu_pytorch_tanh", "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2,
              "pad_token_id": 0}
    model = common.build(transformers.VaultGemmaForCausalLM, transformers.VaultGemmaConfig, config, 132, gemma=True)
    return common.Fixture("VaultGemma", config, model, common.smol())


FIXTURES = {"vaultgemma": vaultgemma, "gemma": gemma, "gemma2": gemma2}
