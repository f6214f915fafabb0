"""Language parts of multimodal models, stored as the whole model: other names, other towers beside them, settings in `text_config`.

    python Tools/parity/wrappers.py [MODEL_TYPE...]

builds every multimodal model of transformers whose language part is one of Strata's families, as far as its towers need no other package,
and prints how far its numbers for text are from those of its language model.
"""

import copy
import json
import re
import sys
from pathlib import Path

import torch
import transformers
from transformers import CONFIG_MAPPING
from transformers.models.auto import modeling_auto

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from parity import common

DEFAULTS = Path(__file__).resolve().parent.parent.parent / "Sources" / "Engine" / "Settings" / "config-defaults.json"
# Language models by the `model_type` of the part.
LANGUAGE = {"glm4v_text": "glm4", "glm_ocr_text": "glm4", "granite_docling_text": "granite", "hunyuan_vl_text": "hunyuan_v1_dense",
            "paddleocr_vl_text": "llama", "qwen2_vl_text": "qwen2", "qwen2_5_vl_text": "qwen2", "qwen3_vl_text": "qwen3",
            "qwen3_vl_moe_text": "qwen3_moe"}
# What transformers leaves out of the logits of a multimodal model although its language model has it.
FACTORS = {"aya_vision": lambda config: config.logit_scale, "cohere2_vision": lambda config: config.logit_scale,
           "granite_speech": lambda config: 1 / config.logits_scaling, "granite_speech_plus": lambda config: 1 / config.logits_scaling}
TOWER = {"hidden_size": 8, "embed_dim": 8, "intermediate_size": 8, "num_hidden_layers": 1, "depth": 1, "num_attention_heads": 2,
         "num_heads": 2, "image_size": 8, "patch_size": 4, "spatial_merge_size": 2, "projection_dim": 8,
         "num_position_embeddings": 4, "deepstack_visual_indexes": [0], "out_hidden_size": 16, "encoder_layers": 1,
         "max_image_size": 8, "encoder_attention_heads": 2, "encoder_ffn_dim": 8, "d_model": 8, "num_mel_bins": 4,
         "max_source_positions": 8}


def tower(model_type, config_class):
    """A small vision or audio tower, with those of the sizes that its configuration has."""
    fields = config_class.__dataclass_fields__
    return {"model_type": model_type, **{key: value for key, value in TOWER.items() if key in fields}}


def whole(model_type, text):
    """The configuration of a multimodal model around a language part."""
    config = {"model_type": model_type, "text_config": text}
    for key, spec in CONFIG_MAPPING[model_type].sub_configs_defaults.items():
        if key != "text_config":
            config[key] = tower(spec.model_type, CONFIG_MAPPING[spec.model_type])
    return config


