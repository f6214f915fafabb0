#!/usr/bin/env python3
"""Which models of transformers open, and with which numbers: the tables of docs/models.md.

    PATH=.build/debug:$PATH python3 Tools/model_coverage.py [TYPE...] [--write]

For every type of `MODEL_FOR_CAUSAL_LM_MAPPING_NAMES`: a model with a configuration small enough and random weights is saved as on the hub,
opened by `strata trace`, and its log-probabilities are compared with those of transformers at every position (eager attention, float32).
`--write` puts the result into docs/models.md, and below it the models that Neuronpedia serves with lenses, by their types; with names of
types, only these are tried and nothing is written. `--from FILE` takes the results from a file that `--json` wrote.
"""

import argparse
import inspect
import json
import os
import resource
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from parity import common, recurrent, single

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "models.md"
TEXT = "The keys to the cabinet are in the city of London, 1 2 3"
TOLERANCE = 1e-4

# What makes a configuration small; a key is given where the class knows it.
SMALL = {
    "vocab_size": 288, "hidden_size": 32, "n_embd": 32, "d_model": 32, "embed_dim": 32, "n_embed": 32, "dim": 32,
    "word_embed_proj_dim": 32,
    "intermediate_size": 48, "n_inner": 48, "ffn_dim": 48, "d_inner": 48, "ffn_hidden_size": 48, "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "num_hidden_layers": 4, "n_layer": 4, "n_layers": 4, "num_layers": 4, "encoder_layers": 2, "decoder_layers": 2,
    "num_attention_heads": 4, "n_head": 4, "n_heads": 4, "num_heads": 4, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "num_key_value_heads": 2, "num_query_groups": 2,
    "head_dim": 8, "global_head_dim": 16, "rotary_dim": 8, "attention_head_dim": 8, "d_kv": 8,
    "q_lora_rank": 12, "kv_lora_rank": 16, "qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "v_head_dim": 8, "qk_head_dim": 12,
    "max_position_embeddings": 128, "n_positions": 128, "n_ctx": 128, "max_sequence_length": 128, "max_seq_len": 128,
    "sliding_window": 6, "attention_chunk_size": 8, "window_size": 6,
    "num_local_experts": 4, "num_experts": 4, "n_routed_experts": 4, "moe_num_experts": 4, "num_experts_per_tok": 2,
    "moe_top_k": 2, "moe_k": 2, "top_k_experts": 2, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16,
    "moe_shared_expert_intermediate_size": 16, "shared_intermediate_size": 16, "intermediate_size_mlp": 48,
    "n_group": 2, "topk_group": 1, "first_k_dense_replace": 1, "moe_layer_start_index": 1, "moe_layer_end_index": 3,
    "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": 288, "num_kv_shared_layers": 0, "laurel_rank": 4,
    "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8,
    "state_size": 8, "ssm_state_size": 8, "mamba_d_state": 8, "mamba_d_ssm": 48, "mamba_n_heads": 6, "mamba_d_head": 8,
    "mamba_num_heads": 6, "mamba_head_dim": 8, "mamba_n_groups": 1, "n_groups": 1, "mamba_expand": 2, "expand": 2,
    "time_step_rank": 4, "mamba_dt_rank": 4, "chunk_size": 8, "mamba_chunk_size": 8, "lru_width": 32, "conv_L_cache": 3,
    "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "decoder_start_token_id": 1, "forced_eos_token_id": None,
}


INKLING = {"swa_num_attention_heads": 2, "swa_num_key_value_heads": 1, "swa_head_dim": 8, "sliding_window_size": 6, "d_rel": 3,
           "rel_extent": 9, "unpadded_vocab_size": 288, "layer_types": ["hybrid_sliding", "hybrid", "hybrid_sliding", "hybrid"]}
