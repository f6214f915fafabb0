"""Writes a GPT-2 GGUF file of Benchmarks/make_models.py (F32 or F16) as the folder that transformers, Ecco and TransformerLens open.

    python gpt2_folder.py MODEL.gguf [--folder FOLDER]

Prints the folder, which is beside the file unless told otherwise; does nothing when it is there. Weights become float32, so that
every peer runs the same model as Strata. Needs gguf, numpy and safetensors.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
from gguf import GGUFReader
from safetensors.numpy import save_file

BLOCK = {"attn_norm": "ln_1", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj", "ffn_norm": "ln_2", "ffn_up": "mlp.c_fc",
         "ffn_down": "mlp.c_proj"}
TABLES = {"token_embd": "wte", "position_embd": "wpe", "output_norm": "ln_f"}
SIZES = {"n_layer": "block_count", "n_head": "attention.head_count", "n_embd": "embedding_length", "n_positions": "context_length",
         "layer_norm_epsilon": "attention.layer_norm_epsilon"}


def renamed(name: str) -> str:
    """The name that transformers gives a tensor."""
    *path, kind = name.split(".")
    if path[0] == "blk":
        return f"transformer.h.{path[1]}.{BLOCK[path[2]]}.{kind}"
    return f"transformer.{TABLES[path[0]]}.{kind}"


def converted(name: str, data: np.ndarray) -> np.ndarray:
    """A tensor as transformers has it: matrices of blocks lie the other way round."""
    values = data.astype(np.float32)
    return np.ascontiguousarray(values.T) if name.startswith("blk.") and values.ndim == 2 else values


def configuration(reader: GGUFReader, vocabulary: int) -> dict:
    """What config.json has to say."""
    sizes = {key: reader.fields[f"gpt2.{name}"].contents() for key, name in SIZES.items()}
    return {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new", **sizes,
            "n_ctx": sizes["n_positions"], "vocab_size": vocabulary, "bos_token_id": vocabulary - 1, "eos_token_id": vocabulary - 1}


def write_tokenizer(reader: GGUFReader, folder: Path) -> None:
    """Writes vocab.json and merges.txt."""
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    merges = reader.fields["tokenizer.ggml.merges"].contents()
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer"}))


def write(path: Path, folder: Path) -> None:
    """Writes the whole folder, or nothing."""
    reader = GGUFReader(path)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    tensors = {renamed(tensor.name): converted(tensor.name, tensor.data) for tensor in reader.tensors}
    config = configuration(reader, len(tensors["transformer.wte.weight"]))
    save_file(tensors, partial / "model.safetensors", metadata={"format": "pt"})
    (partial / "config.json").write_text(json.dumps(config, indent=1))
    write_tokenizer(reader, partial)
    partial.rename(folder)


def main() -> None:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description="A GPT-2 GGUF file as a folder of transformers")
    parser.add_argument("model", type=Path)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or options.model.with_name(options.model.stem + "-hf")
    if not folder.exists():
        write(options.model, folder)
    print(folder)


if __name__ == "__main__":
    main()
