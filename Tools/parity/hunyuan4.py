"""HunYuan 4: latent attention with sinks and a gate, several streams that are not mixed, experts whose gates are bounded."""

import copy
from types import SimpleNamespace

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import HYV4Config, HYV4ForCausalLM, HYV4VLConfig, HYV4VLForConditionalGeneration

from parity import common, gemma3n, wrappers


class Shown(gemma3n.Shown):
    """A HunYuan 4 whose blocks answer one state: what the head reads of all streams, as the model reads those of the last block."""

    def read_out(self, streams):
        return self.whole.model.hc_head(streams)


def made(settings, seed, model_class=HYV4ForCausalLM, config_class=HYV4Config):
    """The model; factors of streams are around one."""
    # The configuration class writes into what it is given.
    model = common.build(model_class, config_class, copy.deepcopy(settings), seed)
    rng = np.random.default_rng(seed)
    for name, p in model.named_parameters():
        if name.endswith(("hc.scale", "hc_scale")):
            p.data = torch.from_numpy((np.round((1 + 0.3 * rng.standard_normal(tuple(p.shape))) * 1024) / 1024).astype(np.float32))
    return model


def config(**changes):
    """The settings that every model here has."""
    return {"architectures": ["HYV4ForCausalLM"], "model_type": "hy_v4", "hidden_size": 12, "intermediate_size": 20,
            "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": 12, "kv_lora_rank": 8, "qk_rope_head_dim": 8,
            "qk_nope_head_dim": 6, "v_head_dim": 5, "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8,
            "index_head_dim": 8, "index_n_heads": 2, "max_position_embeddings": 64, "vocab_size": 288, "bos_token_id": 1,
            "eos_token_id": 2, "pad_token_id": 2, **changes}


def hy_v4():
    """Biases, groups of experts, bounds that act, stretched positions, another activation than experts'; as transformers saves it."""
    settings = config(
        num_hidden_layers=3, hidden_act="gelu", rms_norm_eps=1e-4, attention_bias=True, tie_word_embeddings=False, n_shared_experts=2,
        n_group=2, topk_group=1, norm_topk_prob=True, routed_scaling_factor=1.5, swiglu_limit=0.5, hc_mult=3, hc_magnitude=1.5,
        hc_eps=1e-2, learnable_sink_init=0.5, index_topk=64, indexer_types=["full", "shared", "full"],
        layer_types=["indexed_attention"] * 3, mlp_layer_types=["sparse", "dense", "sparse"],
        rope_parameters={"rope_type": "yarn", "rope_theta": 50.0, "factor": 4.0, "original_max_position_embeddings": 64,
                         "beta_fast": 4.0, "beta_slow": 2.0, "mscale": 1.0, "mscale_all_dim": 0.5})
    return common.Fixture("HunYuan 4", settings, made(settings, 607), common.smol(), shown=Shown)


def published(name):
    """The names of published files, as far as the rules of transformers tell: those of MLPs are the usual ones."""
    for new, old in ((".hc_attn_layer.hc_pre.hc_", ".hc_pre.hc_attn_layer.hc_"), (".hc_mlp_layer.hc_pre.hc_", ".hc_pre.hc_mlp_layer.hc_"),
                     (".hc_head.hc_head_", ".hc_pre.hc_head.hc_head_"), ("mlp.gate_proj", "mlp.linear_gate"),
                     ("shared_experts.gate_proj", "shared_experts.linear_gate")):
        name = name.replace(old, new)
    return name


def add_predictor(folder):
    """A tensor of a block that predicts further tokens, which transformers passes over."""
    file = folder / "model.safetensors"
    tensors = load_file(file)
    tensors["model.mtp_layers.0.enorm.weight"] = torch.ones(12)
    save_file(tensors, file, metadata={"format": "pt"})


def hy_v4_published():
    """Kinds of blocks that config.json leaves out, weights of experts that are not normalised, a block that predicts further tokens."""
    settings = config(
        num_hidden_layers=3, hidden_act="silu", rms_norm_eps=1e-5, n_shared_experts=1, norm_topk_prob=False, routed_scaling_factor=2.5,
        swiglu_limit=10.0, hc_mult=2, hc_magnitude=2.0, hc_eps=1e-6, index_topk=48, rope_theta=1000.0)
    return common.Fixture(
        "HunYuan 4", settings, made(settings, 608), common.smol(), shown=Shown, rename=published, finish=add_predictor)


def hy_v4_memory():
    """The names that transformers has in memory; what a config.json may leave out."""
    settings = config(num_hidden_layers=2)
    return common.Fixture("HunYuan 4", settings, made(settings, 609), common.smol(), shown=Shown, original=False)


class Language(torch.nn.Module):
    """The language part of a multimodal model with its head."""

    def __init__(self, whole):
        super().__init__()
        self.whole, self.model, self.lm_head = whole, whole.model.language_model, whole.lm_head
        self.config, self.device = whole.config.text_config, whole.device

    def forward(self, input_ids, **more):
        hidden = self.model(input_ids=input_ids, use_cache=False).last_hidden_state
        return SimpleNamespace(logits=self.lm_head(hidden))


def hy_v4_vl():
    """The language part of the multimodal model: its positions turn neighbours, and its latent norms have the epsilon of all others."""
    part = {key: value for key, value in config(
        num_hidden_layers=2, rms_norm_eps=1e-3, hc_mult=2, swiglu_limit=1.0, index_topk=64, mlp_layer_types=["sparse", "sparse"],
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0, "mrope_section": [2, 1, 1]}).items() if key != "architectures"}
    part["model_type"] = "hy_v4_vl_text"
    settings = wrappers.whole("hy_v4_vl", part)
    wrapper = made(settings, 610, HYV4VLForConditionalGeneration, HYV4VLConfig)
    return common.Fixture("HunYuan 4", settings, Language(wrapper), common.smol(), shown=Shown, wrapper=wrapper)


FIXTURES = {"hy-v4-vl": hy_v4_vl, "hy-v4": hy_v4, "hy-v4-published": hy_v4_published, "hy-v4-memory": hy_v4_memory}