# What a small configuration of a type needs besides.
OWN = {
    # transformers' classes have no default, or one that the model itself does not follow.
    "xmod": {"default_language": "en_XX"},
    "xlm": {"causal": True},
    "lfm2_moe": {"layer_types": ["conv", "full_attention", "conv", "full_attention"], "num_dense_layers": 1},
    "nemotron_h": {"sliding_window": None},
    "cohere_compass_text": {"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 10000.0}}},
    # Parts that read images and sounds, as small as the fixtures'.
    "git": {"vision_config": {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
                              "image_size": 4, "patch_size": 2}},
    "phi4_multimodal": {"vision_config": single.VISION, "audio_config": single.AUDIO},
    "dbrx": {"attn_config": {"kv_n_heads": 2, "clip_qkv": 8.0, "rope_theta": 10000.0},
             "ffn_config": {"ffn_hidden_size": 48, "moe_num_experts": 4, "moe_top_k": 2}},
    "deepseek_v4": {"num_key_value_heads": 1, "head_dim": 16, "o_groups": 2, "o_lora_rank": 8, "index_n_heads": 4, "index_head_dim": 8,
                    "index_topk": 8, "sliding_window": 4, "partial_rotary_factor": 0.25,
                    "compress_rates": {"compressed_sparse_attention": 2, "heavily_compressed_attention": 3}},
    # Its factors are divided by the range of first weights, which those here do not have.
    "dory": {"n_input_layers": 1, "n_output_layers": 1, "initializer_range": 1.0, "ngpt_alpha_init": 1.0},
    "inkling_text": {**INKLING, "intermediate_size": 48, "n_shared_experts": 2},
    "inkling2_text": {**INKLING, "n_layers_per_attn_res_block": 2},
    "inkling2_loop_text": {**INKLING, "n_layers_per_attn_res_block": 2, "loop_layer_index_start": 2, "loop_layer_index_end": 4,
                           "loop_num_passes": 2, "loop_gate_rank": 4},
    "kimi_linear": {"linear_head_dim": 8, "linear_num_heads": 4},
    "longcat_flash": {"head_dim": 4, "expert_ffn_hidden_size": 16, "moe_topk": 2, "zero_expert_num": 2},
    "zamba": {"layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"]},
    "zaya": {"num_experts_per_tok": 1, "router_hidden_size": 8},
    "zamba2": {"layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"], "adapter_rank": 4, "head_dim": 16,
               "attention_head_dim": 16},
}


def known(config_class):
    """The keys that a configuration class takes."""
    try:
        keys = set(vars(config_class()))
    except Exception:
        keys = set()
    for one in config_class.__mro__:
        keys |= set(getattr(one, "__annotations__", {}))
        keys |= set(inspect.signature(one.__init__).parameters) if "__init__" in vars(one) else set()
    return keys


def small(config_class):
    """A configuration with few and narrow layers."""
    keys = known(config_class)
    values = {k: v for k, v in SMALL.items() if k in keys}
    if {"mamba_d_head", "mamba_n_heads"} <= keys:
        width = values.get("mamba_d_ssm", 2 * values["hidden_size"]) if "mamba_d_ssm" in keys else 2 * values["hidden_size"]
        values["mamba_n_heads"] = width // values["mamba_d_head"]
    elif {"head_dim", "num_heads", "expand"} <= keys:  # Mamba 2
        values["num_heads"] = 2 * values["hidden_size"] // values["head_dim"]
    if "qk_rope_head_dim" in keys:  # Latent attention: the parts of a head are given, and every head has its own keys.
        values.pop("head_dim", None)
        values["num_key_value_heads"] = values["num_attention_heads"]
    if "multi_query" in keys:
        values.pop("num_key_value_heads", None)
    if "attention_types" in keys:
        values["attention_types"] = [[["global", "local"], 2]]
    if "n_shared_experts" in keys:
        values["n_shared_experts"] = 1
    return config_class(**{**values, **OWN.get(config_class.model_type, {})})


def decoder_of(config):
    """The class of the decoder of a configuration that holds one."""
    inner = getattr(config, "text_config", None)
    return type(inner) if inner is not None and inner is not config else None


def build(kind):
    """A random model of a type."""
    config_class = CONFIG_MAPPING[kind]
    config = small(config_class)
    if decoder_of(config) is not None:
        config = config_class(text_config=small(decoder_of(config)).to_dict())
    for flag in ("is_decoder",):
        if hasattr(config, flag):
            setattr(config, flag, True)
    torch.manual_seed(5)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    # What recurrent mixers read is halved: with larger random weights their states grow until rounding alone is larger than the tolerance.
    return recurrent.tame(common.randomise(model, 5))


