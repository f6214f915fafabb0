"""GLM and GLM-4-0414: half of each head turns, in neighbouring pairs."""

from gguf import MODEL_ARCH
from transformers import Glm4Config, Glm4ForCausalLM, GlmConfig, GlmForCausalLM

from parity import common


def more(w, c):
    w.add_rope_dimension_count(c.head_dim // 2)


def glm():
    """No biases; the part that turns is left out, as it is usual."""
    config = {"architectures": ["GlmForCausalLM"], "model_type": "glm", "attention_bias": False, **common.llama_like(head_dim=8)}
    model = common.build(GlmForCausalLM, GlmConfig, config, 105)
    return common.Fixture("GLM", config, model, common.smol(), write_gguf=common.llama_like_gguf(MODEL_ARCH.CHATGLM, more=more))


def glm4():
    """Norms on both sides, biases of queries, keys and values."""
    config = {"architectures": ["Glm4ForCausalLM"], "model_type": "glm4", "attention_bias": True,
              **common.llama_like(head_dim=8, partial_rotary_factor=0.5)}
    model = common.build(Glm4ForCausalLM, Glm4Config, config, 106)
    return common.Fixture("GLM-4", config, model, common.smol(), write_gguf=common.llama_like_gguf(MODEL_ARCH.GLM4, more=more))


FIXTURES = {"glm": glm, "glm4": glm4}
