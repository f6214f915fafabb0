"""Writes models of GPT-2's kind with random weights, for benchmarks: GPT-2 XL's shape unless told otherwise.

    python3 Benchmarks/make_models.py --types f32,f16,q8_0,q4_1

Prints the path of every file, those that were there already included. The tokenizer is GPT-2's own
(Tools/fetch_gpt2_vocabulary.sh), so that texts cut into tokens as they do in the real model; a smaller vocabulary is its
beginning, a larger one has tokens at its end that no text becomes. Tensors are made, stored and dropped one by one: a file
larger than memory can be written. The same arguments give the same bytes, and all types have the same weights before rounding.

Needs numpy and gguf (python3 -m pip install numpy gguf).
"""

import argparse
import json
import os
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

SEED = 2019
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "strata"
TYPES = {
    name: (gguf.GGMLQuantizationType[name.upper()], file_type)
    for name, file_type in [
        ("f32", gguf.LlamaFileType.ALL_F32),
        ("f16", gguf.LlamaFileType.MOSTLY_F16),
        ("bf16", gguf.LlamaFileType.MOSTLY_BF16),
        ("q8_0", gguf.LlamaFileType.MOSTLY_Q8_0),
        ("q5_1", gguf.LlamaFileType.MOSTLY_Q5_1),
        ("q5_0", gguf.LlamaFileType.MOSTLY_Q5_0),
        ("q4_1", gguf.LlamaFileType.MOSTLY_Q4_1),
        ("q4_0", gguf.LlamaFileType.MOSTLY_Q4_0),
    ]
}


@dataclass(frozen=True)
class Shape:
    """Sizes of a model."""

    layers: int = 48
    width: int = 1600
    heads: int = 25
    vocabulary: int = 50257
    context: int = 4096

    def path(self, folder, type_name):
        """Where the file of a type is."""
        name = "gpt2-xl" if self == Shape() else f"gpt2-{self.layers}x{self.width}-v{self.vocabulary}-c{self.context}"
        return Path(folder) / f"{name}-random-{type_name}.gguf"

    def tensors(self):
        """(name, shape, standard deviation or None for a norm's weight) in the order of the file."""
        d, small = self.width, 0.02 / (2 * self.layers) ** 0.5
        yield "token_embd.weight", (self.vocabulary, d), 0.02
        yield "position_embd.weight", (self.context, d), 0.01
        for layer in range(self.layers):
            for name, out, inner, deviation in [
                ("attn_qkv", 3 * d, d, 0.02),
                ("attn_output", d, d, small),
                ("ffn_up", 4 * d, d, 0.02),
                ("ffn_down", d, 4 * d, small),
            ]:
                if name in ("attn_qkv", "ffn_up"):
                    norm = "attn_norm" if name == "attn_qkv" else "ffn_norm"
                    yield f"blk.{layer}.{norm}.weight", (d,), None
                    yield f"blk.{layer}.{norm}.bias", (d,), 0.01
                yield f"blk.{layer}.{name}.weight", (out, inner), deviation
                yield f"blk.{layer}.{name}.bias", (out,), 0.01
        yield "output_norm.weight", (d,), None
        yield "output_norm.bias", (d,), 0.01


def values(name, shape, deviation):
    """The weights of a tensor, float32; they depend on its name and shape alone."""
    random = np.random.Generator(np.random.SFC64([SEED, zlib.crc32(name.encode())]))
    noise = random.standard_normal(shape, dtype=np.float32)
    noise *= np.float32(0.05 if deviation is None else deviation)
    if deviation is None:
        noise += np.float32(1)
    return noise


def stored_type(name, shape, wanted):
    """Vectors and positions stay float32, as llama.cpp's own converter keeps them."""
    return gguf.GGMLQuantizationType.F32 if len(shape) == 1 or name == "position_embd.weight" else wanted


