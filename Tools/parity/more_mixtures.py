"""AFMoE, Aria, Kolibri, Sarvam MoE, Cohere 2 MoE and DBRX: decoders with experts that only transformers runs."""

from transformers import (
    AfmoeConfig, AfmoeForCausalLM, AriaTextConfig, AriaTextForCausalLM, Cohere2MoeConfig, Cohere2MoeForCausalLM, DbrxConfig,
    DbrxForCausalLM, Glm4MoeForCausalLM, Kolibri1Config, Kolibri1ForCausalLM, SarvamMoEConfig)

from parity import common

WINDOWS = ["sliding_attention", "full_attention", "sliding_attention"]


def afmoe():
    """Windows listed, a dense block first, scaled embeddings, a factor of the weights."""
    config = {"architectures": ["AfmoeForCausalLM"], "model_type": "afmoe", "attention_bias": True, **common.llama_like(
        num_hidden_layers=3, head_dim=8, sliding_window=5, layer_types=WINDOWS, num_dense_layers=1, num_experts=4,
        num_experts_per_tok=2, num_shared_experts=2, moe_intermediate_size=8, route_scale=1.75, mup_enabled=True,
        score_func="sigmoid", route_norm=True, n_group=1, topk_group=1)}
    return common.Fixture("AFMoE", config, common.build(AfmoeForCausalLM, AfmoeConfig, config, 401), common.smol())


def afmoe_usual():
    """A window in all but every second layer, no dense block, one shared expert."""
    config = {"architectures": ["AfmoeForCausalLM"], "model_type": "afmoe", **common.llama_like(
        num_hidden_layers=4, head_dim=4, sliding_window=5, global_attn_every_n_layers=2, num_dense_layers=0, num_experts=3,
        num_experts_per_tok=2, num_shared_experts=1, moe_intermediate_size=8)}
    return common.Fixture("AFMoE", config, common.build(AfmoeForCausalLM, AfmoeConfig, config, 402), common.smol())


def aria():
    """Biases; experts have the SiLU, the shared ones what the file says."""
    config = {"architectures": ["AriaTextForCausalLM"], "model_type": "aria_text", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(hidden_act="gelu", intermediate_size=8, moe_num_experts=4, moe_topk=2, moe_num_shared_experts=2)}
    return common.Fixture("Aria", config, common.build(AriaTextForCausalLM, AriaTextConfig, config, 403), common.smol())


def kolibri():
    """Windows in all but every fifth layer; shares as they are."""
    config = {"architectures": ["Kolibri1ForCausalLM"], "model_type": "kolibri1", **common.llama_like(
        num_hidden_layers=5, head_dim=4, sliding_window=5, num_experts=3, num_experts_per_tok=2, norm_topk_prob=False,
        moe_intermediate_size=4, shared_expert_intermediate_size=12)}
    del config["intermediate_size"]
    return common.Fixture("Kolibri", config, common.build(Kolibri1ForCausalLM, Kolibri1Config, config, 404), common.smol())


def kolibri_listed():
    """Kinds of layers listed; shares that sum to one."""
    config = {"architectures": ["Kolibri1ForCausalLM"], "model_type": "kolibri1", **common.llama_like(
        head_dim=8, sliding_window=5, layer_types=["full_attention", "sliding_attention"], num_experts=3, num_experts_per_tok=2,
        norm_topk_prob=True, moe_intermediate_size=8, shared_expert_intermediate_size=8)}
    del config["intermediate_size"]
    return common.Fixture("Kolibri", config, common.build(Kolibri1ForCausalLM, Kolibri1Config, config, 405), common.smol())


def sarvam_moe():
    """The names of the released file, groups, a bias of queries, keys and values."""
    config = {"architectures": ["SarvamMoEForCausalLM"], "model_type": "sarvam_moe", "use_qkv_bias": True, **common.llama_like(
        num_hidden_layers=3, head_dim=8, num_experts=4, num_shared_experts=1, num_experts_per_tok=2, n_group=2, topk_group=1,
        moe_intermediate_size=8, first_k_dense_replace=1, norm_topk_prob=True, routed_scaling_factor=2.5, use_qk_norm=True)}
    return common.Fixture("Sarvam MoE", config, common.build(Glm4MoeForCausalLM, SarvamMoEConfig, config, 406), common.smol())


def cohere2_moe():
    """Dense blocks first, which have positions without a window; shared experts that are averaged with the others."""
    config = {"architectures": ["Cohere2MoeForCausalLM"], "model_type": "cohere2_moe", "attention_bias": True, **common.llama_like(
        num_hidden_layers=4, head_dim=8, sliding_window=5, sliding_window_pattern=2, first_k_dense_replace=1, logit_scale=0.25,
        prefix_dense_intermediate_size=20, intermediate_size=8, num_experts=4, num_experts_per_tok=2, num_shared_experts=2,
        layer_norm_eps=1e-5, tie_word_embeddings=True)}
    del config["rms_norm_eps"]
    return common.Fixture(
        "Cohere 2 MoE", config, common.build(Cohere2MoeForCausalLM, Cohere2MoeConfig, config, 407), common.smol())


def cohere2_moe_sums():
    """Root-mean-square norms, sigmoids, shared experts that are added; everything listed."""
    config = {"architectures": ["Cohere2MoeForCausalLM"], "model_type": "cohere2_moe", **common.llama_like(
        num_hidden_layers=3, head_dim=4, sliding_window=5, layer_types=WINDOWS, mlp_layer_types=["sparse", "dense", "sparse"],
        prefix_dense_sliding_window_pattern=2, logit_scale=0.5, intermediate_size=8, num_experts=3, num_experts_per_tok=2,
        num_shared_experts=1, shared_expert_combination_strategy="sum", expert_selection_fn="sigmoid", norm_topk_prob=True,
        tie_word_embeddings=True)}
    return common.Fixture(
        "Cohere 2 MoE", config, common.build(Cohere2MoeForCausalLM, Cohere2MoeConfig, config, 408), common.smol())


def dbrx(seed, weights, clip):
    config = {"architectures": ["DbrxForCausalLM"], "model_type": "dbrx", "d_model": 16, "n_heads": 4, "n_layers": 2,
              "max_seq_len": 64, "vocab_size": 288, "rope_theta": 1000.0, "tie_word_embeddings": False, "resid_pdrop": 0.0,
              "attn_config": {"kv_n_heads": 2, "clip_qkv": clip, "rope_theta": 1000.0},
              "ffn_config": {"ffn_hidden_size": 8, "moe_num_experts": 4, "moe_top_k": 2, "moe_normalize_expert_weights": weights,
                             "ffn_act_fn": {"name": "silu"}},
              "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
    return common.Fixture("DBRX", config, common.build(DbrxForCausalLM, DbrxConfig, config, seed), common.smol())


FIXTURES = {"afmoe": afmoe, "afmoe-usual": afmoe_usual, "aria": aria, "kolibri": kolibri, "kolibri-listed": kolibri_listed,
            "sarvam-moe": sarvam_moe, "cohere2-moe": cohere2_moe, "cohere2-moe-sums": cohere2_moe_sums,
            "dbrx": lambda: dbrx(409, 1.0, 0.75), "dbrx-shares": lambda: dbrx(441, None, 0.75)}
