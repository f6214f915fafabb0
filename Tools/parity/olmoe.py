"""OLMoE and FlexOlmo."""

from gguf import MODEL_ARCH
from transformers import FlexOlmoConfig, FlexOlmoForCausalLM, OlmoeConfig, OlmoeForCausalLM

from parity import common, experts


def olmoe():
    """Shares of experts as they are."""
    config = {"architectures": ["OlmoeForCausalLM"], "model_type": "olmoe", "attention_bias": False, "clip_qkv": None,
              **common.llama_like(num_experts=4, num_experts_per_tok=2, norm_topk_prob=False, intermediate_size=8)}
    model = common.build(OlmoeForCausalLM, OlmoeConfig, config, 93)
    return common.Fixture("OLMoE", config, model, common.smol(), write_gguf=common.llama_like_gguf(
        MODEL_ARCH.OLMOE, experts.stacked(4), lambda w, c: experts.describe(w, 4, 2)))


def olmoe_clip():
    """What only a config.json can say: a clip that cuts after the norms, shares that sum to one, biases."""
    config = {"architectures": ["OlmoeForCausalLM"], "model_type": "olmoe", "attention_bias": True, "clip_qkv": 0.75,
              **common.llama_like(num_experts=3, num_experts_per_tok=2, norm_topk_prob=True, intermediate_size=8)}
    model = common.build(OlmoeForCausalLM, OlmoeConfig, config, 94)
    return common.Fixture("OLMoE", config, model, common.smol())


def flex_olmo():
    """Norms after attention and experts."""
    config = {"architectures": ["FlexOlmoForCausalLM"], "model_type": "flex_olmo", "attention_bias": False,
              **common.llama_like(num_experts=4, num_experts_per_tok=3, norm_topk_prob=True, intermediate_size=8)}
    model = common.build(FlexOlmoForCausalLM, FlexOlmoConfig, config, 95)
    return common.Fixture("FlexOlmo", config, model, common.smol())


FIXTURES = {"olmoe": olmoe, "olmoe-clip": olmoe_clip, "flex-olmo": flex_olmo}
