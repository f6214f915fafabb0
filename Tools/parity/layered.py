"""Laguna, MiMo-V2-Flash, MiniMax-M3, Lara Mini and Cohere Compass: attention or positions by the kind of layer."""

from transformers import (
    BeamConfig, BeamForCausalLM, CohereCompassTextConfig, LagunaConfig, LagunaForCausalLM, LaraMiniConfig,
    LaraMiniForCausalLM, MiMoV2FlashConfig, MiMoV2FlashForCausalLM)
from transformers.models.cohere_compass.modeling_cohere_compass import CohereCompassForCausalLM
from transformers.models.minimax_m3_vl.configuration_minimax_m3_vl import MiniMaxM3VLTextConfig
from transformers.models.minimax_m3_vl.modeling_minimax_m3_vl import MiniMaxM3VLForCausalLM

from parity import common

KINDS = ["sliding_attention", "full_attention", "sliding_attention"]
SECTIONS = {"full_attention": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 32, "rope_theta": 5000.0,
                               "partial_rotary_factor": 0.5},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1000.0, "partial_rotary_factor": 1.0}}


def without(config, *keys):
    return {key: value for key, value in config.items() if key not in keys}


def laguna():
    """Query heads and positions by layer, one gate for each head, capped logits of the router."""
    config = without({"architectures": ["LagunaForCausalLM"], "model_type": "laguna", "attention_bias": True, **common.llama_like(
        num_hidden_layers=3, head_dim=8, num_attention_heads_per_layer=[4, 2, 4], sliding_window=5, layer_types=KINDS, num_experts=4,
        num_experts_per_tok=2, moe_intermediate_size=8, shared_expert_intermediate_size=8, gating="per-head",
        moe_routed_scaling_factor=1.75, moe_router_logit_softcapping=2.0, rope_parameters=SECTIONS)}, "rope_theta")
    return common.Fixture("Laguna", config, common.build(LagunaForCausalLM, LagunaConfig, config, 431), common.smol())


def laguna_usual():
    """What a config.json without lists has: full attention, half a head turned; a gate for each value."""
    config = without({"architectures": ["LagunaForCausalLM"], "model_type": "laguna", **common.llama_like(
        head_dim=8, sliding_window=5, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=8,
        shared_expert_intermediate_size=8, gating="per-element")}, "rope_theta")
    return common.Fixture("Laguna", config, common.build(LagunaForCausalLM, LagunaConfig, config, 432), common.smol())


def mimo_v2_flash():
    """Narrow values, more key heads and sinks where there is a window, groups of experts."""
    config = without({"architectures": ["MiMoV2FlashForCausalLM"], "model_type": "mimo_v2_flash", "attention_bias": True,
                      **common.llama_like(
                          num_hidden_layers=3, head_dim=12, v_head_dim=8, sliding_window=5, layer_types=KINDS, n_routed_experts=4,
                          num_experts_per_tok=2, n_group=2, topk_group=1, moe_intermediate_size=4, norm_topk_prob=True,
                          routed_scaling_factor=1.5, attention_value_scale=0.707, intermediate_size=20, rope_parameters={
                              "full_attention": {"rope_type": "default", "rope_theta": 5000.0},
                              "sliding_attention": {"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.5}})},
                     "rope_theta")
    model = common.build(MiMoV2FlashForCausalLM, MiMoV2FlashConfig, config, 433)
    return common.Fixture("MiMo-V2-Flash", config, model, common.smol())


def minimax_m3():
    """A dense block among those with experts, one that chooses positions; half a head turned."""
    config = without({"architectures": ["MiniMaxM3VLForCausalLM"], "model_type": "minimax_m3_vl_text", **common.llama_like(
        num_hidden_layers=3, head_dim=8, rotary_dim=4, num_local_experts=4, num_experts_per_tok=2, intermediate_size=8,
        dense_intermediate_size=20, shared_intermediate_size=12, mlp_layer_types=["dense", "sparse", "sparse"],
        layer_types=["full_attention", "minimax_m3_sparse", "full_attention"], index_n_heads=2, index_head_dim=4,
        index_block_size=8, index_topk_blocks=8, routed_scaling_factor=2.0, swiglu_limit=1.5,
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0, "partial_rotary_factor": 0.5})}, "rope_theta")
    model = common.build(MiniMaxM3VLForCausalLM, MiniMaxM3VLTextConfig, config, 434, gemma=True)
    return common.Fixture("MiniMax-M3", config, model, common.smol())


def lara_mini():
    """The delta rule, a window, full attention without positions; shares as they are."""
    config = {"architectures": ["LaraMiniForCausalLM"], "model_type": "lara_mini", "attention_bias": True, **common.llama_like(
        num_hidden_layers=4, head_dim=4, sliding_window=5, linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=4,
        linear_value_head_dim=4, linear_conv_kernel_dim=3, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=4,
        shared_expert_intermediate_size=8, norm_topk_prob=False, tie_word_embeddings=True)}
    config = without(config, "intermediate_size")
    model = common.build(LaraMiniForCausalLM, LaraMiniConfig, config, 435)
    for name, p in model.named_parameters():
        # So that random states stay as small as those of trained models.
        if ".linear_attn.in_proj" in name or ".conv1d" in name:
            p.data *= 0.25
    return common.Fixture("Lara Mini", config, model, common.smol())


def cohere_compass():
    """A window in some layers, positions there alone."""
    config = without({"architectures": ["CohereCompassForCausalLM"], "model_type": "cohere_compass_text", "attention_bias": True,
                      "logit_scale": 0.25, "layer_norm_eps": 1e-5, **common.llama_like(
                          num_hidden_layers=3, head_dim=8, sliding_window=5, layer_types=KINDS, tie_word_embeddings=True,
                          rope_parameters={"full_attention": None, "sliding_attention": {
                              "rope_type": "default", "rope_theta": 1000.0, "mrope_section": [2, 1, 1]}})},
                     "rope_theta", "rms_norm_eps")
    model = common.build(CohereCompassForCausalLM, CohereCompassTextConfig, config, 436)
    return common.Fixture("Cohere Compass", config, model, common.smol())


def beam():
    """Positions in layers with a window alone, experts behind a dense block."""
    config = without({"architectures": ["BeamForCausalLM"], "model_type": "beam", "attention_bias": True, **common.llama_like(
        num_hidden_layers=3, head_dim=4, sliding_window=5, layer_types=KINDS, mlp_layer_types=["dense", "sparse", "sparse"],
        num_experts=4, num_experts_per_tok=2, n_group=2, topk_group=1, moe_intermediate_size=8, norm_topk_prob=True,
        routed_scaling_factor=2.5, final_logit_softcapping=20.0, rope_parameters={
            "full_attention": None, "sliding_attention": {"rope_type": "default", "rope_theta": 1000.0}})}, "rope_theta")
    return common.Fixture("Beam", config, common.build(BeamForCausalLM, BeamConfig, config, 439), common.smol())


FIXTURES = {"beam": beam, "laguna": laguna, "laguna-usual": laguna_usual, "mimo-v2-flash": mimo_v2_flash, "minimax-m3": minimax_m3,
            "lara-mini": lara_mini, "cohere-compass": cohere_compass}
