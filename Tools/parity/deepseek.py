"""DeepSeek V2 and V3, and models of their design: latent attention, experts beside shared ones."""

import copy

import gguf
import numpy as np
import torch
from gguf import MODEL_ARCH
from transformers import (DeepseekV2Config, DeepseekV2ForCausalLM, DeepseekV3Config, DeepseekV3ForCausalLM, Glm4MoeLiteConfig,
                          Glm4MoeLiteForCausalLM, Mistral4Config, Mistral4ForCausalLM, SarvamMLAConfig, YoutuConfig,
                          YoutuForCausalLM)

from parity import common

WIDTHS = {"kv_lora_rank": 20, "qk_nope_head_dim": 6, "qk_rope_head_dim": 4, "v_head_dim": 5, "num_key_value_heads": 4,
          "rms_norm_eps": 1e-06}
EXPERTS = {"n_routed_experts": 8, "num_experts_per_tok": 3, "moe_intermediate_size": 4}
SIGMOID, SOFTMAX = gguf.ExpertGatingFuncType.SIGMOID, gguf.ExpertGatingFuncType.SOFTMAX


class SarvamMLAForCausalLM(DeepseekV3ForCausalLM):
    """DeepSeek V3, which reads the configuration of Sarvam."""
    config_class = SarvamMLAConfig


def correct(model, seed):
    """Corrections of the choice of experts, which are no parameters."""
    rng = np.random.default_rng(seed)
    for name, buffer in model.named_buffers():
        if name.endswith("e_score_correction_bias"):
            buffer.data = torch.from_numpy((np.round(0.2 * rng.standard_normal(buffer.shape) * 1024) / 1024).astype(np.float32))
    return model


def parts(config, whole):
    """Experts of a layer in one tensor, and the parts of kv_b_proj unless a file as of old has it whole."""
    experts, count = {}, getattr(config, "n_routed_experts", 0)

    def change(name, a):
        if name.endswith("kv_b_proj.weight") and not whole:
            heads, rest = config.num_attention_heads, config.qk_nope_head_dim + config.v_head_dim
            a = a.reshape(heads, rest, -1)
            return {name.replace("kv_b_proj", "k_b_proj"): a[:, :config.qk_nope_head_dim].transpose(0, 2, 1),
                    name.replace("kv_b_proj", "v_b_proj"): a[:, config.qk_nope_head_dim:]}
        if name.endswith("e_score_correction_bias"):
            return {name.replace("e_score_correction_bias", "e_score_correction.bias"): a}
        if ".experts." not in name:
            return {name: a}
        layer, _, rest = name.partition(".experts.")
        expert, which, _ = rest.split(".")
        found = experts.setdefault((layer, which), {})
        found[int(expert)] = a
        return {f"{layer}.experts.{which}.weight": np.stack([found[i] for i in range(count)])} if len(found) == count else {}
    return change


def gguf_writer(gating=None, whole=False):
    """After DeepseekV2Model of convert_hf_to_gguf.py; `whole` as it was before attention was done in the latent space."""
    def write(path, model, tokenizer):
        c = model.config
        w = gguf.GGUFWriter(path, "deepseek2")
        heads = c.num_key_value_heads
        c.num_key_value_heads = heads if whole else 1
        common.describe(w, "deepseek2", c, c.intermediate_size, c.rms_norm_eps)
        c.num_key_value_heads = heads
        experts = getattr(c, "n_routed_experts", None)
        w.add_leading_dense_block_count(c.first_k_dense_replace if experts else c.num_hidden_layers)
        w.add_vocab_size(c.vocab_size)
        if c.q_lora_rank:
            w.add_q_lora_rank(c.q_lora_rank)
        w.add_kv_lora_rank(c.kv_lora_rank)
        key, value = c.qk_nope_head_dim + c.qk_rope_head_dim, c.v_head_dim
        w.add_key_length(key if whole else c.kv_lora_rank + c.qk_rope_head_dim)
        w.add_value_length(value if whole else c.kv_lora_rank)
        if not whole:
            w.add_key_length_mla(key)
            w.add_value_length_mla(value)
        w.add_expert_feed_forward_length(getattr(c, "moe_intermediate_size", c.intermediate_size))
        w.add_expert_shared_count(getattr(c, "n_shared_experts", 0))
        if experts:
            w.add_expert_count(experts)
            w.add_expert_used_count(c.num_experts_per_tok)
            w.add_expert_weights_scale(c.routed_scaling_factor)
            if c.norm_topk_prob:
                w.add_expert_weights_norm(True)
            if gating:
                w.add_expert_gating_func(gating)
            if getattr(c, "n_group", None):
                w.add_expert_group_count(c.n_group)
                w.add_expert_group_used_count(c.topk_group)
        w.add_rope_dimension_count(c.qk_rope_head_dim)
        rope = c.rope_parameters
        w.add_rope_freq_base(rope["rope_theta"])
        if rope["rope_type"] == "yarn":
            w.add_rope_scaling_type(gguf.RopeScalingType.YARN)
            w.add_rope_scaling_factor(rope["factor"])
            # The original context changes nothing at so few angles, and stays away: a setting must show in the numbers.
            w.add_rope_scaling_yarn_log_mul(0.1 * rope["mscale_all_dim"])
        common.describe_smol(w, tokenizer)
        common.write_tensors(
            w, model, gguf.get_tensor_name_map(MODEL_ARCH.DEEPSEEK2, c.num_hidden_layers), parts(c, whole))
        common.finish(w)
    return write


