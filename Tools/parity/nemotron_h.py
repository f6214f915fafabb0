"""Nemotron-H: each block a Mamba 2 mixer, attention, an MLP or experts."""

import gguf
from gguf import MODEL_ARCH
from transformers import NemotronHConfig, NemotronHForCausalLM

from parity import common, experts, recurrent
from parity.deepseek import correct


def settings(**changes):
    config = common.llama_like(
        **{"head_dim": 4, "mlp_hidden_act": "relu2", "mamba_hidden_act": "silu", "ssm_state_size": 5, "mamba_num_heads": 4,
           "mamba_head_dim": 8, "n_groups": 2, "conv_kernel": 4, "expand": 2, "use_conv_bias": True, "use_bias": False,
           "chunk_size": 8, "layer_norm_epsilon": 1e-05, "attention_bias": False, "mlp_bias": False, "mamba_proj_bias": False,
           "residual_in_fp32": False, "rescale_prenorm_residual": True, "num_logits_to_keep": 1, "time_step_min": 0.001,
           "time_step_max": 0.1, "time_step_floor": 0.0001, "use_mamba_kernels": True, "mamba_ssm_cache_dtype": "float32",
           **changes})
    for key in ("hidden_act", "rms_norm_eps", "rope_theta"):
        del config[key]
    return {"architectures": ["NemotronHForCausalLM"], "model_type": "nemotron_h", **config}


EXPERTS = {"n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "moe_shared_expert_intermediate_size": 12,
           "n_shared_experts": 1, "n_group": 2, "topk_group": 1, "norm_topk_prob": True, "routed_scaling_factor": 2.5,
           "moe_latent_size": None, "moe_shared_expert_overlap": True}


def build(config, seed):
    return correct(recurrent.tame(common.build(NemotronHForCausalLM, NemotronHConfig, config, seed)), seed)


def writer(architecture, kinds):
    """After NemotronHModel of conversion/nemotron.py."""
    def write(path, model, tokenizer):
        c = model.config
        name = gguf.MODEL_ARCH_NAMES[architecture]
        w = gguf.GGUFWriter(path, name)
        w.add_name(f"tiny {name}")
        w.add_license("mit")
        w.add_block_count(len(kinds))
        w.add_context_length(c.max_position_embeddings)
        w.add_embedding_length(c.hidden_size)
        w.add_vocab_size(c.vocab_size)
        mixture = "E" in kinds
        inner = c.moe_intermediate_size if mixture else c.intermediate_size
        w.add_feed_forward_length([inner if kind == ("E" if mixture else "-") else 0 for kind in kinds])
        w.add_head_count(c.num_attention_heads)
        w.add_head_count_kv([c.num_key_value_heads if kind == "*" else 0 for kind in kinds])
        w.add_key_length(c.head_dim)
        w.add_value_length(c.head_dim)
        w.add_layer_norm_rms_eps(c.layer_norm_epsilon)
        w.add_rope_dimension_count(c.head_dim)
        w.add_rope_scaling_finetuned(False)
        w.add_file_type(gguf.LlamaFileType.ALL_F32)
        recurrent.describe(w, c.conv_kernel, c.mamba_num_heads * c.mamba_head_dim, c.ssm_state_size, c.mamba_num_heads, c.n_groups)
        if mixture:
            experts.describe(w, c.n_routed_experts, c.num_experts_per_tok, inner=c.moe_intermediate_size, shared=c.n_shared_experts,
                             shared_inner=c.moe_shared_expert_intermediate_size, scale=c.routed_scaling_factor, norm=c.norm_topk_prob)
            w.add_expert_group_count(c.n_group)
            w.add_expert_group_used_count(c.topk_group)
        common.describe_smol(w, tokenizer)
        stacked = experts.stacked(
            c.n_routed_experts, lambda name: name.replace("backbone", "model").replace("mixer.experts", "mlp.experts")
            if ".experts." in name else name)

        def change(name, a):
            name = name.replace("e_score_correction_bias", "e_score_correction.bias").replace("model.layers", "backbone.layers")
            return recurrent.mamba2(name, a, c.n_groups) or stacked(name, a)
        common.write_tensors(w, model, gguf.get_tensor_name_map(architecture, len(kinds)), change)
        common.finish(w)
    return write


def nemotron_h():
    """As published: blocks by letters, no experts."""
    kinds = "M-*M"
    config = settings(num_hidden_layers=4, hybrid_override_pattern=kinds, sliding_window=None)
    return common.Fixture("Nemotron-H", config, build(config, 381), common.smol(), write_gguf=writer(MODEL_ARCH.NEMOTRON_H, kinds))


def nemotron_h_moe():
    """As Nemotron 3: experts without gates behind corrected sigmoids, and a wider one that every token uses."""
    kinds = "ME*E"
    config = settings(num_hidden_layers=4, hybrid_override_pattern=kinds, **EXPERTS)
    return common.Fixture(
        "Nemotron-H", config, build(config, 382), common.smol(), write_gguf=writer(MODEL_ARCH.NEMOTRON_H_MOE, kinds))


def nemotron_h_listed():
    """As transformers 5 saves it: a list of blocks whose length is their number, names in memory, biases, shares as they are, steps
    whose least size is large enough to matter."""
    config = settings(layers_block_type=["moe", "linear_attention", "mlp", "full_attention"], mlp_bias=True, use_bias=True,
                      use_conv_bias=False, head_dim=8, tie_word_embeddings=True,
                      **{**EXPERTS, "norm_topk_prob": False, "n_group": 1, "time_step_min": 0.25})
    del config["num_hidden_layers"]
    return common.Fixture("Nemotron-H", config, build(config, 385), common.smol(), original=False)


FIXTURES = {"nemotron-h": nemotron_h, "nemotron-h-moe": nemotron_h_moe, "nemotron-h-listed": nemotron_h_listed}
