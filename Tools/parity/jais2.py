"""Jais 2: layer norms, biases, a squared ReLU without a gate."""

from gguf import MODEL_ARCH
from transformers import Jais2Config, Jais2ForCausalLM

from parity import classic, common


def jais2():
    """Biases everywhere, as they are usual and not said."""
    config = {"architectures": ["Jais2ForCausalLM"], "model_type": "jais2",
              **common.llama_like(head_dim=8, hidden_act="relu2", layer_norm_eps=1e-05)}
    del config["rms_norm_eps"]
    model = common.build(Jais2ForCausalLM, Jais2Config, config, 125)

    def more(w, c):
        w.add_head_count_kv(c.num_key_value_heads)
        w.add_key_length(c.head_dim)
        w.add_value_length(c.head_dim)
        w.add_rope_freq_base(10000.0)
        w.add_rope_dimension_count(c.head_dim)
    return common.Fixture("Jais 2", config, model, common.smol(), write_gguf=classic.writer(MODEL_ARCH.JAIS2, 24, 1e-5, more=more))


FIXTURES = {"jais2": jais2}
