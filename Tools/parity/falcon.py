"""Falcon, as the 7B, the 40B, the 11B and the RefinedWeb models."""

from gguf import MODEL_ARCH
from transformers import FalconConfig, FalconForCausalLM

from parity import classic, common


def make(name, seed, groups, gguf=True, **changes):
    config = {"architectures": ["FalconForCausalLM"], "model_type": "falcon", "hidden_size": 16, "num_hidden_layers": 2,
              "num_attention_heads": 4, "ffn_hidden_size": 40, "activation": "gelu", "alibi": False, "bias": False,
              "layer_norm_epsilon": 1e-05, "rope_theta": 10000.0, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2,
              **changes}
    model = common.build(FalconForCausalLM, FalconConfig, config, seed)

    def change(name, a):
        return {name: classic.in_order(a, 4, groups=groups) if "query_key_value" in name else a}

    def more(w, c):
        w.add_head_count_kv(groups)
    return common.Fixture("Falcon", config, model, common.smol(), write_gguf=classic.writer(
        MODEL_ARCH.FALCON, 40, 1e-5, change, more) if gguf else None, readable=groups == 1)


def falcon():
    """One key head, one norm for attention and MLP. The real file says 71 key heads and means one."""
    return make("falcon", 39, 1, multi_query=True, parallel_attn=True, new_decoder_architecture=False, num_kv_heads=4)


def falcon_groups():
    """Two groups of heads, two norms."""
    return make("falcon-groups", 40, 2, multi_query=True, parallel_attn=True, new_decoder_architecture=True, num_kv_heads=2)


def falcon_sequential():
    """What only a config.json can say: one part after the other, biases, a key for every head."""
    return make("falcon-sequential", 41, 4, gguf=False, multi_query=False, parallel_attn=False,
                new_decoder_architecture=False, bias=True)


def falcon_one_norm():
    """As the 11B model: groups of heads, but one norm."""
    return make("falcon-one-norm", 48, 2, multi_query=True, parallel_attn=True, new_decoder_architecture=True,
                num_kv_heads=2, num_ln_in_parallel_attn=1, rope_theta=500042.0, gguf=False)


class FalconWithSlopes(FalconForCausalLM):
    """transformers' eager attention adds the slopes twice, once with the mask; its usual one, which is taken here, once."""

    @classmethod
    def from_pretrained(cls, *args, **kwargs):
        return super().from_pretrained(*args, **{**kwargs, "attn_implementation": "sdpa"})


def falcon_rw():
    """ALiBi for a number of heads that is no power of two, rounded to bfloat16; one part after the other, biases."""
    fixture = make("falcon-rw", 49, 3, gguf=False, hidden_size=18, num_attention_heads=3, alibi=True, bias=True,
                   multi_query=False, parallel_attn=False, new_decoder_architecture=False)
    fixture.model.__class__ = FalconWithSlopes
    return fixture


FIXTURES = {"falcon": falcon, "falcon-groups": falcon_groups, "falcon-sequential": falcon_sequential,
            "falcon-one-norm": falcon_one_norm, "falcon-rw": falcon_rw}
