"""What every family's fixture shares: weights without symmetry, the files of a model, and what transformers computes from them.

A family is a module of this folder with a dictionary FIXTURES of functions that return a `Fixture`.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import gguf
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer
from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES, load_gguf_checkpoint
from transformers.pytorch_utils import Conv1D

import lens_reference as lens
import tiny_tokenizers as tiny

ROOT = Path(__file__).resolve().parent.parent.parent / "Tests" / "Fixtures" / "models"
TOLERANCE = 3e-5
RAW_TOLERANCE = 1e-4  # raw states are larger, and so are their logits
TOP = 10
GENERATE = 8
PROMPTS = ["The keys to the cabinet are in the city of London, 1 2 3", "a café\n"]


@dataclass
class Fixture:
    """A model of a family: what its files say, and how they are written."""
    architecture: str  # the family's name in Sources/Engine/Architectures
    config: dict  # config.json, in the hub's spelling
    model: torch.nn.Module
    tokenizer: object
    save_tokenizer: Callable = tiny.save_tokenizer_json
    write_gguf: Callable | None = None  # (path, model, tokenizer), where llama.cpp has a mapping
    identical: bool = True  # whether both kinds of file give the same bytes; not where GGUF holds frequencies that were rounded
    readable: bool = True  # whether transformers' own reader of GGUF puts this family's rows back in order
    rename: Callable = field(default=lambda name: name)  # names of tensors as older checkpoints have them
    store: Callable = field(default=lambda name, tensor: tensor)  # what is stored in the place of a tensor
    original: bool = True  # whether tensors are stored as on the hub; as transformers has them in memory otherwise
    wrapper: torch.nn.Module | None = None  # the multimodal model whose language part `model` is, and whose tensors are stored
    finish: Callable = field(default=lambda folder: None)  # the last change of hf/, after transformers has computed with it
    decoder: Callable | None = None  # (model, ids of the encoder): an encoder-decoder's decoder as a model of its own
    shown: Callable | None = None  # (model): what has the interface of a causal language model, where blocks do not answer one state
    drop: tuple = ()  # endings of the names of buffers that follow from the settings, and are not stored
    begun: str = ""  # the given beginning of the decoder's text, in a second run of the first prompt


def smol():
    """The tokenizer of most fixtures; GGUF calls its pre-tokeniser "smollm"."""
    return tiny.byte_level(288, tiny.SMOL_SPECIAL, digits=True, specials_first=True)


def llama_like(**changes):
    """A config.json in the spelling of Llama and its kin."""
    config = {"hidden_act": "silu", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
              "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-05,
              "rope_theta": 10000.0, "tie_word_embeddings": False, "vocab_size": 288, "bos_token_id": 1,
              "eos_token_id": 2, "pad_token_id": 2}
    return {**config, **changes}


def build(model_class, config_class, config, seed, gemma=False):
    """The model of a config.json with weights that have no symmetry left."""
    model = model_class(config_class(**config, attn_implementation="eager"))
    return randomise(model, seed, gemma)


EMBEDDINGS = ("embed_tokens", "wte", "word_embeddings.", "embed_in", "lm_head", "embed_out")
NORMS = ("norm", ".ln_", "layernorm", "layer_norm")


def randomise(model, seed, gemma=False):
    """Nothing is 0 or 1, biases and norms matter. Multiples of 2^-10, exact in float32."""
    rng = np.random.default_rng(seed)
    modules = dict(model.named_modules())
    for name, p in model.named_parameters():
        if not p.requires_grad:  # a table that follows from the settings
            continue
        shape = tuple(p.shape)
        if any(part in name for part in NORMS) and len(shape) == 1:
            if name.endswith("bias"):
                w = 0.3 * rng.standard_normal(shape)
            else:
                # Gemma's norms after attention and MLP decide how much a block adds.
                w = (0.8 if gemma and "post_" in name else 0.0 if gemma else 1.0) + 0.35 * rng.standard_normal(shape)
        elif name.endswith("bias"):
            w = 0.3 * rng.standard_normal(shape)
        elif any(part in name for part in EMBEDDINGS):
            w = (0.25 if gemma else 0.5) * rng.standard_normal(shape)
        elif "wpe" in name or "embed_positions" in name:
            w = 0.4 * rng.standard_normal(shape)
        elif any(part in name for part in NORMS):  # norms of several heads in a matrix (Cohere)
            w = 1.0 + 0.35 * rng.standard_normal(shape)
        else:
            conv = isinstance(modules[name.rpartition(".")[0]], Conv1D)
            fan_in = shape[0] if conv else shape[-1]
            w = 1.6 / np.sqrt(fan_in) * rng.standard_normal(shape)
        p.data = torch.from_numpy((np.round(w * 1024) / 1024).astype(np.float32))
    for name, b in model.named_buffers():
        if name.endswith("correction_bias"):
            b.data = torch.from_numpy((np.round(300 * rng.standard_normal(tuple(b.shape))) / 1024).astype(np.float32))
    model.tie_weights()
    return model.float().eval()


def hub_tensors(model, original=True):
    """Tensors under the names that a checkpoint on the hub has: transformers stacks experts in memory, and splits them again."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, save_original_format=original)
        return {k: v.contiguous() for k, v in load_file(Path(folder) / "model.safetensors").items()}


