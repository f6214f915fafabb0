"""Seed-OSS: Llama with biases; llama.cpp calls the MLP's norm one after attention."""

from gguf import MODEL_ARCH
from transformers import SeedOssConfig, SeedOssForCausalLM

from parity import common


def config(**changes):
    return {"architectures": ["SeedOssForCausalLM"], "model_type": "seed_oss", "attention_dropout": 0.1, "residual_dropout": 0.1,
            **common.llama_like(head_dim=8, rope_scaling={"rope_type": "default"}, **changes)}


def seed_oss():
    """As released: biases of queries, keys and values alone."""
    made = config(attention_bias=True, attention_out_bias=False, mlp_bias=False)
    model = common.build(SeedOssForCausalLM, SeedOssConfig, {**made, "rope_scaling": dict(made["rope_scaling"])}, 109)
    return common.Fixture("Seed-OSS", made, model, common.smol(), write_gguf=common.llama_like_gguf(MODEL_ARCH.SEED_OSS))


def seed_oss_biases():
    """The other biases."""
    made = config(attention_bias=False, attention_out_bias=True, mlp_bias=True, tie_word_embeddings=True)
    model = common.build(SeedOssForCausalLM, SeedOssConfig, {**made, "rope_scaling": dict(made["rope_scaling"])}, 110)
    return common.Fixture("Seed-OSS", made, model, common.smol())


FIXTURES = {"seed-oss": seed_oss, "seed-oss-biases": seed_oss_biases}
