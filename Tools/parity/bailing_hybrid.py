"""Ling 3 (Bailing hybrid): a delta rule that decays by key, in every few blocks latent attention with gated heads, experts.

llama.cpp does not run it.
"""

from transformers import BailingHybridConfig, BailingHybridForCausalLM

from parity import common, recurrent


def make(seed, **changes):
    told = {"architectures": ["BailingHybridForCausalLM"], "model_type": "bailing_hybrid", "hidden_size": 16, "intermediate_size": 24,
            "moe_intermediate_size": 8, "num_attention_heads": 2, "num_key_value_heads": 2, "num_experts": 4, "num_experts_per_tok": 2,
            "num_shared_experts": 1, "n_group": 2, "topk_group": 1, "norm_topk_prob": True, "routed_scaling_factor": 2.5,
            "num_hidden_layers": 3, "kv_lora_rank": 6, "q_lora_rank": None, "qk_rope_head_dim": 2, "qk_nope_head_dim": 4,
            "v_head_dim": 5, "head_dim": 6, "hidden_act": "silu", "max_position_embeddings": 64, "rms_norm_eps": 1e-05,
            "tie_word_embeddings": False, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
            "layer_group_size": 2, "first_k_dense_replace": 1, "num_nextn_predict_layers": 0, **changes}
    model = recurrent.tame(common.build(BailingHybridForCausalLM, BailingHybridConfig, told, seed))
    for name, p in model.named_parameters():
        # What blocks add is a quarter, or rounding grows from block to block.
        if name.endswith(("o_proj.weight", "down_proj.weight", "down_proj")):
            p.data *= 0.25
    return common.Fixture("Ling 3", told, model, common.smol())


def bailing_hybrid():
    """As published: attention in the last block of each group, bounded decay."""
    return make(731, kda_safe_gate=True, kda_lower_bound=-5.0, rope_theta=5000.0)


def bailing_hybrid_listed():
    """Kinds of blocks listed, unbounded decay, queries of low rank, biases, positions in a section."""
    return make(732, layer_types=["full_attention", "linear_attention", "full_attention"],
                mlp_layer_types=["sparse", "dense", "sparse"], kda_safe_gate=False, short_conv_kernel_size=3, q_lora_rank=6,
                attention_bias=True, norm_topk_prob=False, hidden_act="gelu",
                rope_parameters={"rope_type": "yarn", "rope_theta": 700.0, "factor": 4.0, "original_max_position_embeddings": 16,
                                 "mscale": 1.0, "mscale_all_dim": 1.0})


FIXTURES = {"bailing-hybrid": bailing_hybrid, "bailing-hybrid-listed": bailing_hybrid_listed}
