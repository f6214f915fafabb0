"""Granite 4: Mamba 2 mixers and attention in turn."""

from gguf import MODEL_ARCH
from transformers import GraniteMoeHybridConfig, GraniteMoeHybridForCausalLM

from parity import common, experts, granite, recurrent


def settings(**changes):
    return common.llama_like(
        **{"num_hidden_layers": 3, "layer_types": ["mamba", "attention", "mamba"], "mamba_n_heads": 4, "mamba_d_head": 8,
           "mamba_n_groups": 1, "mamba_d_state": 5, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_chunk_size": 8, "mamba_conv_bias": True,
           "mamba_proj_bias": False, "position_embedding_type": "nope", "num_local_experts": 0, "num_experts_per_tok": 0,
           "shared_intermediate_size": 20, "embedding_multiplier": 3.0, "attention_multiplier": 0.375, "residual_multiplier": 0.25,
           "logits_scaling": 4.0, "tie_word_embeddings": True, "init_method": "mup", "normalization_function": "rmsnorm",
           "attention_bias": False, **changes})


def change(c):
    def changed(name, a):
        if c.num_local_experts and ("shared_mlp" in name or "block_sparse_moe" in name):
            return granite.change(name, a)
        if "shared_mlp.input_linear" in name:
            half, stem = a.shape[0] // 2, name.partition("shared_mlp")[0]
            return {f"{stem}mlp.gate_proj.weight": a[:half], f"{stem}mlp.up_proj.weight": a[half:]}
        if "shared_mlp.output_linear" in name:
            return {name.replace("shared_mlp.output_linear", "mlp.down_proj"): a}
        heads = 4 if ".q_proj." in name else 2 if ".k_proj." in name else None
        return recurrent.mamba2(name, a, c.mamba_n_groups) or {name: common.permute(a, heads) if heads else a}
    return changed


def gguf(path, model, tokenizer):
    def more(w, c):
        w.add_vocab_size(c.vocab_size)
        w.add_attention_scale(c.attention_multiplier)
        w.add_embedding_scale(c.embedding_multiplier)
        w.add_residual_scale(c.residual_multiplier)
        w.add_logit_scale(c.logits_scaling)
        if c.num_local_experts:
            experts.describe(w, c.num_local_experts, c.num_experts_per_tok, shared_inner=c.shared_intermediate_size)
        else:
            w.add_feed_forward_length(c.shared_intermediate_size)
        recurrent.describe(w, c.mamba_d_conv, c.mamba_n_heads * c.mamba_d_head, c.mamba_d_state, c.mamba_n_heads, c.mamba_n_groups)
        w.add_head_count_kv([0, c.num_key_value_heads, 0])
        w.add_rope_dimension_count(c.hidden_size // c.num_attention_heads)
        w.add_rope_scaling_finetuned(c.position_embedding_type == "rope")
    common.llama_like_gguf(MODEL_ARCH.GRANITE_HYBRID, change(model.config), more)(path, model, tokenizer)


def granite_hybrid():
    """As the published files say it: positions that do not turn, no experts."""
    config = {"architectures": ["GraniteMoeHybridForCausalLM"], "model_type": "granitemoehybrid", **settings()}
    model = common.build(GraniteMoeHybridForCausalLM, GraniteMoeHybridConfig, config, 341)
    return common.Fixture("Granite 4", config, model, common.smol(), write_gguf=gguf)


def granite_hybrid_rope():
    """Positions that turn, biases, two groups of the mixer, a head of its own."""
    config = {"architectures": ["GraniteMoeHybridForCausalLM"], "model_type": "granitemoehybrid", **settings(
        position_embedding_type="rope", attention_bias=True, mamba_proj_bias=True, mamba_n_groups=2, tie_word_embeddings=False,
        layer_types=["attention", "mamba", "attention"], mamba_conv_bias=False)}
    model = common.build(GraniteMoeHybridForCausalLM, GraniteMoeHybridConfig, config, 342)
    return common.Fixture("Granite 4", config, model, common.smol())


def granite_hybrid_moe():
    """As the larger published models: experts beside the shared MLP, two of four for each token."""
    config = {"architectures": ["GraniteMoeHybridForCausalLM"], "model_type": "granitemoehybrid", **settings(
        num_local_experts=4, num_experts_per_tok=2, intermediate_size=8, shared_intermediate_size=12)}
    model = common.build(GraniteMoeHybridForCausalLM, GraniteMoeHybridConfig, config, 343)
    return common.Fixture("Granite 4", config, model, common.smol(), write_gguf=gguf)


FIXTURES = {"granite-hybrid-moe": granite_hybrid_moe, "granite-hybrid": granite_hybrid, "granite-hybrid-rope": granite_hybrid_rope}
