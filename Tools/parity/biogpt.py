"""BioGPT: learned positions from the third row on, scaled embeddings."""

from transformers import BioGptConfig, BioGptForCausalLM

from parity import common


def biogpt():
    """An epsilon that counts for nothing."""
    config = {"architectures": ["BioGptForCausalLM"], "model_type": "biogpt", "hidden_size": 16, "intermediate_size": 24,
              "num_hidden_layers": 2, "num_attention_heads": 4, "hidden_act": "gelu", "max_position_embeddings": 64,
              "layer_norm_eps": 0.5, "scale_embedding": True, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    return common.Fixture("BioGPT", config, common.build(BioGptForCausalLM, BioGptConfig, config, 131), common.smol())


FIXTURES = {"biogpt": biogpt}
