"""GPT-J, which llama.cpp does not run."""

from transformers import GPTJConfig, GPTJForCausalLM

from parity import common


def gptj():
    config = {"architectures": ["GPTJForCausalLM"], "model_type": "gptj", "activation_function": "gelu_new", "n_embd": 16,
              "n_layer": 2, "n_head": 2, "n_inner": None, "n_positions": 64, "rotary_dim": 4, "layer_norm_epsilon": 1e-05,
              "tie_word_embeddings": False, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2}
    return common.Fixture("GPT-J", config, common.build(GPTJForCausalLM, GPTJConfig, config, 32), common.smol())


FIXTURES = {"gptj": gptj}
