"""A GPT-2 with the real vocabulary whose weights are a formula, so that nobody has to store 13 MB of noise.

Element n (counted over all tensors in the order of `tensors()`) is base + r * 2^exponent / 2048, where r in -2048...2047 are
the top 12 bits of splitmix64 at n, less 2048. Every value is exact in float32. Tests/EngineTests/Parity/RandomGPT2.swift
computes the same, and the same checksum.
"""

import json
import os
import shutil
from pathlib import Path

import numpy as np

LAYERS, WIDTH, HEADS, CONTEXT, VOCABULARY = 4, 64, 4, 256, 50257
SEED = 2019


def tensors():
    """(name, shape, base, exponent) in order."""
    d = WIDTH
    yield "wte.weight", (VOCABULARY, d), 0.0, -1
    yield "wpe.weight", (CONTEXT, d), 0.0, -2
    for i in range(LAYERS):
        p = f"h.{i}."
        yield p + "ln_1.weight", (d,), 1.0, -1
        yield p + "ln_1.bias", (d,), 0.0, -2
        yield p + "attn.c_attn.weight", (d, 3 * d), 0.0, -1
        yield p + "attn.c_attn.bias", (3 * d,), 0.0, -2
        yield p + "attn.c_proj.weight", (d, d), 0.0, 0
        yield p + "attn.c_proj.bias", (d,), 0.0, -2
        yield p + "ln_2.weight", (d,), 1.0, -1
        yield p + "ln_2.bias", (d,), 0.0, -2
        yield p + "mlp.c_fc.weight", (d, 4 * d), 0.0, -1
        yield p + "mlp.c_fc.bias", (4 * d,), 0.0, -2
        yield p + "mlp.c_proj.weight", (4 * d, d), 0.0, -1
        yield p + "mlp.c_proj.bias", (d,), 0.0, -2
    yield "ln_f.weight", (d,), 1.0, -1
    yield "ln_f.bias", (d,), 0.0, -2


def splitmix64(n):
    """The n-th output of the generator (Steele, Lea and Flood 2014), for an array of n."""
    z = (np.uint64(SEED) + (n + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def weights():
    """All tensors by name, float32."""
    out, start = {}, 0
    for name, shape, base, exponent in tensors():
        count = int(np.prod(shape))
        bits = splitmix64(np.arange(start, start + count, dtype=np.uint64)) >> np.uint64(52)
        r = bits.astype(np.int64) - 2048
        out[name] = (base + r * 2.0 ** (exponent - 11)).astype(np.float32).reshape(shape)
        start += count
    return out


def checksum():
    """The sum of (2n + 1) * bits of r over all elements n, modulo 2^64, in hexadecimal."""
    count = sum(int(np.prod(shape)) for _, shape, _, _ in tensors())
    n = np.arange(count, dtype=np.uint64)
    return f"{int(((np.uint64(2) * n + np.uint64(1)) * (splitmix64(n) >> np.uint64(52))).sum(dtype=np.uint64)):x}"


def cached_folder(vocabulary):
    """The model as a Hugging Face folder in the cache, written when it is not there. `vocabulary`: where encoder.json and vocab.bpe are."""
    from safetensors.numpy import save_file

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "strata" / "test-data" / "gpt2-random"
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in weights().items()}, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new", "n_layer": LAYERS,
        "n_head": HEADS, "n_embd": WIDTH, "n_ctx": CONTEXT, "n_positions": CONTEXT, "layer_norm_epsilon": 1e-05,
        "vocab_size": VOCABULARY, "bos_token_id": 50256, "eos_token_id": 50256}, indent=1))
    shutil.copy(Path(vocabulary) / "encoder.json", folder / "vocab.json")
    shutil.copy(Path(vocabulary) / "vocab.bpe", folder / "merges.txt")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer", "model_max_length": CONTEXT}))
    return folder
