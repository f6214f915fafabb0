"""CWM: Llama with a window in most layers; the first of every four has none."""

import copy

from transformers import CwmConfig, CwmForCausalLM

from parity import common


def cwm():
    """The pattern and the positions of the released model, which config.json leaves out."""
    config = {"architectures": ["CwmForCausalLM"], "model_type": "cwm", "mlp_bias": True,
              **common.llama_like(head_dim=8, num_hidden_layers=5, sliding_window=5, rope_theta=10.0)}
    model = common.build(CwmForCausalLM, CwmConfig, copy.deepcopy(config), 122)
    return common.Fixture("CWM", config, model, common.smol())


FIXTURES = {"cwm": cwm}
