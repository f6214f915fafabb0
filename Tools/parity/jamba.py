"""Jamba: Mamba mixers with inner norms, attention without positions, experts in every second block."""

from types import SimpleNamespace

import gguf
from gguf import MODEL_ARCH
from transformers import JambaConfig, JambaForCausalLM

from parity import common, experts, recurrent


def settings(**changes):
    config = common.llama_like(
        **{"num_hidden_layers": 3, "intermediate_size": 20, "attn_layer_period": 3, "attn_layer_offset": 1, "expert_layer_period": 2, "expert_layer_offset": 0,
           "num_experts": 3, "num_experts_per_tok": 2, "mamba_d_state": 5, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_dt_rank": 3,
           "mamba_conv_bias": True, "mamba_proj_bias": False, **changes})
    del config["rope_theta"]
    return config


def write_gguf(path, model, tokenizer):
    c = model.config
    w = gguf.GGUFWriter(path, "jamba")
    described = SimpleNamespace(**{**c.to_dict(), "num_key_value_heads": None})
    common.describe(w, "jamba", described, c.intermediate_size, c.rms_norm_eps)
    w.add_head_count_kv([c.num_key_value_heads if kind == "attention" else 0 for kind in c.layers_block_type])
    recurrent.describe(w, c.mamba_d_conv, c.mamba_expand * c.hidden_size, c.mamba_d_state, c.mamba_dt_rank)
    experts.describe(w, c.num_experts, c.num_experts_per_tok)
    common.describe_smol(w, tokenizer)
    stacked = experts.stacked(c.num_experts, lambda name: name.replace("feed_forward.experts.", "mlp.experts."))

    def change(name, a):
        if name.endswith(".A_log"):
            return {name: recurrent.rates(a)}
        return stacked(name, a[:, 0] if name.endswith("conv1d.weight") else a)
    common.write_tensors(w, model, gguf.get_tensor_name_map(MODEL_ARCH.JAMBA, c.num_hidden_layers), change)
    common.finish(w)


def jamba():
    """As published: settings that say how it is computed, and that inner norms are there."""
    config = {"architectures": ["JambaForCausalLM"], "model_type": "jamba", **settings(
        use_mamba_kernels=True, mamba_inner_layernorms=True, calc_logits_for_entire_prompt=False, num_logits_to_keep=1,
        sliding_window=None, output_router_logits=False)}
    model = recurrent.tame(common.build(JambaForCausalLM, JambaConfig, config, 375))
    return common.Fixture("Jamba", config, model, common.smol(), write_gguf=write_gguf, readable=False)


def jamba_dense():
    """One expert, which is a dense MLP, biases of the mixers' projections and none of convolutions, a rank that is not said."""
    config = {"architectures": ["JambaForCausalLM"], "model_type": "jamba", **settings(
        num_experts=1, num_experts_per_tok=1, mamba_proj_bias=True, mamba_conv_bias=False, mamba_dt_rank="auto",
        tie_word_embeddings=True, mamba_d_conv=2)}
    model = recurrent.tame(common.build(JambaForCausalLM, JambaConfig, config, 377))
    return common.Fixture("Jamba", config, model, common.smol())


FIXTURES = {"jamba": jamba, "jamba-dense": jamba_dense}
