"""GLM-4.5."""

import numpy as np
import torch
from gguf import MODEL_ARCH, ExpertGatingFuncType
from safetensors.torch import load_file, save_file
from transformers import Glm4MoeConfig, Glm4MoeForCausalLM

from parity import common, experts


def settings(**changes):
    return {"architectures": ["Glm4MoeForCausalLM"], "model_type": "glm4_moe", **common.llama_like(
        head_dim=8, moe_intermediate_size=8, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, n_group=1,
        topk_group=1, first_k_dense_replace=1, norm_topk_prob=True, routed_scaling_factor=2.5, partial_rotary_factor=0.5,
        num_nextn_predict_layers=1, attention_bias=True, use_qk_norm=True, **changes)}


def glm4_moe():
    """A dense block first, half a head turned, norms of queries and keys; behind the blocks one that predicts a further token."""
    config = settings()
    model = common.build(Glm4MoeForCausalLM, Glm4MoeConfig, config, 101)
    rng = np.random.default_rng(101)
    extra = {f"model.layers.2.{name}": rng.standard_normal(shape).astype(np.float32)
             for name, shape in (("eh_proj.weight", (16, 32)), ("enorm.weight", (16,)), ("input_layernorm.weight", (16,)))}

    def finish(folder):
        tensors = load_file(folder / "model.safetensors") | {k: torch.from_numpy(v) for k, v in extra.items()}
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    def rename(name):
        return name.replace("e_score_correction_bias", "e_score_correction.bias")

    def more(w, c):
        experts.describe(w, 4, 2, inner=8, shared=1, dense=1, scale=2.5, norm=True, gating=ExpertGatingFuncType.SIGMOID)
        w.add_rope_dimension_count(4)
        w.add_nextn_predict_layers(1)
        for name, gguf_name in (("eh_proj", "nextn.eh_proj"), ("enorm", "nextn.enorm"), ("input_layernorm", "attn_norm")):
            w.add_tensor(f"blk.2.{gguf_name}.weight", extra[f"model.layers.2.{name}.weight"])
        # llama.cpp counts that block, too.
        w.kv_data[0]["glm4moe.block_count"].value = 3
    return common.Fixture("GLM-4.5", config, model, common.smol(), finish=finish, write_gguf=common.llama_like_gguf(
        MODEL_ARCH.GLM4_MOE, experts.stacked(4, rename), more))


def glm4_moe_groups():
    """Experts from the best of three groups, two shared ones, weights as they are; no norms, no biases, no dense block."""
    config = settings()
    config |= {"n_routed_experts": 6, "n_group": 3, "topk_group": 2, "num_experts_per_tok": 3, "n_shared_experts": 2,
               "norm_topk_prob": False, "use_qk_norm": False, "attention_bias": False, "first_k_dense_replace": 0,
               "partial_rotary_factor": 0.25, "num_nextn_predict_layers": 0, "tie_word_embeddings": True}
    model = common.build(Glm4MoeForCausalLM, Glm4MoeConfig, config, 102)
    return common.Fixture("GLM-4.5", config, model, common.smol())


FIXTURES = {"glm4-moe": glm4_moe, "glm4-moe-groups": glm4_moe_groups}
