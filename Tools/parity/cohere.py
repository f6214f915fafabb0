"""Cohere's Command R."""

from gguf import MODEL_ARCH
from transformers import CohereConfig, CohereForCausalLM

from parity import classic, common


def config(**changes):
    return {"architectures": ["CohereForCausalLM"], "model_type": "cohere", "hidden_act": "silu", "hidden_size": 16,
            "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
            "max_position_embeddings": 64, "layer_norm_eps": 1e-05, "logit_scale": 0.25, "rope_theta": 10000.0,
            "use_qk_norm": False, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, **changes}


def gguf_writer():
    def more(w, c):
        w.add_head_count_kv(c.num_key_value_heads)
        w.add_logit_scale(c.logit_scale)
        w.add_rope_freq_base(10000.0)
    return classic.writer(MODEL_ARCH.COMMAND_R, 24, 1e-5, more=more)


def cohere():
    made = config()
    return common.Fixture("Cohere", made, common.build(CohereForCausalLM, CohereConfig, made, 46), common.smol(),
                          write_gguf=gguf_writer())


def cohere_norms():
    """As Command R+: norms of single heads; biases in attention, which only a config.json can say."""
    made = config(use_qk_norm=True, num_attention_heads=4, num_key_value_heads=2, attention_bias=True)
    return common.Fixture("Cohere", made, common.build(CohereForCausalLM, CohereConfig, made, 47), common.smol(),
                          write_gguf=gguf_writer())


FIXTURES = {"cohere": cohere, "cohere-norms": cohere_norms}