def yarn(**more):
    return {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, **more}


def deepseek2():
    """As the large V2: queries of low rank, groups ranked by their best expert, a factor, YaRN; one dense block, three with experts."""
    config = {"architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "attention_bias": False, **common.llama_like(
        num_hidden_layers=3, q_lora_rank=12, n_shared_experts=2, first_k_dense_replace=1, moe_layer_freq=1, scoring_func="softmax",
        topk_method="group_limited_greedy", n_group=4, topk_group=2, norm_topk_prob=False, routed_scaling_factor=1.5, seq_aux=True,
        aux_loss_alpha=0.001, ep_size=1, rope_scaling=yarn(mscale=0.707, mscale_all_dim=0.707), **WIDTHS, **EXPERTS)}
    model = common.build(DeepseekV2ForCausalLM, DeepseekV2Config, config, 203)
    return common.Fixture("DeepSeek V2", config, model, common.smol(), write_gguf=gguf_writer(SOFTMAX))


def deepseek2_lite():
    """As V2 Lite: queries projected at once, the best experts of all; biases; in GGUF as of old, with kv_b_proj whole."""
    config = {"architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", **common.llama_like(
        q_lora_rank=None, n_shared_experts=1, first_k_dense_replace=0, topk_method="greedy", n_group=1, topk_group=1,
        norm_topk_prob=False, routed_scaling_factor=1.0, **WIDTHS, **EXPERTS)}
    model = common.build(DeepseekV2ForCausalLM, DeepseekV2Config, config, 204)
    return common.Fixture("DeepSeek V2", config, model, common.smol(), write_gguf=gguf_writer(whole=True))


def deepseek2_bias():
    """What only a config.json can say: biases of attention and MLPs."""
    config = {"architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(q_lora_rank=12, n_shared_experts=1, first_k_dense_replace=1, **WIDTHS, **EXPERTS)}
    model = common.build(DeepseekV2ForCausalLM, DeepseekV2Config, config, 205)
    return common.Fixture("DeepSeek V2", config, model, common.smol())


def deepseek3():
    """Sigmoid scores with corrections, groups ranked by their two best, normalised weights, a factor, YaRN with its factor of scores."""
    config = {"architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "attention_bias": False, **common.llama_like(
        num_hidden_layers=3, q_lora_rank=12, n_shared_experts=1, first_k_dense_replace=1, moe_layer_freq=1, scoring_func="sigmoid",
        topk_method="noaux_tc", n_group=4, topk_group=2, norm_topk_prob=True, routed_scaling_factor=2.5, ep_size=1,
        num_nextn_predict_layers=1, rope_scaling=yarn(mscale=1.0, mscale_all_dim=1.0), **WIDTHS, **EXPERTS)}
    model = correct(common.build(DeepseekV3ForCausalLM, DeepseekV3Config, config, 206), 206)
    return common.Fixture("DeepSeek V3", config, model, common.smol(), write_gguf=gguf_writer(SIGMOID))


def deepseek3_halves():
    """What only a config.json can say: halves of a head turned together, biases, weights as they are."""
    config = {"architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "attention_bias": True, **common.llama_like(
        q_lora_rank=None, n_shared_experts=2, first_k_dense_replace=1, n_group=2, topk_group=1, norm_topk_prob=False,
        routed_scaling_factor=1.5, rope_interleave=False, **WIDTHS, **EXPERTS)}
    model = correct(common.build(DeepseekV3ForCausalLM, DeepseekV3Config, config, 207), 207)
    return common.Fixture("DeepSeek V3", config, model, common.smol())


