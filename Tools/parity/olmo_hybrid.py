"""OLMo Hybrid: gated delta rule, and attention with norms behind its parts. llama.cpp does not run it."""

from transformers import OlmoHybridConfig, OlmoHybridForCausalLM

from parity import common, recurrent


def make(seed, original=True, **changes):
    told = {"architectures": ["OlmoHybridForCausalLM"], "model_type": "olmo_hybrid", "hidden_size": 16, "intermediate_size": 24,
            "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 4, "hidden_act": "silu", "max_position_embeddings": 64,
            "rms_norm_eps": 1e-06, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
            "linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 6, "linear_value_head_dim": 12,
            "linear_conv_kernel_dim": 4, "linear_allow_neg_eigval": True, **changes}
    model = recurrent.tame(common.build(OlmoHybridForCausalLM, OlmoHybridConfig, told, seed))
    for name, p in model.named_parameters():
        # What blocks add is halved, or rounding grows from block to block.
        if name.endswith(("o_proj.weight", "down_proj.weight", "down_proj")):
            p.data *= 0.5
    return common.Fixture("OLMo Hybrid", told, model, common.smol(), original=original)


def olmo_hybrid():
    """As published: nothing turns, and strengths are up to two."""
    return make(1005, layer_types=["linear_attention"] * 3 + ["full_attention"],
                rope_parameters={"rope_theta": None, "rope_type": "default"})


def olmo_hybrid_rope():
    """As transformers has it in memory: heads that turn, shared keys, sizes that follow, strengths up to one."""
    made = make(2020, original=False, rope_theta=100.0, linear_allow_neg_eigval=False, attention_bias=True, num_key_value_heads=2,
                linear_num_value_heads=4, hidden_act="gelu", tie_word_embeddings=True, num_hidden_layers=5, intermediate_size=16)
    # Both widths are what follows from the others.
    del made.config["linear_key_head_dim"], made.config["linear_value_head_dim"]
    return made


FIXTURES = {"olmo-hybrid": olmo_hybrid, "olmo-hybrid-rope": olmo_hybrid_rope}
