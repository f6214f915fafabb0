"""Arcee: Llama with a squared ReLU without a gate. llama.cpp interleaves the rows of queries and keys."""

from gguf import MODEL_ARCH
from transformers import ArceeConfig, ArceeForCausalLM

from parity import common
from parity.common import permute


def arcee():
    """Biases everywhere."""
    config = {"architectures": ["ArceeForCausalLM"], "model_type": "arcee", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(head_dim=8, hidden_act="relu2")}
    model = common.build(ArceeForCausalLM, ArceeConfig, config, 116)

    def change(name, a):
        heads = 4 if ".q_proj." in name else 2 if ".k_proj." in name else None
        return {name: permute(a, heads) if heads else a}

    def more(w, c):
        w.add_rope_dimension_count(c.head_dim)
        w.add_vocab_size(c.vocab_size)
    return common.Fixture("Arcee", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.ARCEE, change, more))


FIXTURES = {"arcee": arcee}
