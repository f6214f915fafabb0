"""LFM2: short convolutions."""

from gguf import MODEL_ARCH
from transformers import Lfm2Config, Lfm2ForCausalLM

from parity import common


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


FIXTURES = {"lfm2": lfm2, "lfm2-published": lfm2_published}
