"""RWKV 4: weighted means of values and MLPs that read the token before. llama.cpp runs only later versions."""

from types import SimpleNamespace

import numpy as np
import torch
from transformers import RwkvConfig, RwkvForCausalLM

from parity import common


class Block(torch.nn.Module):
    """One block on the residual stream, which is halved behind some of them."""

    def __init__(self, block, halves):
        super().__init__()
        self.block = block
        self.halves = halves

    def forward(self, x):
        x = x + self.block.attention(self.block.ln1(x))[0]
        x = x + self.block.feed_forward(self.block.ln2(x))[0]
        return x / 2 if self.halves else x


class Shown(torch.nn.Module):
    """RWKV with blocks that answer one state: transformers' first block holds the norm of the embedding."""

    def __init__(self, whole):
        super().__init__()
        self.whole = whole
        self.config = whole.config
        ids = torch.arange(6, 20)[None]
        with torch.no_grad():
            # The first pass of a model divides its weights.
            expected = whole(input_ids=ids, use_cache=False).logits
        every = whole.config.rescale_every
        blocks = [Block(b, every > 0 and (i + 1) % every == 0) for i, b in enumerate(whole.rwkv.blocks)]
        self.model = SimpleNamespace(layers=blocks, final_layer_norm=whole.rwkv.ln_out)
        difference = (self(ids).logits - expected).abs().max().item()
        assert difference < 1e-5, difference

    @property
    def device(self):
        return self.whole.device

    @torch.no_grad()
    def forward(self, input_ids, use_cache=False, logits_to_keep=0):
        rwkv = self.whole.rwkv
        x = rwkv.blocks[0].pre_ln(rwkv.embeddings(input_ids))
        for block in self.model.layers:
            x = block(x)
        return SimpleNamespace(logits=self.whole.head(rwkv.ln_out(x)))


def make(seed, **changes):
    told = {"architectures": ["RwkvForCausalLM"], "model_type": "rwkv", "hidden_size": 16, "num_hidden_layers": 3,
            "attention_hidden_size": 12, "intermediate_size": 20, "layer_norm_epsilon": 1e-3, "rescale_every": 2, "context_length": 64,
            "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": False, "use_cache": True, **changes}
    model = common.build(RwkvForCausalLM, RwkvConfig, told, seed)
    rng = np.random.default_rng(seed + 1)
    for name, p in model.named_parameters():
        if name.rpartition(".")[0].endswith(("ln1", "ln2", "pre_ln", "ln_out")) and name.endswith("weight"):
            w = 1 + 0.35 * rng.standard_normal(tuple(p.shape))
        elif "time_mix" in name:
            w = rng.uniform(0.1, 0.9, tuple(p.shape))
        elif name.endswith("time_decay"):  # from nothing kept to nearly all
            w = rng.uniform(-4, 1, tuple(p.shape))
        elif name.endswith("time_first"):
            w = rng.standard_normal(tuple(p.shape))
        else:
            continue
        p.data = torch.from_numpy((np.round(w * 1024) / 1024).astype(np.float32))
    return common.Fixture("RWKV", told, model, common.smol(), shown=Shown)


def rwkv():
    """Other widths of keys and MLPs (transformers reads the former without a cache alone); a stream that is halved once."""
    return make(871)


def rwkv_tied():
    """Widths as they are where nothing is said, a stream that is halved behind every block, and the table of tokens as the head."""
    return make(873, attention_hidden_size=None, intermediate_size=None, rescale_every=1, tie_word_embeddings=True, num_hidden_layers=2)


FIXTURES = {"rwkv": rwkv, "rwkv-tied": rwkv_tied}
