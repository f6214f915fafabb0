"""Mistral (a window in every layer) and Mixtral (experts). llama.cpp calls both `llama` and interleaves the rows of queries and keys."""

import numpy as np
from gguf import MODEL_ARCH
from transformers import (
    MinistralConfig, MinistralForCausalLM, MistralConfig, MistralForCausalLM, MixtralConfig, MixtralForCausalLM)

from parity import common
from parity.common import permute


def interleaved(config):
    """Rows of queries and keys as llama.cpp wants them; experts stacked."""
    experts = {}

    def change(name, a):
        if name.endswith("q_proj.weight"):
            return {name: permute(a, config.num_attention_heads)}
        if name.endswith("k_proj.weight"):
            return {name: permute(a, config.num_key_value_heads)}
        if ".experts." in name:
            layer, _, rest = name.partition(".experts.")
            expert, which, _ = rest.split(".")
            found = experts.setdefault((layer, which), {})
            found[int(expert)] = a
            if len(found) < config.num_local_experts:
                return {}
            return {f"{layer}.experts.{which}.weight": np.stack([found[i] for i in range(len(found))])}
        return {name: a}
    return change


def mistral():
    """A window shorter than the text. In GGUF the window is not said, so there is no such file."""
    config = {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
              **common.llama_like(sliding_window=6, rope_theta=1000.0)}
    model = common.build(MistralForCausalLM, MistralConfig, config, 10)
    return common.Fixture("Mistral", config, model, common.smol())


def mixtral():
    """Two of three experts for every token."""
    config = {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral",
              **common.llama_like(intermediate_size=12, num_local_experts=3, num_experts_per_tok=2, sliding_window=None)}
    model = common.build(MixtralForCausalLM, MixtralConfig, config, 11)

    def more(w, c):
        w.add_rope_dimension_count(c.hidden_size // c.num_attention_heads)
        w.add_vocab_size(c.vocab_size)
        w.add_expert_count(c.num_local_experts)
        w.add_expert_used_count(c.num_experts_per_tok)
    return common.Fixture("Mixtral", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.LLAMA, interleaved(model.config), more))


def mistral_layers():
    """A window in the layers of `layer_types` only, which AutoModel takes for a Ministral."""
    config = {"architectures": ["MistralForCausalLM"], "model_type": "mistral",
              **common.llama_like(sliding_window=6, rope_theta=1000.0, head_dim=4, num_hidden_layers=3,
                                  layer_types=["full_attention", "sliding_attention", "full_attention"])}
    model = common.build(MinistralForCausalLM, MinistralConfig, config, 70)
    return common.Fixture("Mistral", config, model, common.smol())


def mixtral_fused():
    """All experts of a layer in one tensor, as transformers 5 has them in memory."""
    config = {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral",
              **common.llama_like(intermediate_size=12, num_local_experts=3, num_experts_per_tok=2, sliding_window=None,
                                  hidden_act="relu2")}
    model = common.build(MixtralForCausalLM, MixtralConfig, config, 71)
    return common.Fixture("Mixtral", config, model, common.smol(), original=False)


FIXTURES = {"mistral": mistral, "mistral-layers": mistral_layers, "mixtral": mixtral, "mixtral-fused": mixtral_fused}
