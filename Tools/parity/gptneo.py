"""GPT-Neo, which llama.cpp does not run."""

from transformers import GPTNeoConfig, GPTNeoForCausalLM

from parity import common


def gptneo():
    """A window shorter than the text in the second and third layer, which config.json says in its shortest way."""
    config = {"architectures": ["GPTNeoForCausalLM"], "model_type": "gpt_neo", "activation_function": "gelu_new",
              "hidden_size": 16, "num_layers": 3, "num_heads": 2, "intermediate_size": 24, "max_position_embeddings": 64,
              "window_size": 5, "attention_types": [[["global"], 1], [["local"], 2]],
              "layer_norm_epsilon": 1e-05, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2}
    return common.Fixture("GPT-Neo", config, common.build(GPTNeoForCausalLM, GPTNeoConfig, config, 33), common.smol())


FIXTURES = {"gptneo": gptneo}
