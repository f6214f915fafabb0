"""HRM-Text, which runs its blocks several times. llama.cpp does not run it."""

import numpy as np
import torch
from transformers import HrmTextConfig, HrmTextForCausalLM

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


FIXTURES = {"hrm-text": hrm_text_published, "hrm-text-listed": hrm_text_listed}
