#!/usr/bin/env python3
"""Writes Tests/Fixtures/weights: a tiny model in the other forms in which its weights are stored, and odd state dictionaries.

The forms hold the tensors of Tests/Fixtures/models/qwen2 unchanged, so the model must give the bytes it gives from there:
torch.save's archive, its layout before PyTorch 1.6 (protocols 2 and 4), two files with an index that share storages, and
GGUF in three parts by gguf's own writer. odd-*.pt hold views, transposed views and tensors of every type that a module's
buffers may have; odd.json has their values.
"""

import collections
import json
import pathlib

import gguf
import safetensors.torch
import torch

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
MODEL = "qwen2"
OUT = FIXTURES / "weights"


def state_dict() -> dict[str, torch.Tensor]:
    tensors = collections.OrderedDict(safetensors.torch.load_file(FIXTURES / "models" / MODEL / "hf" / "model.safetensors"))
    # As Module.state_dict() leaves it.
    tensors._metadata = collections.OrderedDict([("", {"version": 1}), ("model", {"version": 1})])
    return tensors


def write_torch() -> None:
    tensors = state_dict()
    torch.save(tensors, OUT / "zip.bin")
    torch.save(tensors, OUT / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(tensors, OUT / "legacy-protocol-4.bin", _use_new_zipfile_serialization=False, pickle_protocol=4)
    names = sorted(tensors)
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    weight_map = {}
    for number, half in enumerate(halves, 1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        # All of a part in one storage per type, as a fused optimiser leaves them.
        flat = torch.cat([tensors[name].flatten().float() for name in half]).to(tensors[half[0]].dtype)
        part, start = {}, 0
        for name in half:
            assert tensors[name].dtype == flat.dtype
            part[name] = flat[start : start + tensors[name].numel()].view(tensors[name].shape)
            assert torch.equal(part[name], tensors[name])
            start += tensors[name].numel()
        torch.save(part, OUT / file)
        weight_map |= dict.fromkeys(half, file)
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (OUT / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=1) + "\n")


def write_odd() -> None:
    base = torch.arange(24, dtype=torch.float32)
    tensors = {
        "plain": base.view(4, 6).clone(),
        "transposed": base.view(4, 6).t(),
        "slice": base[5:11],
        "columns": base.view(4, 6)[:, 1:3],
        "permuted": base.view(2, 3, 4).permute(2, 0, 1),
        "shared": base,
        "empty": torch.zeros(0, 3),
        "scalar": torch.tensor(-2.5),
        "half": torch.tensor([1.5, -0.25], dtype=torch.float16),
        "bfloat": torch.tensor([3.0, -0.5], dtype=torch.bfloat16),
        "parameter": torch.nn.Parameter(torch.tensor([7.0])),
        "doubles": torch.tensor([1.0], dtype=torch.float64),
        "mask": torch.tensor([[True, False]]),
        "steps": torch.tensor([3]),
        "bytes": torch.tensor([3], dtype=torch.uint8),
    }
    torch.save(tensors, OUT / "odd-zip.pt")
    torch.save(tensors, OUT / "odd-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({"expanded": torch.ones(1).expand(1000, 1000)}, OUT / "expanded.pt")
    torch.save({"state_dict": tensors, "epoch": 3}, OUT / "nested.pt")
    floats = {name: t for name, t in tensors.items() if t.dtype in (torch.float32, torch.float16, torch.bfloat16)}
    values = {name: {"shape": list(t.shape), "values": t.detach().float().flatten().tolist()} for name, t in floats.items()}
    (OUT / "odd.json").write_text(json.dumps(values, indent=1) + "\n")


def write_gguf_parts() -> None:
    reader = gguf.GGUFReader(FIXTURES / "models" / MODEL / f"{MODEL}.gguf")
    most = -(-len(reader.tensors) // 3)
    writer = gguf.GGUFWriter(OUT / f"{MODEL}.gguf", arch=MODEL, split_max_tensors=most)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kind = field.types[0]
        sub = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    write_torch()
    write_odd()
    write_gguf_parts()
    for file in sorted(OUT.iterdir()):
        print(f"{file.stat().st_size:8} {file.name}")
