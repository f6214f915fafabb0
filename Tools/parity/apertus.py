"""Apertus: xIELU with parameters in every block, which llama.cpp keeps in the metadata."""

import torch
from gguf import MODEL_ARCH
from transformers import ApertusConfig, ApertusForCausalLM

from parity import common


def apertus():
    """All four parameters of xIELU away from what is usual; biases in attention are only in folders, so there are none."""
    config = {"architectures": ["ApertusForCausalLM"], "model_type": "apertus", "attention_bias": False, "mlp_bias": False,
              "post_norm": False, "qk_norm": True,
              **common.llama_like(head_dim=8, hidden_act="xielu", num_hidden_layers=3,
                                  rope_parameters={"rope_type": "default", "rope_theta": 20000.0})}
    del config["rope_theta"]
    model = common.build(ApertusForCausalLM, ApertusConfig, config, 118)
    functions = [layer.mlp.act_fn for layer in model.model.layers]
    for place, f in enumerate(functions):
        f.beta.data = torch.tensor(0.375 + place / 8)
        f.eps.data = torch.tensor(-0.25 / (place + 1))

    def change(name, a):
        return {} if ".act_fn." in name else {name: a}

    def more(w, c):
        w.add_rope_dimension_count(c.head_dim)
        w.add_vocab_size(c.vocab_size)
        w.add_xielu_alpha_p([f.alpha_p.item() for f in functions])
        w.add_xielu_alpha_n([f.alpha_n.item() for f in functions])
        w.add_xielu_beta([f.beta.item() for f in functions])
        w.add_xielu_eps([f.eps.item() for f in functions])
    return common.Fixture("Apertus", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.APERTUS, change, more))


def apertus_usual():
    """No section of rotary positions, which then are those of the released models; biases in attention, another activation."""
    config = {"architectures": ["ApertusForCausalLM"], "model_type": "apertus", "attention_bias": True,
              **common.llama_like(head_dim=8, hidden_act="relu2", rope_theta=10.0)}
    return common.Fixture("Apertus", config, common.build(ApertusForCausalLM, ApertusConfig, config, 119), common.smol())


FIXTURES = {"apertus": apertus, "apertus-usual": apertus_usual}
