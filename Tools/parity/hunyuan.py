"""HunYuan without experts: norms of heads after the rotation, whose base is stretched once; GGUF holds the stretched base."""

import copy

from gguf import MODEL_ARCH, RopeScalingType
from transformers import HunYuanDenseV1Config, HunYuanDenseV1ForCausalLM

from parity import common


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


FIXTURES = {"hunyuan": hunyuan, "hunyuan-bias": hunyuan_bias}
