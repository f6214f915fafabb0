"""Qwen2, Qwen3 and their mixtures."""

from gguf import MODEL_ARCH
from transformers import (
    Qwen2Config, Qwen2ForCausalLM, Qwen2MoeConfig, Qwen2MoeForCausalLM, Qwen3Config, Qwen3ForCausalLM, Qwen3MoeConfig,
    Qwen3MoeForCausalLM)

from parity import common, experts


def qwen2():
    """Tied head, biases of queries, keys and values."""
    config = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2",
              **common.llama_like(tie_word_embeddings=True, use_sliding_window=False, sliding_window=4, max_window_layers=1)}
    model = common.build(Qwen2ForCausalLM, Qwen2Config, config, 12)
    return common.Fixture("Qwen2", config, model, common.smol(), write_gguf=common.llama_like_gguf(MODEL_ARCH.QWEN2))


def qwen2_window():
    """A head of its own, a window in the upper layers, positions stretched by YaRN."""
    config = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2",
              **common.llama_like(num_hidden_layers=3, use_sliding_window=True, sliding_window=5, max_window_layers=1,
                                  rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16})}
    model = common.build(Qwen2ForCausalLM, Qwen2Config, config, 13)
    return common.Fixture("Qwen2", config, model, common.smol())


def qwen3():
    """Norms of queries and keys, heads wider than D / H."""
    config = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "attention_bias": False,
              **common.llama_like(head_dim=8, rope_theta=1000000, tie_word_embeddings=True)}
    model = common.build(Qwen3ForCausalLM, Qwen3Config, config, 14)
    return common.Fixture("Qwen3", config, model, common.smol(), write_gguf=common.llama_like_gguf(MODEL_ARCH.QWEN3))


def qwen2_moe():
    """Shares as they are, and an expert that every token uses, behind a gate."""
    config = {"architectures": ["Qwen2MoeForCausalLM"], "model_type": "qwen2_moe", "use_sliding_window": False,
              **common.llama_like(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8,
                                  shared_expert_intermediate_size=12, norm_topk_prob=False, decoder_sparse_step=1,
                                  mlp_only_layers=[], sliding_window=4, max_window_layers=1)}
    model = common.build(Qwen2MoeForCausalLM, Qwen2MoeConfig, config, 99)
    return common.Fixture("Qwen2-MoE", config, model, common.smol(), write_gguf=common.llama_like_gguf(
        MODEL_ARCH.QWEN2MOE, experts.stacked(4), lambda w, c: experts.describe(w, 4, 2, inner=8, shared_inner=12)))


def qwen2_moe_dense():
    """What only a config.json can say: shares that sum to one, dense blocks, a window in some, no biases."""
    config = {"architectures": ["Qwen2MoeForCausalLM"], "model_type": "qwen2_moe", "use_sliding_window": True,
              **common.llama_like(num_hidden_layers=4, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=8,
                                  shared_expert_intermediate_size=8, norm_topk_prob=True, decoder_sparse_step=2,
                                  mlp_only_layers=[1], sliding_window=5, max_window_layers=3, qkv_bias=False)}
    model = common.build(Qwen2MoeForCausalLM, Qwen2MoeConfig, config, 100)
    return common.Fixture("Qwen2-MoE", config, model, common.smol())


def qwen3_moe():
    """Two of four experts, their shares scaled to one."""
    config = {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "attention_bias": False,
              **common.llama_like(head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8,
                                  norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[])}
    model = common.build(Qwen3MoeForCausalLM, Qwen3MoeConfig, config, 15)

    def more(w, c):
        w.add_expert_count(c.num_experts)
        w.add_expert_used_count(c.num_experts_per_tok)
        w.add_expert_feed_forward_length(c.moe_intermediate_size)
    return common.Fixture("Qwen3-MoE", config, model, common.smol(),
                          write_gguf=common.llama_like_gguf(MODEL_ARCH.QWEN3MOE, experts.stacked(4), more))


def qwen3_moe_dense():
    """What only a config.json can say: shares as they are, and dense blocks among the others."""
    config = {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "attention_bias": True,
              **common.llama_like(num_hidden_layers=4, head_dim=4, num_experts=3, num_experts_per_tok=2,
                                  moe_intermediate_size=8, norm_topk_prob=False, decoder_sparse_step=2, mlp_only_layers=[1])}
    model = common.build(Qwen3MoeForCausalLM, Qwen3MoeConfig, config, 16)
    return common.Fixture("Qwen3-MoE", config, model, common.smol())


def qwen3_moe_fused():
    """As transformers 5 has it in memory: all experts of a layer in one tensor, their number under its newer name."""
    config = {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "attention_bias": False,
              **common.llama_like(head_dim=4, num_local_experts=3, num_experts_per_tok=2, moe_intermediate_size=8,
                                  norm_topk_prob=True, use_sliding_window=True, sliding_window=6)}
    model = common.build(Qwen3MoeForCausalLM, Qwen3MoeConfig, config, 72)
    return common.Fixture("Qwen3-MoE", config, model, common.smol(), original=False)


FIXTURES = {"qwen2": qwen2, "qwen2-window": qwen2_window, "qwen2-moe": qwen2_moe, "qwen2-moe-dense": qwen2_moe_dense, "qwen3": qwen3,
            "qwen3-moe": qwen3_moe, "qwen3-moe-dense": qwen3_moe_dense, "qwen3-moe-fused": qwen3_moe_fused}
