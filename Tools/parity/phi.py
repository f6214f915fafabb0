"""Phi 1, 1.5 and 2."""

from gguf import MODEL_ARCH
from transformers import PhiConfig, PhiForCausalLM

from parity import classic, common


def config(**changes):
    return {"architectures": ["PhiForCausalLM"], "model_type": "phi", "hidden_act": "gelu_new", "hidden_size": 16,
            "intermediate_size": 28, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": None,
            "max_position_embeddings": 64, "layer_norm_eps": 1e-05, "partial_rotary_factor": 0.5, "rope_theta": 10000.0,
            "tie_word_embeddings": False, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, **changes}


def phi():
    made = config()
    return common.Fixture(
        "Phi", made, common.build(PhiForCausalLM, PhiConfig, made, 42), common.smol(),
        write_gguf=classic.writer(MODEL_ARCH.PHI2, 28, 1e-5, more=lambda w, c: w.add_rope_dimension_count(4)))


def phi_norms():
    """What only a config.json can say: norms of queries and keys, shared key heads."""
    made = config(qk_layernorm=True, num_key_value_heads=1)
    return common.Fixture("Phi", made, common.build(PhiForCausalLM, PhiConfig, made, 43), common.smol())


FIXTURES = {"phi": phi, "phi-norms": phi_norms}
