"""Compares the settings that strata takes to change nothing (Sources/Engine/Settings/inert-settings.json) with transformers.

    python Tools/check_inert_settings.py --source FOLDER    the source alone: every place where the modelling code of a family that
                                                            strata runs reads a key of the list, and why it changes nothing there
    python Tools/check_inert_settings.py --run              also runs tiny random models (needs torch): each key of the list that a
                                                            configuration declares is given another value, and the logits must be
                                                            the same to the bit

The former also looks for settings that the modelling code of a family reads and no family here asks for.
FOLDER is an unpacked wheel of transformers; without it, the installed one. Exits with 1 when a key of the list may change numbers.
"""

import argparse
import ast
import importlib.util
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "Sources" / "Engine" / "Settings" / "inert-settings.json"
# What asks for the settings of families, those of the models around them among it.
FAMILIES = sorted((ROOT / "Sources" / "Engine" / "Architectures").glob("*.swift")) + [
    ROOT / "Sources" / "Engine" / "Files" / "Folder" / "Wrapper.swift"]

# Where a read changes nothing for a text that is run once, without padding, in evaluation. The first part is matched with the key, the
# second with "class.function: statement".
# Types without code in transformers, whose own code is that of another one.
SAME = {"kimi_k2": "deepseek_v3"}
HARMLESS = [
    (r"", r"\._init_weights: ", "initialisation"),
    (r"", r"\._get_resized_lm_head: ", "other sizes of the vocabulary, which no file asks for"),
    (r"", r"For(Sequence|Token|Multiple|Question)\w*\.", "another head"),
    (r"", r"ClassificationHead\.", "another head"),
    (r"", r"\._shift_right: ", "labels in training"),
    (r"", r"(DoubleHeads|SequenceSummary|SQuADHead)\w*\.", "another head"),
    (r"^(pad|eos)_index$", r"XLM\w+\.__init__: self\.\w+ = ", "kept; the model looks for padding alone, which no text has"),
    (r"^mask_token_id$", r"prepare_inputs_for_generation", "what generate() puts behind a text, not the model"),
    (r"drop", r"Dropout|dropout|drop", "dropout, which acts in training only"),
    (r"^initializer_range$", r"\.__init__: .*initializer_range", "kept for initialisation"),
    (r"^layerdrop$", r"layerdrop", "layers are dropped in training only"),
    (r"^pad_token_id$", r"padding_idx|nn\.Embedding\(", "the row of padding, which no text has"),
    (r"^(use_cache|output_attentions|output_hidden_states|return_dict)$", r"", "what a call returns or keeps"),
    (r"^((router_)?aux_loss_coef|output_router_logits)$", r"aux_loss|output_router_logits|router_aux_loss_coef", "a loss"),
    (r"^router_jitter_noise$", r"jitter_noise", "noise in training"),
    (r"^input_jitter_noise$", r"self\.input_jitter_noise = ", "noise in training"),
    (r"^z_loss_coefficient$", r"self\.z_loss_coefficient = |z_loss", "a loss"),
    (r"^use_mamba_kernels$", r"not config\.use_mamba_kernels", "a warning"),
    (r"^pad_token_id$", r"loss_function", "a loss"),
    (r"^pad_token_id$", r"XGLMSinusoidalPositionalEmbedding", "the row of padding; XGLM.swift reads it"),
    (r"^pad_token_id$", r"ForConditionalGeneration\.__init__: ", "kept for the whole of a multimodal model"),
    (r"^is_decoder$", r"logger|not config\.is_decoder|not self\.config\.is_decoder", "a warning"),
    (r"^(pretraining_tp|slow_but_exact)$", r"pretraining_tp|slow_but_exact", "the order of a sum"),
    (r"^(reorder_and_upcast_attn|(scale_)?attention_softmax_in_fp32)$", r"", "float32 throughout: nothing to upcast"),
    (r"^_attn_implementation$", r"", "which kernel computes attention"),
    (r"^chunk_size_feed_forward$", r"", "the order of work"),
    (r"^dtype$", r"", "numbers are float32 here"),
    (r"^residual_in_fp32$", r"residual_in_fp32", "numbers are float32 here"),
    (r"^(time_step_\w+)$", r"init_(falcon_)?mamba\w*_weights: ", "initialisation"),
    (r"^(time_step_(min|max|floor|rank))$", r"Mamba2Mixer\.__init__: self\.\w+ = ", "kept for initialisation"),
    (r"^(mamba_)?chunk_size$", r"self\.chunk_size = ", "where a scan is cut"),
    (r"^use_(mambapy|associative_scan)$", r"", "how a scan is computed"),
    (r"^num_logits_to_keep$", r"prepare_inputs_for_generation", "how many rows of logits are computed"),
]


