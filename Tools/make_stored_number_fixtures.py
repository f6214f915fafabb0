#!/usr/bin/env python3
"""Writes Tests/Fixtures/stored: folders whose weights are no plain floats of 16 or 32 bits, and what they stand for.

    python Tools/make_stored_number_fixtures.py [NAME…]

Each NAME is a tiny model: hf/ as a publisher would store it, expected.json what transformers computes with the weights in
float32, digests.json the SHA-256 of every tensor's float32 values. `mxfp4` is no model: a stack of experts as gpt-oss stores
it, with the values of transformers' `convert_moe_packed_tensors`.
"""

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, FineGrainedFP8Config, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

import lens_reference as lens
import tiny_tokenizers as tiny
from parity import common, deepseek4

ROOT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "stored"
LARGEST = 448.0  # of E4M3
LLAMA = dict(hidden_size=128, num_attention_heads=2, num_key_value_heads=1, head_dim=32, intermediate_size=144,
             num_hidden_layers=1, vocab_size=288, tie_word_embeddings=True)


@dataclass
class Stored:
    """A model and what its folder holds."""
    config: dict  # config.json
    model: torch.nn.Module  # with the values that the stored numbers stand for
    tensors: dict  # as they are stored
    architecture: str  # the family's name in Sources/Engine/Architectures
    rename: Callable = field(default=lambda name: name)  # names of tensors as published
    shown: Callable = field(default=lambda model: model)  # (model): what has the interface of a causal language model
    values: dict | None = None  # what the stored numbers stand for, where transformers reads them on a CPU


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
    return Stored(config, model, quantise(model, 128, 128, "_scale_inv"), "Llama")


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
    return Stored(config, model, stored, "Llama")


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
    return Stored(config, model, quantise(model, 1, None, "_scale", lambda s: s.bfloat16()), "Qwen2")


def power_of_two(scales):
    """Scales in E8M0, none smaller than it was."""
    return torch.pow(2.0, torch.ceil(torch.log2(scales))).to(torch.float8_e8m0fnu)


E2M1 = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def fp4(weight):
    """Codes of two neighbours in an I8, the first in the low nibble; scales of 32 in E8M0; and the values."""
    groups = weight.reshape(weight.shape[0], -1, 32)
    scales = power_of_two(groups.abs().amax(-1) / 6)
    scaled = groups / scales.float().unsqueeze(-1)
    codes = (scaled.abs().unsqueeze(-1) - E2M1).abs().argmin(-1)
    # ggml's table has no -0, which no sum can tell from 0.
    negative = (scaled < 0) & (codes > 0)
    values = E2M1[codes] * torch.where(negative, -1.0, 1.0) * scales.float().unsqueeze(-1)
    codes = (codes + 8 * negative).reshape(weight.shape)
    return (codes[:, ::2] | codes[:, 1::2] << 4).to(torch.uint8).view(torch.int8), scales, values.reshape(weight.shape)


