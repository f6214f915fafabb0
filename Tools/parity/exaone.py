"""EXAONE 3: Llama under other names. EXAONE 4: norms after attention and MLP; positions only in layers with a window, if there are any."""

import copy

from gguf import MODEL_ARCH
from transformers import Exaone4Config, Exaone4ForCausalLM, ExaoneConfig, LlamaForCausalLM

from parity import common


def exaone4():
    """As the 32B model: every fourth layer without a window and without positions."""
    config = {"architectures": ["Exaone4ForCausalLM"], "model_type": "exaone4",
              **common.llama_like(num_hidden_layers=4, head_dim=8, sliding_window=5, sliding_window_pattern=4)}
    model = common.build(Exaone4ForCausalLM, Exaone4Config, config, 107)

    def more(w, c):
        w.add_vocab_size(c.vocab_size)
        w.add_sliding_window(c.sliding_window)
        w.add_sliding_window_pattern([kind == "sliding_attention" for kind in c.layer_types])
    return common.Fixture("EXAONE 4", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.EXAONE4, more=more))


def exaone4_full():
    """As the 1.2B model: no windows, positions in every layer, stretched as in Llama 3; the pattern that counts for nothing is null."""
    scaling = {"rope_type": "llama3", "factor": 16.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 32}
    config = {"architectures": ["Exaone4ForCausalLM"], "model_type": "exaone4",
              **common.llama_like(head_dim=8, sliding_window=None, sliding_window_pattern=None, rope_theta=50.0,
                                  rope_scaling=scaling, layer_types=["full_attention"] * 2, tie_word_embeddings=True)}
    model = common.build(Exaone4ForCausalLM, Exaone4Config, copy.deepcopy(config), 108)
    return common.Fixture("EXAONE 4", config, model, common.smol())


def exaone_config(**changes):
    return {"architectures": ["ExaoneForCausalLM"], "model_type": "exaone", "activation_function": "silu", "hidden_size": 16,
            "intermediate_size": 24, "num_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
            "layer_norm_epsilon": 1e-05, "rope_theta": 10000.0, "tie_word_embeddings": True, "vocab_size": 288, "bos_token_id": 1,
            "eos_token_id": 2, "pad_token_id": 0, "embed_dropout": 0.0, "attention_dropout": 0.0, **changes}


def exaone():
    """The names of the hub, for tensors and settings."""
    config = exaone_config(head_dim=8)
    model = common.build(LlamaForCausalLM, ExaoneConfig, copy.deepcopy(config), 123)
    return common.Fixture("EXAONE", config, model, common.smol(), write_gguf=common.llama_like_gguf(
        MODEL_ARCH.EXAONE, more=lambda w, c: w.add_rope_dimension_count(c.head_dim)))


def exaone_llama():
    """The names of Llama, as transformers saves them; biases, positions stretched as in Llama 3."""
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 32}
    config = exaone_config(head_dim=8, attention_bias=True, mlp_bias=True, rope_scaling=scaling, rope_theta=50.0)
    for old, new in (("num_layers", "num_hidden_layers"), ("layer_norm_epsilon", "rms_norm_eps"), ("activation_function", "hidden_act")):
        config[new] = config.pop(old)
    model = common.build(LlamaForCausalLM, ExaoneConfig, copy.deepcopy(config), 124)
    return common.Fixture("EXAONE", config, model, common.smol(), original=False)


FIXTURES = {"exaone": exaone, "exaone-llama": exaone_llama, "exaone4": exaone4, "exaone4-full": exaone4_full}
