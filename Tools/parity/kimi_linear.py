"""Kimi Linear: a delta rule that decays by key, latent attention without positions, experts. llama.cpp does not run it."""

from transformers import KimiLinearConfig, KimiLinearForCausalLM

from parity import common, recurrent


def make(seed, **changes):
    told = {"architectures": ["KimiLinearForCausalLM"], "model_type": "kimi_linear", "hidden_size": 16, "intermediate_size": 24,
            "moe_intermediate_size": 8, "num_attention_heads": 2, "num_key_value_heads": 2, "num_experts": 4, "num_experts_per_token": 2,
            "num_shared_experts": 1, "moe_renormalize": True, "num_expert_group": 1, "topk_group": 1, "routed_scaling_factor": 2.446,
            "kv_lora_rank": 6, "q_lora_rank": None, "qk_rope_head_dim": 2, "qk_nope_head_dim": 4, "v_head_dim": 5, "hidden_act": "silu",
            "model_max_length": 64, "rms_norm_eps": 1e-05, "tie_word_embeddings": False, "vocab_size": 288,
            "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, **changes}
    model = recurrent.tame(common.build(KimiLinearForCausalLM, KimiLinearConfig, told, seed))
    for name, p in model.named_parameters():
        # What blocks add is a quarter, or rounding grows from block to block.
        if name.endswith(("o_proj.weight", "down_proj.weight", "down_proj")):
            p.data *= 0.25
    return common.Fixture("Kimi Linear", told, model, common.smol())


def kimi_linear():
    """As published: kinds of blocks and sizes in a section."""
    return make(2000, num_hidden_layers=3, first_k_dense_replace=1, mla_use_nope=True, moe_layer_freq=1,
                moe_router_activation_func="sigmoid", use_grouped_topk=True, head_dim=2, rope_theta=10000.0, linear_attn_config={
                    "head_dim": 6, "num_heads": 2, "short_conv_kernel_size": 4, "full_attn_layers": [2], "kda_layers": [1, 3]})


def kimi_linear_listed():
    """transformers' own names; groups of experts, queries of low rank, biases, weights that are not normalised."""
    return make(1002, num_hidden_layers=3, layer_types=["full_attention", "linear_attention", "linear_attention"],
                mlp_layer_types=["sparse", "dense", "sparse"], linear_head_dim=6, linear_num_heads=2, linear_conv_kernel_dim=3,
                num_expert_group=2, topk_group=1, q_lora_rank=6, attention_bias=True, moe_renormalize=False, hidden_act="gelu")


FIXTURES = {"kimi-linear": kimi_linear, "kimi-linear-listed": kimi_linear_listed}
