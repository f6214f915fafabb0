"""Zamba and Zamba2: Mamba mixers, some with a shared block of attention and MLP beside the stream. llama.cpp does not run them."""

from transformers import Zamba2Config, Zamba2ForCausalLM, ZambaConfig, ZambaForCausalLM

from parity import common, recurrent


def make(family, model_class, config_class, kind, seed, **changes):
    told = {"architectures": [model_class.__name__], "model_type": kind, "hidden_size": 12, "intermediate_size": 18,
            "num_attention_heads": 4, "num_key_value_heads": 4, "hidden_act": "gelu", "max_position_embeddings": 64,
            "rms_norm_eps": 1e-05, "vocab_size": 288,
            "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "mamba_d_state": 5, "mamba_d_conv": 4, "mamba_expand": 2,
            "num_logits_to_keep": 1, "use_mamba_kernels": True, **changes}
    model = recurrent.tame(common.build(model_class, config_class, told, seed))
    for name, p in model.named_parameters():
        # As for the mixers: sharp attention makes rounding large.
        is_sharp = "shared_" in name and name.endswith(("q_proj.weight", "k_proj.weight"))
        if name.endswith(("out_proj.weight", "linear.weight")) and kind == "zamba2":
            p.data *= 0.5
        if is_sharp or name.endswith("x_proj_weight") or "adapter_list" in name:
            p.data *= 0.5
    return common.Fixture(family, told, model, common.smol())


def zamba():
    """Blocks of the usual places: the third, and from the fourth on those at an offset."""
    return make("Zamba", ZambaForCausalLM, ZambaConfig, "zamba", 1003, num_hidden_layers=6, n_mamba_heads=2, mamba_dt_rank="auto",
                attn_layer_period=2, attn_layer_offset=1, attention_head_dim=8, attention_hidden_size=24, hidden_mamba_act="silu",
                mamba_conv_bias=True, mamba_proj_bias=False, time_step_min=0.001, time_step_max=0.1, time_step_floor=0.0001)


def zamba_listed():
    """Places in a list, biases of mixers but not of convolutions, one head of the mixer, shared key heads, a head of its own."""
    return make("Zamba", ZambaForCausalLM, ZambaConfig, "zamba", 1010, num_hidden_layers=3,
                layers_block_type=["hybrid", "mamba", "hybrid"], n_mamba_heads=1, mamba_dt_rank=3, num_key_value_heads=2,
                attention_head_dim=6, mamba_conv_bias=False, mamba_proj_bias=True,
                hidden_act="silu", tie_word_embeddings=False)


def zamba2():
    """As published: two shared blocks in turn, changes of both parts for every use, heads that turn."""
    return make("Zamba2", Zamba2ForCausalLM, Zamba2Config, "zamba2", 2005, num_hidden_layers=5,
                layers_block_type=["mamba", "hybrid", "hybrid", "mamba", "hybrid"], n_mamba_heads=4, mamba_ngroups=2, mamba_headdim=6,
                num_mem_blocks=2, use_shared_attention_adapter=True, adapter_rank=3, use_mem_rope=True, rope_theta=100.0, chunk_size=8,
                time_step_min=0.001, time_step_max=0.1, time_step_floor=0.0001, add_bias_linear=False, use_conv_bias=True,
                use_mem_eff_path=False, use_long_context=False, kv_channels=3, num_query_groups=4, attention_head_dim=6)


def zamba2_plain():
    """One shared block without changes of attention, biases, shared key heads, steps that are limited, nothing that turns."""
    return make("Zamba2", Zamba2ForCausalLM, Zamba2Config, "zamba2", 1002, num_hidden_layers=3,
                layers_block_type=["hybrid", "linear_attention", "hybrid"], n_mamba_heads=2, mamba_ngroups=1, num_mem_blocks=1,
                adapter_rank=2,
                num_key_value_heads=2, add_bias_linear=True, time_step_min=0.3, hidden_act="silu", tie_word_embeddings=False)


FIXTURES = {"zamba": zamba, "zamba-listed": zamba_listed, "zamba2": zamba2, "zamba2-plain": zamba2_plain}
