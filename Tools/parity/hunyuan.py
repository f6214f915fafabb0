"""HunYuan with and without experts: norms of heads after the rotation, whose base is stretched once; GGUF holds the stretched base."""

import copy

from gguf import MODEL_ARCH, RopeScalingType
from transformers import (HunYuanDenseV1Config, HunYuanDenseV1ForCausalLM, HunYuanMoEV1Config,
                          HunYuanMoEV1ForCausalLM)

from parity import common, experts


def hunyuan():
    """As released: "dynamic" positions with `alpha`, beside numbers that count for nothing."""
    scaling = {"type": "dynamic", "alpha": 50.0, "beta_fast": 32, "beta_slow": 1, "factor": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0}
    config = {"architectures": ["HunYuanDenseV1ForCausalLM"], "model_type": "hunyuan_v1_dense", "attention_bias": False,
              "use_qk_norm": True, "use_cla": False,
              **common.llama_like(head_dim=8, rope_scaling=scaling, tie_word_embeddings=True)}
    model = common.build(HunYuanDenseV1ForCausalLM, HunYuanDenseV1Config, copy.deepcopy(config), 113)
    plain = common.llama_like_gguf(MODEL_ARCH.HUNYUAN_DENSE, more=lambda w, c: (
        w.add_rope_scaling_type(RopeScalingType.NONE), w.add_rope_scaling_factor(1), w.add_rope_scaling_orig_ctx_len(262144)))

    def write(path, model, tokenizer):
        # Only the file: the model keeps what its configuration says.
        stretched = copy.deepcopy(model)
        rope = stretched.config.rope_parameters
        rope["rope_theta"] *= rope["alpha"] ** (8 / 6)
        plain(path, stretched, tokenizer)
    return common.Fixture("HunYuan", config, model, common.smol(), write_gguf=write)


def hunyuan_bias():
    """Biases in attention; positions that are not stretched."""
    config = {"architectures": ["HunYuanDenseV1ForCausalLM"], "model_type": "hunyuan_v1_dense", "attention_bias": True,
              **common.llama_like(head_dim=4)}
    model = common.build(HunYuanDenseV1ForCausalLM, HunYuanDenseV1Config, config, 114)
    return common.Fixture("HunYuan", config, model, common.smol())


def moe_settings(**changes):
    return {"architectures": ["HunYuanMoEV1ForCausalLM"], "model_type": "hunyuan_v1_moe", "attention_bias": False,
            **common.llama_like(intermediate_size=8, num_experts=4, **changes)}


def hunyuan_moe():
    """As the published model: lists with a number for each block, "dynamic" positions with `alpha`, settings of other models' parts."""
    scaling = {"type": "dynamic", "alpha": 1000.0, "beta_fast": 32, "beta_slow": 1, "factor": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0}
    config = moe_settings(
        rope_scaling=scaling, head_dim=4, attention_head_dim=4, moe_topk=[2, 2], moe_intermediate_size=[8, 8],
        num_shared_expert=[1, 1], use_qk_norm=True, use_cla=False, cla_share_factor=2, use_mixed_mlp_moe=True, norm_topk_prob=True,
        moe_layer_num_skipped=0, routed_scaling_factor=1.0, group_limited_greedy=False, n_group=None, topk_group=None, use_mla=False,
        q_lora_rank=None, kv_lora_rank=None, qk_nope_head_dim=None, qk_rope_head_dim=None, v_head_dim=None,
        moe_drop_tokens=False, moe_random_routing_dropped_token=False, norm_type="rms", use_rotary_pos_emb=True,
        tie_word_embeddings=True)
    model = common.build(HunYuanMoEV1ForCausalLM, HunYuanMoEV1Config, copy.deepcopy(config), 115)
    plain = common.llama_like_gguf(
        MODEL_ARCH.HUNYUAN_MOE, experts.stacked(4), lambda w, c: (
            experts.describe(w, 4, 2, inner=8, shared=1, shared_inner=8), w.add_rope_scaling_type(RopeScalingType.NONE),
            w.add_rope_scaling_factor(1), w.add_rope_scaling_orig_ctx_len(262144)))

    def write(path, model, tokenizer):
        stretched = copy.deepcopy(model)
        rope = stretched.config.rope_parameters
        rope["rope_theta"] *= rope["alpha"] ** (4 / 2)
        plain(path, stretched, tokenizer)
    return common.Fixture("HunYuan MoE", config, model, common.smol(), write_gguf=write)


def hunyuan_moe_bias():
    """Biases in attention, one expert for each token by a number, a head wider than its share."""
    config = moe_settings(head_dim=8, moe_topk=1)
    config["attention_bias"] = True
    model = common.build(HunYuanMoEV1ForCausalLM, HunYuanMoEV1Config, copy.deepcopy(config), 116)
    return common.Fixture("HunYuan MoE", config, model, common.smol(), original=False)


FIXTURES = {"hunyuan-moe": hunyuan_moe, "hunyuan-moe-bias": hunyuan_moe_bias, "hunyuan": hunyuan, "hunyuan-bias": hunyuan_bias}
