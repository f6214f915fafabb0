"""GPT-BigCode: GPT-2 with one key and value head for all queries."""

from gguf import MODEL_ARCH
from transformers import GPTBigCodeConfig, GPTBigCodeForCausalLM

from parity import classic, common


def config(**changes):
    return {"architectures": ["GPTBigCodeForCausalLM"], "model_type": "gpt_bigcode", "n_embd": 16, "n_layer": 2, "n_head": 4,
            "n_inner": 24, "n_positions": 64, "activation_function": "gelu_pytorch_tanh", "layer_norm_epsilon": 1e-05,
            "attention_softmax_in_fp32": True, "scale_attention_softmax_in_fp32": True, "scale_attn_weights": True, "vocab_size": 288,
            "bos_token_id": 0, "eos_token_id": 0, **changes}


def gpt_bigcode():
    """As StarCoder."""
    made = config(multi_query=True)
    model = common.build(GPTBigCodeForCausalLM, GPTBigCodeConfig, made, 129)
    return common.Fixture("GPT-BigCode", made, model, common.smol(), write_gguf=classic.writer(
        MODEL_ARCH.STARCODER, 24, 1e-5, more=lambda w, c: w.add_head_count_kv(1)))


def gpt_bigcode_heads():
    """A key and a value for each head, in groups; scores that are not scaled."""
    made = config(multi_query=False, n_inner=None, scale_attn_weights=False, activation_function="gelu", tie_word_embeddings=False)
    return common.Fixture("GPT-BigCode", made, common.build(GPTBigCodeForCausalLM, GPTBigCodeConfig, made, 130), common.smol())


FIXTURES = {"gpt-bigcode": gpt_bigcode, "gpt-bigcode-heads": gpt_bigcode_heads}
