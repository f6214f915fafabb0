#!/usr/bin/env python3
"""Writes Tests/Fixtures/real-tensors.json: SHA-256 of decoded tensors of real GGUF files, as the gguf package decodes them.

usage: make_real_tensor_digests.py MODEL.gguf...     (one tensor per number format of each file: the first by name)
"""

import hashlib
import json
import pathlib
import sys

import gguf
import numpy as np

TARGET = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "real-tensors.json"


def describe(path: str) -> dict:
    reader = gguf.GGUFReader(path)
    chosen = {}
    for tensor in sorted(reader.tensors, key=lambda tensor: tensor.name):
        chosen.setdefault(tensor.tensor_type.name, tensor)
    tensors = []
    for name, tensor in sorted(chosen.items()):
        values = np.ascontiguousarray(gguf.quants.dequantize(tensor.data, tensor.tensor_type), dtype="<f4")
        tensors.append({
            "name": tensor.name,
            "format": name,
            "shape": [int(dimension) for dimension in reversed(tensor.shape)],
            "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
        })
    fields = sorted(name for name in reader.fields if not name.startswith("GGUF."))
    return {"file": pathlib.Path(path).name, "tensors": len(reader.tensors), "keys": fields, "digests": tensors}


TARGET.write_text(json.dumps([describe(path) for path in sys.argv[1:]], indent=1) + "\n")
