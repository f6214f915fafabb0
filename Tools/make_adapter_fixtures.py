"""Makes Tests/Fixtures/adapters: LoRA adapters of the tiny models, and what peft and transformers compute with them.

    python Tools/make_adapter_fixtures.py [NAME...]

Each adapter is random and large enough to matter, saved by peft, loaded again by peft onto the model of Tests/Fixtures/models, and
run without merging. expected.json is as for the tiny models, with the name of the `base`. Adapters in GGUF are written after
llama.cpp's convert_lora_to_gguf.py from the tensors of one that peft saved; they have no numbers of their own. Needs peft==0.21.2
besides Tools/requirements.txt.
"""

import json
import os
import shutil
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")

import gguf  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from peft import LoraConfig, PeftModel, get_peft_model  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer  # noqa: E402

import lens_reference as lens  # noqa: E402
from parity import bart, common, deepseek4, hunyuan4, inkling2, rwkv  # noqa: E402
from parity.longcat import Halves  # noqa: E402
from parity.looped import dory_shown, hrm_shown  # noqa: E402
from parity.muse_glimmer import Language  # noqa: E402
from parity.gemma3n import Shown  # noqa: E402
from parity.single import without_crossing  # noqa: E402
from parity.t5 import Decoder  # noqa: E402

ROOT = common.ROOT.parent / "adapters"
PROMPT = "The keys to the city"
# What has the interface of a causal language model, where blocks do not answer one state.
SHOWN = {"gemma3n_text": Shown, "mllama_text_model": without_crossing, "rwkv": rwkv.Shown,
         "deepseek_v4": deepseek4.Shown, "hy_v4": hunyuan4.Shown, "dory": dory_shown,
         "inkling2_text": inkling2.Shown, "inkling2_loop_text": inkling2.Shown, "hrm_text": hrm_shown, "longcat_flash": Halves}
GENERATE = 4


def base_model(name):
    folder = common.ROOT / name / "hf"
    config = AutoConfig.from_pretrained(folder)
    if config.is_encoder_decoder:
        loader = AutoModelForSeq2SeqLM
    elif type(config) in AutoModelForCausalLM._model_mapping:
        loader = AutoModelForCausalLM
    else:
        # Mistral 4 and Muse Glimmer are in no list of automatic classes.
        loader = getattr(transformers, (config.architectures or ["MuseGlimmerForConditionalGeneration"])[0])
    return loader.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def language(model):
    """The language part of a multimodal model, which alone is run."""
    return Language(model) if hasattr(getattr(model, "model", None), "language_model") else model


def number(rng, shape, size):
    """Multiples of 2^-10, exact in float16, too."""
    return torch.from_numpy((np.round(size * rng.standard_normal(shape) * 1024) / 1024).astype(np.float32))


def randomise(model, seed):
    """Values for every trained parameter; what is saved whole is near what it was."""
    rng = np.random.default_rng(seed)
    for name, p in sorted(model.named_parameters()):
        shape = tuple(p.shape)
        if "lora_A" in name:
            p.data = number(rng, shape, 1 / np.sqrt(shape[-1]))
        elif "lora_embedding_A" in name:
            p.data = number(rng, shape, 0.5)
        elif "lora_B" in name or "lora_embedding_B" in name:
            p.data = number(rng, shape, 0.4)
        elif p.requires_grad:
            p.data = p.data + number(rng, shape, 0.2)


class Saved:
    """An adapter that peft trains, with the options of its configuration."""

    def __init__(self, base, seed, finish=None, **options):
        self.base, self.seed, self.finish = base, seed, finish
        self.options = {"r": 3, "lora_alpha": 5, "lora_dropout": 0.1, "task_type": "CAUSAL_LM", **options}

    def write(self, folder):
        model = base_model(self.base)
        # Experts cannot have dropout.
        if any(".experts." in name for name, _ in model.named_parameters()):
            self.options["lora_dropout"] = 0.0
        model = get_peft_model(model, LoraConfig(**self.options))
        randomise(model, self.seed)
        model.save_pretrained(folder)
        tidy(folder, f"tiny/{self.base}")
        if self.finish:
            self.finish(folder)


