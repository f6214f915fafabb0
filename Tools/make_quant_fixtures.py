#!/usr/bin/env python3
"""Writes Tests/Fixtures/quantization: raw blocks of every stored number format and the float32 values they stand for.

The values are those of `gguf.quants.dequantize`. FORMAT.blocks holds the blocks, FORMAT.float32 the little-endian values.
Half-precision fields take every special value (zeros, subnormals, largest, infinities, NaN) in turn, scales of one byte
every value, the other bytes extreme and random ones.
"""

import pathlib

import gguf
import numpy as np

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
    "MXFP4": [],
    "NVFP4": [],
}
# Offsets of scales of one byte, which is a float by itself.
SCALE_BYTES = {"MXFP4": [0], "NVFP4": [0, 1, 2, 3]}
SPECIAL = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0x3C00, 0xBC00]
FILLS = [0x00, 0xFF, 0x80, 0x7F, 0x0F, 0xF0]


def blocks(name: str, random: np.random.Generator) -> np.ndarray:
    size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]][1]
    rows = []

    def add(content: np.ndarray, halves: list[int]) -> None:
        row = content.astype(np.uint8)
        for offset, half in zip(HALVES[name], halves):
            row[offset : offset + 2] = np.frombuffer(np.uint16(half).tobytes(), np.uint8)
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
    while len(rows) < 48:
        add(noise(), [scale() for _ in HALVES[name]])
    return np.stack(rows)


def plain(name: str, random: np.random.Generator) -> np.ndarray:
    if name == "F32":
        words = random.integers(0, 1 << 32, 2000, dtype=np.uint64).astype(np.uint32)
        special = np.array([0, 1, 0x80000000, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000])
        return np.concatenate([special.astype(np.uint32), words]).view(np.uint8)
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
    for name in ["F32", "F16", "BF16", *HALVES]:
        random = np.random.default_rng(sum(name.encode()))
        raw = blocks(name, random) if name in HALVES else plain(name, random)
        format = gguf.GGMLQuantizationType[name]
        with np.errstate(all="ignore"):
            if name == "F32":
                values = raw.view(np.float32)
            elif name == "F16":
                values = raw.view(np.float16).astype(np.float32)
            else:
                values = gguf.quants.dequantize(raw, format)
        (FOLDER / f"{name}.blocks").write_bytes(raw.tobytes())
        (FOLDER / f"{name}.float32").write_bytes(values.astype("<f4").tobytes())
        print(f"{name}: {raw.size} bytes, {values.size} values, {np.isnan(values).sum()} NaN")


if __name__ == "__main__":
    main()