def permute(weight, heads):
    """Rows of one head from halves (transformers) to interleaved pairs (llama.cpp)."""
    return (weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
            .swapaxes(1, 2).reshape(weight.shape))


def same(name, a):
    """A tensor as it is."""
    return {name: a}


def write_tensors(writer, model, names, change):
    """Every tensor under its GGUF name; `change(name, array)` gives the ones it becomes."""
    for name, p in sorted(hub_tensors(model).items(), key=lambda item: order(model, item[0])):
        for changed, array in change(name, p.numpy()).items():
            stem, _, suffix = changed.rpartition(".")
            whole, target = names.get_name(changed), names.get_name(stem)
            assert whole or target, changed
            # Bytes are blocks of MXFP4.
            kind = gguf.GGMLQuantizationType.MXFP4 if array.dtype == np.uint8 else None
            writer.add_tensor(whole or f"{target}.{suffix}", np.ascontiguousarray(array), raw_dtype=kind)


def order(model, name):
    """Tensors in the order of the model's parameters."""
    known = list(model.state_dict())
    return (known.index(name) if name in known else len(known), name)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def describe(writer, name, config, inner, epsilon=None):
    """The keys that every GGUF has."""
    writer.add_name(f"tiny {name}")
    writer.add_license("mit")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(config.num_attention_heads)
    if getattr(config, "num_key_value_heads", None):
        writer.add_head_count_kv(config.num_key_value_heads)
    if epsilon is not None:
        writer.add_layer_norm_rms_eps(epsilon)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def describe_smol(writer, tokenizer):
    """The vocabulary of `smol`."""
    writer.add_add_space_prefix(False)
    writer.add_add_bos_token(False)
    tiny.describe_bytes(writer, tokenizer, pre="smollm", special=tiny.SMOL_SPECIAL)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)


def llama_like_gguf(architecture, change=same, more=lambda writer, config: None):
    """A writer for families whose GGUF is described as Llama's."""
    def write(path, model, tokenizer):
        c = model.config
        w = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[architecture])
        describe(w, gguf.MODEL_ARCH_NAMES[architecture], c, c.intermediate_size, getattr(c, "rms_norm_eps", None))
        rope = getattr(c, "rope_parameters", None)
        if rope and "rope_theta" in rope:
            w.add_rope_freq_base(rope["rope_theta"])
        head = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
        if head * c.num_attention_heads != c.hidden_size:
            w.add_key_length(head)
            w.add_value_length(head)
        more(w, c)
        describe_smol(w, tokenizer)
        write_tensors(w, model, gguf.get_tensor_name_map(architecture, c.num_hidden_layers), change)
        finish(w)
    return write


def check_gguf(path, model):
    """transformers' own reader of GGUF, where it knows the family, finds the same weights in the file."""
    name = gguf.GGUFReader(path).fields["general.architecture"].contents()
    if name not in GGUF_SUPPORTED_ARCHITECTURES:
        return
    try:
        read = load_gguf_checkpoint(path, return_tensors=True, model_to_load=model)["tensors"]
    except NotImplementedError:
        return
    for name, p in model.named_parameters():
        if name in read:
            assert torch.equal(read[name], p), name


