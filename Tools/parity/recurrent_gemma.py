"""RecurrentGemma: gated recurrent units of channels, and attention with a window. llama.cpp does not run it."""

from transformers import RecurrentGemmaConfig, RecurrentGemmaForCausalLM

from parity import common


def make(seed, **changes):
    told = {"architectures": ["RecurrentGemmaForCausalLM"], "model_type": "recurrent_gemma", "hidden_size": 16, "intermediate_size": 48,
            "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 1, "attention_window_size": 6, "conv1d_width": 4,
            "logits_soft_cap": 30.0, "rms_norm_eps": 1e-06, "hidden_activation": "gelu_pytorch_tanh", "vocab_size": 288, "bos_token_id": 1,
            "eos_token_id": 2, "pad_token_id": 0, "attention_dropout": 0.0, "w_init_variance_scale": 0.01, **changes}
    model = common.build(RecurrentGemmaForCausalLM, RecurrentGemmaConfig, told, seed, gemma=True)
    return common.Fixture("RecurrentGemma", told, model, common.smol())


def recurrent_gemma():
    """As published, with names of the first transformers; half of a head turns where nothing is said."""
    return make(861, lru_width=16, block_types=["recurrent", "recurrent", "attention"],
                _block_types=["recurrent", "recurrent", "attention"], embeddings_scale_by_sqrt_dim=True,
                final_w_init_variance_scale=0.5, head_dim=4, rope_theta=10000.0)


def recurrent_gemma_wide():
    """Units wider than the stream, biases of attention, a whole head that turns, another order of blocks, a head of its own."""
    return make(862, lru_width=24, block_types=["attention", "recurrent"], attention_bias=True, num_key_value_heads=2,
                partial_rotary_factor=1.0, conv1d_width=3, hidden_activation="relu", logits_soft_cap=5.0, tie_word_embeddings=False)


FIXTURES = {"recurrent-gemma": recurrent_gemma, "recurrent-gemma-wide": recurrent_gemma_wide}