def glm4_moe_lite():
    """Dense blocks by a list."""
    config = {"architectures": ["Glm4MoeLiteForCausalLM"], "model_type": "glm4_moe_lite", **common.llama_like(
        num_hidden_layers=3, q_lora_rank=12, n_shared_experts=1, mlp_layer_types=["dense", "sparse", "dense"], n_group=1, topk_group=1,
        norm_topk_prob=True, routed_scaling_factor=1.8, **WIDTHS, **EXPERTS)}
    model = correct(common.build(Glm4MoeLiteForCausalLM, Glm4MoeLiteConfig, config, 208), 208)
    return common.Fixture("GLM-4.7 Flash", config, model, common.smol())


def youtu():
    """No experts; in GGUF a deepseek2 whose blocks are all dense.

    Without a padding token, whose stored row transformers 5.24 replaces by zeros when it loads this family.
    """
    config = {"architectures": ["YoutuForCausalLM"], "model_type": "youtu", **common.llama_like(
        q_lora_rank=12, tie_word_embeddings=True, pad_token_id=None, **WIDTHS)}
    model = common.build(YoutuForCausalLM, YoutuConfig, config, 209)
    return common.Fixture("Youtu", config, model, common.smol(), write_gguf=gguf_writer())


def sarvam_mla():
    """The names of settings of Sarvam's own code."""
    config = {"architectures": ["SarvamMLAForCausalLM"], "model_type": "sarvam_mla", **common.llama_like(
        q_lora_rank=None, num_experts=8, num_shared_experts=1, num_experts_per_tok=3, moe_intermediate_size=4, first_k_dense_replace=1,
        n_group=1, topk_group=1, norm_topk_prob=True, routed_scaling_factor=2.5, q_head_dim=10, head_dim=24,
        rope_scaling={**yarn(mscale=1.0, mscale_all_dim=1.0), "type": "deepseek_yarn"}, **WIDTHS)}
    model = correct(common.build(SarvamMLAForCausalLM, SarvamMLAConfig, config, 210), 210)
    return common.Fixture("Sarvam MLA", config, model, common.smol())


def mistral4():
    """Queries that grow every twelve positions, YaRN whose part is one of the whole head, groups, every block with experts."""
    rope = {**yarn(mscale=1.0, mscale_all_dim=0.5), "rope_type": "yarn", "rope_theta": 20.0, "llama_4_scaling_beta": 0.75,
            "original_max_position_embeddings": 12, "max_position_embeddings": 64, "partial_rotary_factor": 0.4}
    config = {"architectures": ["Mistral4ForCausalLM"], "model_type": "mistral4", "attention_bias": False, **common.llama_like(
        q_lora_rank=12, n_shared_experts=1, first_k_dense_replace=0, n_group=2, topk_group=1, norm_topk_prob=True,
        routed_scaling_factor=1.5, rope_parameters=rope, rope_interleave=True, **WIDTHS, **EXPERTS)}
    del config["rope_theta"]
    model = common.build(Mistral4ForCausalLM, Mistral4Config, copy.deepcopy(config), 211)
    return common.Fixture("Mistral 4", config, model, common.smol())


def mistral4_usual():
    """No section of rotary positions; a dense first block, queries in one step, biases, halves of a head turned together."""
    config = {"architectures": ["Mistral4ForCausalLM"], "model_type": "mistral4", "attention_bias": True, **common.llama_like(
        q_lora_rank=None, n_shared_experts=2, first_k_dense_replace=1, n_group=1, topk_group=1, norm_topk_prob=False,
        routed_scaling_factor=1.0, rope_interleave=False, tie_word_embeddings=True, **WIDTHS, **EXPERTS)}
    del config["rope_theta"]
    model = common.build(Mistral4ForCausalLM, Mistral4Config, copy.deepcopy(config), 212)
    return common.Fixture("Mistral 4", config, model, common.smol())


FIXTURES = {"mistral4": mistral4, "mistral4-usual": mistral4_usual, "deepseek2": deepseek2, "deepseek2-lite": deepseek2_lite, "deepseek2-bias": deepseek2_bias, "deepseek3": deepseek3,
            "deepseek3-halves": deepseek3_halves, "glm4-moe-lite": glm4_moe_lite, "youtu": youtu, "sarvam-mla": sarvam_mla}
