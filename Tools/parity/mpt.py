"""MPT."""

from gguf import MODEL_ARCH
from transformers import MptConfig, MptForCausalLM

from parity import classic, common


def mpt():
    """Three heads, a clip that cuts. transformers takes the usual slopes, whatever `alibi_bias_max` says."""
    config = {"architectures": ["MptForCausalLM"], "model_type": "mpt", "d_model": 18, "n_heads": 3, "n_layers": 2,
              "expansion_ratio": 4, "max_seq_len": 64, "no_bias": True, "logit_scale": None,
              "attn_config": {"alibi": True, "alibi_bias_max": 8, "clip_qkv": 1.5, "qk_ln": False},
              "layer_norm_epsilon": 1e-05, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2}
    model = common.build(MptForCausalLM, MptConfig, config, 38)

    def more(w, c):
        w.add_clamp_kqv(1.5)
        w.add_max_alibi_bias(8.0)
    return common.Fixture("MPT", config, model, common.smol(),
                          write_gguf=classic.writer(MODEL_ARCH.MPT, 72, 1e-5, more=more, context=64))


FIXTURES = {"mpt": mpt}
