"""OLMo and OLMo 2. llama.cpp interleaves the rows of OLMo's queries and keys, not of OLMo 2's."""

from gguf import MODEL_ARCH
from transformers import Olmo2Config, Olmo2ForCausalLM, OlmoConfig, OlmoForCausalLM

from parity import common
from parity.common import permute


def olmo():
    """Norms without weights, a clip that cuts."""
    config = {"architectures": ["OlmoForCausalLM"], "model_type": "olmo", "attention_bias": False,
              **common.llama_like(clip_qkv=1.5)}
    del config["rms_norm_eps"]
    model = common.build(OlmoForCausalLM, OlmoConfig, config, 20)

    def change(name, a):
        if name.endswith("q_proj.weight"):
            return {name: permute(a, 4)}
        return {name: permute(a, 2) if name.endswith("k_proj.weight") else a}

    def more(w, c):
        w.add_layer_norm_eps(1e-5)
        w.add_clamp_kqv(c.clip_qkv)
    return common.Fixture("OLMo", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.OLMO, change, more))


def olmo2():
    """Norms after attention and MLP, and over all queries and keys."""
    config = {"architectures": ["Olmo2ForCausalLM"], "model_type": "olmo2", "attention_bias": False,
              **common.llama_like(rope_theta=500000)}
    model = common.build(Olmo2ForCausalLM, Olmo2Config, config, 21)
    return common.Fixture("OLMo 2", config, model, common.smol(), write_gguf=common.llama_like_gguf(MODEL_ARCH.OLMO2))


FIXTURES = {"olmo": olmo, "olmo2": olmo2}
