"""Mamba, Falcon-Mamba and Mamba 2."""

import gguf
import numpy as np
from gguf import MODEL_ARCH
from transformers import (FalconMambaConfig, FalconMambaForCausalLM, Mamba2Config, Mamba2ForCausalLM, MambaConfig,
                          MambaForCausalLM)

from parity import common, recurrent


def settings(**changes):
    return {"hidden_act": "silu", "hidden_size": 12, "num_hidden_layers": 3, "state_size": 5, "conv_kernel": 4, "expand": 2,
            "layer_norm_epsilon": 1e-05, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2,
            "residual_in_fp32": True, "rescale_prenorm_residual": False, "time_step_min": 0.001, "time_step_max": 0.1,
            "time_step_floor": 0.0001, **changes}


def describe(w, name, c, rank, groups=None, normed=None):
    w.add_name(f"tiny {name}")
    w.add_license("mit")
    w.add_block_count(c.num_hidden_layers)
    w.add_context_length(2 ** 20)
    w.add_embedding_length(c.hidden_size)
    w.add_feed_forward_length(0)
    w.add_head_count(0)
    w.add_layer_norm_rms_eps(c.layer_norm_epsilon)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    recurrent.describe(w, c.conv_kernel, int(c.expand * c.hidden_size), c.state_size, rank, groups)
    if normed is not None:
        w.add_ssm_dt_b_c_rms(normed)


def channel_tensors(name, a):
    if name.endswith(".A_log"):
        return {name: recurrent.rates(a)}
    return {name: a[:, 0] if name.endswith("conv1d.weight") else a}


def writer(architecture, describe_more, change):
    def write(path, model, tokenizer):
        w = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[architecture])
        describe_more(w, model.config)
        common.describe_smol(w, tokenizer)
        common.write_tensors(w, model, gguf.get_tensor_name_map(architecture, model.config.num_hidden_layers), change(model.config))
        common.finish(w)
    return write


def mamba_gguf(normed):
    return writer(MODEL_ARCH.MAMBA, lambda w, c: describe(w, "mamba", c, c.time_step_rank, normed=normed), lambda c: channel_tensors)


def mamba():
    """As the published files say it: a head that is the embedding, a bias of the convolution."""
    config = {"architectures": ["MambaForCausalLM"], "model_type": "mamba", **settings(
        intermediate_size=24, d_inner=24, d_model=12, n_layer=3, ssm_cfg={}, rms_norm=True, fused_add_norm=True,
        pad_vocab_size_multiple=8, time_step_rank=3, time_step_scale=1.0, time_step_init_scheme="random", use_bias=False,
        use_conv_bias=True)}
    model = recurrent.tame(common.build(MambaForCausalLM, MambaConfig, config, 311))
    return common.Fixture("Mamba", config, model, common.smol(), write_gguf=mamba_gguf(False),
                          readable=False)  # its logarithms of the rates are rounded


def mamba_bias():
    """Biases of the projections and none of the convolution, a head of its own, a kernel of two tokens, a rank that is not said."""
    config = {"architectures": ["MambaForCausalLM"], "model_type": "mamba", **settings(
        use_bias=True, use_conv_bias=False, tie_word_embeddings=False, conv_kernel=2, time_step_rank="auto", hidden_size=17,
        expand=3, num_hidden_layers=2)}
    model = recurrent.tame(common.build(MambaForCausalLM, MambaConfig, config, 312))
    return common.Fixture("Mamba", config, model, common.smol())


def falcon_mamba():
    """Norms of steps, keys and queries with an epsilon of their own; a width that replaces the one of `expand`."""
    config = {"architectures": ["FalconMambaForCausalLM"], "model_type": "falcon_mamba", **settings(
        mixer_rms_eps=0.01, intermediate_size=24, expand=16, tie_word_embeddings=False)}
    model = recurrent.tame(common.build(FalconMambaForCausalLM, FalconMambaConfig, config, 313))
    return common.Fixture("Falcon-Mamba", config, model, common.smol())


def falcon_mamba_gguf():
    """Falcon-Mamba under the name of Mamba, where one epsilon serves all norms."""
    config = {"architectures": ["FalconMambaForCausalLM"], "model_type": "falcon_mamba", **settings(mixer_rms_eps=1e-05)}
    model = recurrent.tame(common.build(FalconMambaForCausalLM, FalconMambaConfig, config, 314))
    return common.Fixture("Falcon-Mamba", config, model, common.smol(), write_gguf=mamba_gguf(True))


def head_tensors(c):
    return lambda name, a: recurrent.mamba2(name, a, c.n_groups) or {name: a}


def mamba2():
    """Two groups, no limit of steps as transformers 5 writes it."""
    config = {"architectures": ["Mamba2ForCausalLM"], "model_type": "mamba2", **settings(
        num_heads=4, head_dim=6, n_groups=2, chunk_size=16, time_step_limit=[0.0, {"__float__": "Infinity"}], use_bias=False,
        use_conv_bias=True, tie_word_embeddings=False, norm_before_gate=True, rms_norm=True, time_step_rank=2)}
    model = recurrent.tame(common.build(Mamba2ForCausalLM, Mamba2Config, {**config, "time_step_limit": [0.0, float("inf")]}, 315))
    return common.Fixture(
        "Mamba 2", config, model, common.smol(), write_gguf=writer(
            MODEL_ARCH.MAMBA2, lambda w, c: describe(w, "mamba2", c, c.num_heads, c.n_groups), head_tensors))


def mamba2_limit():
    """Steps that are limited, biases of the projections and none of the convolution, heads that fill no register."""
    config = {"architectures": ["Mamba2ForCausalLM"], "model_type": "mamba2", **settings(
        hidden_size=14, num_heads=4, head_dim=7, n_groups=4, state_size=3, chunk_size=8, time_step_limit=[0.25, 0.75], use_bias=True,
        use_conv_bias=False, conv_kernel=3, tie_word_embeddings=True)}
    model = recurrent.tame(common.build(Mamba2ForCausalLM, Mamba2Config, config, 316))
    return common.Fixture("Mamba 2", config, model, common.smol())


FIXTURES = {"mamba": mamba, "mamba-bias": mamba_bias, "falcon-mamba": falcon_mamba, "falcon-mamba-gguf": falcon_mamba_gguf,
            "mamba2": mamba2, "mamba2-limit": mamba2_limit}
