"""dots.llm1, Solar Open, MiniMax-M2, Mellum 2, Flint and HunYuan 3."""

from gguf import MODEL_ARCH, ExpertGatingFuncType
from transformers import (
    Dots1Config, Dots1ForCausalLM, FlintConfig, FlintForCausalLM, HYV3Config, HYV3ForCausalLM, MellumConfig, MellumForCausalLM,
    MiniMaxM2Config, MiniMaxM2ForCausalLM, SolarOpenConfig, SolarOpenForCausalLM)

from parity import common, experts
from parity.phimoe import rename as w1_to_gate


def correction(name):
    """The name of the correction that gguf knows."""
    return name.replace("e_score_correction_bias", "e_score_correction.bias")


def dots1():
    """A dense block first, two shared experts, a window that the file has but no layer uses."""
    config = {"architectures": ["Dots1ForCausalLM"], "model_type": "dots1", "attention_bias": False, **common.llama_like(
        moe_intermediate_size=8, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=2, first_k_dense_replace=1,
        norm_topk_prob=True, routed_scaling_factor=2.5, scoring_func="noaux_tc", moe_layer_freq=1, sliding_window=None,
        max_window_layers=2, use_sliding_window=False)}
    model = common.build(Dots1ForCausalLM, Dots1Config, config, 110)

    def more(w, c):
        experts.describe(w, 4, 2, inner=8, shared=2, dense=1, scale=2.5, norm=True, gating=ExpertGatingFuncType.SIGMOID)
    return common.Fixture("dots.llm1", config, model, common.smol(), write_gguf=common.llama_like_gguf(
        MODEL_ARCH.DOTS1, experts.stacked(4, correction), more))


def dots1_window():
    """What only a config.json can say: a window in the upper layers, groups, weights as they are."""
    config = {"architectures": ["Dots1ForCausalLM"], "model_type": "dots1", "attention_bias": True, **common.llama_like(
        num_hidden_layers=3, moe_intermediate_size=8, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, n_group=2,
        topk_group=1, first_k_dense_replace=1, norm_topk_prob=False, routed_scaling_factor=1.5, sliding_window=5,
        max_window_layers=1)}
    model = common.build(Dots1ForCausalLM, Dots1Config, config, 111)
    return common.Fixture("dots.llm1", config, model, common.smol())


def solar_open():
    """GLM-4.5 without dense blocks and head norms, the whole head turned by YaRN; llama.cpp calls it glm4moe."""
    config = {"architectures": ["SolarOpenForCausalLM"], "model_type": "solar_open", "attention_bias": False,
              **common.llama_like(head_dim=8, moe_intermediate_size=8, n_routed_experts=4, num_experts_per_tok=2,
                                  n_shared_experts=1, n_group=1, topk_group=1, norm_topk_prob=True, routed_scaling_factor=1.5,
                                  rope_scaling={"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 32})}
    model = common.build(SolarOpenForCausalLM, SolarOpenConfig, config, 112)
    return common.Fixture("GLM-4.5", config, model, common.smol())


def minimax_m2():
    """Corrected sigmoids, norms over all heads, half a head turned."""
    config = {"architectures": ["MiniMaxM2ForCausalLM"], "model_type": "minimax_m2", "scoring_func": "sigmoid",
              "use_qk_norm": True, "use_routing_bias": True, "qk_norm_type": "per_layer", "shared_intermediate_size": 0,
              "attn_type_list": [1, 1], **common.llama_like(
                  head_dim=8, rotary_dim=4, num_local_experts=4, num_experts_per_tok=2, intermediate_size=8)}
    model = common.build(MiniMaxM2ForCausalLM, MiniMaxM2Config, config, 113)

    def more(w, c):
        experts.describe(w, 4, 2, inner=8, gating=ExpertGatingFuncType.SIGMOID)
        w.add_rope_dimension_count(4)
    return common.Fixture("MiniMax-M2", config, model, common.smol(), write_gguf=common.llama_like_gguf(
        MODEL_ARCH.MINIMAXM2, experts.stacked(4, lambda name: correction(w1_to_gate(name))), more))


def mellum():
    """Windows and positions by the kind of layer, a dense block among the others."""
    config = {"architectures": ["MellumForCausalLM"], "model_type": "mellum", "attention_bias": False, **common.llama_like(
        num_hidden_layers=3, head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, norm_topk_prob=True,
        sliding_window=5, layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        mlp_layer_types=["sparse", "dense", "sparse"], rope_parameters={
            "full_attention": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 32, "rope_theta": 5000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1000.0}})}
    del config["rope_theta"]
    model = common.build(MellumForCausalLM, MellumConfig, config, 114)
    return common.Fixture("Mellum 2", config, model, common.smol())


def flint():
    """Sinks, a window in most layers, positions there only; two dense blocks."""
    config = {"architectures": ["FlintForCausalLM"], "model_type": "flint", "attention_bias": True, **common.llama_like(
        num_hidden_layers=4, head_dim=4, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=8,
        shared_expert_intermediate_size=8, norm_topk_prob=True, sliding_window=5, mlp_only_layers=[1], tie_word_embeddings=True,
        layer_types=["full_attention", "sliding_attention", "sliding_attention", "full_attention"])}
    model = common.build(FlintForCausalLM, FlintConfig, config, 115)
    return common.Fixture("Flint", config, model, common.smol())


def flint_usual():
    """The layers that a config.json without lists has; shares as they are."""
    config = {"architectures": ["FlintForCausalLM"], "model_type": "flint", **common.llama_like(
        num_hidden_layers=4, head_dim=4, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=8,
        shared_expert_intermediate_size=8, norm_topk_prob=False, sliding_window=5, tie_word_embeddings=True)}
    model = common.build(FlintForCausalLM, FlintConfig, config, 136)
    return common.Fixture("Flint", config, model, common.smol())


def hy_v3():
    """A dense block first, biases, a factor of the weights."""
    config = {"architectures": ["HYV3ForCausalLM"], "model_type": "hy_v3", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(head_dim=8, num_experts=4, num_experts_per_tok=2, num_shared_experts=1, moe_intermediate_size=8,
                                  router_scaling_factor=1.75, enable_moe_fp32_combine=False)}
    model = common.build(HYV3ForCausalLM, HYV3Config, config, 117)
    return common.Fixture("HunYuan 3", config, model, common.smol())


FIXTURES = {"dots1": dots1, "dots1-window": dots1_window, "solar-open": solar_open, "minimax-m2": minimax_m2, "mellum": mellum,
            "flint": flint, "flint-usual": flint_usual, "hy-v3": hy_v3}
