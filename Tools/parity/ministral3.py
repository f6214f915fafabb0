"""Ministral 3: YaRN, and queries that grow with their position. llama.cpp interleaves the rows of queries and keys."""

import copy

from gguf import MODEL_ARCH, RopeScalingType
from transformers import Ministral3Config, Ministral3ForCausalLM

from parity import common
from parity.common import permute


def ministral3():
    """Queries that grow every twelve positions, and cosines and sines that YaRN scales."""
    rope = {"rope_type": "yarn", "type": "yarn", "rope_theta": 20.0, "factor": 4.0, "original_max_position_embeddings": 12,
            "beta_fast": 0.5, "beta_slow": 0.05, "mscale": 1.0, "mscale_all_dim": 0.5, "llama_4_scaling_beta": 0.75}
    config = {"architectures": ["Ministral3ForCausalLM"], "model_type": "ministral3",
              **common.llama_like(head_dim=8, rope_parameters=rope, sliding_window=None)}
    del config["rope_theta"]
    model = common.build(Ministral3ForCausalLM, Ministral3Config, copy.deepcopy(config), 101)

    def change(name, a):
        heads = 4 if ".q_proj." in name else 2 if ".k_proj." in name else None
        return {name: permute(a, heads) if heads else a}

    def more(w, c):
        w.add_rope_dimension_count(c.head_dim)
        w.add_vocab_size(c.vocab_size)
        w.add_rope_scaling_type(RopeScalingType.YARN)
        w.add_rope_scaling_factor(rope["factor"])
        w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        w.add_rope_scaling_yarn_beta_fast(rope["beta_fast"])
        w.add_rope_scaling_yarn_beta_slow(rope["beta_slow"])
        w.add_rope_scaling_yarn_log_mul(rope["mscale_all_dim"])
        w.add_attn_temperature_scale(rope["llama_4_scaling_beta"])
    return common.Fixture("Ministral 3", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.MISTRAL3, change, more))


def ministral3_usual():
    """No section of rotary positions, which then are those of the released models whatever `rope_theta` says; a window."""
    config = {"architectures": ["Ministral3ForCausalLM"], "model_type": "ministral3",
              **common.llama_like(head_dim=8, sliding_window=6, rope_theta=10.0)}
    model = common.build(Ministral3ForCausalLM, Ministral3Config, copy.deepcopy(config), 102)
    return common.Fixture("Ministral 3", config, model, common.smol())


FIXTURES = {"ministral3": ministral3, "ministral3-usual": ministral3_usual}
