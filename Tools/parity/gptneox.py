"""GPT-NeoX and Pythia."""

from gguf import MODEL_ARCH
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from parity import classic, common


def neox(seed, **changes):
    config = {"architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "hidden_act": "gelu", "hidden_size": 16,
              "intermediate_size": 28, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64,
              "layer_norm_eps": 1e-05, "rotary_pct": 0.25, "rotary_emb_base": 10000, "tie_word_embeddings": False,
              "use_parallel_residual": True, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, **changes}
    return config, common.build(GPTNeoXForCausalLM, GPTNeoXConfig, config, seed)


def gptneox():
    """As Pythia."""
    config, model = neox(30)

    def change(name, a):
        return {name: classic.in_order(a, 2, groups=2) if "query_key_value" in name else a}

    def more(w, c):
        w.add_rope_dimension_count(2)
        w.add_parallel_residual(c.use_parallel_residual)
    return common.Fixture("GPT-NeoX", config, model, common.smol(), write_gguf=classic.writer(
        MODEL_ARCH.GPTNEOX, 28, 1e-5, change, more))


def gptneox_sequential():
    """One part after the other, half a head turned, another base, no biases in attention."""
    config, model = neox(31, use_parallel_residual=False, rotary_pct=0.5, rotary_emb_base=500, attention_bias=False)
    return common.Fixture("GPT-NeoX", config, model, common.smol())


FIXTURES = {"gptneox": gptneox, "gptneox-sequential": gptneox_sequential}
