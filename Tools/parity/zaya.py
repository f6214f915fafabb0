"""ZAYA1: convolutions of queries and keys, values of the token before, scaled sums, routers with a state. llama.cpp does not run it."""

import copy

import numpy as np
import torch
from transformers import ZayaConfig, ZayaForCausalLM

from parity import common


def make(seed, none=-1.0, **changes):
    """`none` is stored as what balances the class behind the experts; transformers takes -1 whenever it loads a model."""
    config = {"architectures": ["ZayaForCausalLM"], "model_type": "zaya", "attention_dropout": 0.0, "bos_token_id": 1,
              "eos_token_id": 2, "pad_token_id": 2, "head_dim": 8, "hidden_act": "silu", "hidden_size": 16,
              "initializer_range": 0.02, "max_position_embeddings": 64, "moe_intermediate_size": 8, "num_attention_heads": 4,
              "num_experts": 4, "num_experts_per_tok": 1, "num_hidden_layers": 3, "num_key_value_heads": 2,
              "output_router_logits": False, "rms_norm_eps": 1e-05, "router_hidden_size": 8, "use_cache": True, "vocab_size": 288,
              **changes}
    model = common.build(ZayaForCausalLM, ZayaConfig, copy.deepcopy(config), seed)
    rng = np.random.default_rng(seed + 1000)

    def number(size, shape, around=0.0):
        return torch.from_numpy((np.round((around + size * rng.standard_normal(shape)) * 1024) / 1024).astype(np.float32))
    for name, p in model.named_parameters():
        if "hidden_states_scale" in name or name.endswith("residual_scale"):
            p.data = number(0.3, tuple(p.shape), 1.0)
    for layer in model.model.layers:
        biases = number(0.2, (config["num_experts"] + 1,), -1.0)
        biases[-1] = -1.0
        layer.mlp.gate.balancing_biases.data = biases
    chosen(model, config)

    def store(name, tensor):
        if name.endswith("balancing_biases"):
            tensor = tensor.clone()
            tensor[-1] = none
        return tensor
    return common.Fixture("ZAYA1", config, model, common.smol(), store=store)


@torch.no_grad()
def chosen(model, config):
    """How many tokens of each block choose each expert, or none: no class may be left to itself."""
    found, tokenizer = [], common.smol()
    hooks = [layer.mlp.gate.register_forward_hook(lambda m, args, out: found.append(
        torch.where(out[1] == 0, config["num_experts"], out[2]).flatten().tolist())) for layer in model.model.layers]
    for text in common.PROMPTS:
        model(input_ids=torch.tensor([tokenizer.encode(text).ids]), use_cache=False)
    for hook in hooks:
        hook.remove()
    counts = np.bincount(np.concatenate(found), minlength=config["num_experts"] + 1)
    print("tokens of each expert, and of none:", counts.tolist())
    assert counts.min() > 0, counts


def zaya():
    """As published: one kind of block, two tokens in each convolution, a tied head; positions by default."""
    return make(701, tie_word_embeddings=True, sliding_window=None)


def zaya_windows():
    """Blocks with a window among others, sections of positions, three and four tokens in the convolutions, biases, one key head."""
    return make(
        702, none=0.25, layer_types=["hybrid_sliding", "hybrid", "hybrid_sliding"], sliding_window=5, cca_time0=3, cca_time1=4,
        attention_bias=True, lm_head_bias=True, tie_word_embeddings=False, hidden_act="gelu", num_experts=3,
        num_attention_heads=3, num_key_value_heads=1, rope_parameters={
            "rope_type": "default",
            "hybrid": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
            "hybrid_sliding": {"rope_type": "default", "rope_theta": 500.0}})


FIXTURES = {"zaya": zaya, "zaya-windows": zaya_windows}