class Written:
    """An adapter whose files are written as an older program wrote them."""

    def __init__(self, base, seed, tensors, config):
        self.base, self.seed, self.tensors, self.config = base, seed, tensors, config

    def write(self, folder):
        rng = np.random.default_rng(self.seed)
        values = {}
        for name, shape in self.tensors:
            values[name] = number(rng, shape, 1 / np.sqrt(shape[-1]) if "lora_A" in name else 0.4)
        folder.mkdir(parents=True)
        save_file(values, folder / "adapter_model.safetensors", metadata={"format": "pt"})
        config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": f"tiny/{self.base}",
                  "r": 2, "lora_alpha": 4, "lora_dropout": 0.0, "bias": "none", "fan_in_fan_out": False,
                  "inference_mode": True, "init_lora_weights": True, "modules_to_save": None, **self.config}
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")


def tidy(folder, base):
    """No path of this machine, and sets in one order."""
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = base
    for key in ("target_modules", "exclude_modules", "target_parameters", "modules_to_save"):
        if isinstance(config.get(key), list):
            config[key] = sorted(config[key])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def half(folder):
    """Stored as float16."""
    path = folder / "adapter_model.safetensors"
    save_file({k: v.half() for k, v in load_file(path).items()}, path, metadata={"format": "pt"})


def pickled(folder):
    """Saved as older versions did, by torch."""
    path = folder / "adapter_model.safetensors"
    torch.save(load_file(path), folder / "adapter_model.bin")
    path.unlink()


def experts(layers, count, folder, parts, widths):
    """Tensors of one projection for each expert, as transformers 4 had them."""
    width, inner = widths
    for layer in range(layers):
        stem = f"base_model.model.model.layers.{layer}"
        yield f"{stem}.self_attn.q_proj.lora_A.weight", (2, width)
        yield f"{stem}.self_attn.q_proj.lora_B.weight", (2 * width if folder == "mlp" else width, 2)
        yield f"{stem}.{folder}.gate.lora_A.weight", (2, width)
        yield f"{stem}.{folder}.gate.lora_B.weight", (count, 2)
        for expert in range(count):
            for part in parts:
                down = part in ("w2", "down_proj")
                name = f"{stem}.{folder}.experts.{expert}.{part}"
                yield f"{name}.lora_A.weight", (2, inner if down else width)
                yield f"{name}.lora_B.weight", (width if down else inner, 2)


