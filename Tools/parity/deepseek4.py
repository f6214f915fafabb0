"""DeepSeek V4: several streams that blocks mix, one key for all heads, keys that stand for several tokens, experts chosen by the token."""

import copy

import numpy as np
import torch
from transformers import DeepseekV4Config, DeepseekV4ForCausalLM

from parity import common, gemma3n


class Shown(gemma3n.Shown):
    """A DeepSeek V4 whose blocks answer one state: what the head reads of all streams, as the model reads those of the last block."""

    def read_out(self, streams):
        return self.whole.model.hc_head(streams)


def made(settings, seed):
    """The model: factors of streams around one, and for each token different experts."""
    # The configuration class writes into what it is given.
    model = common.build(DeepseekV4ForCausalLM, DeepseekV4Config, copy.deepcopy(settings), seed)
    rng = np.random.default_rng(seed)
    for name, p in model.named_parameters():
        if name.endswith(("hc.scale", "hc_scale")):
            p.data = torch.from_numpy((np.round((1 + 0.3 * rng.standard_normal(tuple(p.shape))) * 1024) / 1024).astype(np.float32))
    for name, buffer in model.named_buffers():
        if name.endswith("tid2eid"):
            rows, chosen = buffer.shape
            table = np.stack([rng.permutation(model.config.n_routed_experts)[:chosen] for _ in range(rows)])
            buffer.data = torch.from_numpy(table.astype(np.int64))
    check_choice(model)
    return model


def check_choice(model):
    """torch.topk states no order among equal scores: keys at the edge of the choice must differ."""
    def look(module, args, scores):
        # Keys that a query does not see have been scored, too; each query has its own number of them.
        position = torch.arange(scores.shape[1]) + 1
        for t, seen in enumerate(position // rate):
            best = scores[0, t, :seen].sort(descending=True).values
            if len(best) > top:
                assert best[top - 1] - best[top] > 1e-5, "a choice among equal scores: take another seed"

    rate, top = model.config.compress_rates["compressed_sparse_attention"], model.config.index_topk
    hooks = [m.register_forward_hook(look) for n, m in model.named_modules() if n.endswith("scorer")]
    tokenizer = common.smol()
    for text in common.PROMPTS:
        ids = tokenizer.encode(text).ids
        for _ in range(common.GENERATE):
            with torch.no_grad():
                ids.append(int(model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax()))
    for hook in hooks:
        hook.remove()


def config(**changes):
    """The settings that every model here has."""
    return {"architectures": ["DeepseekV4ForCausalLM"], "model_type": "deepseek_v4", "hidden_act": "silu", "hidden_size": 12,
            "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 8, "q_lora_rank": 12, "o_groups": 2, "o_lora_rank": 5,
            "n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "index_n_heads": 5,
            "index_head_dim": 6, "max_position_embeddings": 64, "rms_norm_eps": 1e-05, "vocab_size": 288, "bos_token_id": 1,
            "eos_token_id": 2, "pad_token_id": 2, "tie_word_embeddings": False, "attention_bias": False, **changes}


def deepseek4():
    """All kinds of blocks, an indexer that leaves out keys, gates that are bounded; as transformers saves it."""
    settings = config(
        num_hidden_layers=3, hc_mult=3, hc_sinkhorn_iters=4, hc_eps=1e-3, sliding_window=4, index_topk=3, swiglu_limit=0.5,
        layer_types=["sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"],
        compress_rates={"compressed_sparse_attention": 2, "heavily_compressed_attention": 5},
        mlp_layer_types=["hash_moe", "moe", "moe"], scoring_func="sqrtsoftplus", norm_topk_prob=True, routed_scaling_factor=1.5,
        num_nextn_predict_layers=1, partial_rotary_factor=0.5, rope_theta=10000.0, compress_rope_theta=1600.0,
        rope_parameters={"main": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
                         "compress": {"rope_type": "yarn", "rope_theta": 50.0, "partial_rotary_factor": 0.75, "factor": 4.0,
                                      "original_max_position_embeddings": 64, "beta_fast": 4.0, "beta_slow": 2.0}})
    return common.Fixture("DeepSeek V4", settings, made(settings, 404), common.smol(), shown=Shown)


def published(name):
    """The names of published files."""
    name = name.removeprefix("model.").replace("embed_tokens.", "embed.").replace("hc_head.hc_", "hc_head_")
    return name.replace(".attn.norm.", ".attn.kv_norm.")


def deepseek4_published():
    """As the published files say it: ratios of layers, a width that turns, YaRN beside the base of compressed keys."""
    settings = config(
        num_hidden_layers=3, hc_mult=2, hc_sinkhorn_iters=3, hc_eps=1e-6, sliding_window=6, index_topk=64, swiglu_limit=10.0,
        compress_ratios=[4, 128, 0, 0], compress_rate_csa=3, compress_rate_hca=4, num_hash_layers=2, scoring_func="sigmoid",
        topk_method="noaux_tc", norm_topk_prob=True, routed_scaling_factor=2.5, num_nextn_predict_layers=1, qk_rope_head_dim=6,
        rope_theta=1000.0, compress_rope_theta=50.0, mlp_bias=True,
        rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "beta_fast": 4.0, "beta_slow": 2.0})
    return common.Fixture("DeepSeek V4", settings, made(settings, 405), common.smol(), shown=Shown, rename=published)


def deepseek4_memory():
    """The names that transformers has in memory; what a config.json may leave out."""
    settings = config(
        num_hidden_layers=4, hc_mult=2, sliding_window=3, head_dim=16, q_lora_rank=4, o_lora_rank=4, moe_intermediate_size=4,
        num_attention_heads=2, index_head_dim=4, index_topk=4, num_local_experts=4, compress_rates={
            "compressed_sparse_attention": 2, "heavily_compressed_attention": 3})
    return common.Fixture("DeepSeek V4", settings, made(settings, 406), common.smol(), shown=Shown, original=False)


FIXTURES = {"deepseek4": deepseek4, "deepseek4-published": deepseek4_published, "deepseek4-memory": deepseek4_memory}
