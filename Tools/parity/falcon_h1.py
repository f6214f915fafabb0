"""Falcon-H1: attention and a Mamba 2 mixer side by side."""

from gguf import MODEL_ARCH
from transformers import FalconH1Config, FalconH1ForCausalLM

from parity import common, recurrent

# Powers of two, by which llama.cpp's converter multiplies weights exactly.
FACTORS = {"attention_in_multiplier": 0.5, "attention_out_multiplier": 2.0, "embedding_multiplier": 4.0, "key_multiplier": 0.5,
           "lm_head_multiplier": 0.25, "mlp_multipliers": [2.0, 0.5], "ssm_in_multiplier": 2.0, "ssm_out_multiplier": 0.5,
           "ssm_multipliers": [0.5, 2.0, 4.0, 0.25, 0.5]}


def settings(**changes):
    return common.llama_like(
        **{"head_dim": 8, "mamba_d_ssm": 24, "mamba_n_heads": 4, "mamba_d_head": 6, "mamba_n_groups": 2, "mamba_d_state": 5,
           "mamba_d_conv": 4, "mamba_expand": 2, "mamba_chunk_size": 8, "mamba_conv_bias": True, "mamba_proj_bias": False,
           "mamba_norm_before_gate": False, "mamba_rms_norm": True, "projectors_bias": False, "attention_bias": False, "mlp_bias": False,
           "num_logits_to_keep": 1, "mlp_expansion_factor": 8, "mamba_use_mlp": True, "attn_layer_indices": None, "rope_scaling": None,
           "rope_theta": 100000000000.0, **FACTORS, **changes})


def change(c):
    first, keys = c.mamba_d_ssm, c.mamba_n_groups * c.mamba_d_state

    def changed(name, a):
        stem = name.rpartition(".")[0]
        factors = {"down_proj": c.mlp_multipliers[1], "gate_proj": c.mlp_multipliers[0],
                   "k_proj": c.key_multiplier * c.attention_in_multiplier, "q_proj": c.attention_in_multiplier,
                   "v_proj": c.attention_in_multiplier, "o_proj": c.attention_out_multiplier, "out_proj": c.ssm_out_multiplier,
                   "lm_head": c.lm_head_multiplier, "embed_tokens": c.embedding_multiplier}
        if stem.endswith("in_proj"):
            a = a * c.ssm_in_multiplier
            start = 0
            for count, factor in zip((first, first, keys, keys, c.mamba_n_heads), c.ssm_multipliers):
                a[start:start + count] *= factor
                start += count
            return {name: a}
        mixer = recurrent.mamba2(name, a, c.mamba_n_groups)
        return mixer or {name: a * factors.get(stem.rpartition(".")[2], 1)}
    return changed


def gguf(path, model, tokenizer):
    def more(w, c):
        w.add_vocab_size(c.vocab_size)
        recurrent.describe(w, c.mamba_d_conv, c.mamba_d_ssm, c.mamba_d_state, c.mamba_n_heads, c.mamba_n_groups)
    common.llama_like_gguf(MODEL_ARCH.FALCON_H1, change(model.config), more)(path, model, tokenizer)


def falcon_h1():
    """Every factor, the norm after the gate."""
    config = {"architectures": ["FalconH1ForCausalLM"], "model_type": "falcon_h1", **settings()}
    model = common.build(FalconH1ForCausalLM, FalconH1Config, config, 331)
    return common.Fixture("Falcon-H1", config, model, common.smol(), write_gguf=gguf)


def falcon_h1_plain():
    """No norm of the mixer, as most published files have it; biases everywhere but in the convolution; a tied head; limited steps."""
    config = {"architectures": ["FalconH1ForCausalLM"], "model_type": "falcon_h1", **settings(
        mamba_rms_norm=False, attention_bias=True, mlp_bias=True, mamba_proj_bias=True, projectors_bias=True, mamba_conv_bias=False,
        tie_word_embeddings=True, mamba_d_ssm=None, mamba_d_head="auto", time_step_limit=[0.2, 1.5], attention_in_multiplier=0.7,
        ssm_in_multiplier=1.3, key_multiplier=0.9, mlp_multipliers=[1.1, 0.8], ssm_multipliers=[0.9, 1.2, 0.8, 1.1, 0.7])}
    model = common.build(FalconH1ForCausalLM, FalconH1Config, config, 332)
    return common.Fixture("Falcon-H1", config, model, common.smol())


def falcon_h1_first():
    """The norm before the gate."""
    config = {"architectures": ["FalconH1ForCausalLM"], "model_type": "falcon_h1", **settings(
        mamba_norm_before_gate=True, num_hidden_layers=1)}
    model = common.build(FalconH1ForCausalLM, FalconH1Config, config, 333)
    return common.Fixture("Falcon-H1", config, model, common.smol())


FIXTURES = {"falcon-h1": falcon_h1, "falcon-h1-plain": falcon_h1_plain, "falcon-h1-first": falcon_h1_first}
