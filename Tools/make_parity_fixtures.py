"""Makes the tiny models of Tests/Fixtures/models and what transformers computes from them.

    python Tools/make_parity_fixtures.py [NAME...]

Each fixture is a randomly initialised model of one family with its own small tokenizer, as a Hugging Face folder (hf/) and,
where the family's GGUF can say everything, as NAME.gguf in F32, written after llama.cpp's conventions
(convert_hf_to_gguf.py): Llama's Q and K rows permuted for interleaved rotation, 1 added to Gemma's norm weights, GPT-2's
Conv1D weights transposed. expected.json holds token ids, greedy continuations and the lens at every position.
"""

import json
import shutil
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from transformers import (AutoTokenizer, Gemma3ForCausalLM, Gemma3TextConfig, GPT2Config, GPT2LMHeadModel, LlamaConfig,
                          LlamaForCausalLM)
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

import lens_reference as lens
import tiny_tokenizers as tiny

ROOT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "models"
TOLERANCE = 3e-5
RAW_TOLERANCE = 1e-4  # raw states are larger, and so are their logits
TOP = 10
GENERATE = 8
PROMPTS = ["The keys to the cabinet are in the city of London, 1 2 3", "a café\n"]


def randomise(model, seed, gemma=False):
    """Weights with no symmetry left: nothing is 0 or 1, biases and norms matter. Multiples of 2^-10, exact in float32."""
    rng = np.random.default_rng(seed)
    for name, p in model.named_parameters():
        shape = tuple(p.shape)
        if "norm" in name or ".ln_" in name:
            if name.endswith("bias"):
                w = 0.3 * rng.standard_normal(shape)
            else:
                # Gemma's norms after attention and MLP decide how much a block adds.
                w = (0.8 if gemma and "post_" in name else 0.0 if gemma else 1.0) + 0.35 * rng.standard_normal(shape)
        elif name.endswith("bias"):
            w = 0.3 * rng.standard_normal(shape)
        elif "embed_tokens" in name or "wte" in name or "lm_head" in name:
            w = (0.25 if gemma else 0.5) * rng.standard_normal(shape)
        elif "wpe" in name:
            w = 0.4 * rng.standard_normal(shape)
        else:
            fan_in = shape[0] if "c_" in name else shape[1]
            w = 1.6 / np.sqrt(fan_in) * rng.standard_normal(shape)
        p.data = torch.from_numpy((np.round(w * 1024) / 1024).astype(np.float32))
    model.tie_weights()
    return model.float().eval()


def permute(weight, heads):
    """Rows of one head from halves (transformers) to interleaved pairs (llama.cpp)."""
    return (weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
            .swapaxes(1, 2).reshape(weight.shape))


def write_tensors(writer, model, names, change):
    """Every parameter under its GGUF name, after `change(name, array)`."""
    for name, p in model.state_dict().items():
        if name == "lm_head.weight" and model.config.tie_word_embeddings:
            continue
        stem, _, suffix = name.rpartition(".")
        target = names.get_name(stem)
        assert target, name
        writer.add_tensor(f"{target}.{suffix}", np.ascontiguousarray(change(name, p.numpy())))


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gguf_gpt2(path, model, tokenizer):
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
        return a.T if name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")) else a

    write_tensors(w, model, gguf.get_tensor_name_map(gguf.MODEL_ARCH.GPT2, c.n_layer), change)
    finish(w)


def gguf_llama(path, model, tokenizer):
    c = model.config
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("tiny llama")
    w.add_license("mit")
    w.add_block_count(c.num_hidden_layers)
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    if c.head_dim * c.num_attention_heads != c.hidden_size:
        w.add_key_length(c.head_dim)
        w.add_value_length(c.head_dim)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    w.add_vocab_size(c.vocab_size)
    w.add_rope_dimension_count(c.head_dim)
    w.add_add_space_prefix(False)
    w.add_add_bos_token(False)
    tiny.describe_bytes(w, tokenizer, pre="smollm", special=tiny.SMOL_SPECIAL)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_unk_token_id(0)
    w.add_pad_token_id(2)

    def change(name, a):
        if name.endswith("q_proj.weight"):
            return permute(a, c.num_attention_heads)
        if name.endswith("k_proj.weight"):
            return permute(a, c.num_key_value_heads)
        return a

    write_tensors(w, model, gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, c.num_hidden_layers), change)
    finish(w)


