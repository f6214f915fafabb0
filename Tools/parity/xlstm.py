"""xLSTM: a matrix memory with exponential gates in every block. llama.cpp does not run it."""

import numpy as np
import torch
from transformers import xLSTMConfig, xLSTMForCausalLM, xLSTMPreTrainedModel

from parity import common


def make(seed, **changes):
    told = {"architectures": ["xLSTMForCausalLM"], "model_type": "xlstm", "hidden_size": 16, "num_blocks": 3, "num_heads": 2,
            "qk_dim_factor": 0.75, "v_dim_factor": 1.25, "ffn_proj_factor": 1.4, "ffn_round_up_to_multiple_of": 4, "norm_eps": 1e-3,
            "eps": 1e-2, "gate_soft_cap": 4.0, "output_logit_soft_cap": 6.0, "weight_mode": "single", "chunk_size": 4, "use_bias": False,
            "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "tie_word_embeddings": False, "use_cache": True,
            **changes}
    told = {key: value for key, value in told.items() if value is not None}
    # transformers' own first weights fail for joined gates, whose bias is twice as long; all are replaced anyway.
    xLSTMPreTrainedModel._init_weights = lambda model, module: None
    model = common.build(xLSTMForCausalLM, xLSTMConfig, told, seed)
    rng = np.random.default_rng(seed + 1)
    for name, p in model.named_parameters():
        if name.endswith("gate_preact.bias"):  # gates from nearly closed to open
            w = rng.uniform(-3, 5, tuple(p.shape))
            p.data = torch.from_numpy((np.round(w * 1024) / 1024).astype(np.float32))
    return common.Fixture("xLSTM", told, model, common.smol())


def xlstm():
    """Other widths of queries and values, caps that are felt, and texts of several chunks."""
    return make(941)


def xlstm_fused():
    """Projections of one input as one tensor, the widths of heads as they are where nothing is said, a tie that transformers does
    not make."""
    return make(943, weight_mode="fused", qk_dim_factor=None, v_dim_factor=None, num_blocks=None, num_hidden_layers=2,
                tie_word_embeddings=True, ffn_proj_factor=None, chunk_size=64)


FIXTURES = {"xlstm": xlstm, "xlstm-fused": xlstm_fused}
