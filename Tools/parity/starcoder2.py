"""StarCoder2."""

from gguf import MODEL_ARCH
from transformers import Starcoder2Config, Starcoder2ForCausalLM

from parity import classic, common


def starcoder2():
    """A window shorter than the text, which GGUF does not say."""
    config = {"architectures": ["Starcoder2ForCausalLM"], "model_type": "starcoder2", "hidden_act": "gelu_pytorch_tanh",
              "hidden_size": 16, "intermediate_size": 28, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "max_position_embeddings": 64, "norm_epsilon": 1e-05, "rope_theta": 99999.0,
              "sliding_window": 6, "use_bias": True, "tie_word_embeddings": True, "vocab_size": 288, "bos_token_id": 1,
              "eos_token_id": 2}
    return common.Fixture(
        "StarCoder2", config, common.build(Starcoder2ForCausalLM, Starcoder2Config, config, 44), common.smol())


def starcoder2_untied():
    """No window, a head of its own."""
    config = {**starcoder2().config, "sliding_window": None, "tie_word_embeddings": False, "rope_theta": 10000.0}

    def more(w, c):
        w.add_head_count_kv(2)
        w.add_rope_freq_base(10000.0)
    return common.Fixture(
        "StarCoder2", config, common.build(Starcoder2ForCausalLM, Starcoder2Config, config, 45), common.smol(),
        write_gguf=classic.writer(MODEL_ARCH.STARCODER2, 28, 1e-5, more=more))


FIXTURES = {"starcoder2": starcoder2, "starcoder2-untied": starcoder2_untied}