def gguf_gemma3(path, model, tokenizer):
    c = model.config
    w = gguf.GGUFWriter(path, "gemma3")
    w.add_name("tiny gemma3")
    w.add_license("mit")
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_key_length(c.head_dim)
    w.add_value_length(c.head_dim)
    w.add_rope_freq_base(c.rope_parameters["full_attention"]["rope_theta"])
    w.add_sliding_window(c.sliding_window)
    w.add_head_count_kv(c.num_key_value_heads)
    tiny.describe_pieces(w, tokenizer)
    w.add_bos_token_id(2)
    w.add_eos_token_id(1)
    w.add_unk_token_id(3)
    w.add_pad_token_id(0)
    w.add_add_bos_token(True)
    w.add_add_eos_token(False)
    w.add_add_space_prefix(False)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)

    def change(name, a):
        return a + np.float32(1) if name.endswith("norm.weight") else a

    write_tensors(w, model, gguf.get_tensor_name_map(gguf.MODEL_ARCH.GEMMA3, c.num_hidden_layers), change)
    finish(w)


def gpt2():
    tokenizer = tiny.byte_level(288, ["<|endoftext|>"], digits=False, specials_first=False)
    config = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new",
              "n_layer": 3, "n_head": 5, "n_embd": 20, "n_ctx": 64, "n_positions": 64, "layer_norm_epsilon": 1e-05,
              "vocab_size": 288, "bos_token_id": 287, "eos_token_id": 287}
    model = GPT2LMHeadModel(GPT2Config(**config, attn_implementation="eager"))
    return "gpt2", config, randomise(model, 1), tokenizer, tiny.save_gpt2_files, gguf_gpt2


def llama():
    """As SmolLM2: grouped queries, tied head, the hub's older spelling of the rotation base."""
    tokenizer = tiny.byte_level(288, tiny.SMOL_SPECIAL, digits=True, specials_first=True)
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 24,
              "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 3, "num_key_value_heads": 1,
              "max_position_embeddings": 64, "rms_norm_eps": 1e-05, "rope_theta": 100000, "rope_scaling": None,
              "attention_bias": False, "tie_word_embeddings": True, "vocab_size": 288, "bos_token_id": 1,
              "eos_token_id": 2, "pad_token_id": 2}
    model = LlamaForCausalLM(LlamaConfig(**config, attn_implementation="eager"))
    return "llama", config, randomise(model, 2), tokenizer, tiny.save_tokenizer_json, gguf_llama


def llama_untied():
    """A head of its own, heads wider than D / H, transformers 5's spelling of the rotation base."""
    tokenizer = tiny.byte_level(288, tiny.SMOL_SPECIAL, digits=True, specials_first=True)
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 20,
              "intermediate_size": 44, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
              "head_dim": 8, "max_position_embeddings": 64, "rms_norm_eps": 1e-06,
              "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "attention_bias": False,
              "mlp_bias": False, "tie_word_embeddings": False, "vocab_size": 288, "bos_token_id": 1,
              "eos_token_id": 2, "pad_token_id": 2}
    model = LlamaForCausalLM(LlamaConfig(**config, attn_implementation="eager"))
    return "llama", config, randomise(model, 3), tokenizer, tiny.save_tokenizer_json, gguf_llama


