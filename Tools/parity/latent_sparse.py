"""DeepSeek V3.2, GLM-5, A.X K1 and A.X K2: latent attention that looks at chosen positions, or experts with a norm behind them."""

import torch
from transformers import (
    AXK1Config, AXK1ForCausalLM, AXK2Config, AXK2ForCausalLM, DeepseekV32Config, DeepseekV32ForCausalLM,
    GlmMoeDsaConfig, GlmMoeDsaForCausalLM)

from parity import common


def latent(**changes):
    """Latent attention with experts behind a dense block."""
    return {"attention_bias": True, **common.llama_like(
        num_hidden_layers=3, num_key_value_heads=4, q_lora_rank=12, kv_lora_rank=8, qk_rope_head_dim=4, qk_nope_head_dim=8,
        v_head_dim=6, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, moe_intermediate_size=8, n_group=2,
        topk_group=1, first_k_dense_replace=1, norm_topk_prob=True, routed_scaling_factor=2.5, scoring_func="sigmoid",
        topk_method="noaux_tc", **changes)}


def deepseek_v32():
    """A reach of the text's length, which leaves out nothing; positions stretched by YaRN."""
    config = {"architectures": ["DeepseekV32ForCausalLM"], "model_type": "deepseek_v32", "index_topk": 48, "index_head_dim": 8,
              "index_n_heads": 2, **latent(rope_scaling={
                  "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 32, "beta_slow": 1,
                  "mscale": 1.0, "mscale_all_dim": 1.0})}
    model = common.build(DeepseekV32ForCausalLM, DeepseekV32Config, config, 411)
    return common.Fixture("DeepSeek V3.2", config, model, common.smol())


def glm_moe_dsa():
    """Layers that share what they choose; kinds of blocks listed."""
    config = {"architectures": ["GlmMoeDsaForCausalLM"], "model_type": "glm_moe_dsa", "index_topk": 64, "index_head_dim": 8,
              "index_n_heads": 2, "indexer_types": ["full", "shared", "full"], "mlp_layer_types": ["dense", "sparse", "sparse"],
              **latent()}
    model = common.build(GlmMoeDsaForCausalLM, GlmMoeDsaConfig, config, 412)
    return common.Fixture("GLM-5", config, model, common.smol(), shown=First)


class First(torch.nn.Module):
    """A model whose blocks answer a state first, and what they have chosen."""

    def __init__(self, whole):
        super().__init__()
        self.whole, self.model, self.device = whole, whole.model, whole.device

    def forward(self, **inputs):
        return self.whole(**inputs)


def axk1():
    """A norm behind the experts, no correction."""
    config = {"architectures": ["AXK1ForCausalLM"], "model_type": "axk1", **latent(rope_interleave=False)}
    model = common.build(AXK1ForCausalLM, AXK1Config, config, 413)
    for name, buffer in model.named_buffers():
        if name.endswith("correction_bias"):
            buffer.data.zero_()
    return common.Fixture("A.X K1", config, model, common.smol())


def axk2(seed, **changes):
    told = {**latent(index_topk=48, index_head_dim=8, index_n_heads=2, gated_norm_rank=5), **changes}
    config = {"architectures": ["AXK2ForCausalLM"], "model_type": "axk2", **{
        key: value for key, value in told.items() if key not in ("topk_method", "scoring_func")}}
    model = common.build(AXK2ForCausalLM, AXK2Config, config, seed)
    # What blocks add is a quarter, or rounding grows from block to block.
    for name, weights in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight", "mlp.experts.down_proj")):
            weights.data /= 4
    return common.Fixture("A.X K2", config, model, common.smol())


def axk2_light():
    """As the light model: no groups of experts, gated norms, gated attention."""
    return axk2(417, n_group=None, topk_group=None, attention_bias=False)


FIXTURES = {"deepseek-v32": deepseek_v32, "glm-moe-dsa": glm_moe_dsa, "axk1": axk1, "axk2": axk2_light}
