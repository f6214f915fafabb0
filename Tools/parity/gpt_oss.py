"""gpt-oss: sinks, windows, experts with biases and interleaved gates, in float32 and in MXFP4."""

import json

import numpy as np
import torch
from gguf import MODEL_ARCH, RopeScalingType
from safetensors.torch import load_file, save_file
from transformers import GptOssConfig, GptOssForCausalLM
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

from parity import common, experts

YARN = {"rope_type": "yarn", "factor": 4.0, "beta_fast": 32.0, "beta_slow": 1.0, "original_max_position_embeddings": 1024,
        "truncate": False}


def settings(**changes):
    return {"architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "attention_bias": True,
            **common.llama_like(head_dim=8, rope_scaling=YARN, rope_theta=100, num_local_experts=4, num_experts_per_tok=2,
                                experts_per_token=2, intermediate_size=8, sliding_window=6, swiglu_limit=0.75,
                                initial_context_length=1024), **changes}


def build(config, seed):
    model = common.build(GptOssForCausalLM, GptOssConfig, config, seed)
    rng = np.random.default_rng(seed)
    for layer in model.model.layers:
        # Sinks as large as scores.
        layer.self_attn.sinks.data = torch.from_numpy((np.round(1024 * rng.standard_normal(4)) / 1024).astype(np.float32))
    return model


def more(w, c):
    w.add_sliding_window(c.sliding_window)
    w.add_rope_scaling_type(RopeScalingType.YARN)
    w.add_rope_scaling_factor(YARN["factor"])
    w.add_rope_scaling_orig_ctx_len(YARN["original_max_position_embeddings"])
    experts.describe(w, c.num_local_experts, c.num_experts_per_tok, inner=c.intermediate_size)


def split(name, a, matrix):
    """Gates and ups of a layer's experts apart; `matrix` gives what is stored of a stack [experts, out, in]."""
    if name.endswith("sinks"):
        return {f"{name}.weight": a}
    stem, _, last = name.rpartition(".")
    if last == "gate_up_proj_bias":
        return {f"{stem}.gate_proj.bias": a[:, ::2], f"{stem}.up_proj.bias": a[:, 1::2]}
    if last == "down_proj_bias":
        return {f"{stem}.down_proj.bias": a}
    if last == "gate_up_proj":
        out = a.swapaxes(1, 2)
        return {f"{stem}.gate_proj.weight": matrix(out[:, ::2]), f"{stem}.up_proj.weight": matrix(out[:, 1::2])}
    if last == "down_proj":
        return {f"{stem}.down_proj.weight": matrix(a.swapaxes(1, 2))}
    return {name: a}


def gpt_oss():
    """Every layer and head away from its neighbours; bounds that cut."""
    config = settings(num_hidden_layers=3)
    # The limit of llama.cpp is 7, which never cuts here.
    config["swiglu_limit"] = 7.0
    model = build(config, 90)
    return common.Fixture("gpt-oss", config, model, common.smol(), write_gguf=common.llama_like_gguf(
        MODEL_ARCH.GPT_OSS, lambda name, a: split(name, a, np.ascontiguousarray), more))


def gpt_oss_limit():
    """What only a config.json can say: a limit that cuts, other layers with a window, no biases, bounds of YaRN rounded."""
    config = settings(swiglu_limit=0.5, attention_bias=False, layer_types=["full_attention", "sliding_attention"],
                      rope_scaling={**YARN, "truncate": True}, tie_word_embeddings=True)
    return common.Fixture("gpt-oss", config, build(config, 91), common.smol())


VALUES = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]


def quantise(a):
    """Blocks and scales, as gpt-oss publishes them, of stacks [experts, out, in] with 32 * n inputs."""
    groups = a.reshape(*a.shape[:-1], -1, 32)
    exponent = np.ceil(np.log2(np.abs(groups).max(-1, keepdims=True) / 6)).astype(np.int32)
    scaled = groups / 2.0 ** exponent
    code = np.abs(np.abs(scaled)[..., None] - np.array(VALUES)).argmin(-1) + 8 * (scaled < 0)
    blocks = (code[..., ::2] | code[..., 1::2] << 4).astype(np.uint8)
    return blocks, (exponent[..., 0] + 127).astype(np.uint8)


def ggml(a):
    """The same as llama.cpp stores it: values j and j + 16 of a group share a byte, behind the group's scale."""
    blocks, scales = quantise(a)
    codes = np.stack([blocks & 15, blocks >> 4], -1).reshape(*scales.shape, 32)
    packed = codes[..., :16] | codes[..., 16:] << 4
    return np.concatenate([scales[..., None], packed], -1).reshape(*a.shape[:-1], -1).astype(np.uint8)


def gpt_oss_mxfp4():
    """Experts in blocks and scales."""
    config = settings(hidden_size=32, intermediate_size=32, num_local_experts=3, tie_word_embeddings=True)
    config["swiglu_limit"] = 7.0
    model = build(config, 92)
    for layer in model.model.layers:
        for name in ("gate_up_proj", "down_proj"):
            p = getattr(layer.mlp.experts, name)
            blocks, scales = (torch.from_numpy(x) for x in quantise(p.data.numpy().swapaxes(1, 2)))
            p.data = convert_moe_packed_tensors(blocks, scales, dtype=torch.float32).contiguous()
            assert p.shape[1] == 32

    def finish(folder):
        tensors = load_file(folder / "model.safetensors")
        for name in list(tensors):
            if name.endswith("gate_up_proj") or name.endswith("down_proj"):
                blocks, scales = quantise(tensors.pop(name).numpy().swapaxes(1, 2))
                tensors[f"{name}_blocks"], tensors[f"{name}_scales"] = torch.from_numpy(blocks), torch.from_numpy(scales)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        config["quantization_config"] = {"quant_method": "mxfp4", "modules_to_not_convert": [
            "model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]}
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    return common.Fixture("gpt-oss", config, model, common.smol(), finish=finish, write_gguf=common.llama_like_gguf(
        MODEL_ARCH.GPT_OSS, lambda name, a: split(name, a, ggml), more))


FIXTURES = {"gpt-oss": gpt_oss, "gpt-oss-limit": gpt_oss_limit, "gpt-oss-mxfp4": gpt_oss_mxfp4}
