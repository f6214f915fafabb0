"""HyperCLOVA X SEED: Granite with norms after attention and MLP, whose factor multiplies the logits."""

from transformers import HyperCLOVAXConfig, HyperCLOVAXForCausalLM

from parity import common


def hyperclovax():
    """Every factor away from one, biases everywhere; the norms are usual and not said."""
    config = {"architectures": ["HyperCLOVAXForCausalLM"], "model_type": "hyperclovax", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(head_dim=8, embedding_multiplier=3.0, attention_multiplier=0.375, residual_multiplier=0.25,
                                  logits_scaling=0.5)}
    return common.Fixture("HyperCLOVA X", config, common.build(HyperCLOVAXForCausalLM, HyperCLOVAXConfig, config, 126), common.smol())


def hyperclovax_plain():
    """No norms after attention and MLP, no factors."""
    config = {"architectures": ["HyperCLOVAXForCausalLM"], "model_type": "hyperclovax", "use_post_norm": False,
              **common.llama_like(attention_multiplier=None)}
    return common.Fixture("HyperCLOVA X", config, common.build(HyperCLOVAXForCausalLM, HyperCLOVAXConfig, config, 127), common.smol())


FIXTURES = {"hyperclovax": hyperclovax, "hyperclovax-plain": hyperclovax_plain}
