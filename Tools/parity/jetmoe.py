"""JetMoE: experts of attention beside experts of MLPs. llama.cpp does not run it."""

from transformers import JetMoeConfig, JetMoeForCausalLM

from parity import common


def make(seed, **changes):
    told = {"architectures": ["JetMoeForCausalLM"], "model_type": "jetmoe", "hidden_size": 16, "intermediate_size": 8,
            "num_hidden_layers": 2, "num_key_value_heads": 2, "kv_channels": 6, "num_local_experts": 4, "num_experts_per_tok": 2,
            "activation_function": "silu", "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
            "vocab_size": 288, "tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, **changes}
    return common.Fixture("JetMoE", told, common.build(JetMoeForCausalLM, JetMoeConfig, told, seed), common.smol())


def jetmoe():
    """As published, with the publisher's own names beside others; the norms of blocks keep an epsilon of their own."""
    return make(721, rms_norm_eps=0.01, ffn_hidden_size=8, moe_num_experts=4, moe_top_k=2, num_layers=2, num_attention_heads=4,
                layer_norm_epsilon=1e-05, n_positions=64, rotary_percent=1.0, glu=True, bias=True, aux_loss_coef=0.01)


def jetmoe_untied():
    """Three of five experts, another activation, a head of its own, other positions."""
    return make(722, num_local_experts=5, num_experts_per_tok=3, activation_function="gelu", tie_word_embeddings=False, kv_channels=4,
                rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0})


FIXTURES = {"jetmoe": jetmoe, "jetmoe-untied": jetmoe_untied}
