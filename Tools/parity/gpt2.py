"""GPT-2: fused projections, stored transposed."""

import gguf
from transformers import GPT2Config, GPT2LMHeadModel

import tiny_tokenizers as tiny
from parity import common
from parity.common import finish, write_tensors


def write_gguf(path, model, tokenizer):
    c = model.config
    w = gguf.GGUFWriter(path, "gpt2")
    w.add_name("tiny gpt2")
    w.add_license("mit")
    w.add_block_count(c.n_layer)
    w.add_context_length(c.n_positions)
    w.add_embedding_length(c.n_embd)
    w.add_feed_forward_length(4 * c.n_embd)
    w.add_head_count(c.n_head)
    w.add_layer_norm_eps(c.layer_norm_epsilon)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    tiny.describe_bytes(w, tokenizer, pre="gpt-2", special=["<|endoftext|>"])
    w.add_bos_token_id(tokenizer.token_to_id("<|endoftext|>"))
    w.add_eos_token_id(tokenizer.token_to_id("<|endoftext|>"))

    def change(name, a):
        return {name: a.T if name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")) else a}

    write_tensors(w, model, gguf.get_tensor_name_map(gguf.MODEL_ARCH.GPT2, c.n_layer), change)
    finish(w)


def gpt2():
    tokenizer = tiny.byte_level(288, ["<|endoftext|>"], digits=False, specials_first=False)
    config = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new",
              "n_layer": 3, "n_head": 5, "n_embd": 20, "n_ctx": 64, "n_positions": 64, "layer_norm_epsilon": 1e-05,
              "vocab_size": 288, "bos_token_id": 287, "eos_token_id": 287}
    model = common.build(GPT2LMHeadModel, GPT2Config, config, 1)
    return common.Fixture("GPT-2", config, model, tokenizer, tiny.save_gpt2_files, write_gguf)


def options(seed, **changes):
    tokenizer = tiny.byte_level(288, ["<|endoftext|>"], digits=False, specials_first=False)
    config = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_layer": 3, "n_head": 3, "n_embd": 15,
              "n_positions": 64, "layer_norm_epsilon": 1e-05, "vocab_size": 288, "bos_token_id": 287, "eos_token_id": 287,
              **changes}
    model = common.build(GPT2LMHeadModel, GPT2Config, config, seed)
    return common.Fixture("GPT-2", config, model, tokenizer, tiny.save_gpt2_files)


def gpt2_inverse():
    """As Stanford's and Cerebras' models: scores divided by the number of the layer, exact GELU; heads of an odd width."""
    return options(73, activation_function="gelu", scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True)


def gpt2_unscaled():
    """Scores that are not scaled, an MLP of another width."""
    return options(74, activation_function="relu", scale_attn_weights=False, n_inner=20)


FIXTURES = {"gpt2": gpt2, "gpt2-inverse": gpt2_inverse, "gpt2-unscaled": gpt2_unscaled}