def expect(model, ids, text, stop):
    # Of the prompt alone, and before longer texts: a rotation whose base grows with the text keeps what it has grown to.
    logits_after_prompt = lens.states(model, ids)[1][-1]
    generated = lens.greedy(model, ids, GENERATE, stop)
    every = ids + generated
    raw, logits = lens.states(model, every)
    lens.check_last_row(model, raw, logits)
    positions = list(range(len(every)))
    targets = every[1:] + [None]
    entry = {"text": text, "ids": ids, "generated": generated,
             "logits": [lens.number(x) for x in logits_after_prompt.tolist()]}
    for name, norm in (("normed", True), ("raw", False)):
        measured = lens.measure(
            model, raw, targets, positions, norm, TOP, TOLERANCE if norm else RAW_TOLERANCE)
        kept = ["rank", "above", "below", "logprob", "entropy", "kl"]
        if norm:
            kept += ["top_ids", "top_logits"]
        entry[name] = {key: measured[key] for key in kept}
    return entry


def language_part(wrapper, language, tokenizer):
    """The language model, after a look at whether the multimodal model gives its numbers for text."""
    for text in PROMPTS:
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        with torch.no_grad():
            difference = (wrapper(input_ids=ids).logits - language(input_ids=ids).logits).abs().max().item()
        print(f"{type(wrapper).__name__} and its language part differ by {difference:.1e}")
        assert difference < 1e-6, difference
    return language


def compare_attention(folder, eager, ids):
    """Prints how far the two implementations of attention in transformers differ in an encoder-decoder."""
    if not eager._supports_sdpa:
        print("there is no other implementation of attention")
        return
    other = type(eager).from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa").eval()
    tokens, own = torch.tensor([ids]), torch.tensor([[eager.config.decoder_start_token_id, *ids]])
    with torch.no_grad():
        one, two = (m(input_ids=tokens, decoder_input_ids=own).logits for m in (eager, other))
    difference = ((one - two).abs().max() / one.abs().max()).item()
    print(f"eager and sdpa differ by {difference:.1e} of the largest logit")
    assert difference < 1e-5, difference


def make(name, fixture):
    """Writes Tests/Fixtures/models/NAME."""
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "hf").mkdir(parents=True)
    weights = {fixture.rename(k): fixture.store(k, v).contiguous()
               for k, v in hub_tensors(fixture.wrapper or fixture.model, fixture.original).items()
               if not k.endswith(fixture.drop or ("\n",))}
    save_file(weights, folder / "hf" / "model.safetensors", metadata={"format": "pt"})
    (folder / "hf" / "config.json").write_text(json.dumps(fixture.config, indent=1) + "\n")
    fixture.save_tokenizer(folder / "hf", fixture.tokenizer)
    if fixture.write_gguf:
        fixture.write_gguf(folder / f"{name}.gguf", fixture.model, fixture.tokenizer)

    loaded = AutoTokenizer.from_pretrained(folder / "hf")
    if fixture.write_gguf and fixture.readable:
        check_gguf(folder / f"{name}.gguf", fixture.model)
    whole = fixture.wrapper or fixture.model
    # A model's class may serve several configuration classes.
    reloaded = type(whole).from_pretrained(folder / "hf", config=type(whole.config).from_pretrained(folder / "hf"), dtype=torch.float32,
                                           attn_implementation="eager").eval()
    if fixture.wrapper:
        reloaded = language_part(reloaded, fixture.model, loaded)
    prompts = []
    for text, begun in [(text, "") for text in PROMPTS] + ([(PROMPTS[0], fixture.begun)] if fixture.begun else []):
        ids = loaded(text)["input_ids"]
        assert ids == fixture.tokenizer.encode(text).ids, (ids, fixture.tokenizer.encode(text).ids)
        stop = lens.control_tokens(loaded)
        if fixture.decoder is None:
            prompts.append(expect(fixture.shown(reloaded) if fixture.shown else reloaded, ids, text, stop))
            continue
        compare_attention(folder / "hf", reloaded, ids)
        own = [fixture.config["decoder_start_token_id"]] + (loaded(begun, add_special_tokens=False)["input_ids"] if begun else [])
        prompts.append({**expect(fixture.decoder(reloaded, ids), own, text, stop), "encoder": ids, **({"decoder": begun} if begun else {})})
    fixture.finish(folder / "hf")
    lens.write_json(folder / "expected.json", {
        "architecture": fixture.architecture, "identical": fixture.identical, "versions": lens.versions(),
        "tolerance": TOLERANCE, "raw_tolerance": RAW_TOLERANCE, "top": TOP, "generate": GENERATE, "prompts": prompts})
    for f in sorted(folder.rglob("*")):
        if f.is_file():
            print(f"{f.stat().st_size:8d} {f.relative_to(ROOT)}")
    for p in prompts:
        print(len(p["ids"]), p["ids"], p["generated"])
