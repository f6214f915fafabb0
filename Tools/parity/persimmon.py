"""Persimmon: norms of heads before the rotation of a part of them, a squared ReLU without a gate."""

from transformers import PersimmonConfig, PersimmonForCausalLM

from parity import common


def persimmon():
    config = {"architectures": ["PersimmonForCausalLM"], "model_type": "persimmon", "qk_layernorm": True,
              **common.llama_like(hidden_act="relu2", layer_norm_eps=1e-05, partial_rotary_factor=0.5, num_attention_heads=2)}
    del config["rms_norm_eps"], config["num_key_value_heads"]
    return common.Fixture("Persimmon", config, common.build(PersimmonForCausalLM, PersimmonConfig, config, 128), common.smol())


FIXTURES = {"persimmon": persimmon}
