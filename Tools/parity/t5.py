"""T5, T5 v1.1, mT5 and UMT5: an encoder and a decoder, relative positions in buckets."""

import base64
import json
from types import SimpleNamespace

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    MT5Config, MT5ForConditionalGeneration, T5Config, T5ForConditionalGeneration, UMT5Config, UMT5ForConditionalGeneration)

import character_maps
import tiny_tokenizers as tiny
from parity import common

SPECIAL = ["<pad>", "</s>", "<unk>"]
VOCABULARY = 160


class Decoder(torch.nn.Module):
    """The decoder of a T5 or a BART beside one text of its encoder, with the interface of a causal language model."""

    def __init__(self, whole, ids):
        super().__init__()
        self.whole = whole
        decoder = whole.get_decoder()
        self.model = SimpleNamespace(layers=decoder.block if hasattr(decoder, "block") else decoder.layers)
        for name in ("final_layer_norm", "layer_norm"):
            if hasattr(decoder, name):
                self.model.final_layer_norm = getattr(decoder, name)
        with torch.no_grad():
            self.read = whole.get_encoder()(input_ids=torch.tensor([ids]))

    @property
    def device(self):
        return self.whole.device

    def forward(self, input_ids, use_cache=False, logits_to_keep=0):
        return self.whole(encoder_outputs=self.read, decoder_input_ids=input_ids, use_cache=False)


def pieces(extra):
    """A Unigram vocabulary as T5's, with `extra` sentinels at its end."""
    trained = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    trained.train_from_iterator(tiny.CORPUS, trainers.UnigramTrainer(
        vocab_size=VOCABULARY - extra, show_progress=False, special_tokens=SPECIAL, unk_token="<unk>"))
    vocab = [(piece, round(score, 4)) for piece, score in json.loads(trained.to_str())["model"]["vocab"]]
    sentinels = [f"<extra_id_{i}>" for i in reversed(range(extra))]
    vocab += [(f"▁none{i}", -20.0) for i in range(VOCABULARY - extra - len(vocab))] + [(s, 0.0) for s in sentinels]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=2, byte_fallback=False))
    tokenizer.normalizer = normalizers.Precompiled(character_maps.compiled({"ﬁ": "fi", "…": "...", "\n": " ", "\u00a0": " "}))
    tokenizer.pre_tokenizer = trained.pre_tokenizer
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL + sentinels])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    assert tokenizer.get_vocab_size() == VOCABULARY
    return tokenizer


def save(folder, tokenizer):
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    extra = [t for t in tokenizer.get_vocab() if t.startswith("<extra_id_")]
    tiny.write(folder / "tokenizer_config.json", {
        "tokenizer_class": "T5Tokenizer", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
        "extra_ids": len(extra), "additional_special_tokens": sorted(extra)})


def config(**changes):
    """A config.json in the hub's spelling."""
    return {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "d_model": 16, "d_kv": 6, "d_ff": 20,
            "num_layers": 2, "num_heads": 3, "relative_attention_num_buckets": 8, "layer_norm_epsilon": 1e-5,
            "dropout_rate": 0.1, "initializer_factor": 1.0, "is_encoder_decoder": True, "vocab_size": VOCABULARY,
            "decoder_start_token_id": 0, "eos_token_id": 1, "pad_token_id": 0, "n_positions": 512, **changes}


