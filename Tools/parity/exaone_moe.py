"""K-EXAONE: EXAONE 4's attention behind norms, DeepSeek V3's experts."""

from gguf import MODEL_ARCH, ExpertGatingFuncType, RopeScalingType
from transformers import ExaoneMoeConfig, ExaoneMoeForCausalLM

from parity import common, experts
from parity.deepseek import correct

EXPERTS = {"moe_intermediate_size": 4, "num_experts": 4, "num_experts_per_tok": 2, "num_shared_experts": 1}


def exaone_moe():
    """Groups of experts, a dense first block, a window in all layers but the last, corrections beside the router as published."""
    config = {"architectures": ["ExaoneMoEForCausalLM"], "model_type": "exaone_moe", **common.llama_like(
        num_hidden_layers=4, head_dim=6, sliding_window=5, sliding_window_pattern=4,
        layer_types=["sliding_attention"] * 3 + ["full_attention"], first_k_dense_replace=1, n_group=2, topk_group=1,
        norm_topk_prob=True, routed_scaling_factor=2.5, scoring_func="sigmoid", topk_method="noaux_tc",
        first_last_k_dense_replace=1, is_moe_layer=[False, True, True, True], num_nextn_predict_layers=1,
        **EXPERTS)}
    model = correct(common.build(ExaoneMoeForCausalLM, ExaoneMoeConfig, config, 109), 109)
    stacked = experts.stacked(4)

    def change(name, a):
        return stacked(name.replace("e_score_correction_bias", "e_score_correction.bias"), a)

    def more(w, c):
        w.add_vocab_size(c.vocab_size)
        w.add_sliding_window(c.sliding_window)
        w.add_sliding_window_pattern([kind == "sliding_attention" for kind in c.layer_types])
        experts.describe(w, 4, 2, inner=4, shared=1, shared_inner=4, dense=1, scale=c.routed_scaling_factor, norm=c.norm_topk_prob,
                         gating=ExpertGatingFuncType.SIGMOID)
        w.add_expert_group_count(c.n_group)
        w.add_expert_group_used_count(c.topk_group)
        w.add_nextn_predict_layers(0)
        w.add_rope_scaling_type(RopeScalingType.NONE)
    return common.Fixture("EXAONE MoE", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.EXAONE_MOE, change, more))


def exaone_moe_listed():
    """Dense blocks by a list, shares as they are, two shared experts in one."""
    config = {"architectures": ["ExaoneMoeForCausalLM"], "model_type": "exaone_moe", **common.llama_like(
        num_hidden_layers=3, sliding_window=4, sliding_window_pattern="LG", mlp_layer_types=["sparse", "dense", "sparse"],
        layer_types=["full_attention", "sliding_attention", "full_attention"], n_group=1, topk_group=1, norm_topk_prob=False,
        routed_scaling_factor=1.5, tie_word_embeddings=True, **{**EXPERTS, "num_shared_experts": 2})}
    model = correct(common.build(ExaoneMoeForCausalLM, ExaoneMoeConfig, config, 110), 110)
    return common.Fixture("EXAONE MoE", config, model, common.smol(), original=False)


FIXTURES = {"exaone-moe": exaone_moe, "exaone-moe-listed": exaone_moe_listed}