def families():
    """The model_type values that strata runs, from the descriptions of its families."""
    found = set()
    for path in FAMILIES:
        for names in re.findall(r"modelTypes:\s*\[([^\]]*)\]", path.read_text()):
            found.update(re.findall(r'"([^"]+)"', names))
    return sorted(found)


def inert(family):
    """Keys of the list for a family, with reason and the values they are limited to."""
    for entry in json.loads(arguments.list.read_text())["config.json"]:
        if family in entry.get("families", [family]):
            for key in entry["keys"]:
                yield key, entry["reason"], entry.get("values")


def module_folder(models, family):
    """The folder of a family's code."""
    for name in (SAME.get(family, family), family, family.removesuffix("_text"), family.replace("_text", ""), family.removesuffix("_text_model"),
                 family.removesuffix("-gpt"), family.replace("-", "_")):
        if (models / name).is_dir():
            return models / name
    return None


class Reads(ast.NodeVisitor):
    """Reads of `config.KEY` and `getattr(config, "KEY")` of given keys, with the class, function and statement they stand in."""

    def __init__(self, source, keys):
        self.source, self.keys, self.place, self.statement, self.found = source, keys, [], None, []

    def visit_ClassDef(self, node):
        self.nested(node)

    def visit_FunctionDef(self, node):
        self.nested(node)

    def nested(self, node):
        self.place.append(node.name)
        self.generic_visit(node)
        self.place.pop()

    def visit(self, node):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.AnnAssign)):
            self.statement = node
        elif isinstance(node, (ast.If, ast.For, ast.With, ast.While)):
            self.statement = getattr(node, "test", None) or getattr(node, "iter", None) or node
        super().visit(node)

    def visit_Attribute(self, node):
        owner = node.value
        if (isinstance(owner, ast.Name) and owner.id == "config") or (isinstance(owner, ast.Attribute) and owner.attr == "config"):
            self.add(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1 \
                and isinstance(node.args[1], ast.Constant) and "config" in ast.unparse(node.args[0]):
            self.add(node.args[1].value)
        self.generic_visit(node)

    def add(self, key):
        if key not in self.keys:
            return
        text = " ".join((ast.get_source_segment(self.source, self.statement) or "").split()) if self.statement else ""
        self.found.append((key, f"{'.'.join(self.place)}: {text}"))


def check_source(transformers):
    """Prints every read of a listed key and returns those that may change numbers."""
    bad, seen = [], set()
    for family in families():
        folder = module_folder(transformers / "models", family)
        if folder is None:
            bad.append(f"{family}: no folder of that name in {transformers / 'models'}")
            continue
        keys = {key: reason for key, reason, values in inert(family) if values is None and not key.endswith("*")}
        for path in sorted(folder.glob("modeling_*.py")):
            source = path.read_text()
            reads = Reads(source, keys)
            reads.visit(ast.parse(source))
            for key, place in reads.found:
                why = next((why for a, b, why in HARMLESS if re.search(a, key) and re.search(b, place)), None)
                if why is None:
                    bad.append(f"{family}: {path.name} reads '{key}' in {place}")
                elif (family, key, why) not in seen:
                    seen.add((family, key, why))
    print(f"{len(families())} families; {len(seen)} pairs of family and key are read where they change nothing")
    return bad


def declared(path):
    """The settings that the classes of a configuration file declare."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and not re.search("Vision|Audio|VQVAE", node.name):
            yield from (part.target.id for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name))


def check_families(transformers):
    """Settings that a family's configuration declares and its modelling code reads, and that no family here asks for by name."""
    here = "".join(path.read_text() for path in FAMILIES)
    bad = []
    for family in families():
        folder = module_folder(transformers / "models", family)
        if folder is None:
            continue
        listed = {key for key, _, _ in inert(family)}
        source = "".join(path.read_text() for path in folder.glob("modeling_*.py"))
        for path in folder.glob("configuration_*.py"):
            for key in sorted(set(declared(path))):
                # The language part of a multimodal model is opened by itself: Files/Safetensors.
                is_asked = key == "text_config" or re.search(rf'[".]{key}[".]', here)
                if not is_asked and key not in listed and re.search(rf"config\.{key}\b", source):
                    bad.append(f"{family}: the modelling code reads '{key}', which no family here asks for")
    return bad


def other(value):
    """Another value that a setting could have."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return 0.5 if value != 0.5 else 0.25
    return None


def check_models():
    """Gives every listed key that a configuration declares another value and compares logits."""
    import torch
    from transformers import AutoModel, AutoModelForCausalLM
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    def make(config):
        # The language parts of multimodal models have no head of their own; their last states are compared.
        loader = AutoModelForCausalLM if type(config) in AutoModelForCausalLM._model_mapping else AutoModel
        return loader.from_config(config, attn_implementation="eager").float().eval()

    def output(model, ids):
        with torch.no_grad():
            out = model(ids)
        return out.logits if hasattr(out, "logits") else out.last_hidden_state

    sizes = {"hidden_size": 16, "n_embd": 16, "d_model": 16, "intermediate_size": 24, "ffn_dim": 24, "moe_intermediate_size": 12,
             "num_hidden_layers": 2, "n_layer": 2, "n_layers": 2, "num_layers": 2, "num_attention_heads": 4, "n_head": 4, "n_heads": 4,
             "num_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "vocab_size": 64, "max_position_embeddings": 64, "n_positions": 64,
             "max_seq_len": 64, "num_experts": 4, "num_local_experts": 4, "num_experts_per_tok": 2, "word_embed_proj_dim": 16,
             "rotary_dim": 4, "attention_types": [[["global", "local"], 1]], "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
             "layer_types": None, "no_rope_layers": None, "sliding_window": 4}
    bad, count = [], 0
    for family in families():
        kind = CONFIG_MAPPING[family]
        declared = kind().to_dict()
        plain = {key: value for key, value in sizes.items() if key in declared and value is not None}
        if "_vl_" in family:
            half = (8 if "head_dim" in declared else 4) // 2
            plain["rope_parameters"] = {
                "rope_type": "default", "rope_theta": 10000.0, "mrope_section": [half - half // 2, half // 4 or 1, half // 4]}
        torch.manual_seed(0)
        ids = torch.randint(3, 60, (1, 12))
        model = make(kind(**plain))
        weights = model.state_dict()
        before = output(model, ids)
        for key, _, values in inert(family):
            if values is not None or key not in declared or key in ("architectures", "dtype", "torch_dtype", "return_dict"):
                continue
            changed = other(declared[key] if key not in plain else plain[key])
            if changed is None:
                continue
            model = make(kind(**{**plain, key: changed}))
            model.load_state_dict(weights)
            after = output(model, ids)
            difference = (before - after).abs().max().item()
            count += 1
            if difference != 0:
                bad.append(f"{family}: '{key}' = {changed} changes the logits by {difference}")
        print(f"{family}: no difference so far" if not bad else f"{family}: {len(bad)} in all", flush=True)
    print(f"{count} pairs of family and key flipped; largest difference of a sound one 0.0")
    return bad


def main():
    global arguments
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--source", type=Path, help="an unpacked wheel of transformers")
    parser.add_argument("--list", type=Path, default=LIST, help="another list of settings")
    parser.add_argument("--run", action="store_true", help="run tiny models as well")
    arguments = parser.parse_args()
    if arguments.source:
        transformers = arguments.source / "transformers" if (arguments.source / "transformers").is_dir() else arguments.source
    else:
        found = importlib.util.find_spec("transformers")
        if found is None or found.origin is None:
            sys.exit("transformers is not installed: give --source FOLDER, an unpacked wheel")
        transformers = Path(found.origin).parent
    bad = check_source(transformers) + check_families(transformers)
    if arguments.run:
        bad += check_models()
    for line in bad:
        print(line)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
