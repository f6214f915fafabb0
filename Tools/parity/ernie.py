"""ERNIE 4.5 without experts: neighbouring values of a head turn."""

from gguf import MODEL_ARCH
from transformers import Ernie4_5Config, Ernie4_5ForCausalLM

from parity import common


def ernie45():
    """As released: a tied head, no biases."""
    config = {"architectures": ["Ernie4_5_ForCausalLM"], "model_type": "ernie4_5", "use_bias": False,
              **common.llama_like(head_dim=8, tie_word_embeddings=True, rope_theta=500000.0)}
    model = common.build(Ernie4_5ForCausalLM, Ernie4_5Config, config, 111)
    return common.Fixture("ERNIE 4.5", config, model, common.smol(), write_gguf=common.llama_like_gguf(MODEL_ARCH.ERNIE4_5))


def ernie45_biases():
    """Biases everywhere, a head of its own."""
    config = {"architectures": ["Ernie4_5ForCausalLM"], "model_type": "ernie4_5", "use_bias": True, **common.llama_like(head_dim=4)}
    return common.Fixture("ERNIE 4.5", config, common.build(Ernie4_5ForCausalLM, Ernie4_5Config, config, 112), common.smol())


FIXTURES = {"ernie45": ernie45, "ernie45-biases": ernie45_biases}
