"""OPT, which llama.cpp does not run."""

from transformers import OPTConfig, OPTForCausalLM

from parity import common


def config(**changes):
    return {"architectures": ["OPTForCausalLM"], "model_type": "opt", "activation_function": "relu", "hidden_size": 16,
            "ffn_dim": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64,
            "do_layer_norm_before": True, "word_embed_proj_dim": 16, "vocab_size": 288, "bos_token_id": 1,
            "eos_token_id": 2, "pad_token_id": 1, **changes}


def opt():
    made = config()
    return common.Fixture("OPT", made, common.build(OPTForCausalLM, OPTConfig, made, 34), common.smol())


def opt_narrow():
    """As the 350M model: a narrower embedding, norms after the parts, none at the end; names as in its first checkpoint."""
    made = config(do_layer_norm_before=False, word_embed_proj_dim=12)
    return common.Fixture("OPT", made, common.build(OPTForCausalLM, OPTConfig, made, 35), common.smol(),
                          rename=lambda name: name.removeprefix("model."))


def opt_bare():
    """As Galactica: no biases, another activation; norms without weights, too."""
    made = config(enable_bias=False, activation_function="gelu", layer_norm_elementwise_affine=False)
    return common.Fixture("OPT", made, common.build(OPTForCausalLM, OPTConfig, made, 36), common.smol())


FIXTURES = {"opt": opt, "opt-narrow": opt_narrow, "opt-bare": opt_bare}