def deepseek4_fp4():
    """FineGrainedFP8Config as DeepSeek-V4-Flash has it: experts in FP4, other projections in FP8, scales in E8M0 under `.scale`."""
    settings = deepseek4.config(
        hidden_size=64, moe_intermediate_size=32, head_dim=16, index_head_dim=12, q_lora_rank=32, o_lora_rank=8, n_routed_experts=3,
        num_hidden_layers=2, hc_mult=2, hc_sinkhorn_iters=3, hc_eps=1e-6, sliding_window=6, index_topk=64, swiglu_limit=10.0,
        compress_ratios=[4, 128], compress_rate_csa=3, compress_rate_hca=4, num_hash_layers=1, scoring_func="sqrtsoftplus",
        topk_method="noaux_tc", norm_topk_prob=True, routed_scaling_factor=1.5, qk_rope_head_dim=8, rope_theta=1000.0,
        compress_rope_theta=50.0)
    model = deepseek4.made(settings, 407)
    projections = ("wq_a", "wq_b", "wkv", "wo_a", "wo_b", "w1", "w2", "w3")
    stored, values = {}, {}
    for name, weight in common.hub_tensors(model).items():
        own = deepseek4.published(name)
        module = own.removesuffix(".weight")
        if ".experts." in own:
            stored[own], stored[module + ".scale"], values[own] = fp4(weight)
        elif module.endswith(projections) and "compressor" not in own:
            scales = power_of_two(scales_of(weight, 128, 128))
            factors = spread(scales.float(), weight.shape, 128, 128)
            stored[own] = (weight / factors).clamp(-LARGEST, LARGEST).to(torch.float8_e4m3fn)
            stored[module + ".scale"], values[own] = scales, stored[own].float() * factors
        else:
            plain = weight.dim() < 2 or own.startswith("hc_") or ".hc_" in own or not weight.is_floating_point()
            stored[own] = weight if plain else weight.bfloat16()
            values[own] = weight if plain else stored[own].float()
    config = {**settings, "expert_dtype": "fp4", "quantization_config": {
        "quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "scale_fmt": "ue8m0", "weight_block_size": [128, 128]}}
    return Stored(config, model, stored, "DeepSeek V4", deepseek4.published, deepseek4.Shown, values)


def dequantised(folder, like):
    """The model as transformers reads it from a folder, in float32, after a look at whether its weights are those meant."""
    settings = {k: v for k, v in like.config["quantization_config"].items() if k not in ("quant_method", "fmt")}
    model = type(like.model).from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager",
        quantization_config=FineGrainedFP8Config(**settings, expert_dtype=like.config["expert_dtype"], dequantize=True)).eval()
    read = {like.rename(n): t for n, t in common.hub_tensors(model).items()}
    assert read.keys() == like.values.keys(), read.keys() ^ like.values.keys()
    for n, t in read.items():
        assert torch.equal(t.float(), like.values[n].float()), n
    return model


def f64():
    """Doubles, most of which no float32 equals."""
    config, model = qwen2()
    generator = torch.Generator().manual_seed(13)
    stored = {}
    for name, weight in common.hub_tensors(model).items():
        stored[name] = weight.double() * (1 + 1e-3 * torch.rand(weight.shape, generator=generator, dtype=torch.float64))
        dict(model.named_parameters())[name].data = stored[name].float()
    return Stored({**config, "dtype": "float32"}, model, stored, "Qwen2")


def f8():
    """Eight-bit floats without scales, of both kinds."""
    config, model = qwen2()
    stored = {}
    for k, (name, weight) in enumerate(sorted(common.hub_tensors(model).items())):
        stored[name] = weight.to(torch.float8_e5m2 if k % 2 else torch.float8_e4m3fn)
        dict(model.named_parameters())[name].data = stored[name].float()
    return Stored({**config, "dtype": "float32"}, model, stored, "Qwen2")


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


def make(name, like):
    config, model, stored = like.config, like.model, like.tensors
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
    if like.values is not None:
        model = dequantised(folder / "hf", like)
    elif "quantization_config" not in config:
        again = type(model).from_pretrained(folder / "hf", dtype=torch.float32, attn_implementation="eager").eval()
        for n, p in again.named_parameters():
            assert torch.equal(p, dict(model.named_parameters())[n]), n
    values = {like.rename(n): t for n, t in common.hub_tensors(model).items()}
    lens.write_json(folder / "digests.json", {n: digest(values[n]) for n in sorted(values)})
    prompts = [common.expect(like.shown(model), loaded(text)["input_ids"], text, lens.control_tokens(loaded))
               for text in common.PROMPTS]
    lens.write_json(folder / "expected.json", {
        "architecture": like.architecture, "identical": True,
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
                           "f8": f8, "deepseek4-fp4": deepseek4_fp4}.items():
        if not sys.argv[1:] or name in sys.argv[1:]:
            make(name, function())
    if not sys.argv[1:] or "mxfp4" in sys.argv[1:]:
        make_mxfp4()
    for file in sorted(ROOT.rglob("*")):
        if file.is_file():
            print(f"{file.stat().st_size:8d} {file.relative_to(ROOT)}")
