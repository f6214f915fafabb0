#!/usr/bin/env python3
"""Writes Tests/Fixtures/quantization: raw blocks of every stored number format and the float32 values they stand for.

The values are those of `gguf.quants.dequantize`. FORMAT.blocks holds the blocks, FORMAT.float32 the little-endian values.
Half-precision fields take every special value (zeros, subnormals, largest, infinities, NaN) in turn, scales of one byte
every value, the tables of IQ formats are gone through row by row, the other bytes are extreme and random ones.
"""

import pathlib

import gguf
import numpy as np
import torch

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "quantization"

# Offsets of the half-precision fields in a block.
HALVES = {
    "Q8_0": [0],
    "Q4_0": [0],
    "Q4_1": [0, 2],
    "Q5_0": [0],
    "Q5_1": [0, 2],
    "Q2_K": [80, 82],
    "Q3_K": [108],
    "Q4_K": [0, 2],
    "Q5_K": [0, 2],
    "Q6_K": [208],
    "IQ4_NL": [0],
    "IQ4_XS": [0],
    "TQ1_0": [52],
    "TQ2_0": [64],
    "IQ1_S": [0],
    "IQ1_M": [48],
    "IQ2_XXS": [0],
    "IQ2_XS": [0],
    "IQ2_S": [0],
    "IQ3_XXS": [0],
    "IQ3_S": [0],
    "MXFP4": [],
    "NVFP4": [],
}
# Formats that ggml does not have; PyTorch decodes them.
FLOAT8 = {"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}
SCALE_BYTES = {"MXFP4": [0], "NVFP4": [0, 1, 2, 3]}
# Rows of the table of a format with one, and, for each place in a block that names a row, where its number lies:
# offset, first bit and bits of one or two parts, the low one first.
GRIDS = {
    "IQ1_S": (2048, [[(2 + k, 0, 8), (34 + k // 4 * 2, k % 4 * 3, 3)] for k in range(32)]),
    "IQ1_M": (2048, [[(k, 0, 8), (32 + k // 2, k % 2 * 4, 3)] for k in range(32)]),
    "IQ2_XXS": (256, [[(2 + k // 4 * 8 + k % 4, 0, 8)] for k in range(32)]),
    "IQ2_XS": (512, [[(2 + 2 * k, 0, 9)] for k in range(32)]),
    "IQ2_S": (1024, [[(2 + k, 0, 8), (66 + k // 4, k % 4 * 2, 2)] for k in range(32)]),
    "IQ3_XXS": (256, [[(2 + k, 0, 8)] for k in range(64)]),
    "IQ3_S": (512, [[(2 + k, 0, 8), (66 + k // 8, k % 8, 1)] for k in range(64)]),
}
SPECIAL = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0x3C00, 0xBC00]
FILLS = [0x00, 0xFF, 0x80, 0x7F, 0x0F, 0xF0]


def put(row: np.ndarray, offset: int, first: int, bits: int, value: int) -> None:
    mask = ((1 << bits) - 1) << first
    count = (first + bits + 7) // 8
    word = int.from_bytes(row[offset : offset + count].tobytes(), "little")
    word = word & ~mask | value << first & mask
    row[offset : offset + count] = np.frombuffer(word.to_bytes(count, "little"), np.uint8)


def put_half(name: str, row: np.ndarray, offset: int, half: int) -> None:
    if name == "IQ1_M":
        # One nibble on top of each of four half words.
        for k in range(4):
            put(row, offset + 2 * k, 12, 4, half >> (4 * k) & 15)
    else:
        put(row, offset, 0, 16, half)


def blocks(name: str, random: np.random.Generator) -> np.ndarray:
    size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]][1]
    rows = []

    def add(content: np.ndarray, halves: list[int]) -> None:
        row = content.astype(np.uint8)
        for offset, half in zip(HALVES[name], halves):
            put_half(name, row, offset, half)
        rows.append(row)

    def noise() -> np.ndarray:
        return random.integers(0, 256, size)

    def scale() -> int:
        return int(np.float16(random.normal(0, 0.05)).view(np.uint16))

    for place in range(len(HALVES[name])):
        for special in SPECIAL:
            halves = [scale() for _ in HALVES[name]]
            halves[place] = special
            add(noise(), halves)
    for fill in FILLS:
        add(np.full(size, fill), [scale() for _ in HALVES[name]])
    bytes_per_block = SCALE_BYTES.get(name, [])
    for first in range(0, 256 if bytes_per_block else 0, len(bytes_per_block) or 1):
        row = noise()
        row[bytes_per_block] = first + np.arange(len(bytes_per_block))
        add(row, [])
    entries, places = GRIDS.get(name, (0, []))
    for first in range(0, entries, len(places) or 1):
        row = noise().astype(np.uint8)
        for k, parts in enumerate(places):
            number = first + k
            for offset, low, bits in parts:
                put(row, offset, low, bits, number)
                number >>= bits
        add(row, [scale()])
    while len(rows) < 48:
        add(noise(), [scale() for _ in HALVES[name]])
    return np.stack(rows)


def plain(name: str, random: np.random.Generator) -> np.ndarray:
    if name == "F32":
        words = random.integers(0, 1 << 32, 2000, dtype=np.uint64).astype(np.uint32)
        special = np.array([0, 1, 0x80000000, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000])
        return np.concatenate([special.astype(np.uint32), words]).view(np.uint8)
    if name == "F64":
        # Values between float32 numbers, ties, those that are subnormal in float32 or too large for it.
        floats = plain("F32", random).view(np.float32).astype(np.float64)
        special = np.array([1 + 2.0**-24, 1 + 3 * 2.0**-24, 1 + 2.0**-24 + 2.0**-52, 2.0**-150, 1.5 * 2.0**-150, 1e-320, 1e39,
                            3.4028235677973366e38, 3.4028235677973362e38, np.inf, -np.inf, np.nan, -0.0])
        return np.concatenate([special, random.standard_normal(1500), floats[np.isfinite(floats)][:500]]).view(np.uint8)
    if name in FLOAT8:
        return np.arange(256, dtype=np.uint8)
    # Every sign and exponent, with the extreme fractions and some between.
    bits = 10 if name == "F16" else 7
    fractions = np.unique(np.concatenate([np.arange(8), (1 << bits) - 1 - np.arange(8), random.integers(0, 1 << bits, 16)]))
    words = (np.arange(1 << (16 - bits))[:, None] << bits | fractions[None, :]).astype(np.uint16)
    # Signalling NaNs become quiet ones on some processors, and nothing depends on which.
    exponent = ((1 << (15 - bits)) - 1) << bits
    signalling = ((words & exponent) == exponent) & (words & (1 << (bits - 1)) == 0) & (words & ((1 << bits) - 1) != 0)
    return words[~signalling].ravel().view(np.uint8)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ["F32", "F16", "BF16", "F64", *FLOAT8, *HALVES]:
        random = np.random.default_rng(sum(name.encode()))
        raw = blocks(name, random) if name in HALVES else plain(name, random)
        format = gguf.GGMLQuantizationType.__members__.get(name)
        with np.errstate(all="ignore"):
            if name == "F32":
                values = raw.view(np.float32)
            elif name == "F64":
                values = torch.from_numpy(raw.view(np.float64).copy()).to(torch.float32).numpy()
            elif name in FLOAT8:
                values = torch.from_numpy(raw).view(FLOAT8[name]).to(torch.float32).numpy()
            elif name == "F16":
                values = raw.view(np.float16).astype(np.float32)
            else:
                values = gguf.quants.dequantize(raw, format)
        (FOLDER / f"{name}.blocks").write_bytes(raw.tobytes())
        (FOLDER / f"{name}.float32").write_bytes(values.astype("<f4").tobytes())
        print(f"{name}: {raw.size} bytes, {values.size} values, {np.isnan(values).sum()} NaN")


if __name__ == "__main__":
    main()
