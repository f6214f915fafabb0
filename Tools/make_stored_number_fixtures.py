#!/usr/bin/env python3
"""Writes Tests/Fixtures/stored: folders whose weights are no plain floats of 16 or 32 bits, and what they stand for.

    python Tools/make_stored_number_fixtures.py

Each NAME is a tiny model: hf/ as a publisher would store it, expected.json what transformers computes with the weights in
float32, digests.json the SHA-256 of every tensor's float32 values. `mxfp4` is no model: a stack of experts as gpt-oss stores
it, with the values of transformers' `convert_moe_packed_tensors`.
"""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

import lens_reference as lens
import tiny_tokenizers as tiny
from parity import common

ROOT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "stored"
LARGEST = 448.0  # of E4M3
LLAMA = dict(hidden_size=128, num_attention_heads=2, num_key_value_heads=1, head_dim=32, intermediate_size=144,
             num_hidden_layers=1, vocab_size=288, tie_word_embeddings=True)


def scales_of(weight, high, wide):
    """Scales of blocks [high, wide], those at the edges smaller; and the same for every value."""
    rows, columns = weight.shape
    scales = torch.empty(-(-rows // high), -(-columns // wide))
    for i in range(scales.shape[0]):
        for j in range(scales.shape[1]):
            block = weight[i * high:(i + 1) * high, j * wide:(j + 1) * wide]
            scales[i, j] = block.abs().max() / LARGEST
    return scales


def spread(scales, shape, high, wide):
    return scales.repeat_interleave(high, 0)[:shape[0]].repeat_interleave(wide, 1)[:, :shape[1]]


def quantise(model, high, wide, suffix, change=lambda s: s):
    """Linear layers in E4M3 with scales; returns the stored tensors and leaves the values in the model."""
    stored = {}
    for name, weight in common.hub_tensors(model).items():
        if weight.dim() < 2 or "embed" in name or "lm_head" in name:
            stored[name] = weight
            continue
        h, w = high or weight.shape[0], wide or weight.shape[1]
        scales = change(scales_of(weight, h, w))
        wide_scales = spread(scales.float(), weight.shape, h, w)
        codes = (weight / wide_scales).clamp(-LARGEST, LARGEST).to(torch.float8_e4m3fn)
        stored[name], stored[name + suffix] = codes, scales
        dict(model.named_parameters())[name].data = codes.float() * wide_scales
    return stored


def llama(**changes):
    config = common.llama_like(**{**LLAMA, **changes})
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **config}, common.build(
        LlamaForCausalLM, LlamaConfig, config, 11)


def qwen2():
    config = common.llama_like()
    return {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", **config}, common.build(
        Qwen2ForCausalLM, Qwen2Config, config, 12)


def fp8():
    """FineGrainedFP8Config: blocks of 128 x 128, cut off at the edges."""
    config, model = llama()
    config["quantization_config"] = {
        "quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128],
        "modules_to_not_convert": ["lm_head"]}
    return config, model, quantise(model, 128, 128, "_scale_inv")


def fp8_tensor():
    """FineGrainedFP8Config: one bfloat16 scale for a matrix, and scales of activations."""
    config, model = llama()
    config["quantization_config"] = {
        "quant_method": "fp8", "activation_scheme": "static", "weight_block_size": None}
    stored = quantise(model, None, None, "_scale_inv", lambda s: s.bfloat16())
    for name in list(stored):
        if name.endswith("_scale_inv"):
            stored[name] = stored[name].reshape([])
            stored[name.replace("weight_scale_inv", "activation_scale")] = torch.tensor(0.5)
    return config, model, stored


def compressed_channel():
    """compressed-tensors, float-quantized: a scale for each row."""
    config, model = qwen2()
    config["quantization_config"] = {
        "quant_method": "compressed-tensors", "format": "float-quantized", "quantization_status": "compressed",
        "ignore": ["lm_head"], "kv_cache_scheme": None, "config_groups": {"group_0": {
            "targets": ["Linear"], "output_activations": None,
            "weights": {"num_bits": 8, "type": "float", "strategy": "channel", "symmetric": True, "dynamic": False},
            "input_activations": {"num_bits": 8, "type": "float", "strategy": "token", "symmetric": True,
                                  "dynamic": True}}}}
    return config, model, quantise(model, 1, None, "_scale", lambda s: s.bfloat16())


def f64():
    """Doubles, most of which no float32 equals."""
    config, model = qwen2()
    generator = torch.Generator().manual_seed(13)
    stored = {}
    for name, weight in common.hub_tensors(model).items():
        stored[name] = weight.double() * (1 + 1e-3 * torch.rand(weight.shape, generator=generator, dtype=torch.float64))
        dict(model.named_parameters())[name].data = stored[name].float()
    return {**config, "dtype": "float32"}, model, stored


def f8():
    """Eight-bit floats without scales, of both kinds."""
    config, model = qwen2()
    stored = {}
    for k, (name, weight) in enumerate(sorted(common.hub_tensors(model).items())):
        stored[name] = weight.to(torch.float8_e5m2 if k % 2 else torch.float8_e4m3fn)
        dict(model.named_parameters())[name].data = stored[name].float()
    return {**config, "dtype": "float32"}, model, stored


def save(folder, stored):
    """One file, or two with an index where one would be large."""
    names = sorted(stored)
    size = sum(t.numel() * t.element_size() for t in stored.values())
    if size < 95_000:
        save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
        return
    place = {n: "model-%05d-of-00002.safetensors" % (1 if "layers" in n and "scale" not in n else 2) for n in names}
    for file in sorted(set(place.values())):
        save_file({n: stored[n] for n in names if place[n] == file}, folder / file, metadata={"format": "pt"})
    index = {"metadata": {"total_size": size}, "weight_map": place}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


def digest(tensor):
    return hashlib.sha256(tensor.detach().contiguous().numpy().astype("<f4").tobytes()).hexdigest()


def make(name, parts):
    config, model, stored = parts
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "hf").mkdir(parents=True)
    # Embeddings take half the bytes.
    for n, t in stored.items():
        if "embed" in n and t.dtype == torch.float32:
            stored[n] = t.half()
            dict(model.named_parameters())[n].data = stored[n].float()
    model.tie_weights()
    save(folder / "hf", {n: t.contiguous() for n, t in stored.items()})
    (folder / "hf" / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    tokenizer = common.smol()
    tiny.save_tokenizer_json(folder / "hf", tokenizer)
    loaded = AutoTokenizer.from_pretrained(folder / "hf")
    if "quantization_config" not in config:
        again = type(model).from_pretrained(folder / "hf", dtype=torch.float32, attn_implementation="eager").eval()
        for n, p in again.named_parameters():
            assert torch.equal(p, dict(model.named_parameters())[n]), n
    values = common.hub_tensors(model)
    lens.write_json(folder / "digests.json", {n: digest(values[n]) for n in sorted(values)})
    prompts = [common.expect(model, loaded(text)["input_ids"], text, lens.control_tokens(loaded))
               for text in common.PROMPTS]
    lens.write_json(folder / "expected.json", {
        "architecture": "Qwen2" if config["model_type"] == "qwen2" else "Llama", "identical": True,
        "versions": lens.versions(), "tolerance": common.TOLERANCE, "raw_tolerance": common.RAW_TOLERANCE,
        "top": common.TOP, "generate": common.GENERATE, "prompts": prompts})


def make_mxfp4():
    """Two experts of 6 x 64 with every nibble and most powers of two."""
    folder = ROOT / "mxfp4"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    generator = np.random.default_rng(14)
    blocks = torch.from_numpy(generator.integers(0, 256, (2, 6, 2, 16), dtype=np.uint8))
    scales = torch.from_numpy(generator.integers(0, 250, (2, 6, 2), dtype=np.uint8))
    save_file({"experts.gate_up_proj_blocks": blocks, "experts.gate_up_proj_scales": scales},
              folder / "model.safetensors", metadata={"format": "pt"})
    config = {"model_type": "gpt_oss", "quantization_config": {
        "quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"]}}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    # transformers has [experts, in, out].
    values = convert_moe_packed_tensors(blocks.clone(), scales.clone(), dtype=torch.float32).transpose(1, 2).contiguous()
    half = convert_moe_packed_tensors(blocks.clone(), scales.clone()).transpose(1, 2).float()
    assert torch.equal(values, half)
    (folder / "values.float32").write_bytes(values.numpy().astype("<f4").tobytes())


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, function in {"fp8": fp8, "fp8-tensor": fp8_tensor, "compressed-channel": compressed_channel, "f64": f64,
                           "f8": f8}.items():
        make(name, function())
    make_mxfp4()
    for file in sorted(ROOT.rglob("*")):
        if file.is_file():
            print(f"{file.stat().st_size:8d} {file.relative_to(ROOT)}")