def gemma3():
    """Seven blocks, the sixth of them global; a window shorter than the text; the hub's spelling of the configuration."""
    tokenizer = tiny.pieces(320)
    config = {"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text",
              "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 16, "intermediate_size": 20,
              "num_hidden_layers": 7, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 8,
              "max_position_embeddings": 64, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
              "rope_local_base_freq": 10000.0, "rope_scaling": None, "query_pre_attn_scalar": 8, "sliding_window": 5,
              "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) + ["sliding_attention"],
              "attention_bias": False, "attn_logit_softcapping": None, "final_logit_softcapping": None,
              "tie_word_embeddings": True, "vocab_size": 320, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
    model = Gemma3ForCausalLM(Gemma3TextConfig(**config, attn_implementation="eager"))
    return "gemma3", config, randomise(model, 4, gemma=True), tokenizer, tiny.save_gemma_files, gguf_gemma3


def gemma3_scalar():
    """What only a config.json can say: a query scale that is not the head's width, another pattern, other bases."""
    tokenizer = tiny.pieces(320)
    config = {"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text",
              "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 20, "intermediate_size": 28,
              "num_hidden_layers": 4, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8,
              "max_position_embeddings": 64, "rms_norm_eps": 1e-05,
              "rope_parameters": {"full_attention": {"rope_theta": 40000.0, "rope_type": "default"},
                                  "sliding_attention": {"rope_theta": 500.0, "rope_type": "default"}},
              "query_pre_attn_scalar": 20, "sliding_window": 4,
              "layer_types": ["sliding_attention", "full_attention"] * 2, "tie_word_embeddings": True,
              "vocab_size": 320, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
    model = Gemma3ForCausalLM(Gemma3TextConfig(**config, attn_implementation="eager"))
    return "gemma3", config, randomise(model, 5, gemma=True), tokenizer, tiny.save_gemma_files, None


FIXTURES = {"gpt2": gpt2, "llama": llama, "llama-untied": llama_untied, "gemma3": gemma3, "gemma3-scalar": gemma3_scalar}


def check_gguf(path, model):
    """transformers' own reader of GGUF finds the same weights in the file."""
    read = load_gguf_checkpoint(path, return_tensors=True, model_to_load=model)["tensors"]
    for name, p in model.named_parameters():
        assert torch.equal(read[name], p), name


def expect(model, ids, text, stop):
    generated = lens.greedy(model, ids, GENERATE, stop)
    every = ids + generated
    raw, logits = lens.states(model, every)
    lens.check_last_row(model, raw, logits)
    positions = list(range(len(every)))
    targets = every[1:] + [None]
    entry = {"text": text, "ids": ids, "generated": generated,
             "logits": [lens.number(x) for x in logits[len(ids) - 1].tolist()]}
    for name, norm in (("normed", True), ("raw", False)):
        measured = lens.measure(
            model, raw, targets, positions, norm, TOP, TOLERANCE if norm else RAW_TOLERANCE)
        kept = ["rank", "above", "below", "logprob", "entropy", "kl"]
        if norm:
            kept += ["top_ids", "top_logits"]
        entry[name] = {key: measured[key] for key in kept}
    return entry


def make(name):
    architecture, config, model, tokenizer, save_tokenizer, write_gguf = FIXTURES[name]()
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "hf").mkdir(parents=True)
    weights = {k: v.contiguous() for k, v in model.state_dict().items()
               if not (k == "lm_head.weight" and model.config.tie_word_embeddings)}
    save_file(weights, folder / "hf" / "model.safetensors", metadata={"format": "pt"})
    (folder / "hf" / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    save_tokenizer(folder / "hf", tokenizer)
    if write_gguf:
        write_gguf(folder / f"{name}.gguf", model, tokenizer)

    loaded = AutoTokenizer.from_pretrained(folder / "hf")
    if write_gguf:
        check_gguf(folder / f"{name}.gguf", model)
    reloaded = type(model).from_pretrained(folder / "hf", dtype=torch.float32, attn_implementation="eager").eval()
    prompts = []
    for text in PROMPTS:
        ids = loaded(text)["input_ids"]
        assert ids == tokenizer.encode(text).ids, (ids, tokenizer.encode(text).ids)
        prompts.append(expect(reloaded, ids, text, lens.control_tokens(loaded)))
    lens.write_json(folder / "expected.json", {
        "architecture": architecture, "versions": lens.versions(), "tolerance": TOLERANCE, "raw_tolerance": RAW_TOLERANCE, "top": TOP,
        "generate": GENERATE, "prompts": prompts})
    for f in sorted(folder.rglob("*")):
        if f.is_file():
            print(f"{f.stat().st_size:8d} {f.relative_to(ROOT)}")
    for p in prompts:
        print(len(p["ids"]), p["ids"], p["generated"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or FIXTURES:
        make(name)
