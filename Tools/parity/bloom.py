"""BLOOM."""

from gguf import MODEL_ARCH
from transformers import BloomConfig, BloomForCausalLM

from parity import classic, common


def bloom():
    """Three heads, which is no power of two; names without prefix, as in the first checkpoints."""
    config = {"architectures": ["BloomForCausalLM"], "model_type": "bloom", "hidden_size": 18, "n_layer": 2, "n_head": 3,
              "seq_length": 64, "layer_norm_epsilon": 1e-05, "apply_residual_connection_post_layernorm": False,
              "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2}
    model = common.build(BloomForCausalLM, BloomConfig, config, 37)

    def change(name, a):
        # gguf knows the names without the prefix only.
        name = name.removeprefix("transformer.")
        return {name: classic.in_order(a, 3, groups=3) if "query_key_value" in name else a}
    return common.Fixture(
        "BLOOM", config, model, common.smol(), rename=lambda name: name.removeprefix("transformer."),
        write_gguf=classic.writer(MODEL_ARCH.BLOOM, 72, 1e-5, change, context=64))


def bloom_normed():
    """What attention and MLP make is added to what they read, not to the stream; heads of an odd width."""
    config = {"architectures": ["BloomForCausalLM"], "model_type": "bloom", "hidden_size": 20, "n_layer": 3, "n_head": 4,
              "layer_norm_epsilon": 1e-05, "apply_residual_connection_post_layernorm": True, "vocab_size": 288,
              "bos_token_id": 1, "eos_token_id": 2}
    model = common.build(BloomForCausalLM, BloomConfig, config, 75)
    return common.Fixture("BLOOM", config, model, common.smol())


FIXTURES = {"bloom": bloom, "bloom-normed": bloom_normed}
