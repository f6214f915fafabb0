"""Inkling: convolutions of keys, values and outputs, biases of distances, experts that share their weights with those of every token."""

import copy
from types import SimpleNamespace

import numpy as np
import torch
import transformers
from transformers import CONFIG_MAPPING, InklingForCausalLM, InklingTextConfig

from parity import common, wrappers
from parity.hunyuan4 import Language


def made(model, seed, more=lambda name, p, rng: None):
    """Factors of outputs are around one; the numbers of Inkling 2 by `more`."""
    rng = np.random.default_rng(seed)
    for name, p in model.named_parameters():
        values = 1 + 0.3 * rng.standard_normal(tuple(p.shape)) if name.endswith("global_scale") else more(name, p, rng)
        if values is not None:
            p.data = torch.from_numpy((np.round(values * 1024) / 1024).astype(np.float32))
    return model


def config(**changes):
    """The settings that every model here has: blocks with a window have other heads than those without."""
    return {"hidden_size": 12, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4,
            "swa_num_attention_heads": 2, "swa_num_key_value_heads": 1, "swa_head_dim": 6, "sliding_window_size": 5, "d_rel": 3,
            "rel_extent": 7, "max_position_embeddings": 64, "moe_intermediate_size": 8, "n_routed_experts": 4, "num_experts_per_tok": 2,
            "rms_norm_eps": 1e-05, "route_scale": 2.0, "vocab_size": 300, "unpadded_vocab_size": 288, "bos_token_id": 1,
            "eos_token_id": 2, "pad_token_id": 2, **changes}


def inkling():
    """As transformers saves the language part: a dense block, queries that grow with their position, rows of the head without a token."""
    settings = {"architectures": ["InklingForCausalLM"], "model_type": "inkling_text", **config(
        intermediate_size=10, n_shared_experts=2, layer_types=["hybrid_sliding", "hybrid", "hybrid"], log_scaling_n_floor=6,
        log_scaling_alpha=0.3, mlp_layer_types=["dense", "sparse", "sparse"], hidden_act="gelu", logits_mup_width_multiplier=0.5,
        conv_kernel_size=3)}
    model = common.build(InklingForCausalLM, InklingTextConfig, copy.deepcopy(settings), 804)
    return common.Fixture("Inkling", settings, made(model, 804), common.smol())


def inkling_listed():
    """Numbers of blocks with a window and of dense ones, the width of dense blocks by itself, other names of settings."""
    settings = {"architectures": ["InklingForCausalLM"], "model_type": "inkling_text", **config(
        intermediate_size=8, dense_intermediate_size=9, n_shared_experts=1, local_layer_ids=[1], dense_mlp_idx=1, sconv_kernel_size=2,
        sliding_window=4, num_local_experts=3, embedding_multiplier=2.0, shared_expert_sink=True, num_mtp_layers=1,
        vocab_size=288, route_scale=1.0)}
    for key in ("moe_intermediate_size", "sliding_window_size", "n_routed_experts", "unpadded_vocab_size"):
        del settings[key]
    settings["model_max_length"] = settings.pop("max_position_embeddings")
    model = common.build(InklingForCausalLM, InklingTextConfig, copy.deepcopy(settings), 802)
    return common.Fixture("Inkling", settings, made(model, 802), common.smol())


def whole(model_type, part, model_class, seed, more=lambda name, p, rng: None, **towers):
    """A multimodal model with small towers, and its language part."""
    settings = wrappers.whole(model_type, part)
    for key, changes in towers.items():
        settings[key].update(changes)
    wrapper = getattr(transformers, model_class)(CONFIG_MAPPING[model_type](**copy.deepcopy(settings), attn_implementation="eager"))
    wrapper = made(common.randomise(wrapper, seed), seed, more)
    return settings, wrapper


class Part(Language):
    """The language part with its head, whose input is divided and whose last rows are cut."""

    def forward(self, input_ids, **more):
        c = self.config
        hidden = self.model(input_ids=input_ids, use_cache=False).last_hidden_state / c.logits_mup_width_multiplier
        return SimpleNamespace(logits=self.lm_head(hidden)[..., :c.unpadded_vocab_size])


def inkling_published():
    """As released: the names of published files, gates and ups by turns, a multimodal model with the section of further predictors."""
    part = {"model_type": "inkling_text", **config(
        intermediate_size=10, n_shared_experts=2, layer_types=["hybrid", "hybrid_sliding", "hybrid_sliding"],
        mlp_layer_types=["dense", "sparse", "sparse"], logits_mup_width_multiplier=3.0)}
    settings, wrapper = whole(
        "inkling_mm_model", part, "InklingForConditionalGeneration", 803, vision_config={
            "patch_size": 2, "temporal_patch_size": 2, "num_hidden_layers": 3, "num_channels": 1, "text_hidden_size": 12},
        audio_config={"n_mel_bins": 2, "mel_vocab_size": 4})
    settings["mtp_config"] = {"num_nextn_predict_layers": 1, "local_layer_ids": [0]}
    return common.Fixture("Inkling", settings, Part(wrapper), common.smol(), wrapper=wrapper)


FIXTURES = {"inkling": inkling, "inkling-listed": inkling_listed, "inkling-published": inkling_published}
