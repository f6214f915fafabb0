"""MiniMax-01: attention and lightning attention in turn, experts everywhere. llama.cpp does not run it."""

from transformers import MiniMaxConfig, MiniMaxForCausalLM

from parity import common


def make(seed, **changes):
    told = {"architectures": ["MiniMaxForCausalLM"], "model_type": "minimax",
            **common.llama_like(num_hidden_layers=3, intermediate_size=8, num_local_experts=4, num_experts_per_tok=2, block_size=5,
                                 **changes)}
    model = common.build(MiniMaxForCausalLM, MiniMaxConfig, told, seed)
    for name, p in model.named_parameters():
        if name.endswith("qkv_proj.weight"):
            p.data *= 0.5
    return common.Fixture("MiniMax", told, model, common.smol())


def minimax():
    """As published: every second block is linear, and factors of the normed input."""
    return make(891, full_attn_alpha_factor=3.5, full_attn_beta_factor=1, linear_attn_alpha_factor=3.25, linear_attn_beta_factor=1,
                mlp_alpha_factor=3.0, mlp_beta_factor=1)


def minimax_listed():
    """Kinds in a list, factors of outputs, a window, heads of another width, another activation; rates of decay are not stored."""
    made = make(892, layer_types=["linear_attention", "full_attention", "linear_attention"], full_attn_beta_factor=0.5,
                linear_attn_beta_factor=0.75, mlp_beta_factor=1.5, mlp_alpha_factor=2, sliding_window=6, head_dim=6, hidden_act="gelu",
                tie_word_embeddings=True)
    made.drop = ("slope_rate", "_decay")
    return made


FIXTURES = {"minimax": minimax, "minimax-listed": minimax_listed}
