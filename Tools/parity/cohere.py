"""Cohere's Command R, Command R7B and Command A."""

from gguf import MODEL_ARCH, RopeScalingType
from transformers import Cohere2Config, Cohere2ForCausalLM, CohereConfig, CohereForCausalLM

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


def cohere2():
    """Three layers with a window and one without, which has no positions; the pattern is that of llama.cpp, which is not in its file."""
    made = config(architectures=["Cohere2ForCausalLM"], model_type="cohere2", num_attention_heads=4, num_key_value_heads=2,
                  num_hidden_layers=4, sliding_window=5, sliding_window_pattern=4, head_dim=4)
    del made["use_qk_norm"]
    model = common.build(Cohere2ForCausalLM, Cohere2Config, made, 103)

    def more(w, c):
        w.add_head_count_kv(c.num_key_value_heads)
        w.add_logit_scale(c.logit_scale)
        w.add_rope_freq_base(10000.0)
        w.add_sliding_window(c.sliding_window)
        w.add_vocab_size(c.vocab_size)
        w.add_rope_dimension_count(c.hidden_size // c.num_attention_heads)
        w.add_rope_scaling_type(RopeScalingType.NONE)
    return common.Fixture("Cohere 2", made, model, common.smol(), write_gguf=classic.writer(MODEL_ARCH.COHERE2, 24, 1e-5, more=more))


def cohere2_layers():
    """Layers by name, biases in attention, a head of its own."""
    made = config(architectures=["Cohere2ForCausalLM"], model_type="cohere2", attention_bias=True, sliding_window=4, head_dim=8,
                  layer_types=["full_attention", "sliding_attention"], tie_word_embeddings=False)
    del made["use_qk_norm"]
    return common.Fixture("Cohere 2", made, common.build(Cohere2ForCausalLM, Cohere2Config, made, 104), common.smol())


FIXTURES = {"cohere": cohere, "cohere-norms": cohere_norms, "cohere2": cohere2, "cohere2-layers": cohere2_layers}
