"""XGLM: positions of fixed sines and cosines, whose row of padding is zero. llama.cpp does not run it."""

from transformers import XGLMConfig, XGLMForCausalLM

from parity import common


def settings(**changes):
    return {"architectures": ["XGLMForCausalLM"], "model_type": "xglm", "d_model": 16, "ffn_dim": 24, "num_layers": 2,
            "attention_heads": 4, "activation_function": "gelu", "max_position_embeddings": 64, "scale_embedding": True,
            "vocab_size": 288, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, **changes}


def make(seed, **changes):
    config = settings(**changes)
    return common.Fixture("XGLM", config, common.build(XGLMForCausalLM, XGLMConfig, config, seed), common.smol())


def xglm():
    """As published."""
    return make(141)


def xglm_padded():
    """A padding token whose row is that of a position in the text; embeddings as they are, another activation."""
    return make(142, pad_token_id=5, scale_embedding=False, activation_function="relu", add_cross_attention=False)


FIXTURES = {"xglm": xglm, "xglm-padded": xglm_padded}
