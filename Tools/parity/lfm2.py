"""LFM2 and LFM3: short convolutions, also with experts."""

import numpy as np
import torch
from gguf import MODEL_ARCH, ExpertGatingFuncType
from transformers import (
    Lfm2Config, Lfm2ForCausalLM, Lfm2MoeConfig, Lfm2MoeForCausalLM, Lfm3Config, Lfm3ForCausalLM)

from parity import common, experts, recurrent


def settings(**changes):
    config = common.llama_like(
        **{"norm_eps": 1e-05, "num_hidden_layers": 3, "conv_L_cache": 3, "conv_bias": False, "rope_theta": 1000000.0,
           "block_auto_adjust_ff_dim": False, **changes})
    for key in ("hidden_act", "rms_norm_eps", "tie_word_embeddings"):
        del config[key]
    return config


def gguf(path, model, tokenizer):
    c = model.config

    def more(w, c):
        w.add_vocab_size(c.vocab_size)
        w.add_shortconv_l_cache(c.conv_L_cache)
        w.add_layer_norm_rms_eps(c.norm_eps)
        w.add_head_count_kv([c.num_key_value_heads if kind == "full_attention" else 0 for kind in c.layer_types])

    def change(name, a):
        return {name: a[:, 0] if name.endswith("conv.conv.weight") else a}
    kv, c.num_key_value_heads = c.num_key_value_heads, c.num_key_value_heads
    common.llama_like_gguf(MODEL_ARCH.LFM2, change, more)(path, model, tokenizer)
    c.num_key_value_heads = kv


def lfm2():
    """Blocks by their types, a width that is not adjusted."""
    config = {"architectures": ["Lfm2ForCausalLM"], "model_type": "lfm2",
              **settings(layer_types=["conv", "full_attention", "conv"])}
    model = common.build(Lfm2ForCausalLM, Lfm2Config, config, 321)
    return common.Fixture("LFM2", config, model, common.smol(), write_gguf=gguf)


def lfm2_published():
    """As the published files say it: indices of the blocks with attention, the older name of the width, which is adjusted; biases too."""
    config = {"architectures": ["Lfm2ForCausalLM"], "model_type": "lfm2", **settings(
        conv_bias=True, conv_L_cache=4, full_attn_idxs=[1, 2], block_auto_adjust_ff_dim=True, block_ff_dim=20,
        block_ffn_dim_multiplier=1.5, block_multiple_of=8, block_dim=16, block_norm_eps=1e-05, block_use_swiglu=True, conv_dim=16,
        conv_dim_out=16, num_heads=4, theta=1000000.0, tie_embedding=True, use_pos_enc=True, intermediate_size=999)}
    model = common.build(Lfm2ForCausalLM, Lfm2Config, config, 322)
    return common.Fixture("LFM2", config, model, common.smol())


def moe_settings(**changes):
    config = settings(num_hidden_layers=4, moe_intermediate_size=8, num_experts=4, num_experts_per_tok=2, num_dense_layers=1,
                      layer_types=["conv", "full_attention", "conv", "full_attention"], **changes)
    del config["block_auto_adjust_ff_dim"]
    return config


def moe_gguf(path, model, tokenizer):
    c = model.config
    stacked = experts.stacked(c.num_experts, lambda name: name.removeprefix("model.") if ".experts." in name else name)

    def more(w, c):
        w.add_vocab_size(c.vocab_size)
        w.add_shortconv_l_cache(c.conv_L_cache)
        w.add_layer_norm_rms_eps(c.norm_eps)
        w.add_head_count_kv([c.num_key_value_heads if kind == "full_attention" else 0 for kind in c.layer_types])
        experts.describe(w, c.num_experts, c.num_experts_per_tok, inner=c.moe_intermediate_size, dense=c.num_dense_layers,
                         gating=ExpertGatingFuncType.SIGMOID)

    def change(name, a):
        name = name.replace(".expert_bias", ".expert_bias.bias")
        return stacked(name, a[:, 0] if name.endswith("conv.conv.weight") else a)
    common.llama_like_gguf(MODEL_ARCH.LFM2MOE, change, more)(path, model, tokenizer)


def lfm2_moe():
    """As the published model: a dense first block, corrected sigmoids whose shares sum to one."""
    config = {"architectures": ["Lfm2MoeForCausalLM"], "model_type": "lfm2_moe", **moe_settings(
        use_expert_bias=True, norm_topk_prob=True, routed_scaling_factor=1.0)}
    model = correct(recurrent.tame(common.build(Lfm2MoeForCausalLM, Lfm2MoeConfig, config, 323)), 323)
    return common.Fixture("LFM2-MoE", config, model, common.smol(), write_gguf=moe_gguf)


def lfm2_moe_plain():
    """Without corrections, shares as they are times a factor, biases of convolutions, no dense block, a head of its own."""
    config = {"architectures": ["Lfm2MoeForCausalLM"], "model_type": "lfm2_moe", **moe_settings(
        use_expert_bias=False, norm_topk_prob=False, routed_scaling_factor=1.5, conv_bias=True), "num_dense_layers": 0,
        "tie_word_embeddings": False}
    model = recurrent.tame(common.build(Lfm2MoeForCausalLM, Lfm2MoeConfig, config, 324))
    return common.Fixture("LFM2-MoE", config, model, common.smol(), original=False)


def correct(model, seed):
    """Corrections of the choice of experts, which are no parameters."""
    rng = np.random.default_rng(seed)
    for name, buffer in model.named_buffers():
        if name.endswith("expert_bias"):
            buffer.data = torch.from_numpy((np.round(0.2 * rng.standard_normal(buffer.shape) * 1024) / 1024).astype(np.float32))
    return model


def lfm3(seed, **changes):
    config = {"architectures": ["Lfm3ForCausalLM"], "model_type": "lfm3", "hidden_size": 16, "intermediate_size": 24,
              "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "max_position_embeddings": 64, "norm_eps": 1e-05,
              "conv_L_cache": 3, "conv_bias": False, "sliding_window": 6, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2,
              "pad_token_id": 2, **changes}
    return common.Fixture("LFM3", config, common.build(Lfm3ForCausalLM, Lfm3Config, config, seed), common.smol())


def lfm3_published():
    """Kinds of blocks and of positions by default: convolutions, a window in every fourth block, half a head turned in others."""
    return lfm3(325, num_hidden_layers=5, use_sandwich_norm=True, use_attention_gate=True)


def lfm3_listed():
    """Kinds of blocks and positions listed, no gate and no norms behind, biases, a head of its own, names as in memory."""
    made = lfm3(326, num_hidden_layers=3, layer_types=["sliding_attention", "conv", "sliding_attention"], use_sandwich_norm=False,
                use_attention_gate=False, conv_bias=True, attention_bias=True, tie_word_embeddings=False, conv_L_cache=4,
                rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": 90.0},
                                 "sliding_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 700.0}})
    made.original = False
    return made


FIXTURES = {"lfm2-moe": lfm2_moe, "lfm2-moe-plain": lfm2_moe_plain, "lfm2": lfm2, "lfm2-published": lfm2_published,
            "lfm3": lfm3_published, "lfm3-listed": lfm3_listed}
