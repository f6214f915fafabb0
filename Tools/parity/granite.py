"""Granite: Llama with factors."""

from gguf import MODEL_ARCH
from transformers import GraniteConfig, GraniteForCausalLM

from parity import common
from parity.common import permute


def granite():
    """Every factor away from one, biases everywhere."""
    config = {"architectures": ["GraniteForCausalLM"], "model_type": "granite", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(embedding_multiplier=3.0, attention_multiplier=0.375, residual_multiplier=0.25,
                                  logits_scaling=4.0, tie_word_embeddings=True)}
    model = common.build(GraniteForCausalLM, GraniteConfig, config, 22)

    def change(name, a):
        heads = 4 if ".q_proj." in name else 2 if ".k_proj." in name else None
        return {name: permute(a, heads) if heads else a}

    def more(w, c):
        w.add_rope_dimension_count(c.hidden_size // c.num_attention_heads)
        w.add_vocab_size(c.vocab_size)
        w.add_attention_scale(c.attention_multiplier)
        w.add_embedding_scale(c.embedding_multiplier)
        w.add_residual_scale(c.residual_multiplier)
        w.add_logit_scale(c.logits_scaling)
    return common.Fixture("Granite", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.GRANITE, change, more))


FIXTURES = {"granite": granite}
