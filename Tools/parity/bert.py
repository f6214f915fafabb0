"""BERT and its kin as decoders: `is_decoder` makes their attention causal, and their head predicts the next token."""

import numpy as np
import torch
from transformers import (
    BertConfig, BertGenerationConfig, BertGenerationDecoder, BertLMHeadModel, BigBirdConfig, BigBirdForCausalLM, ElectraConfig,
    ElectraForCausalLM, MegatronBertConfig, MegatronBertForCausalLM, RemBertConfig, RemBertForCausalLM, RobertaConfig, RobertaForCausalLM,
    RoCBertConfig, RoCBertForCausalLM, RoFormerConfig, RoFormerForCausalLM, XmodConfig, XmodForCausalLM)

from parity import common


def make(family, model_class, config_class, kind, seed, **changes):
    told = {"architectures": [model_class.__name__], "model_type": kind, "is_decoder": True, "hidden_size": 16, "intermediate_size": 24,
            "num_hidden_layers": 2, "num_attention_heads": 4, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02, "layer_norm_eps": 1e-5, "max_position_embeddings": 64,
            "type_vocab_size": 2, "vocab_size": 288, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, **changes}
    model = common.build(model_class, config_class, told, seed)
    rng = np.random.default_rng(seed + 1)
    for name, p in model.named_parameters():
        if p.dim() == 1 and name.endswith("weight"):  # norms under any name
            p.data = torch.from_numpy((np.round((1 + 0.35 * rng.standard_normal(p.shape)) * 1024) / 1024).astype(np.float32))
    return common.Fixture(family, told, model, common.smol())


def bert():
    return make("BERT", BertLMHeadModel, BertConfig, "bert", 841, hidden_act="relu")


def roberta():
    """Positions behind the padding token's."""
    return make("RoBERTa", RobertaForCausalLM, RobertaConfig, "roberta", 843, type_vocab_size=1, tie_word_embeddings=False)


def electra():
    """Embeddings and a head of another width."""
    return make("ELECTRA", ElectraForCausalLM, ElectraConfig, "electra", 845, embedding_size=12, hidden_act="gelu_new")


def rembert():
    """Three widths: of the embedding, the blocks and the head."""
    return make("RemBERT", RemBertForCausalLM, RemBertConfig, "rembert", 847, input_embedding_size=20, output_embedding_size=12)


def roformer():
    """Queries and keys turn."""
    return make("RoFormer", RoFormerForCausalLM, RoFormerConfig, "roformer", 849, embedding_size=12, rotary_value=False)


def megatron():
    """Norms before every part, and a final one."""
    return make("Megatron-BERT", MegatronBertForCausalLM, MegatronBertConfig, "megatron-bert", 851)


def generation():
    """No segments, and the table of tokens alone as the head."""
    made = make("BERT generation", BertGenerationDecoder, BertGenerationConfig, "bert-generation", 853)
    del made.config["type_vocab_size"]
    return made


def xmod():
    """A part for the first of two languages, which reads the stream without a norm of its own."""
    return make("X-MOD", XmodForCausalLM, XmodConfig, "xmod", 855, type_vocab_size=1, languages=["en_XX", "de_DE"],
                default_language="en_XX", pre_norm=False, adapter_reduction_factor=4, adapter_layer_norm=False,
                adapter_reuse_layer_norm=False, ln_before_adapter=True)


def roc_bert():
    """Shapes of characters stand behind the tokens, pronunciations do not."""
    return make("RoCBert", RoCBertForCausalLM, RoCBertConfig, "roc_bert", 857, shape_embed_dim=6, shape_vocab_size=9,
                pronunciation_embed_dim=5, pronunciation_vocab_size=7, enable_pronunciation=False)


def big_bird():
    """Attention that is whole whatever the length, embeddings that are scaled, no biases."""
    return make("BigBird", BigBirdForCausalLM, BigBirdConfig, "big_bird", 859, attention_type="original_full", rescale_embeddings=True,
                use_bias=False, block_size=16, num_random_blocks=2, hidden_act="gelu_new")


FIXTURES = {"xmod-decoder": xmod, "roc-bert-decoder": roc_bert, "big-bird-decoder": big_bird, "bert-decoder": bert, "roberta-decoder": roberta, "electra-decoder": electra, "rembert-decoder": rembert,
            "roformer-decoder": roformer, "megatron-bert-decoder": megatron, "bert-generation": generation}