def write_gguf(path, model, tokenizer):
    """After llama.cpp's converter for T5ForConditionalGeneration and its kin."""
    c = model.config
    w = gguf.GGUFWriter(path, "t5")
    w.add_name("tiny t5")
    w.add_license("apache-2.0")
    w.add_context_length(getattr(c, "n_positions", None) or 512)
    w.add_embedding_length(c.d_model)
    w.add_feed_forward_length(c.d_ff)
    w.add_block_count(c.num_layers)
    w.add_decoder_block_count(c.num_decoder_layers)
    w.add_head_count(c.num_heads)
    w.add_key_length(c.d_kv)
    w.add_value_length(c.d_kv)
    w.add_layer_norm_eps(c.layer_norm_epsilon)
    w.add_relative_attn_buckets_count(c.relative_attention_num_buckets)
    w.add_layer_norm_rms_eps(c.layer_norm_epsilon)
    w.add_decoder_start_token_id(c.decoder_start_token_id)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    whole = json.loads(tokenizer.to_str())
    vocab = whole["model"]["vocab"]
    w.add_tokenizer_model("t5")
    w.add_tokenizer_pre("default")
    w.add_token_list([piece for piece, _ in vocab])
    w.add_token_scores([score for _, score in vocab])
    w.add_token_types([{"<unk>": gguf.TokenType.UNKNOWN}.get(
        piece, gguf.TokenType.CONTROL if piece.startswith("<") and piece.endswith(">") else gguf.TokenType.NORMAL) for piece, _ in vocab])
    w.add_add_space_prefix(True)
    w.add_remove_extra_whitespaces(True)
    w.add_precompiled_charsmap(base64.b64decode(whole["normalizer"]["precompiled_charsmap"]))
    w.add_eos_token_id(1)
    w.add_unk_token_id(2)
    w.add_pad_token_id(0)
    w.add_add_bos_token(False)
    w.add_add_eos_token(True)
    change = lambda name, a: {} if name.endswith(".embed_tokens.weight") else {name: a}
    common.write_tensors(w, model, gguf.get_tensor_name_map(gguf.MODEL_ARCH.T5, max(c.num_layers, c.num_decoder_layers)), change)
    common.finish(w)


def fixture(changes, seed, extra, store=lambda model, name, tensor: tensor, kinds=(T5ForConditionalGeneration, T5Config), **more):
    told = config(**changes)
    model = common.build(*kinds, told, seed)
    return common.Fixture(
        "T5", told, model, pieces(extra), save_tokenizer=save, decoder=Decoder, begun="the key",
        store=lambda name, tensor: store(model, name, tensor), **more)


def t5():
    """The first T5: one table of tokens, scaled outputs, MLPs without gates."""
    return fixture({"task_specific_params": {"summarization": {"prefix": "summarize: "}}}, 601, 5)


def t5_v11():
    """As Flan-T5: gated MLPs, a head of its own, a decoder deeper than the encoder, distances that end early."""
    told = {"feed_forward_proj": "gated-gelu", "dense_act_fn": "gelu_new", "is_gated_act": True, "tie_word_embeddings": False,
            "num_decoder_layers": 3, "relative_attention_max_distance": 12}
    made = fixture(told, 602, 0)
    give_head(made, 603)
    return made


def give_head(made, seed):
    """A head of its own is what the published files of v1.1, mT5 and UMT5 hold."""
    head = np.round(512 * np.random.default_rng(seed).standard_normal((VOCABULARY, 16))) / 1024
    made.model.lm_head.weight = torch.nn.Parameter(torch.from_numpy(head.astype(np.float32)))


def mt5():
    """mT5: as v1.1, a head of its own although its class ties them, no scale."""
    told = {"architectures": ["MT5ForConditionalGeneration"], "model_type": "mt5", "feed_forward_proj": "gated-gelu",
            "tie_word_embeddings": False}
    made = fixture(told, 605, 0, kinds=(MT5ForConditionalGeneration, MT5Config), write_gguf=write_gguf, readable=False)
    give_head(made, 606)
    return made


def umt5():
    """UMT5: every block of both stacks has its own bias of positions."""
    told = {"architectures": ["UMT5ForConditionalGeneration"], "model_type": "umt5", "feed_forward_proj": "gated-gelu",
            "tie_word_embeddings": False, "num_decoder_layers": 3, "relative_attention_max_distance": 12}
    made = fixture(told, 609, 0, kinds=(UMT5ForConditionalGeneration, UMT5Config))
    give_head(made, 608)
    return made


FIXTURES = {"t5": t5, "t5-v11": t5_v11, "mt5": mt5, "umt5": umt5}