ALL = "all-linear"
# The projections of latent attention.
LATENT = ["q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"]
FIXTURES = {
    # Every projection of every family.
    "bloom": Saved("bloom", 1, target_modules=ALL),
    "cohere": Saved("cohere", 2, target_modules=ALL),
    "biogpt": Saved("biogpt", 221, target_modules=ALL),
    "cwm": Saved("cwm", 322, target_modules=ALL),
    "exaone": Saved("exaone-llama", 223, target_modules=ALL),
    "gpt-bigcode": Saved("gpt-bigcode", 224, target_modules=ALL),
    "hyperclovax": Saved("hyperclovax", 225, target_modules=ALL),
    "jais2": Saved("jais2", 226, target_modules=ALL),
    "nanochat": Saved("nanochat", 231, target_modules=ALL),
    "openai-gpt": Saved("openai-gpt", 230, target_modules=["c_attn", "c_proj", "c_fc"], fan_in_fan_out=True),
    "persimmon": Saved("persimmon", 227, target_modules=ALL),
    "vaultgemma": Saved("vaultgemma", 228, target_modules=ALL),
    "t5": Saved("t5-v11", 604, target_modules=ALL, task_type="SEQ_2_SEQ_LM"),
    "apertus": Saved("apertus", 201, target_modules=ALL),
    "arcee": Saved("arcee", 202, target_modules=ALL),
    "cohere2": Saved("cohere2", 203, target_modules=ALL),
    "ernie45": Saved("ernie45", 204, target_modules=ALL),
    "exaone4": Saved("exaone4", 205, target_modules=ALL),
    "glm": Saved("glm", 206, target_modules=ALL),
    "glm4": Saved("glm4", 207, target_modules=ALL),
    "helium": Saved("helium", 208, target_modules=ALL),
    "hunyuan": Saved("hunyuan", 209, target_modules=ALL),
    "ministral3": Saved("ministral3", 210, target_modules=ALL),
    "nemotron": Saved("nemotron", 211, target_modules=ALL),
    "seed-oss": Saved("seed-oss", 212, target_modules=ALL),
    "falcon": Saved("falcon", 3, target_modules=ALL),
    "falcon-groups": Saved("falcon-groups", 4, target_modules=ALL),
    "gemma": Saved("gemma", 5, target_modules=ALL),
    "gemma2": Saved("gemma2", 6, target_modules=ALL),
    "gemma3": Saved("gemma3", 7, target_modules=ALL),
    "gemma3n": Saved("gemma3n", 43, target_modules=ALL),
    "gpt2": Saved("gpt2", 8, target_modules=["c_attn", "c_proj", "c_fc"], fan_in_fan_out=True, bias="all"),
    "gptj": Saved("gptj", 9, target_modules=ALL),
    "gptneo": Saved("gptneo", 10, target_modules=ALL),
    "gptneox": Saved("gptneox", 11, target_modules=[
        "query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h", "lm_head"], finish=half),
    "granite": Saved("granite", 12, target_modules=[
        "q_proj", "k_proj", "v_proj", "o_proj", "lm_head"]),
    "llama": Saved("llama", 13, target_modules=ALL, finish=half),
    "minicpm3": Saved("minicpm3", 301, target_modules=ALL),
    "deepseek2": Saved("deepseek2", 302, target_modules=LATENT),
    "deepseek3": Saved("deepseek3", 303, target_modules=LATENT),
    "gemma4": Saved("gemma4", 404, target_modules=ALL, lora_alpha=2),
    "glm4-moe-lite": Saved("glm4-moe-lite", 305, target_modules=["q_b_proj", "kv_b_proj", "o_proj"]),
    "llama4": Saved("llama4", 306, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "sarvam-mla": Saved("sarvam-mla", 307, target_modules=["q_proj", "kv_a_proj_with_mqa", "kv_b_proj"]),
    "youtu": Saved("youtu", 308, target_modules=ALL, lora_bias=True),
    "mistral": Saved("mistral", 14, target_modules=ALL),
    "mpt": Saved("mpt", 15, target_modules=ALL),
    "olmo": Saved("olmo", 16, target_modules=ALL),
    "olmo2": Saved("olmo2", 17, target_modules=ALL),
    "olmo3": Saved("olmo3", 37, target_modules=ALL),
    "opt-narrow": Saved("opt-narrow", 18, target_modules=ALL, bias="lora_only"),
    "phi": Saved("phi", 19, target_modules=[
        "q_proj", "k_proj", "v_proj", "dense", "fc1", "fc2", "lm_head"]),
    "phi3": Saved("phi3", 20, target_modules=ALL),
    "qwen2": Saved("qwen2", 21, target_modules=ALL, lora_bias=True),
    "qwen3": Saved("qwen3", 22, target_modules=ALL),
    "smollm3": Saved("smollm3", 23, target_modules=ALL),
    "stablelm": Saved("stablelm", 24, target_modules=ALL),
    "starcoder2": Saved("starcoder2", 25, target_modules=ALL),
    "qwen35": Saved("qwen35", 60, target_modules=ALL),
    "qwen35-moe": Saved("qwen35-moe", 67, target_modules=ALL),
    "qwen3-next": Saved("qwen3-next", 68, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "out_proj"]),
    "qwen3-next-rows": Saved("qwen3-next-dense", 69, target_modules=["in_proj_qkvz", "in_proj_ba", "q_proj", "out_proj"]),
    # peft leaves the output of these mixers alone; transformers reads dt_proj's own weight, past its adapter.
    "mamba": Saved("mamba", 71, target_modules=["in_proj", "x_proj"]),
    "falcon-mamba": Saved("falcon-mamba", 72, target_modules=["in_proj", "x_proj", "lm_head"]),
    "rwkv": Saved("rwkv-tied", 112, lora_alpha=1, target_modules=ALL),
    "mamba2": Saved("mamba2", 63, target_modules=["in_proj", "lm_head"]),
    "lfm2": Saved("lfm2", 64, target_modules=ALL),
    "falcon-h1": Saved("falcon-h1-plain", 65, target_modules=[
        "in_proj", "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
    "granite-hybrid": Saved("granite-hybrid-rope", 66, target_modules=[
        "in_proj", "out_proj", "q_proj", "k_proj", "v_proj", "o_proj", "input_linear", "output_linear"]),
    "lfm2-moe": Saved("lfm2-moe", 73, target_modules=["q_proj", "v_proj", "in_proj", "w1", "w2", "w3"]),
    "bamba": Saved("bamba", 74, target_modules=["in_proj", "q_proj", "o_proj", "gate_proj", "down_proj"]),
    "jamba": Saved("jamba", 75, lora_alpha=1, target_modules=r".*(?:in_proj|x_proj|q_proj|o_proj|feed_forward\.(?:gate|down)_proj)"),
    "nemotron-h": Saved("nemotron-h", 76, target_modules=["in_proj", "q_proj", "v_proj", "o_proj", "up_proj", "down_proj"]),
    "codegen": Saved("codegen", 77, target_modules=ALL),
    "recurrent-gemma": Saved("recurrent-gemma", 86, target_modules=ALL),
    "olmo-hybrid": Saved("olmo-hybrid", 87, lora_alpha=1, target_modules=ALL),
    "kimi-linear": Saved("kimi-linear", 99, target_modules=["q_proj", "k_proj", "v_proj", "b_proj", "o_proj", "kv_b_proj"]),
    "minimax": Saved("minimax", 98, target_modules=["q_proj", "v_proj", "o_proj", "qkv_proj", "output_gate", "out_proj"]),
    # The blocks that others share take no adapter.
    "xlstm": Saved("xlstm", 113, lora_alpha=1, target_modules=ALL),
    "zamba": Saved("zamba", 88, lora_alpha=1, target_modules=["in_proj"]),
    "zamba2": Saved("zamba2", 189, lora_alpha=1, target_modules=["in_proj"]),
    "bart": Saved("bart", 90, target_modules=ALL, task_type="SEQ_2_SEQ_LM"),
    "mbart": Saved("mbart", 91, target_modules=ALL, task_type="SEQ_2_SEQ_LM"),
    "pegasus": Saved("pegasus", 92, target_modules=ALL, task_type="SEQ_2_SEQ_LM"),
    "marian": Saved("marian", 93, target_modules=ALL, task_type="SEQ_2_SEQ_LM"),
    "blenderbot": Saved("blenderbot", 94, target_modules=ALL, task_type="SEQ_2_SEQ_LM"),
    "blenderbot-small": Saved("blenderbot-small", 95, target_modules=ALL, task_type="SEQ_2_SEQ_LM"),
    "trocr": Saved("trocr", 96, target_modules=r".*(?:self_attn\.(?:q|k|v|out)_proj|fc1|fc2)"),
    "bert-generation": Saved("bert-generation", 97, target_modules=ALL),
    "whisper": Saved("whisper", 110, target_modules=r".*(?:self_attn\.(?:q|k|v|out)_proj|fc1|fc2)"),
    "bigbird-pegasus": Saved("bigbird-pegasus", 111, target_modules=ALL, task_type="SEQ_2_SEQ_LM"),
    "xglm": Saved("xglm", 78, target_modules=ALL),
    "muse-glimmer": Saved("muse-glimmer", 85, lora_alpha=2, target_modules=["o_proj", "gate_proj", "up_proj", "down_proj"]),
    "mistral4": Saved("mistral4", 309, target_modules=LATENT),
    # Mixtures: tensors of all experts, and one tensor for each.
    "exaone-moe": Saved("exaone-moe", 84, lora_alpha=2, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "hunyuan-moe": Saved("hunyuan-moe-bias", 80, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "mixtral": Saved("mixtral", 26, target_modules=["q_proj"], target_parameters=[
        "mlp.experts.gate_up_proj", "mlp.experts.down_proj", "mlp.gate.weight"]),
    "mixtral-each": Written("mixtral", 27, experts(2, 3, "block_sparse_moe", ("w1", "w2", "w3"), (16, 12)), {
        "target_modules": ["q_proj", "gate", "w1", "w2", "w3"]}),
    "qwen3-moe": Saved("qwen3-moe", 28, target_modules=ALL, use_rslora=True),
    "qwen3-moe-each": Written("qwen3-moe", 29, experts(
        2, 4, "mlp", ("gate_proj", "up_proj", "down_proj"), (16, 8)), {
            "target_modules": ["q_proj", "gate", "gate_proj", "up_proj", "down_proj"]}),
    "qwen2-moe": Saved("qwen2-moe", 50, target_modules=ALL),
    "olmoe": Saved("olmoe", 51, target_modules=["q_proj", "v_proj"], target_parameters=[
        "mlp.experts.gate_up_proj", "mlp.experts.down_proj"]),
    "flex-olmo": Saved("flex-olmo", 52, target_modules=ALL),
    "granite-moe-shared": Saved("granite-moe-shared", 53, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "granite-moe-swa": Saved("granite-moe-swa", 63, target_modules=ALL),
    "glm4-moe": Saved("glm4-moe", 54, target_modules=ALL),
    "dots1": Saved("dots1", 58, target_modules=ALL),
    "minimax-m2": Saved("minimax-m2", 59, target_modules=ALL),
    "flint": Saved("flint", 61, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "hy-v3": Saved("hy-v3", 62, target_modules=r".*(?:[qkvo]_proj|shared_experts\.\w+_proj)"),
    "mellum": Saved("mellum", 60, target_modules=ALL),
    "ernie-moe": Saved("ernie-moe", 55, target_modules=ALL),
    "phimoe": Saved("phimoe", 56, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "gpt-oss": Saved("gpt-oss", 57, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"], target_parameters=[
        "mlp.experts.gate_up_proj", "mlp.experts.down_proj"]),
    "afmoe": Saved("afmoe", 501, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "apertus1p5": Saved("apertus1p5", 502, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "aria": Saved("aria", 503, target_modules=ALL),
    "axk1": Saved("axk1", 504, target_modules=LATENT),
    "axk2": Saved("axk2", 601, target_modules=["q_a_proj", "kv_b_proj", "o_proj"]),
    "longcat-flash": Saved("longcat-flash", 602, target_modules=["q_a_proj", "q_b_proj", "kv_b_proj", "o_proj"]),
    "bailing-hybrid": Saved("bailing-hybrid", 603, target_modules=r".*(?:layers\.0\.mlp|shared_experts)\.\w+_proj"),
    "dory": Saved("dory-published", 611, target_modules=["q_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
    "hrm-text-listed": Saved("hrm-text-listed", 604, target_modules=["o_proj", "down_proj"]),
    "lfm3": Saved("lfm3", 605, target_modules=["q_proj", "v_proj", "o_proj", "in_proj", "w1", "w2"]),
    "bitnet": Saved("bitnet", 505, target_modules=ALL),
    "cohere2-moe": Saved("cohere2-moe-sums", 506, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "ctrl": Saved("ctrl", 507, target_modules=["Wq", "Wk", "Wv", "dense", "ffn.0", "ffn.2"]),
    "dbrx": Saved("dbrx", 508, target_modules=["Wqkv", "out_proj", "layer"]),
    # Without o_a_proj, whose groups of heads peft takes for tokens.
    "deepseek4": Saved("deepseek4-published", 407, target_modules=[
        "q_a_proj", "q_b_proj", "kv_proj", "compressor.gate_proj", "indexer.gate_proj", "weights_proj", "o_b_proj",
        "shared_experts.gate_proj", "shared_experts.up_proj", "shared_experts.down_proj"]),
    "deepseek-v32": Saved("deepseek-v32", 509, target_modules=LATENT),
    "hy-v4": Saved("hy-v4", 641, target_modules=(
        r".*(?:self_attn\.(?:q_[ab]_proj|kv_a_proj_with_mqa|kv_b_proj|o_proj|gate_proj)|(?:layers\.1\.mlp|shared_experts)\.\w+_proj)")),
    "glm-moe-dsa": Saved("glm-moe-dsa", 510, target_modules=["q_b_proj", "kv_b_proj", "o_proj"]),
    "gpt-neox-japanese": Saved("gpt-neox-japanese", 511, target_modules=ALL),
    "kolibri": Saved("kolibri-listed", 512, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "mllama": Saved("mllama", 513, target_modules=r".*self_attn\.[qkvo]_proj"),
    "modernbert-decoder": Saved("modernbert-decoder", 514, target_modules=r".*(?:[qkv]_proj|Wo|Wi|lm_head\.dense)"),
    "phi4-multimodal": Saved("phi4-multimodal", 515, target_modules=r"model\.layers\..*_proj"),
    "sarvam-moe": Saved("sarvam-moe", 516, target_modules=r".*(?:layers\.0\.mlp|shared_experts)\.\w+_proj"),
    "beam": Saved("beam", 524, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "doge": Saved("doge", 525, target_modules=["q_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
    "cohere-compass": Saved("cohere-compass", 517, target_modules=ALL),
    "diffllama": Saved("diffllama", 518, target_modules=ALL),
    "git": Saved("git", 519, target_modules=r".*encoder\.layer.*(?:query|key|value|dense)"),
    "laguna": Saved("laguna", 520, target_modules=["q_proj", "k_proj", "v_proj", "g_proj", "o_proj"]),
    "lara-mini": Saved("lara-mini", 521, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "out_proj"]),
    "mimo-v2-flash": Saved("mimo-v2-flash", 522, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    # Of the router, too, whose layers are projections like others.
    "zaya": Saved("zaya-windows", 526, target_modules=["q_proj", "k_proj", "v_proj_current", "v_proj_delayed", "o_proj", "fc1", "fc2", "out_proj"]),
    "inkling": Saved("inkling", 651, lora_alpha=2, target_modules=["q_proj", "k_proj", "v_proj", "r_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
    # Published names, whose modules an adapter calls by those in memory. Not weight_proj, whose changes peft loses when it reads them.
    "inkling2": Saved("inkling2", 652, target_modules=r".*(?:\.linear|o_proj\.gate_proj|sink_proj|(?:down|gate)_proj)"),
    "jetmoe": Saved("jetmoe", 527, target_modules=ALL),
    "minimax-m3": Saved("minimax-m3", 523, target_modules=r".*self_attn\.[qkvo]_proj"),
    # Ways to say which modules, and how much.
    "llama-patterns": Saved(
        "llama", 30, target_modules=r".*\.(?:0|2)\.(?:self_attn\.(?:q|v)_proj|mlp\.(?!gate).*_proj)", use_rslora=True,
        rank_pattern={r"layers\.0\..*v_proj": 1, "up_proj": 5}, alpha_pattern={r"^model.*\.down_proj": 11, "q_proj": 2.5}),
    "llama-layers": Saved("llama-untied", 31, target_modules=["q_proj", "down_proj"], layers_to_transform=[1],
                          layers_pattern="layers", exclude_modules=["mlp.up_proj"], finish=pickled),
    # The vocabulary: changed, or replaced.
    "llama-embedding": Saved("llama", 32, target_modules=["q_proj", "embed_tokens"]),
    "gemma3-embedding": Saved("gemma3", 33, target_modules=["v_proj", "embed_tokens", "lm_head"], use_rslora=True),
    "llama-saved": Saved("llama", 34, target_modules=["q_proj"], modules_to_save=["lm_head", "norm"]),
    "llama-saved-embedding": Saved("llama", 35, target_modules=["k_proj"], modules_to_save=["embed_tokens"]),
    "gemma2-norms": Saved("gemma2", 36, target_modules=["o_proj"], modules_to_save=[
        "norm", "input_layernorm", "post_feedforward_layernorm", "down_proj"]),
}

# Adapters in GGUF: the fixture whose tensors they have, and how the rows of some are ordered.
GGUF = {"llama": 3, "mixtral-each": 4, "llama-embedding": 3, "phi3": None}


def write_gguf(name):
    """The same adapter as llama.cpp's converter writes it."""
    fixture, heads = FIXTURES[name], GGUF[name]
    folder = ROOT / name
    config = json.loads((folder / "adapter_config.json").read_text())
    model = json.loads((common.ROOT / fixture.base / "hf" / "config.json").read_text())
    kind = {"mixtral": "llama"}.get(model["model_type"], model["model_type"])
    architecture = next(k for k, v in gguf.MODEL_ARCH_NAMES.items() if v == kind)
    names = gguf.get_tensor_name_map(architecture, model["num_hidden_layers"])
    writer = gguf.GGUFWriter(folder / f"{name}.gguf", kind)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(config["lora_alpha"]))
    writer.add_name(f"tiny adapter of {fixture.base}")
    stacks = {}
    for key, value in load_file(folder / "adapter_model.safetensors").items():
        if ".lora_" not in key:
            continue
        stem, _, letter = key.removeprefix("base_model.model.").removesuffix(".weight").rpartition(".lora_")
        a = value.float().numpy()
        if letter in ("B", "embedding_B") and heads and (stem.endswith("q_proj") or stem.endswith("k_proj")):
            kv = model["num_key_value_heads"]
            a = common.permute(a, model["num_attention_heads"] if stem.endswith("q_proj") else kv)
        if letter == "embedding_A":
            a = a.T
        suffix = f"weight.lora_{letter[-1].lower()}"
        if ".experts." in stem:
            before, _, after = stem.partition(".experts.")
            expert, _, part = after.partition(".")
            stacks.setdefault((f"{before}.experts.{part}", suffix), {})[int(expert)] = a
            continue
        writer.add_tensor(f"{names.get_name(stem)}.{suffix}", np.ascontiguousarray(a))
    for (stem, suffix), each in stacks.items():
        writer.add_tensor(f"{names.get_name(stem)}.{suffix}", np.stack([each[i] for i in range(len(each))]))
    common.finish(writer)


def make(name):
    fixture, folder = FIXTURES[name], ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    fixture.write(folder)
    plain = language(base_model(fixture.base))
    model = language(PeftModel.from_pretrained(base_model(fixture.base), folder).eval().get_base_model())
    tokenizer = AutoTokenizer.from_pretrained(common.ROOT / fixture.base / "hf")
    ids = tokenizer(PROMPT)["input_ids"]
    read = {}
    if model.config.is_encoder_decoder:
        read = {"encoder": ids}
        beside = bart.BigBirdDecoder if model.config.model_type == "bigbird_pegasus" else Decoder
        plain, model, ids = beside(plain, ids), beside(model, ids), [model.config.decoder_start_token_id]
    # xLSTM's cache has other widths than a tiny model's memory.
    answers = [m(torch.tensor([ids]), use_cache=False).logits for m in (model, plain)]
    change = (answers[0] - answers[1]).abs().max().item()
    assert change > 0.05, (name, change)
    common.GENERATE = GENERATE
    if not read:
        model = SHOWN.get(model.config.model_type, lambda model: model)(model)
    entry = {**common.expect(model, ids, PROMPT, lens.control_tokens(tokenizer)), **read}
    import peft
    lens.write_json(folder / "expected.json", {
        "base": fixture.base, "versions": {**lens.versions(), "peft": peft.__version__}, "tolerance": common.TOLERANCE,
        "raw_tolerance": common.RAW_TOLERANCE, "top": common.TOP, "generate": GENERATE, "prompts": [entry]})
    if name in GGUF:
        write_gguf(name)
    size = sum(f.stat().st_size for f in folder.iterdir())
    largest = max(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: {size} bytes, the largest file {largest}, logits changed by {change:.3g} at most")
    assert largest <= 100_000, name


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or FIXTURES:
        make(name)
