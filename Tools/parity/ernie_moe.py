"""ERNIE 4.5 with experts."""

from gguf import MODEL_ARCH
from transformers import Ernie4_5_MoeConfig, Ernie4_5_MoeForCausalLM

from parity import common, experts


def ernie_moe():
    """A dense block first; experts chosen by corrected shares, and two that every token uses."""
    config = {"architectures": ["Ernie4_5_MoeForCausalLM"], "model_type": "ernie4_5_moe", "use_bias": False,
              **common.llama_like(num_hidden_layers=3, moe_num_experts=4, moe_k=2, moe_num_shared_experts=2, moe_intermediate_size=8,
                                  moe_layer_start_index=1, moe_layer_interval=1, moe_use_aux_free=True,
                                  moe_gate="topk", moe_capacity=[4, 4, 4], tie_word_embeddings=True,
                                  num_nextn_predict_layers=1, rope_theta=500000.0)}
    model = common.build(Ernie4_5_MoeForCausalLM, Ernie4_5_MoeConfig, config, 103)

    def rename(name):
        return name.replace("e_score_correction_bias", "e_score_correction.bias")

    def more(w, c):
        experts.describe(w, 4, 2, inner=8, shared=2, shared_inner=16, dense=1)
        w.add_interleave_moe_layer_step(1)
    return common.Fixture("ERNIE 4.5 MoE", config, model, common.smol(), write_gguf=common.llama_like_gguf(
        MODEL_ARCH.ERNIE4_5_MOE, experts.stacked(4, rename), more))


def ernie_moe_interval():
    """Every other block up to a last one, biases, no shared expert, a least sum of shares that counts."""
    config = {"architectures": ["Ernie4_5_MoeForCausalLM"], "model_type": "ernie4_5_moe", "use_bias": True,
              **common.llama_like(num_hidden_layers=5, moe_num_experts=3, moe_k=2, moe_num_shared_experts=0,
                                  moe_intermediate_size=8, moe_layer_start_index=1, moe_layer_end_index=3,
                                  moe_layer_interval=2, moe_norm_min=0.875)}
    model = common.build(Ernie4_5_MoeForCausalLM, Ernie4_5_MoeConfig, config, 104)
    return common.Fixture("ERNIE 4.5 MoE", config, model, common.smol())


FIXTURES = {"ernie-moe": ernie_moe, "ernie-moe-interval": ernie_moe_interval}
