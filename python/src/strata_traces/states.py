"""Residual states in safetensors files: what vLLM's `extract_hidden_states` writes, and `strata trace --states` reads.

Nothing but numpy is needed, for any type that such files have.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .files import write_whole
from .trace import TraceError

_TYPES: dict[str, npt.DTypeLike] = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "U8": "u1", "I8": "i1", "BOOL": "?",
}


@dataclass(frozen=True)
class States:
    """The states of one text, not normed.

    `hidden_states` is [tokens, layers, D] float32: layer 0 is the embedding, layer i the output of block i - 1.
    """

    hidden_states: npt.NDArray[np.float32]
    token_ids: npt.NDArray[np.int64]


def read_states(path: str | os.PathLike[str]) -> States:
    """Reads a file of vLLM; a file whose parts do not belong together is an error with its place."""
    tensors, _ = read_safetensors(path)
    if set(tensors) != {"hidden_states", "token_ids"}:
        raise TraceError(f"{path}: expected hidden_states and token_ids, found {sorted(tensors)[:6]}")
    states, ids = tensors["hidden_states"], tensors["token_ids"]
    if states.ndim != 3 or states.dtype.kind != "f":
        found = f"{list(states.shape)} {states.dtype}"
        raise TraceError(f"{path}: hidden_states: expected [tokens, layers, width] of real numbers, found {found}")
    if ids.ndim != 1 or ids.dtype.kind != "i":
        raise TraceError(f"{path}: token_ids: expected a list of whole numbers, found {list(ids.shape)} {ids.dtype}")
    if len(states) != len(ids):
        raise TraceError(
            f"{path}: hidden_states: expected {len(ids)} tokens, as many as token_ids, found {len(states)}: prefix caching and chunked "
            "prefill shorten such files")
    return States(states.astype(np.float32), ids.astype(np.int64))


def write_states(path: str | os.PathLike[str], states: npt.ArrayLike, token_ids: npt.ArrayLike) -> None:
    """Writes states [tokens, L + 1, D] and their tokens in vLLM's layout, as float32.

    From nnsight: stack what was saved of the input of the first block and of the output of every block, with the tokens first.
    """
    try:
        values, ids = np.asarray(states, dtype="<f4"), np.asarray(token_ids)
    except (ValueError, TypeError) as error:
        raise TraceError(f"{path}: expected states [tokens, layers, width] and as many token ids, found {error}") from None
    if ids.dtype.kind not in "iu" or (ids.size and int(ids.min()) < 0):
        raise TraceError(f"{path}: expected whole numbers from 0 on as token ids, found {ids.tolist()!r:.60}")
    ids = ids.astype("<i8")
    if values.ndim != 3 or ids.ndim != 1 or len(values) != len(ids) or not values.size:
        found = f"{list(values.shape)} and {list(ids.shape)}"
        raise TraceError(f"{path}: expected [tokens, layers, width] and as many token ids, found {found}")
    if not np.isfinite(values).all():
        raise TraceError(f"{path}: expected finite numbers, found others in {int((~np.isfinite(values)).sum())} places")
    write_safetensors(path, {"hidden_states": ("F32", values), "token_ids": ("I64", ids)})


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    """All tensors of a file as arrays, bfloat16 as float32, and its metadata; nothing is read before its bounds are checked."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise TraceError(f"{path}: the header has a stated length of {length} bytes, but the file has {size}")
        try:
            header = json.loads(file.read(length))
            metadata = header.pop("__metadata__", {})
            entries = {name: _entry(entry, size - 8 - length) for name, entry in header.items()}
            if sum(end - start for _, _, start, end in entries.values()) > size - 8 - length:
                raise ValueError("tensors that share bytes")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise TraceError(f"{path}: expected a header of safetensors, found {error}") from None
        tensors: dict[str, npt.NDArray[Any]] = {}
        for name, (kind, shape, start, end) in entries.items():
            file.seek(8 + length + start)
            data = np.frombuffer(file.read(end - start), dtype=_TYPES[kind]).reshape(shape)
            tensors[name] = (data.astype("<u4") << np.uint32(16)).view("<f4") if kind == "BF16" else data
    return tensors, {str(key): str(value) for key, value in dict(metadata).items()}


def write_safetensors(path: str | os.PathLike[str], tensors: dict[str, tuple[str, npt.NDArray[Any]]]) -> None:
    """Writes tensors of given types in their order; the same values give the same bytes."""
    header: dict[str, Any] = {}
    parts: list[bytes] = []
    end = 0
    for name, (kind, array) in tensors.items():
        data = np.ascontiguousarray(array, dtype=_TYPES[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [end, end + len(data)]}
        parts.append(data)
        end += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    write_whole(path, len(text).to_bytes(8, "little") + text + b"".join(parts))


def _entry(entry: dict[str, Any], size: int) -> tuple[str, list[int], int, int]:
    kind, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    if kind not in _TYPES:
        raise ValueError(f"the type {kind!r}")
    if not all(isinstance(n, int) and 0 <= n < 1 << 31 for n in shape) or not all(isinstance(n, int) and n >= 0 for n in (start, end)):
        raise ValueError(f"the shape {shape} at {start} to {end}")
    if end > size or end - start != math.prod(shape) * np.dtype(_TYPES[kind]).itemsize:
        raise ValueError(f"{end - start} bytes at {start} for {kind} {shape}")
    return kind, shape, start, end