def tokenizer(size):
    """Tokens, their types and merges of GPT-2's vocabulary, cut or filled to `size`; the end of text is the last real one."""
    folder = CACHE / "test-data/gpt2"
    if not (folder / "vocab.bpe").exists():
        subprocess.run(["sh", Path(__file__).parent.parent / "Tools/fetch_gpt2_vocabulary.sh"], check=True)
    ids = json.loads((folder / "encoder.json").read_text())
    merges = (folder / "vocab.bpe").read_text().split("\n")[1:-1]
    if size < 257:
        sys.exit(f"a vocabulary of {size} has not even all bytes: 257 or more")
    tokens = sorted(ids, key=ids.get)
    end, words = tokens[-1], tokens[: min(size, len(tokens)) - 1]
    fill = [f"<|unused_{i}|>" for i in range(size - len(words) - 1)]
    kinds = [gguf.TokenType.NORMAL] * len(words) + [gguf.TokenType.CONTROL] + [gguf.TokenType.UNUSED] * len(fill)
    return words + [end] + fill, kinds, merges[: len(words) - 256]


def begin(path, shape, type_name):
    """A writer whose file has all but the weights."""
    wanted, file_type = TYPES[type_name]
    writer = gguf.GGUFWriter(path, "gpt2")
    writer.add_name(path.name.split(".gguf")[0].lstrip("."))
    writer.add_file_type(file_type)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(4 * shape.width)
    writer.add_block_count(shape.layers)
    writer.add_head_count(shape.heads)
    writer.add_layer_norm_eps(1e-5)
    tokens, kinds, merges = tokenizer(shape.vocabulary)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    end = kinds.index(gguf.TokenType.CONTROL)
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    writer.add_add_bos_token(False)
    for name, size, _ in shape.tensors():
        kind = stored_type(name, size, wanted)
        stored = gguf.quant_shape_to_byte_shape(size, kind) if kind.name[0] in "QB" else size
        dtype = {"F32": np.float32, "F16": np.float16}.get(kind.name, np.uint8)
        writer.add_tensor_info(name, stored, np.dtype(dtype), int(np.prod(stored)) * np.dtype(dtype).itemsize, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    return writer


def make(shape, types, folder):
    """The files of some types, written where they are not there yet; a path for each type."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    paths = {name: shape.path(folder, name) for name in types}
    missing = {name: path for name, path in paths.items() if not path.exists()}
    if missing:
        for path in missing.values():
            print(f"writing {path.name}", file=sys.stderr)
        partial = {name: path.with_name(f".{path.name}.{os.getpid()}") for name, path in missing.items()}
        try:
            writers = {name: begin(path, shape, name) for name, path in partial.items()}
            for name, size, deviation in shape.tensors():
                tensor = values(name, size, deviation)
                for type_name, writer in writers.items():
                    writer.write_tensor_data(gguf.quants.quantize(tensor, stored_type(name, size, TYPES[type_name][0])))
            for type_name, writer in writers.items():
                writer.close()
                partial[type_name].rename(missing[type_name])
        finally:
            for path in partial.values():
                path.unlink(missing_ok=True)
    return [paths[name] for name in types]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    standard = Shape()
    for name in ("layers", "width", "heads", "vocabulary", "context"):
        parser.add_argument(f"--{name}", type=int, default=getattr(standard, name))
    parser.add_argument("--types", default="f32,f16,q8_0,q4_1", help=f"some of {','.join(TYPES)}")
    parser.add_argument("--out", type=Path, default=CACHE / "benchmarks", help="the folder that gets the files")
    options = parser.parse_args()
    types = options.types.lower().split(",")
    for name in types:
        if name not in TYPES:
            parser.error(f"unknown type '{name}'; known are {', '.join(TYPES)}")
    shape = Shape(options.layers, options.width, options.heads, options.vocabulary, options.context)
    if shape.width % shape.heads or shape.width % 32:
        parser.error(f"a width of {shape.width} is not {shape.heads} heads and whole blocks of 32")
    for path in make(shape, types, options.out):
        print(path)


if __name__ == "__main__":
    main()
