"""GPT: norms after attention and MLP were added, and none at the end."""

from transformers import OpenAIGPTConfig, OpenAIGPTLMHeadModel

from parity import common


def openai_gpt():
    """As released: "gelu" is its tanh approximation."""
    config = {"architectures": ["OpenAIGPTLMHeadModel"], "model_type": "openai-gpt", "afn": "gelu", "attn_pdrop": 0.1, "embd_pdrop": 0.1,
              "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "n_ctx": 64, "n_embd": 16, "n_head": 4, "n_layer": 2,
              "n_positions": 64, "n_special": 0, "predict_special_tokens": True, "resid_pdrop": 0.1, "vocab_size": 288}
    model = common.build(OpenAIGPTLMHeadModel, OpenAIGPTConfig, config, 133)
    return common.Fixture("GPT", config, model, common.smol())


FIXTURES = {"openai-gpt": openai_gpt}
