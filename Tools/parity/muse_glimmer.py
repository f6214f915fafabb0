"""Muse Glimmer, which transformers has as a multimodal model alone."""

import copy
from types import SimpleNamespace

import torch
from transformers import CONFIG_MAPPING, MuseGlimmerForConditionalGeneration

from parity import common
from parity.wrappers import whole


class Language(torch.nn.Module):
    """The language part with its head, as the multimodal model runs it for text."""

    device = torch.device("cpu")

    def __init__(self, wrapper):
        super().__init__()
        self.model, self.lm_head, self.config = wrapper.model.language_model, wrapper.lm_head, wrapper.config.text_config

    def forward(self, input_ids, use_cache=False, logits_to_keep=0):
        states = self.model(input_ids=input_ids, use_cache=use_cache).last_hidden_state[:, -logits_to_keep:]
        logits, cap = self.lm_head(states) * self.config.output_multiplier, self.config.final_logit_softcapping
        return SimpleNamespace(logits=cap * torch.tanh(logits / cap))


def make(seed, **changes):
    part = {"model_type": "muse_glimmer_text", "hidden_activation": "silu", "sliding_window": 5, **common.llama_like(
        num_hidden_layers=5, head_dim=4, intermediate_size=20, post_norm_eps=1e-8, final_logit_softcapping=20.0, **changes)}
    del part["hidden_act"], part["tie_word_embeddings"]
    config = whole("muse_glimmer", part) | {"out_hidden_size": 32, "projector_hidden_size": 8}
    config["vision_config"] |= {"pos_emb_height": 2, "pos_emb_width": 2, "merge_size": 2, "layer_types": ["full_attention"]}
    wrapper = MuseGlimmerForConditionalGeneration(
        CONFIG_MAPPING["muse_glimmer"](**copy.deepcopy(config), attn_implementation="eager"))
    wrapper = common.randomise(wrapper, seed, gemma=True)
    return common.Fixture("Muse Glimmer", config, Language(wrapper).eval(), common.smol(), wrapper=wrapper)


def muse_glimmer():
    """As published: the layers with a window and with positions that follow from their number."""
    return make(151, qk_scale_factor=3.87, output_multiplier=0.7)


def muse_glimmer_listed():
    """Lists of windows and of bases that are apart, biases, another epsilon of the norms behind attention and MLP."""
    return make(152, qk_scale_factor=1.5, output_multiplier=0.5, attention_bias=True, rope_theta=500.0,
                layer_types=["full_attention", "sliding_attention"] * 2 + ["full_attention"],
                layer_rope_theta=[500.0, 0, 0, 500.0, 500.0])


FIXTURES = {"muse-glimmer": muse_glimmer, "muse-glimmer-listed": muse_glimmer_listed}