def save(model, tokenizer, folder):
    """The model as on the hub, with a small tokenizer."""
    model.save_pretrained(folder)
    common.tiny.save_tokenizer_json(Path(folder), tokenizer)


def compare(model, folder, tokenizer):
    """What `strata trace` makes of the folder: "equal" or "other numbers" with a difference, or "refused" with the message."""
    ids = tokenizer.encode(TEXT).ids
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, :, :].double()
    out = Path(folder) / "trace.json"
    run = subprocess.run(
        ["strata", "trace", "--model", folder, "--prompt", TEXT, "--columns", "all", "--top", "20", "-o", str(out), "--quiet"],
        capture_output=True, text=True)
    if run.returncode != 0:
        lines = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
        message = (lines or run.stderr.splitlines() or [f"exit code {run.returncode}"])[0]
        return "refused", message.removeprefix("error: ").removeprefix(f"{folder}: ")
    trace = json.loads(out.read_text())
    if [t["id"] for t in trace["tokens"]] != ids:
        return "other numbers", "other token ids"
    expected = torch.log_softmax(logits[:, :min(logits.shape[1], tokenizer.get_vocab_size())], -1)
    largest = 0.0
    for column, (best, logprobs) in enumerate(zip(trace["top"]["ids"][-1], trace["top"]["logprobs"][-1])):
        wanted = expected[column, best]
        difference = (torch.tensor(logprobs).double() - wanted).abs() / wanted.abs().clamp(min=1)
        largest = max(largest, difference.max().item())
    return ("equal" if largest <= TOLERANCE else "other numbers"), largest


def known_types():
    """The types that the program knows by name."""
    listing = json.loads(subprocess.run(
        ["strata", "models", "families", "--json"], check=True, capture_output=True, text=True).stdout)
    return {kind for row in listing["families"] for kind in row["model_types"]} | set(listing["wrappers"])


def is_unknown(kind, known):
    """Whether the program refuses a type by its name, whatever its files hold; a type with a language part can open by that part."""
    return kind not in known and "text_config" not in getattr(CONFIG_MAPPING[kind], "sub_configs", {})


def try_type(kind, tokenizer):
    """The result for one type of model."""
    try:
        model = build(kind)
    except Exception as error:
        return "not made", f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:120]
    with tempfile.TemporaryDirectory() as folder:
        try:
            save(model, tokenizer, folder)
        except Exception as error:
            return "not made", f"saving: {type(error).__name__}: {str(error)[:100]}"
        try:
            return compare(model, folder, tokenizer)
        except Exception as error:
            return "not made", f"running: {type(error).__name__}: {str(error)[:100]}"


