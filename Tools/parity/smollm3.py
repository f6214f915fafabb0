"""SmolLM3: some layers know no positions; llama.cpp takes every fourth."""

from gguf import MODEL_ARCH
from transformers import SmolLM3Config, SmolLM3ForCausalLM

from parity import common
from parity.common import permute


def smollm3():
    """Four layers, the last without positions."""
    config = {"architectures": ["SmolLM3ForCausalLM"], "model_type": "smollm3", "attention_bias": False, "mlp_bias": False,
              **common.llama_like(num_hidden_layers=4, no_rope_layer_interval=4, no_rope_layers=[1, 1, 1, 0],
                                  tie_word_embeddings=True, use_sliding_window=False, sliding_window=None)}
    model = common.build(SmolLM3ForCausalLM, SmolLM3Config, config, 23)

    def change(name, a):
        heads = 4 if ".q_proj." in name else 2 if ".k_proj." in name else None
        return {name: permute(a, heads) if heads else a}

    def more(w, c):
        w.add_rope_dimension_count(c.hidden_size // c.num_attention_heads)
        w.add_vocab_size(c.vocab_size)
    return common.Fixture("SmolLM3", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.SMOLLM3, change, more))


def smollm3_window():
    """A window in the layers in which nothing turns."""
    config = {"architectures": ["SmolLM3ForCausalLM"], "model_type": "smollm3",
              **common.llama_like(num_hidden_layers=3, no_rope_layers=[1, 0, 1], tie_word_embeddings=True,
                                  use_sliding_window=True, sliding_window=5)}
    model = common.build(SmolLM3ForCausalLM, SmolLM3Config, config, 77)
    return common.Fixture("SmolLM3", config, model, common.smol())


FIXTURES = {"smollm3": smollm3, "smollm3-window": smollm3_window}
