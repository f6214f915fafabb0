"""BART and its kin: an encoder and a decoder, or the decoder alone. llama.cpp runs none of them."""

from types import SimpleNamespace

import numpy as np
import torch
from transformers import (
    BartConfig, BartForCausalLM, BartForConditionalGeneration, BigBirdPegasusConfig, BigBirdPegasusForCausalLM,
    BigBirdPegasusForConditionalGeneration, BlenderbotConfig, BlenderbotForConditionalGeneration, BlenderbotSmallConfig,
    BlenderbotSmallForConditionalGeneration, MarianConfig, MarianMTModel, MBartConfig, MBartForConditionalGeneration, MvpConfig,
    MvpForConditionalGeneration, PegasusConfig, PegasusForConditionalGeneration, PLBartConfig, PLBartForConditionalGeneration, TrOCRConfig,
    TrOCRForCausalLM, WhisperConfig, WhisperForCausalLM)

from parity import common
from parity.t5 import Decoder


def settings(model_class, kind, **changes):
    """A config.json in the hub's spelling; the two stacks differ in everything that can differ."""
    return {"architectures": [model_class.__name__], "model_type": kind, "d_model": 16, "encoder_layers": 2, "decoder_layers": 3,
            "encoder_attention_heads": 4, "decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 20,
            "activation_function": "gelu", "max_position_embeddings": 64, "vocab_size": 288, "is_encoder_decoder": True,
            "decoder_start_token_id": 2, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "dropout": 0.1,
            "attention_dropout": 0.0, "activation_dropout": 0.0, "init_std": 0.02, **changes}


def whole(family, model_class, config_class, kind, seed, bias=False, **changes):
    """A model with its encoder."""
    told = settings(model_class, kind, **changes)
    model = common.build(model_class, config_class, told, seed)
    if bias:
        rng = np.random.default_rng(seed + 1)
        model.final_logits_bias.data = torch.from_numpy((np.round(512 * rng.standard_normal((1, 288))) / 1024).astype(np.float32))
    return common.Fixture(family, told, model, common.smol(), decoder=Decoder, begun="the key")


def bart():
    """As published, with names of the first transformers, and a bias of logits."""
    return whole("BART", BartForConditionalGeneration, BartConfig, "bart", 811, bias=True, scale_embedding=False, normalize_before=False,
                 normalize_embedding=True, num_hidden_layers=2, classif_dropout=0.1, encoder_layerdrop=0.0, decoder_layerdrop=0.0,
                 forced_bos_token_id=1, add_bias_logits=False, static_position_embeddings=False, extra_pos_embeddings=2)


def bart_scaled():
    """Scaled embeddings, another activation, no bias of logits."""
    return whole("BART", BartForConditionalGeneration, BartConfig, "bart", 813, scale_embedding=True, activation_function="relu",
                 d_model=8)


def plbart():
    """PLBART scales embeddings where nothing is said."""
    return whole("BART", PLBartForConditionalGeneration, PLBartConfig, "plbart", 815)


def mvp():
    """MVP without its prompts."""
    return whole("BART", MvpForConditionalGeneration, MvpConfig, "mvp", 817, use_prompt=False, prompt_length=100, prompt_mid_dim=800)


def mbart():
    return whole("mBART", MBartForConditionalGeneration, MBartConfig, "mbart", 819, bias=True, scale_embedding=True,
                 activation_function="gelu_new", normalize_before=True, add_final_layer_norm=True)


def pegasus():
    """The table of positions is stored."""
    return whole("Pegasus", PegasusForConditionalGeneration, PegasusConfig, "pegasus", 821, scale_embedding=True,
                 activation_function="relu", normalize_before=True, normalize_embedding=False, static_position_embeddings=True)


def marian():
    """The table of positions is not stored."""
    return whole("Marian", MarianMTModel, MarianConfig, "marian", 823, bias=True, scale_embedding=True, activation_function="swish",
                 share_encoder_decoder_embeddings=True, decoder_vocab_size=288)


def blenderbot():
    return whole("Blenderbot", BlenderbotForConditionalGeneration, BlenderbotConfig, "blenderbot", 825, scale_embedding=True,
                 encoder_no_repeat_ngram_size=3, layernorm_variant="prelayernorm", variant="prelayernorm")


