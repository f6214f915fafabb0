"""Writes Sources/Engine/Settings/config-defaults.json: what each family's configuration class of transformers takes for a key that
config.json leaves out.

    python Tools/make_config_defaults.py [--check]

Only keys whose default is a number, a truth value or a text are listed; a key that is missing here has none. "?" behind a key says that
it can be null, which then is not its default. A multimodal model has the type of its language part instead; "!" behind `text_config`
says that config.json cannot choose another. `--check` writes nothing and fails when the file is not what would be written.
"""

import dataclasses
import inspect
import json
import re
import sys
import typing
from pathlib import Path

from transformers import CONFIG_MAPPING, AutoConfig, PretrainedConfig
from transformers.models.auto import modeling_auto

FILE = Path(__file__).resolve().parent.parent / "Sources" / "Engine" / "Settings" / "config-defaults.json"
TYPES = [
    "afmoe",
    "apertus",
    "apertus1p5_text",
    "arcee",
    "aria_text",
    "axk1",
    "axk2",
    "bailing_hybrid",
    "bamba",
    "bart",
    "beam",
    "bert",
    "bert-generation",
    "big_bird",
    "bigbird_pegasus",
    "biogpt",
    "bitnet",
    "blenderbot",
    "blenderbot-small",
    "bloom",
    "camembert",
    "codegen",
    "cohere",
    "cohere2",
    "cohere2_moe",
    "cohere_compass_text",
    "ctrl",
    "cwm",
    "data2vec-text",
    "dbrx",
    "deepseek_v2",
    "deepseek_v3",
    "deepseek_v32",
    "deepseek_v4",
    "diffllama",
    "distilbert",
    "doge",
    "dory",
    "dots1",
    "electra",
    "emu3_text_model",
    "ernie",
    "ernie4_5",
    "ernie4_5_moe",
    "exaone",
    "exaone4",
    "exaone_moe",
    "falcon",
    "falcon_h1",
    "falcon_mamba",
    "flex_olmo",
    "flint",
    "gemma",
    "gemma2",
    "gemma3_text",
    "gemma3n_text",
    "gemma4_text",
    "gemma4_unified_text",
    "git",
    "glm",
    "glm4",
    "glm4_moe",
    "glm4_moe_lite",
    "glm4v_text",
    "glm_moe_dsa",
    "glm_ocr_text",
    "gpt-sw3",
    "gpt2",
    "gpt_bigcode",
    "gpt_neo",
    "gpt_neox",
    "gpt_neox_japanese",
    "gpt_oss",
    "gptj",
    "granite",
    "granite_docling_text",
    "granite_swa",
    "granitemoe",
    "granitemoe_swa",
    "granitemoehybrid",
    "granitemoeshared",
    "helium",
    "hrm_text",
    "hunyuan_v1_dense",
    "hunyuan_v1_moe",
    "hunyuan_vl_text",
    "hy_v3",
    "hy_v4",
    "hy_v4_vl_text",
    "hyperclovax",
    "inkling2_loop_text",
    "inkling2_text",
    "inkling_text",
    "internlm3",
    "iquestcoder",
    "jais2",
    "jamba",
    "jetmoe",
    "kimi_linear",
    "kolibri1",
    "laguna",
    "lara_mini",
    "lfm2",
    "lfm2_moe",
    "lfm3",
    "llama",
    "llama4_text",
    "longcat_flash",
    "mamba",
    "mamba2",
    "marian",
    "mbart",
    "megatron-bert",
    "mellum",
    "mimo_v2_flash",
    "minicpm3",
    "minimax",
    "minimax_m2",
    "minimax_m3_vl_text",
    "ministral",
    "ministral3",
    "mistral",
    "mistral4",
    "mixtral",
    "mllama_text_model",
    "modernbert-decoder",
    "mpt",
    "mt5",
    "muse_glimmer_text",
    "mvp",
    "nanochat",
    "nemotron",
    "nemotron_h",
    "olmo",
    "olmo2",
    "olmo3",
    "olmo_hybrid",
    "olmoe",
    "openai-gpt",
    "opt",
    "paddleocr_vl_text",
    "pegasus",
    "persimmon",
    "phi",
    "phi3",
    "phi4_multimodal",
    "phimoe",
    "plbart",
    "qwen2",
    "qwen2_5_vl_text",
    "qwen2_moe",
    "qwen2_vl_text",
    "qwen3",
    "qwen3_5_moe_text",
    "qwen3_5_text",
    "qwen3_moe",
    "qwen3_next",
    "qwen3_vl_moe_text",
    "qwen3_vl_text",
    "recurrent_gemma",
    "rembert",
    "roberta",
    "roberta-prelayernorm",
    "roc_bert",
    "roformer",
    "rwkv",
    "sarvam_mla",
    "sarvam_moe",
    "seed_oss",
    "smollm3",
    "solar_open",
    "stablelm",
    "starcoder2",
    "t5",
    "trocr",
    "umt5",
    "vaultgemma",
    "whisper",
    "xglm",
    "xlm",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xlstm",
    "xmod",
    "youtu",
    "zamba",
    "zamba2",
    "zaya",
]
# Types without a class in transformers, whose own code is that of another one.
SAME = {"kimi_k2": "deepseek_v3"}
BASE = {field.name for field in dataclasses.fields(PretrainedConfig)}
# Training, caching and special tokens: nothing of them is looked up in a family's settings.
LEFT_OUT = ("drop", "pdrop", "initializer_range", "init_std", "use_cache", "_token_id", "router_aux", "output_router", "summary_",
            "pretraining_tp", "slow_but_exact", "init_device", "router_jitter")


