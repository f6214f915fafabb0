"""Bamba: Mamba 2 mixers and attention whose heads turn by half. llama.cpp's converter permutes rows that do not turn."""

from transformers import BambaConfig, BambaForCausalLM

from parity import common, recurrent


def settings(**changes):
    return common.llama_like(
        **{"num_hidden_layers": 3, "attn_layer_indices": [1], "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_n_groups": 1,
           "mamba_d_state": 5, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_chunk_size": 8, "mamba_conv_bias": True,
           "mamba_proj_bias": False, "num_logits_to_keep": 1, "z_loss_coefficient": 0.0, **changes})


def make(seed, **changes):
    config = {"architectures": ["BambaForCausalLM"], "model_type": "bamba", **settings(**changes)}
    model = recurrent.tame(common.build(BambaForCausalLM, BambaConfig, config, seed))
    return common.Fixture("Bamba", config, model, common.smol())


def bamba():
    """As published: attention by indices, a width of the mixers' heads that follows, the name of the publisher's own code."""
    return make(361, mamba_d_head="auto", attn_rotary_emb=2, attention_bias=False, mlp_bias=False, rope_theta=50.0, head_dim=4)


def bamba_bias():
    """Biases everywhere but in convolutions, two groups, steps that are limited."""
    return make(362, attn_layer_indices=[0, 2], mamba_n_groups=2, attention_bias=True, mlp_bias=True, mamba_proj_bias=True,
                mamba_conv_bias=False, time_step_limit=[0.25, 0.75], tie_word_embeddings=True)


FIXTURES = {"bamba": bamba, "bamba-bias": bamba_bias}
