"""CodeGen, which llama.cpp does not run."""

from transformers import CodeGenConfig, CodeGenForCausalLM

from parity import common


def codegen():
    """Eight heads, two in each of the four shards of the fused projection; part of a head turned."""
    config = {"architectures": ["CodeGenForCausalLM"], "model_type": "codegen", "activation_function": "gelu_new", "n_embd": 16,
              "n_layer": 2, "n_head": 8, "n_inner": 40, "n_positions": 64, "n_ctx": 64, "rotary_dim": 2, "layer_norm_epsilon": 1e-05,
              "tie_word_embeddings": False, "scale_attn_weights": True, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2}
    return common.Fixture("CodeGen", config, common.build(CodeGenForCausalLM, CodeGenConfig, config, 33), common.smol())


FIXTURES = {"codegen": codegen}