def limited(kind, tokenizer):
    """The same in a process of its own, because some default configurations are too large for any machine."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        try:
            result = try_type(kind, tokenizer)
        except MemoryError:
            result = "not made", "more than 6 GiB of memory"
        os.write(writer, json.dumps(result).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return tuple(json.loads(said)) if said else ("not made", "more than 60 s, or more than 6 GiB of memory")


# The models that Neuronpedia serves with lenses (November 2026), by the type of their config.json.
LENSES = {
    "gpt_neox": ["EleutherAI/pythia-70m-deduped"],
    "qwen2": ["Qwen/Qwen2.5-1.5B-Instruct", "Qwen/Qwen2.5-7B-Instruct"],
    "qwen3": ["Qwen/Qwen3-1.7B", "Qwen/Qwen3-4B", "Qwen/Qwen3-8B", "Qwen/Qwen3-14B", "Qwen/Qwen3-32B"],
    "qwen3_5": ["Qwen/Qwen3.5-0.8B", "Qwen/Qwen3.5-2B-Base", "Qwen/Qwen3.5-4B", "Qwen/Qwen3.5-9B-Base", "Qwen/Qwen3.5-27B",
                "Qwen/Qwen3.6-27B"],
    "olmo3": ["allenai/Olmo-3-1025-7B", "allenai/Olmo-3-1125-32B"],
    "deepseek_v4": ["deepseek-ai/DeepSeek-V4-Flash"],
    "gemma2": ["google/gemma-2-2b", "google/gemma-2-2b-it", "google/gemma-2-9b", "google/gemma-2-9b-it", "google/gemma-2-27b"],
    "gemma3_text": ["google/gemma-3-270m", "google/gemma-3-270m-it", "google/gemma-3-1b-pt", "google/gemma-3-1b-it"],
    "gemma3": ["google/gemma-3-4b-pt", "google/gemma-3-4b-it", "google/gemma-3-12b-pt", "google/gemma-3-12b-it",
               "google/gemma-3-27b-pt", "google/gemma-3-27b-it"],
    "gemma4": ["google/gemma-4-31B", "google/gemma-4-E2B", "google/gemma-4-E4B"],
    "llama": ["meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.3-70B-Instruct"],
    "muse_glimmer": ["meta-models/Muse-Glimmer-30B"],
    "gpt2": ["openai-community/gpt2"],
    "gpt_oss": ["openai/gpt-oss-20b"],
}


def families():
    """The families that the program lists, by type; for a multimodal model that of its language part."""
    listing = json.loads(subprocess.run(
        ["strata", "models", "families", "--json"], check=True, capture_output=True, text=True).stdout)
    found = {kind: row for row in listing["families"] for kind in row["model_types"]}
    for kind in listing["wrappers"]:
        part = getattr(CONFIG_MAPPING[kind], "sub_configs_defaults", {}).get("text_config")
        if part is not None and part.model_type in found:
            found[kind] = found[part.model_type]
    return found


def lenses(results):
    """The table of the models that Neuronpedia serves with lenses, and its summary."""
    known, rows, opened = families(), [], 0
    for kind, models in LENSES.items():
        family = known.get(kind)
        if family is None:
            said = results.get(kind, ("", f"unknown architecture '{kind}'"))[1]
            state, compared = "no", said
        else:
            opened += len(models)
            state, difference = "yes", results.get(kind, ("", ""))[1]
            compared = (f"{difference:.1e}; " if isinstance(difference, float) else "") + ", ".join(family["fixtures"])
        rows.append(f"| {', '.join(models)} | `{kind}` | {state} | {family['family'] if family else ''} | {compared} |")
    count = sum(map(len, LENSES.values()))
    summary = (f"Of the {count} models, {opened} open. A difference is that of the table below; the names behind it are "
               "tiny models in `Tests/Fixtures/models` that were compared with transformers at every layer and position.")
    return [*textwrap.wrap(summary, 138), "", "| models | type | opens | family | compared, or why not |", "|---|---|---|---|---|", *rows]


def between(text, name, lines):
    """`text` with `lines` between its marks."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    return text.split(begin)[0] + begin + "\n" + "\n".join(lines) + "\n" + end + text.split(end)[1]


def table(results):
    """The page's table and its summary."""
    count = Counter(result for result, _ in results.values())
    summary = (f"Of the {len(results)} causal types of transformers {transformers.__version__}, {count['equal']} open with its numbers "
             f"(log-probabilities within {TOLERANCE:g}, relative above 1), {count['refused']} are refused with a reason, {count['other numbers']} give other "
             f"numbers, and {count['not made']} were not tried, because transformers makes no small model of them.")
    lines = [*textwrap.wrap(summary, 138), "", "| type | result | largest difference, or reason |", "|---|---|---|"]
    for kind, (result, detail) in sorted(results.items()):
        said = f"{detail:.1e}" if isinstance(detail, float) else detail.replace("|", "\\|")
        lines.append(f"| `{kind}` | {result} | {said[:110]} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("types", nargs="*")
    parser.add_argument("--write", action="store_true", help="put the table into docs/models.md")
    parser.add_argument("--json", type=Path, help="also write the results here")
    parser.add_argument("--from", dest="before", type=Path, help="take the results from such a file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = common.smol()
    results = json.loads(arguments.before.read_text()) if arguments.before else {}
    known = known_types()
    for kind in arguments.types or ([] if results else sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)):
        if is_unknown(kind, known):
            results[kind] = "refused", f"unknown architecture '{kind}'"
        else:
            results[kind] = limited(kind, tokenizer)
        print(f"{kind}: {results[kind][0]}: {results[kind][1]}", file=sys.stderr, flush=True)
    lines = table(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.write and not arguments.types:
        PAGE.write_text(between(between(PAGE.read_text(), "coverage", lines), "lenses", lenses(results)))
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    main()
