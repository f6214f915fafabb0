"""XLM: an encoder that fills in masks, or a decoder with `causal`. llama.cpp does not run it."""

from types import SimpleNamespace

import numpy as np
import torch
from transformers import XLMConfig, XLMWithLMHeadModel

from parity import common


class Block(torch.nn.Module):
    """One block of XLM, whose parts stand in lists of their own."""

    def __init__(self, transformer, index):
        super().__init__()
        self.parts = [getattr(transformer, name)[index] for name in ("attentions", "layer_norm1", "ffns", "layer_norm2")]

    def forward(self, x, mask):
        attention, first, mlp, second = self.parts
        x = first(x + attention(x, mask)[0])
        return second(x + mlp(x))


class Shown(torch.nn.Module):
    """XLM with the interface of a causal language model: blocks, and logits of every position."""

    def __init__(self, whole):
        super().__init__()
        self.whole = whole
        self.config = whole.config
        self.model = SimpleNamespace(layers=[Block(whole.transformer, i) for i in range(whole.transformer.n_layers)])
        ids = torch.arange(6, 20)[None]
        difference = (self(ids).logits - whole(input_ids=ids).logits).abs().max().item()
        assert difference < 1e-5, difference

    @property
    def device(self):
        return self.whole.device

    @torch.no_grad()
    def forward(self, input_ids, use_cache=False, logits_to_keep=0):
        transformer, length = self.whole.transformer, input_ids.shape[1]
        mask = torch.ones(1, length, dtype=torch.bool)
        if transformer.causal:
            mask = torch.ones(1, length, length, dtype=torch.bool).tril()
        x = transformer.embeddings(input_ids) + transformer.position_embeddings(torch.arange(length))[None]
        x = transformer.layer_norm_emb(x)
        for block in self.model.layers:
            x = block(x, mask)
        return SimpleNamespace(logits=self.whole.pred_layer.proj(x))


def settings(**changes):
    """A config.json in the hub's spelling."""
    return {"architectures": ["XLMWithLMHeadModel"], "model_type": "xlm", "emb_dim": 16, "n_layers": 2, "n_heads": 4, "dropout": 0.1,
            "attention_dropout": 0.1, "gelu_activation": True, "sinusoidal_embeddings": False, "causal": False, "asm": False, "n_langs": 2,
            "use_lang_emb": True, "max_position_embeddings": 48, "embed_init_std": 0.02, "layer_norm_eps": 1e-5, "init_std": 0.02,
            "bos_index": 0, "eos_index": 1, "pad_index": 2, "unk_index": 3, "mask_index": 5, "is_encoder": True, "lang_id": 0,
            "lang2id": {"de": 0, "en": 1}, "id2lang": {"0": "de", "1": "en"}, "summary_type": "first", "start_n_top": 5, "end_n_top": 5,
            "mask_token_id": 0, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2, "max_vocab": 95000, **changes}


def build(told, seed):
    """A model whose norms are no identity, and whose table of positions is no table of sines."""
    model = common.build(XLMWithLMHeadModel, XLMConfig, told, seed)
    rng = np.random.default_rng(seed + 1)
    for name, p in model.named_parameters():
        if "layer_norm" in name and name.endswith("weight"):
            p.data = torch.from_numpy((np.round((1 + 0.35 * rng.standard_normal(p.shape)) * 1024) / 1024).astype(np.float32))
    return model


def xlm():
    """A decoder of one language, with ReLU and a head of its own."""
    told = settings(causal=True, gelu_activation=False, n_langs=1, use_lang_emb=False, n_words=288, vocab_size=288, tie_word_embeddings=False)
    del told["id2lang"], told["lang2id"]
    return common.Fixture("XLM", told, build(told, 861), common.smol(), shown=Shown)


FIXTURES = {"xlm-causal": xlm}
