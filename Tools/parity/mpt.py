"""MPT."""

import json

from gguf import MODEL_ARCH
from transformers import MptConfig, MptForCausalLM

from parity import classic, common


class MptWithLargestBias(MptForCausalLM):
    """transformers has the slopes for other `alibi_bias_max` than 8, but does not ask for them."""

    def __init__(self, config):
        super().__init__(config)
        usual = self.transformer.build_mpt_alibi_tensor
        self.transformer.build_mpt_alibi_tensor = lambda heads, length, device=None: usual(
            heads, length, config.attn_config.alibi_bias_max, device)


def make(model_class, seed, largest, clip, gguf=True, **attention):
    config = {"architectures": ["MptForCausalLM"], "model_type": "mpt", "d_model": 18, "n_heads": 3, "n_layers": 2,
              "expansion_ratio": 4, "max_seq_len": 64, "no_bias": True, "logit_scale": None,
              "attn_config": {"alibi": True, "alibi_bias_max": largest, "clip_qkv": clip, "qk_ln": False, **attention},
              "layer_norm_epsilon": 1e-05, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2}
    model = common.build(model_class, MptConfig, config, seed)

    def more(w, c):
        if clip:
            w.add_clamp_kqv(clip)
        w.add_max_alibi_bias(float(largest))
    return common.Fixture("MPT", config, model, common.smol(),
                          write_gguf=classic.writer(MODEL_ARCH.MPT, 72, 1e-5, more=more, context=64) if gguf else None)


def mpt():
    """Three heads, a clip that cuts."""
    return make(MptForCausalLM, 38, 8, 1.5)


def mpt_steep():
    """As StoryWriter: steeper slopes; a scale that only a config.json can say."""
    return make(MptWithLargestBias, 50, 16, None, gguf=False, softmax_scale=0.3)


def mpt_saved():
    """As transformers 5 writes config.json: the section of attention has the keys of a whole configuration."""
    fixture = make(MptForCausalLM, 51, 8, 1.5, gguf=False)
    section = {k: v for k, v in fixture.model.config.attn_config.to_dict().items() if k != "transformers_version"}
    fixture.config["attn_config"] = json.loads(json.dumps(section))
    return fixture


FIXTURES = {"mpt-saved": mpt_saved, "mpt": mpt, "mpt-steep": mpt_steep}
