"""Decoders that differ from their kin in one thing: BitNet, DiffLlama, CTRL, GIT, Llama 3.2 Vision and others."""

import torch
from transformers import (
    Apertus1p5TextConfig, Apertus1p5TextForCausalLM, BitNetConfig, BitNetForCausalLM, CTRLConfig, CTRLLMHeadModel,
    DiffLlamaConfig, DiffLlamaForCausalLM, DogeConfig, DogeForCausalLM, GitConfig, GitForCausalLM, GPTNeoXJapaneseConfig,
    GPTNeoXJapaneseForCausalLM, ModernBertDecoderConfig, ModernBertDecoderForCausalLM, Phi4MultimodalConfig,
    Phi4MultimodalForCausalLM)
from transformers.models.mllama.configuration_mllama import MllamaTextConfig
from transformers.models.mllama.modeling_mllama import MllamaForCausalLM

from parity import common


def bitnet():
    """Biases, a squared ReLU, norms before the last projections."""
    config = {"architectures": ["BitNetForCausalLM"], "model_type": "bitnet", "attention_bias": True,
              **common.llama_like(hidden_act="relu2", tie_word_embeddings=True)}
    return common.Fixture("BitNet", config, common.build(BitNetForCausalLM, BitNetConfig, config, 421), common.smol())


def diffllama():
    """Biases; two pairs of key heads."""
    config = {"architectures": ["DiffLlamaForCausalLM"], "model_type": "diffllama", "attention_bias": True,
              **common.llama_like(num_attention_heads=8, num_key_value_heads=4, head_dim=4)}
    return common.Fixture("DiffLlama", config, common.build(DiffLlamaForCausalLM, DiffLlamaConfig, config, 429), common.smol())


def doge(seed, **changes):
    """Scores of keys, factors of the stream, biases."""
    config = {"architectures": ["DogeForCausalLM"], "model_type": "doge", "attention_bias": True, "mlp_bias": True,
              **common.llama_like(**{"keep_window_size": 64, "sliding_window": None, "is_moe": False, **changes})}
    model = common.build(DogeForCausalLM, DogeConfig, config, seed)
    for name, p in model.named_parameters():
        if name.endswith("_residual"):
            p.data += 0.8
        elif name.endswith("self_attn.A"):
            p.data *= 0.5
    return common.Fixture("Doge", config, model, common.smol())


def git():
    """The part for images is stored beside."""
    config = {"architectures": ["GitForCausalLM"], "model_type": "git", "hidden_size": 16, "intermediate_size": 24,
              "num_hidden_layers": 2, "num_attention_heads": 4, "hidden_act": "gelu", "layer_norm_eps": 1e-5,
              "max_position_embeddings": 64, "vocab_size": 288, "tie_word_embeddings": False, "bos_token_id": 1,
              "eos_token_id": 2, "pad_token_id": 2, "num_image_with_embedding": 2,
              "vision_config": {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
                                "image_size": 4, "patch_size": 2, "num_channels": 1}}
    return common.Fixture("GIT", config, common.build(GitForCausalLM, GitConfig, config, 430), common.smol())


def ctrl():
    """Everything that CTRL has; another epsilon of the last norm."""
    config = {"architectures": ["CTRLLMHeadModel"], "model_type": "ctrl", "n_embd": 16, "n_head": 4, "n_layer": 2, "dff": 24,
              "n_positions": 64, "vocab_size": 288, "layer_norm_epsilon": 1e-4, "tie_word_embeddings": True, "bos_token_id": 1,
              "eos_token_id": 2, "pad_token_id": 2}
    return common.Fixture("CTRL", config, common.build(CTRLLMHeadModel, CTRLConfig, config, 422), common.smol())


def apertus1p5():
    """A head without the last rows of the embedding."""
    config = {"architectures": ["Apertus1p5TextForCausalLM"], "model_type": "apertus1p5_text", "output_vocab_size": 288,
              "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
              **common.llama_like(hidden_act="xielu", head_dim=4, vocab_size=300)}
    del config["rope_theta"]
    model = common.build(Apertus1p5TextForCausalLM, Apertus1p5TextConfig, config, 423)
    return common.Fixture("Apertus", config, model, common.smol())


