"""Helium: Llama with neighbouring values of a head turned."""

from transformers import HeliumConfig, HeliumForCausalLM

from parity import common


def helium():
    """Biases of queries, keys and values, and of the MLP."""
    config = {"architectures": ["HeliumForCausalLM"], "model_type": "helium", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(head_dim=4, rms_norm_eps=1e-08, rope_theta=100000.0)}
    return common.Fixture("Helium", config, common.build(HeliumForCausalLM, HeliumConfig, config, 117), common.smol())


FIXTURES = {"helium": helium}
