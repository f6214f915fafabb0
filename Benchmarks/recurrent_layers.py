"""The scan and the step of recurrent layers beside transformers' own functions in PyTorch, as ratios of medians in one process.

    python Benchmarks/recurrent_layers.py [--runs N] [--threads N]

Compiles Sources/Kernels/recurrent.cpp as it is and calls it with the shapes of published models: the gated delta rule of Qwen3.5 (16 key
heads, 32 value heads, 128 x 128) and the scan of Mamba 2 (2.7B: 80 heads of 64, one key head of 128), over 512 tokens and over one. Both
sides get the same random numbers in float32 and must agree to 1e-4 of the largest output. transformers runs what it falls back to without
other packages: the functions of its modeling files.
"""

import argparse
import ctypes
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from transformers.models.mamba2.modeling_mamba2 import mamba2_chunk_scan, mamba2_selective_state_update
from transformers.models.qwen3_5.modeling_qwen3_5 import torch_chunk_gated_delta_rule, torch_recurrent_gated_delta_rule

KERNELS = Path(__file__).resolve().parent.parent / "Sources" / "Kernels"
POINTER, SIZE = ctypes.c_void_p, ctypes.c_ssize_t


class How(ctypes.Structure):
    _fields_ = [("key_width", SIZE), ("value_width", SIZE), ("corrects", ctypes.c_int32)]


class Row(ctypes.Structure):
    _fields_ = [("query", POINTER), ("key", POINTER), ("value", POINTER), ("stride", SIZE), ("kept", POINTER), ("kept_stride", SIZE),
                ("written", POINTER), ("written_stride", SIZE), ("skip", ctypes.c_float), ("state", POINTER), ("output", POINTER),
                ("output_stride", SIZE), ("tokens", SIZE)]


def library(folder):
    """The kernels of this checkout as a shared library."""
    target = Path(folder) / "kernels.so"
    sources = [str(KERNELS / name) for name in ("recurrent.cpp", "pool.cpp")]
    subprocess.run(["clang++", "-std=c++17", "-O3", "-fPIC", "-shared", "-I", str(KERNELS), "-I", str(KERNELS / "include"), *sources,
                    "-o", str(target), "-lhwy", "-lpthread"], check=True)
    found = ctypes.CDLL(str(target))
    found.strata_pool_create.restype = POINTER
    found.strata_pool_create.argtypes = [SIZE]
    found.strata_scan_heads.argtypes = [POINTER, POINTER, SIZE, POINTER]
    return found


def address(array, offset=0):
    return array.ctypes.data + 4 * offset


class Scan:
    """One call of the kernel for all heads of one text; the state stays where the call leaves it."""

    def __init__(self, kernels, pool, query, key, value, kept, written, skip, corrects):
        self.kernels, self.pool = kernels, pool
        tokens, heads, width = value.shape
        shared, keys = heads // key.shape[1], key.shape[2]
        # A token's channels stand in one row, as in the program.
        self.channels = np.concatenate([x.reshape(tokens, -1) for x in (query, key, value)], axis=1)
        self.kept, self.written, self.skip = (np.ascontiguousarray(x) for x in (kept, written, skip))
        self.state = np.zeros((heads, keys, width), np.float32)
        self.output = np.zeros((tokens, heads, width), np.float32)
        first = key.shape[1] * keys
        self.rows = (Row * heads)(*[Row(
            address(self.channels, h // shared * keys), address(self.channels, first + h // shared * keys),
            address(self.channels, 2 * first + h * width), self.channels.shape[1], address(self.kept, h), heads,
            address(self.written, h), heads, float(self.skip[h]), address(self.state, h * keys * width),
            address(self.output, h * width), heads * width, tokens) for h in range(heads)])
        self.how = How(keys, width, int(corrects))

    def __call__(self):
        self.kernels.strata_scan_heads(self.pool, ctypes.cast(self.rows, POINTER), len(self.rows), ctypes.byref(self.how))


def median(work, runs):
    """Seconds: the median of several runs after one to warm up."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def delta(tokens, rng):
    """Qwen3.5's layer: queries and keys have norm one."""
    def unit(shape):
        x = rng.standard_normal(shape).astype(np.float32)
        return x / np.linalg.norm(x, axis=-1, keepdims=True)
    query, key = unit((tokens, 16, 128)), unit((tokens, 16, 128))
    value = rng.standard_normal((tokens, 32, 128)).astype(np.float32)
    decay = -rng.random((tokens, 32), np.float32)
    beta = rng.random((tokens, 32), np.float32)
    ours = (query * np.float32(128 ** -0.5), key, value, np.exp(decay), beta, np.zeros(32, np.float32), True)
    parts = [torch.from_numpy(x)[None] for x in (query, key, value)]
    state = torch.zeros(1, 32, 128, 128)
    function = torch_recurrent_gated_delta_rule if tokens == 1 else torch_chunk_gated_delta_rule

    def theirs():
        return function(*parts, g=torch.from_numpy(decay)[None], beta=torch.from_numpy(beta)[None], initial_state=state,
                        output_final_state=True)[0][0].numpy()
    return ours, theirs


def mamba2(tokens, rng):
    """Mamba 2's layer: keys are B, queries C, steps dt."""
    heads, width, states = 80, 64, 128
    query, key = (rng.standard_normal((tokens, 1, states)).astype(np.float32) for _ in range(2))
    value = rng.standard_normal((tokens, heads, width)).astype(np.float32)
    steps = rng.random((tokens, heads), np.float32)
    rates, skip = -rng.random(heads, np.float32), rng.standard_normal(heads).astype(np.float32)
    ours = (query, key, value, np.exp(steps * rates), steps, skip, False)
    b, c, x, dt, a, d = (torch.from_numpy(v) for v in (key, query, value, steps, rates, skip))

    def theirs():
        if tokens == 1:
            wide = a[:, None, None].expand(-1, width, states)
            return mamba2_selective_state_update(
                torch.zeros(1, heads, width, states), x, dt[..., None].expand(-1, -1, width), wide, b, c,
                d[:, None].expand(-1, width)).numpy()
        return mamba2_chunk_scan(x[None], dt[None], a, b[None], c[None], chunk_size=256, D=d)[0].numpy()
    return ours, theirs


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print("| layer | tokens | strata, ms | transformers, ms | transformers / strata |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        kernels = library(folder)
        pool = kernels.strata_pool_create(arguments.threads)
        for name, make in (("gated delta rule, Qwen3.5", delta), ("Mamba 2, 2.7B", mamba2)):
            for tokens in (512, 1):
                ours, theirs = make(tokens, np.random.default_rng(1))
                scan = Scan(kernels, pool, *ours)
                scan()
                expected = theirs()
                difference = np.abs(scan.output.reshape(expected.shape) - expected).max() / np.abs(expected).max()
                assert difference < 1e-4, (name, tokens, difference)
                own, other = median(scan, arguments.runs), median(theirs, arguments.runs)
                print(f"| {name} | {tokens} | {1000 * own:.3f} | {1000 * other:.3f} | {other / own:.2f} |")