def gpt_neox_japanese():
    """Half a head turned, a bias in the last block alone."""
    config = {"architectures": ["GPTNeoXJapaneseForCausalLM"], "model_type": "gpt_neox_japanese", "hidden_size": 16,
              "num_attention_heads": 4, "num_hidden_layers": 3, "intermediate_multiple_size": 2, "hidden_act": "gelu",
              "max_position_embeddings": 64, "layer_norm_eps": 1e-5, "rotary_pct": 0.5, "rotary_emb_base": 1000,
              "vocab_size": 288, "tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
    model = common.build(GPTNeoXJapaneseForCausalLM, GPTNeoXJapaneseConfig, config, 424)
    return common.Fixture("GPT-NeoX Japanese", config, model, common.smol())


def modernbert_decoder():
    """As Ettin is released: windows in two of three layers, bases by their first names, a tied head with a bias."""
    config = {"architectures": ["ModernBertDecoderForCausalLM"], "model_type": "modernbert-decoder", "hidden_size": 16,
              "intermediate_size": 24, "num_attention_heads": 4, "num_hidden_layers": 4, "max_position_embeddings": 64,
              "hidden_activation": "gelu", "norm_eps": 1e-5, "norm_bias": False, "attention_bias": False, "mlp_bias": False,
              "decoder_bias": True, "classifier_bias": False, "classifier_activation": "gelu", "local_attention": 10,
              "global_attn_every_n_layers": 3, "global_rope_theta": 5000.0, "local_rope_theta": 500.0, "vocab_size": 288,
              "tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "cls_token_id": 1,
              "sep_token_id": 2}
    model = common.build(ModernBertDecoderForCausalLM, ModernBertDecoderConfig, config, 425)
    return common.Fixture("ModernBERT decoder", config, model, common.smol())


def modernbert_decoder_biases():
    """Biases everywhere, kinds of layers and their positions listed, a head of its own."""
    config = {"architectures": ["ModernBertDecoderForCausalLM"], "model_type": "modernbert-decoder", "hidden_size": 16,
              "intermediate_size": 20, "num_attention_heads": 2, "num_hidden_layers": 3, "max_position_embeddings": 64,
              "hidden_activation": "silu", "norm_eps": 1e-5, "norm_bias": True, "attention_bias": True, "mlp_bias": True,
              "decoder_bias": False, "classifier_bias": True, "classifier_activation": "relu", "local_attention": 8,
              "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "vocab_size": 288,
              "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 700.0},
                                  "sliding_attention": {"rope_type": "default", "rope_theta": 90.0}},
              "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "cls_token_id": 1,
              "sep_token_id": 2}
    model = common.build(ModernBertDecoderForCausalLM, ModernBertDecoderConfig, config, 426)
    return common.Fixture("ModernBERT decoder", config, model, common.smol())


# Parts that read images and sounds, as small as their classes allow.
VISION = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 28,
          "patch_size": 14, "crop_size": 28, "feature_layer": -1, "num_channels": 1}
AUDIO = {"hidden_size": 8, "intermediate_size": 8, "num_blocks": 1, "num_attention_heads": 2, "ext_pw_out_channel": 8,
         "nemo_conv_channels": 4, "time_reduction": 8, "input_size": 8,
         "depthwise_separable_out_channel": 8, "bias_max_distance": 8}


def phi4_multimodal():
    """Part of a head turned, long positions; the parts for images and sounds are stored beside."""
    config = {"architectures": ["Phi4MultimodalForCausalLM"], "model_type": "phi4_multimodal", **common.llama_like(
        num_attention_heads=2, num_key_value_heads=1, partial_rotary_factor=0.5, sliding_window=None, embd_pdrop=0.0,
        resid_pdrop=0.0, original_max_position_embeddings=20, tie_word_embeddings=True,
        rope_scaling={"type": "longrope", "short_factor": [1.0, 1.5], "long_factor": [2.0, 3.0]}),
        "vision_config": VISION, "audio_config": AUDIO}
    model = common.build(Phi4MultimodalForCausalLM, Phi4MultimodalConfig, config, 427)
    return common.Fixture("Phi-4-multimodal", config, model, common.smol())


class Passed(torch.nn.Module):
    """In the place of a block of cross-attention, which a text without images passes."""

    def forward(self, hidden_states, **others):
        return hidden_states


def without_crossing(model):
    """The model with blocks that can be watched in the place of those that it passes over."""
    for index in model.model.cross_attention_layers:
        model.model.layers[index] = Passed()
    model.model.cross_attention_layers = []
    return model


def mllama():
    """A block of cross-attention between two others; eight tokens more than the head has."""
    config = {"architectures": ["MllamaForCausalLM"], "model_type": "mllama_text_model",
              **common.llama_like(num_hidden_layers=3, cross_attention_layers=[1])}
    model = common.build(MllamaForCausalLM, MllamaTextConfig, config, 428)
    return common.Fixture("Llama 3.2 Vision", config, model, common.smol(), shown=without_crossing)


FIXTURES = {"bitnet": bitnet, "ctrl": ctrl, "apertus1p5": apertus1p5, "gpt-neox-japanese": gpt_neox_japanese,
            "modernbert-decoder": modernbert_decoder, "modernbert-decoder-biases": modernbert_decoder_biases,
            "phi4-multimodal": phi4_multimodal, "mllama": mllama, "diffllama": diffllama, "git": git,
            "doge": lambda: doge(437), "doge-window": lambda: doge(438, sliding_window=5, tie_word_embeddings=True)}
