"""HRM-Text and Dory, which run blocks several times."""

import copy
import re

import numpy as np
import torch
from transformers import DoryConfig, DoryForCausalLM, HrmTextConfig, HrmTextForCausalLM

from parity import common


class Tap(torch.nn.Module):
    """A place where one run of a block is watched."""

    def forward(self, hidden_states, output):
        return output


class Unrolled(torch.nn.Module):
    """A model with a block for every run of one; `order` has the modules in the order of their runs."""

    def __init__(self, whole, order, norm):
        super().__init__()
        self.whole, self.device, self.run = whole, whole.device, 0
        self.model = torch.nn.Module()
        self.model.layers = torch.nn.ModuleList(Tap() for _ in order)
        self.model.norm = norm
        for layer in set(order):
            layer.forward = self.watched(type(layer).forward.__get__(layer))

    def watched(self, forward):
        def run(hidden_states, *more, **named):
            output = forward(hidden_states, *more, **named)
            self.run += 1
            return self.model.layers[self.run - 1](hidden_states, output)
        return run

    def forward(self, **inputs):
        self.run = 0
        return self.whole(**inputs)


def hrm_order(model):
    c, m = model.config, model.model
    low, high = list(m.L_module.layers), list(m.H_module.layers)
    return (low * c.L_cycles + high) * c.H_cycles


def hrm_shown(model):
    return Unrolled(model, hrm_order(model), model.model.H_module.final_norm)


def hrm_text(seed, published, **changes):
    told = {"architectures": ["HrmTextForCausalLM"], "model_type": "hrm_text", **common.llama_like(
        **{"num_hidden_layers": 1, "head_dim": 4, "H_cycles": 2, "L_cycles": 2, "initializer_range": 0.0625, **changes})}
    del told["num_key_value_heads"]
    model = common.build(HrmTextForCausalLM, HrmTextConfig, told, seed)
    rng = np.random.default_rng(seed + 1)
    first = model.model.z_L_init
    first.data = torch.from_numpy((np.round(0.5 * rng.standard_normal(tuple(first.shape)) * 1024) / 1024).astype(np.float32))
    return common.Fixture("HRM-Text", told, model, common.smol(), original=published,
                          shown=hrm_shown)


def hrm_text_published():
    """As released: joined projections, a scale of the embedding that follows from the range of weights."""
    return hrm_text(703, True, prefix_lm=True, L_bp_cycles=[2])


def hrm_text_listed():
    """The number of blocks of a stack beside that of all runs; biases, a scale, separate projections, a tied head."""
    made = hrm_text(704, False, attention_bias=True, mlp_bias=True, embedding_scale=3.0, tie_word_embeddings=True, hidden_act="gelu",
                    num_hidden_layers=2, H_cycles=1, L_cycles=2)
    made.config.update(num_layers_per_stack=2, num_hidden_layers=6)
    return made


def dory_order(model):
    c, layers = model.config, list(model.model.layers)
    end = c.n_input_layers + c.n_recurrent_layers
    return layers[:c.n_input_layers] + layers[c.n_input_layers:end] * c.n_recurrent_loops + layers[end:]


def dory_shown(model):
    return Unrolled(model, dory_order(model), model.model.norm)


def dory(seed, **changes):
    """A model whose factors are as large as trained ones, once they are divided by the range of first weights."""
    told = {"architectures": ["DoryForCausalLM"], "model_type": "dory", "hidden_size": 12, "intermediate_size": 20,
            "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6, "max_position_embeddings": 64, "vocab_size": 288,
            "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "sliding_window": 5, **changes}
    # The configuration class writes into what it is given.
    model = common.build(DoryForCausalLM, DoryConfig, copy.deepcopy(told), seed)
    rng, scale = np.random.default_rng(seed + 1), model.config.initializer_range
    # Middle and spread of what each factor becomes; rates of both signs.
    factors = {"sqk": (scale, 0.3), "s_gate": (0.6 * scale, 0.3), "suv_gate": (1.0, 0.3), "suv_up": (1.0, 0.3),
               "lambda_1": (-0.4 * scale / model.config.ngpt_alpha_init, 0.6),
               "lambda_2": (0.4 * scale / model.config.ngpt_alpha_init, 0.6),
               "logit_scale": (5 * scale, 0.3)}
    for name, p in model.named_parameters():
        middle, spread = factors.get(name.rpartition(".")[2], (None, None))
        if middle is not None:
            values = middle * (1 + spread * rng.standard_normal(tuple(p.shape)))
            p.data = torch.from_numpy((np.round(values * 4096) / 4096).astype(np.float32))
    return common.Fixture("Dory", told, model, common.smol(), shown=dory_shown)


def dory_saved():
    """As transformers saves it: attention and MLPs counted one by one, and named as one; positions of windows stretched, too."""
    return dory(714, num_hidden_layers=8, n_input_layers=2, n_recurrent_layers=4, n_output_layers=2, n_recurrent_loops=2,
                layer_types=["sliding_attention", "mlp", "full_attention", "mlp", "sliding_attention", "mlp", "full_attention", "mlp"],
                initializer_range=0.125, ngpt_alpha_init=0.25, hidden_act="gelu", attention_bias=True, mlp_bias=True,
                tie_word_embeddings=False, recurrent_kv_cache_mode="per_loop", rope_parameters={
                    "full_attention": {"rope_type": "yarn", "rope_theta": 50.0, "factor": 4.0, "original_max_position_embeddings": 64,
                                       "beta_fast": 4.0, "beta_slow": 2.0},
                    "sliding_attention": {"rope_type": "linear", "rope_theta": 100.0, "factor": 2.0}})


def dory_name(name):
    """The names of published files, which number attention and MLPs one by one."""
    def renamed(match):
        layer, rest = 2 * int(match[1]), match[2]
        if rest.startswith("mlp.") or rest == "lambda_2":
            layer += 1
        rest = {"lambda_1": "attn_alpha", "lambda_2": "mlp_alpha"}.get(rest, re.sub(r"^(self_attn|mlp)\.", "mixer.", rest))
        return f"layers.{layer}.{rest}"
    return re.sub(r"layers\.(\d+)\.(.+)", renamed, name)


def dory_published():
    """As released: names with a number for attention and one for the MLP, no section of positions."""
    made = dory(705, num_hidden_layers=6, n_input_layers=2, n_recurrent_layers=2, n_output_layers=2, n_recurrent_loops=2,
                layer_types=["full_attention", "mlp", "sliding_attention", "mlp", "full_attention", "mlp"], hidden_act="silu")
    made.rename = dory_name
    return made


def dory_memory():
    """The names that transformers has in memory; what a config.json may leave out; a tied head."""
    made = dory(731, num_hidden_layers=4, n_input_layers=1, n_output_layers=1, tie_word_embeddings=True)
    made.original = False
    return made


FIXTURES = {"hrm-text": hrm_text_published, "hrm-text-listed": hrm_text_listed, "dory": dory_saved, "dory-published": dory_published,
            "dory-memory": dory_memory}
