"""Granite: Llama with factors, also with experts."""

from gguf import MODEL_ARCH
from transformers import (
    GraniteConfig, GraniteForCausalLM, GraniteMoeConfig, GraniteMoeForCausalLM, GraniteMoeSharedConfig,
    GraniteMoeSharedForCausalLM, GraniteMoeSWAConfig, GraniteMoeSWAForCausalLM, GraniteSWAConfig, GraniteSWAForCausalLM)

from parity import common, experts
from parity.common import permute


def change(name, a):
    """llama.cpp interleaves the rows of queries and keys, and takes fused gates and ups apart, gates first."""
    heads = 4 if ".q_proj." in name else 2 if ".k_proj." in name else None
    if heads:
        return {name: permute(a, heads)}
    if name.endswith("input_linear.weight"):
        middle = a.shape[-2] // 2
        gate, up = a[..., :middle, :], a[..., middle:, :]
        if "shared_mlp" in name:
            stem = name.replace("shared_mlp.input_linear", "mlp.shared_expert")
        else:
            stem = name.replace("block_sparse_moe.input_linear", "mlp.experts")
        stem = stem.removesuffix(".weight")
        return {f"{stem}.gate_proj.weight": gate, f"{stem}.up_proj.weight": up}
    name = name.replace("shared_mlp.output_linear", "mlp.shared_expert.down_proj")
    return {name.replace("block_sparse_moe.output_linear", "mlp.experts.down_proj"): a}


def more(w, c):
    w.add_rope_dimension_count(c.hidden_size // c.num_attention_heads)
    w.add_vocab_size(c.vocab_size)
    w.add_attention_scale(c.attention_multiplier)
    w.add_embedding_scale(c.embedding_multiplier)
    w.add_residual_scale(c.residual_multiplier)
    w.add_logit_scale(c.logits_scaling)


def granite():
    """Every factor away from one, biases everywhere."""
    config = {"architectures": ["GraniteForCausalLM"], "model_type": "granite", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(embedding_multiplier=3.0, attention_multiplier=0.375, residual_multiplier=0.25,
                                  logits_scaling=4.0, tie_word_embeddings=True)}
    model = common.build(GraniteForCausalLM, GraniteConfig, config, 22)

    return common.Fixture("Granite", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.GRANITE, change, more))


def granite_moe():
    """The softmax over the chosen experts only, all of a layer in one tensor."""
    config = {"architectures": ["GraniteMoeForCausalLM"], "model_type": "granitemoe", "attention_bias": False,
              **common.llama_like(embedding_multiplier=3.0, attention_multiplier=0.375, residual_multiplier=0.25,
                                  logits_scaling=4.0, intermediate_size=8, num_local_experts=4, num_experts_per_tok=2)}
    model = common.build(GraniteMoeForCausalLM, GraniteMoeConfig, config, 96)

    def all_keys(w, c):
        more(w, c)
        experts.describe(w, 4, 2)
    return common.Fixture("Granite MoE", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.GRANITE_MOE, change, all_keys))


def granite_moe_shared():
    """An expert that every token uses, of another width; biases of attention."""
    config = {"architectures": ["GraniteMoeSharedForCausalLM"], "model_type": "granitemoeshared", "attention_bias": True,
              **common.llama_like(embedding_multiplier=2.0, attention_multiplier=0.5, residual_multiplier=0.75,
                                  logits_scaling=3.0, intermediate_size=8, shared_intermediate_size=12, num_local_experts=3,
                                  num_experts_per_tok=2, tie_word_embeddings=True)}
    model = common.build(GraniteMoeSharedForCausalLM, GraniteMoeSharedConfig, config, 97)

    def all_keys(w, c):
        more(w, c)
        experts.describe(w, 3, 2, shared_inner=12)
    return common.Fixture("Granite MoE", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.GRANITE_MOE, change, all_keys))


def granite_moe_fused():
    """As transformers 5 names experts in memory."""
    config = {"architectures": ["GraniteMoeForCausalLM"], "model_type": "granitemoe", "attention_bias": False,
              **common.llama_like(intermediate_size=8, num_local_experts=3, num_experts_per_tok=2)}
    model = common.build(GraniteMoeForCausalLM, GraniteMoeConfig, config, 98)
    return common.Fixture("Granite MoE", config, model, common.smol(), original=False)


def granite_swa():
    """Sinks, windows by the list, bases of positions by layer, none in one of them."""
    config = {"architectures": ["GraniteSWAForCausalLM"], "model_type": "granite_swa", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(num_hidden_layers=3, embedding_multiplier=3.0, attention_multiplier=0.375,
                                  residual_multiplier=0.25, logits_scaling=4.0, tie_word_embeddings=True, sliding_window=5,
                                  layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                                  layer_rope_theta=[100.0, 0, 5000.0])}
    model = common.build(GraniteSWAForCausalLM, GraniteSWAConfig, config, 118)
    return common.Fixture("Granite SWA", config, model, common.smol())


def granite_moe_swa():
    """Experts, one that every token uses, and the layers that a config.json without lists has."""
    config = {"architectures": ["GraniteMoeSWAForCausalLM"], "model_type": "granitemoe_swa", "attention_bias": False,
              **common.llama_like(attention_multiplier=0.5, residual_multiplier=0.75, logits_scaling=2.0, tie_word_embeddings=True,
                                  intermediate_size=8, shared_intermediate_size=8, num_local_experts=3, num_experts_per_tok=2,
                                  sliding_window=5)}
    model = common.build(GraniteMoeSWAForCausalLM, GraniteMoeSWAConfig, config, 119)
    return common.Fixture("Granite SWA", config, model, common.smol())


FIXTURES = {"granite-swa": granite_swa, "granite-moe-swa": granite_moe_swa, "granite": granite, "granite-moe": granite_moe, "granite-moe-shared": granite_moe_shared,
            "granite-moe-fused": granite_moe_fused}
