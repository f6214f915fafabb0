"""EXAONE 4: norms after attention and MLP; positions only in layers with a window, where there are such layers."""

import copy

from gguf import MODEL_ARCH
from transformers import Exaone4Config, Exaone4ForCausalLM

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


FIXTURES = {"exaone4": exaone4, "exaone4-full": exaone4_full}