def fields(config_class, prefix=""):
    """The defaults of a class, by key."""
    found = {}
    for field in dataclasses.fields(config_class):
        if field.name in BASE or any(part in field.name for part in LEFT_OUT):
            continue
        if isinstance(field.default, (bool, int, float, str)):
            mark = "?" if type(None) in typing.get_args(field.type) else ""
            found[prefix + field.name + mark] = field.default
    return found


def defaults(model_type):
    config_class = CONFIG_MAPPING[model_type]
    found = fields(config_class)
    for key, part in getattr(config_class, "sub_configs", {}).items():
        if key in ("audio_config", "vision_config"):  # of GIT and Phi-4-multimodal, whose text alone is read
            continue
        found.update(fields(part, key + "."))
    if "rope_parameters" in config_class.__dataclass_fields__:
        theta = config_class.default_theta
        if isinstance(theta, dict):
            found |= {"rope_theta": theta["global"], "rope_local_base_freq": theta["local"]}
        else:
            found["rope_theta"] = theta
    # Set in __post_init__ or convert_rope_params_to_dict, where no field says it.
    parts = {"hy_v4_vl_text": {"num_key_value_heads": 64}, "gpt_neox": {"rotary_pct": 0.25}}
    return dict(sorted({**found, **turning(config_class), **parts.get(model_type, {})}.items()))


def turning(config_class):
    """The part of a head that turns when config.json leaves it out, where the class writes it as a number."""
    source = inspect.getsource(config_class)
    stated = re.search(r'kwargs(?:\.setdefault\(|\[)"partial_rotary_factor"(?:, |\] = )([0-9.]+)', source)
    return {"partial_rotary_factor": float(stated[1])} if stated else {}


def wrappers():
    """The multimodal models that have a `text_config`, each with its language part and whether its head is tied."""
    generating = {*modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES, *modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
                  *modeling_auto.MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES, *modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES}
    for name in sorted(generating & set(CONFIG_MAPPING) - set(TYPES)):
        config_class = CONFIG_MAPPING[name]
        part = getattr(config_class, "sub_configs", {}).get("text_config")
        if part is None:
            continue
        found = {"text_config" if part is AutoConfig else "text_config!": config_class.sub_configs_defaults["text_config"].model_type}
        tied = config_class.__dataclass_fields__.get("tie_word_embeddings")
        if tied is not None and isinstance(tied.default, bool):
            found["tie_word_embeddings"] = tied.default
        yield name, found


if __name__ == "__main__":
    lines = [f'"{name}": {json.dumps(defaults(SAME.get(name, name)))}' for name in [*TYPES, *SAME]]
    lines += [f'"{name}": {json.dumps(found)}' for name, found in wrappers()]
    text = "{\n" + ",\n".join(sorted(lines)) + "\n}\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if FILE.read_text() == text else f"{FILE.name} is not what transformers says")
    FILE.write_text(text)
