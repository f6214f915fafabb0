"""Nemotron: layer norms around one, part of a head turned, a squared ReLU without a gate."""

from gguf import MODEL_ARCH, RopeScalingType
from transformers import NemotronConfig, NemotronForCausalLM

from parity import classic, common


def nemotron():
    """Biases everywhere; llama.cpp's converter adds 1 to the norms."""
    config = {"architectures": ["NemotronForCausalLM"], "model_type": "nemotron", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(head_dim=8, hidden_act="relu2", norm_eps=1e-05, partial_rotary_factor=0.5)}
    del config["rms_norm_eps"]
    model = common.build(NemotronForCausalLM, NemotronConfig, config, 115, gemma=True)

    def change(name, a):
        return {name: a + 1 if name.endswith("norm.weight") else a}

    def more(w, c):
        w.add_head_count_kv(c.num_key_value_heads)
        w.add_key_length(c.head_dim)
        w.add_value_length(c.head_dim)
        w.add_vocab_size(c.vocab_size)
        w.add_rope_freq_base(10000.0)
        w.add_rope_dimension_count(c.head_dim // 2)
        w.add_rope_scaling_type(RopeScalingType.NONE)
    return common.Fixture("Nemotron", config, model, common.smol(),
                          write_gguf=classic.writer(MODEL_ARCH.NEMOTRON, 24, 1e-5, change, more))


FIXTURES = {"nemotron": nemotron}