def blenderbot_small():
    return whole("Blenderbot Small", BlenderbotSmallForConditionalGeneration, BlenderbotSmallConfig, "blenderbot-small", 827,
                 scale_embedding=True, do_blenderbot_90_layernorm=True, variant="xlm")


def alone(family, model_class, config_class, kind, seed, **changes):
    """The decoder of such a model, as transformers' class for causal language modelling saves it."""
    told = settings(model_class, kind, is_encoder_decoder=False, is_decoder=True, **changes)
    return common.Fixture(family, told, common.build(model_class, config_class, told, seed), common.smol())


def bart_decoder():
    return alone("BART", BartForCausalLM, BartConfig, "bart", 829, scale_embedding=True)


def trocr():
    told = alone("TrOCR", TrOCRForCausalLM, TrOCRConfig, "trocr", 831, use_learned_position_embeddings=True, layernorm_embedding=True)
    for key in [k for k in told.config if k.startswith("encoder_")]:
        del told.config[key]
    return told


def whisper():
    """Embeddings are never scaled in the decoder, whatever is said; keys have no bias."""
    told = settings(WhisperForCausalLM, "whisper", is_encoder_decoder=False, scale_embedding=True, max_target_positions=64,
                    max_source_positions=30, num_mel_bins=8, num_hidden_layers=2, suppress_tokens=[3], begin_suppress_tokens=[4],
                    median_filter_width=7, use_weighted_layer_sum=False, classifier_proj_size=4, apply_spec_augment=False,
                    mask_time_prob=0.05, mask_time_length=10, mask_feature_prob=0.0, mask_feature_length=10)
    del told["max_position_embeddings"]
    return common.Fixture("Whisper", told, common.build(WhisperForCausalLM, WhisperConfig, told, 833), common.smol())


class BigBirdDecoder(Decoder):
    """The same of BigBird-Pegasus, whose final norm has the name of BART's norm of the embedding."""

    def __init__(self, whole, ids):
        super().__init__(whole, ids)
        self.model.final_layer_norm = whole.get_decoder().layernorm_embedding


class BigBirdAlone(torch.nn.Module):
    """BigBird-Pegasus' decoder alone, with its final norm under a usual name."""

    def __init__(self, whole):
        super().__init__()
        self.whole = whole
        self.model = SimpleNamespace(layers=whole.model.decoder.layers, final_layer_norm=whole.model.decoder.layernorm_embedding)

    @property
    def device(self):
        return self.whole.device

    def forward(self, input_ids, use_cache=False, logits_to_keep=0):
        return self.whole(input_ids=input_ids, use_cache=use_cache)


def bigbird_pegasus():
    """Texts so short that the encoder's sparse attention is whole; biases where there are none by default."""
    told = whole("BigBird-Pegasus", BigBirdPegasusForConditionalGeneration, BigBirdPegasusConfig, "bigbird_pegasus", 835, bias=True,
                 scale_embedding=True, activation_function="gelu_new", attention_type="block_sparse", block_size=6, num_random_blocks=2,
                 use_bias=True)
    told.decoder = BigBirdDecoder
    return told


def bigbird_pegasus_decoder():
    """Without biases, and with a head of its own, which this class of transformers never ties."""
    told = alone("BigBird-Pegasus", BigBirdPegasusForCausalLM, BigBirdPegasusConfig, "bigbird_pegasus", 837, scale_embedding=False,
                 attention_type="block_sparse", block_size=16, num_random_blocks=3, use_bias=False)
    told.shown = BigBirdAlone
    return told


FIXTURES = {"whisper": whisper, "bigbird-pegasus": bigbird_pegasus, "bigbird-pegasus-decoder": bigbird_pegasus_decoder, "bart": bart, "bart-scaled": bart_scaled, "plbart": plbart, "mvp": mvp, "mbart": mbart, "pegasus": pegasus, "marian": marian,
            "blenderbot": blenderbot, "blenderbot-small": blenderbot_small, "bart-decoder": bart_decoder, "trocr": trocr}