def build(config, seed, gemma=False):
    """The multimodal model of a config.json and its language model, which share their weights."""
    config_class = CONFIG_MAPPING[config["model_type"]]
    names = {**modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, **modeling_auto.MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES,
             **modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES, **modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES}
    model_class = getattr(transformers, names[config["model_type"]])
    wrapper = model_class(config_class(**copy.deepcopy(config), attn_implementation="eager"))
    wrapper = common.randomise(wrapper, seed, gemma)
    part = wrapper.config.text_config
    kind = LANGUAGE.get(part.model_type, part.model_type)
    settings = {k: v for k, v in part.to_dict().items() if k not in ("model_type", "transformers_version", "tie_word_embeddings")}
    if part.model_type == "qwen3_vl_moe_text":
        settings["norm_topk_prob"] = True
    tied = bool(getattr(wrapper.config, "tie_word_embeddings", False))
    if kind == "glm4":
        settings |= {"head_dim": part.hidden_size // part.num_attention_heads, "attention_bias": part.model_type == "glm4v_text"}
    language_class = getattr(transformers, modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[kind])
    if part.model_type == "paddleocr_vl_text":
        settings |= {"attention_bias": part.use_bias, "mlp_bias": part.use_bias}
    language = language_class(
        CONFIG_MAPPING[kind](**settings, tie_word_embeddings=tied, attn_implementation="eager")).eval().float()
    inner = wrapper.model if hasattr(wrapper, "model") else wrapper
    decoder = next(getattr(inner, name) for name in ("language_model", "text_model") if hasattr(inner, name))
    head = getattr(wrapper, "lm_head", None)
    if hasattr(decoder, "lm_head"):
        decoder, head = decoder.model, decoder.lm_head
    language.model.load_state_dict(decoder.state_dict())
    language.lm_head.load_state_dict(head.state_dict())
    return wrapper, language


def text(model_type, **changes):
    return {"model_type": model_type, **common.llama_like(**changes)}


def llava():
    """Names with `language_model.` before them, a head of its own, settings that are left out where they are LLaMA's usual ones."""
    part = text("llama", num_key_value_heads=4)
    for key in ("hidden_act", "num_key_value_heads", "rope_theta", "tie_word_embeddings"):
        del part[key]
    part["rms_norm_eps"] = 1e-6
    config = whole("llava", part)
    wrapper, language = build(config, 81)
    return common.Fixture("Llama", config, language, common.smol(), wrapper=wrapper)


def smolvlm():
    """Names with `model.text_model.` before them."""
    config = whole("smolvlm", text("llama", rms_norm_eps=1e-6, head_dim=8))
    wrapper, language = build(config, 82)
    return common.Fixture("Llama", config, language, common.smol(), wrapper=wrapper)


def mistral3():
    """A head that is tied by the outer configuration, not by that of the language part; a window."""
    config = whole("mistral3", text("mistral", sliding_window=6)) | {"tie_word_embeddings": True}
    wrapper, language = build(config, 83)
    return common.Fixture("Mistral", config, language, common.smol(), wrapper=wrapper)


def gemma3_wrapper():
    """Settings of the language part that leave out what is usual in Gemma 3."""
    part = {"model_type": "gemma3_text", "hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 3,
            "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "sliding_window": 4, "vocab_size": 288,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
            "rope_scaling": {"rope_type": "linear", "factor": 8.0}}
    config = whole("gemma3", part)
    wrapper, language = build(config, 84, gemma=True)
    return common.Fixture("Gemma 3", config, language, common.smol(), wrapper=wrapper)


def qwen2_vl():
    """Settings of the language part beside the others, as the first Qwen2-VL has them, and names without a prefix."""
    part = common.llama_like(rope_scaling={"type": "mrope", "mrope_section": [1, 1, 0]}, rope_theta=1000000.0,
                             use_sliding_window=False, sliding_window=32, max_window_layers=1)
    config = {**part, **whole("qwen2_vl", None), "tie_word_embeddings": True}
    del config["text_config"]
    wrapper, language = build(config, 85)
    return common.Fixture("Qwen2", config, language, common.smol(), wrapper=wrapper)


def qwen3_vl_moe():
    """Experts in one tensor, stored [experts, in, out] as on the hub."""
    part = text("qwen3_vl_moe_text", head_dim=4, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=4,
                rope_scaling={"rope_type": "default", "mrope_section": [1, 1, 0], "mrope_interleaved": True})
    config = whole("qwen3_vl_moe", part)
    wrapper, language = build(config, 86)
    return common.Fixture("Qwen3-MoE", config, language, common.smol(), wrapper=wrapper,
                          store=lambda name, a: a.transpose(1, 2) if ".experts." in name else a)


def ministral3_wrapped():
    """As Ministral 3 is released: the language part is known by its own type alone; a tied head."""
    rope = {"rope_type": "yarn", "type": "yarn", "rope_theta": 20.0, "factor": 16.0, "original_max_position_embeddings": 12,
            "beta_fast": 0.5, "beta_slow": 0.05, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.5}
    part = text("ministral3", head_dim=8, rope_parameters=rope, sliding_window=None, tie_word_embeddings=True)
    del part["rope_theta"]
    config = whole("mistral3", part) | {"image_token_index": 10, "projector_hidden_act": "gelu", "spatial_merge_size": 2,
                                        "vision_feature_layer": -1, "multimodal_projector_bias": False}
    wrapper, language = build(config, 87)
    return common.Fixture("Ministral 3", config, language, common.smol(), wrapper=wrapper)


def glm4v():
    """Sections of positions, a part of each head that turns, heads that share the width."""
    part = text("glm4v_text", num_attention_heads=2, num_key_value_heads=1)
    part["rope_scaling"] = {"rope_type": "default", "mrope_section": [1, 1, 0], "partial_rotary_factor": 0.5}
    config = whole("glm4v", part)
    wrapper, language = build(config, 88)
    return common.Fixture("GLM-4", config, language, common.smol(), wrapper=wrapper)


def paddleocr_vl():
    """ERNIE whose heads turn in halves; biases."""
    part = text("paddleocr_vl_text", head_dim=8, use_bias=True)
    part["rope_scaling"] = {"rope_type": "default", "type": "default", "mrope_section": [2, 1, 1]}
    config = whole("paddleocr_vl", part)
    wrapper, language = build(config, 89)
    return common.Fixture("ERNIE 4.5", config, language, common.smol(), wrapper=wrapper)


def hunyuan_vl():
    """The name of the sections of positions that the released model has."""
    part = text("hunyuan_vl_text", head_dim=8)
    part["rope_scaling"] = {"type": "xdrope", "alpha": 50.0, "factor": 1.0, "xdrope_section": [2, 1, 1, 0]}
    config = whole("hunyuan_vl", part)
    wrapper, language = build(config, 90)
    return common.Fixture("HunYuan", config, language, common.smol(), wrapper=wrapper)


FIXTURES = {"llava": llava, "smolvlm": smolvlm, "mistral3": mistral3, "gemma3-wrapper": gemma3_wrapper, "qwen2-vl": qwen2_vl,
            "qwen3-vl-moe": qwen3_vl_moe, "ministral3-wrapped": ministral3_wrapped, "glm4v": glm4v, "paddleocr-vl": paddleocr_vl,
            "hunyuan-vl": hunyuan_vl}


def compare(model_type):
    """Prints the largest difference of logits between a multimodal model and its language part."""
    kind = CONFIG_MAPPING[model_type].sub_configs_defaults["text_config"].model_type
    part = text(kind, head_dim=8)
    if kind in ("qwen2_vl_text", "qwen2_5_vl_text"):
        del part["head_dim"]
        part["rope_parameters"] = {"rope_type": "default", "mrope_section": [1, 1, 0]}
    elif kind.startswith("qwen3_vl") or kind == "paddleocr_vl_text":
        part["rope_parameters"] = {"rope_type": "default", "mrope_section": [2, 1, 1]}
    elif kind == "hunyuan_vl_text":
        part["rope_parameters"] = {"rope_type": "dynamic", "alpha": 50.0, "factor": 1.0, "mrope_section": [2, 1, 1, 0]}
    elif kind in ("glm4v_text", "glm_ocr_text"):
        part |= {"num_attention_heads": 2, "num_key_value_heads": 1}
        part["rope_parameters"] = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1], "partial_rotary_factor": 1.0}
    elif kind == "opt":
        part = {"model_type": "opt", "hidden_size": 16, "ffn_dim": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 288,
                "word_embed_proj_dim": 16, "max_position_embeddings": 64}
    elif kind == "persimmon":
        part |= {"num_attention_heads": 2}
        del part["head_dim"], part["num_key_value_heads"], part["rms_norm_eps"]
    if kind == "qwen3_vl_moe_text":
        part |= {"num_experts": 3, "num_experts_per_tok": 2, "moe_intermediate_size": 8}
    if kind == "gemma3_text":
        part["sliding_window"] = 4
    try:
        wrapper, language = build(whole(model_type, part), 1, kind.startswith("gemma"))
        ids = torch.arange(3, 25)[None]
        with torch.no_grad():
            here = language(input_ids=ids).logits[0]
            there = wrapper(input_ids=ids).logits[0]
            begun = wrapper(input_ids=ids[:, :9]).logits[0]
    except Exception as error:  # a package that is not here, a size that a tower does not allow, no call without an image
        print(f"{model_type:20} {kind:18} not compared: {str(error).strip().splitlines()[0][:90]}", flush=True)
        return
    if model_type in FACTORS:
        there, begun = (FACTORS[model_type](language.config) * logits for logits in (there, begun))
    print(f"{model_type:20} {kind:18} {(there - here).abs().max().item():.1e}, of a text and its beginning "
          f"{(there[:9] - begun).abs().max().item():.1e}", flush=True)


def compared():
    """The multimodal models whose language part is one of Strata's families by default."""
    known = json.loads(DEFAULTS.read_text())
    families = set()
    for path in sorted((DEFAULTS.parent.parent / "Architectures").glob("*.swift")):
        for listed in re.findall(r"modelTypes:\s*\[([^\]]*)\]", path.read_text()):
            families.update(re.findall(r'"([^"]+)"', listed))
    for name, values in known.items():
        if values.get("text_config", values.get("text_config!")) in families:
            yield name


if __name__ == "__main__":
    for name in sys.argv[1:] or compared():
        compare(name)
