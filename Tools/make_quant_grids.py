#!/usr/bin/env python3
"""Writes Sources/Kernels/decode/grids: the lattice points that IQ1, IQ2 and IQ3 blocks refer to by number.

They are those of ggml (MIT licence), taken from the `gguf` package. A row is one number: its values, the first one lowest,
as places in the few values there are.
"""

import pathlib

import gguf
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Sources" / "Kernels" / "decode" / "grids"

# The class that holds the table, and bits of a place.
TABLES = {
    "iq1": (gguf.quants.IQ1_S, 2),
    "iq2_xxs": (gguf.quants.IQ2_XXS, 2),
    "iq2_xs": (gguf.quants.IQ2_XS, 2),
    "iq2_s": (gguf.quants.IQ2_S, 2),
    "iq3_xxs": (gguf.quants.IQ3_XXS, 3),
    "iq3_s": (gguf.quants.IQ3_S, 3),
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (table, bits) in TABLES.items():
        table.init_grid()
        grid = table.grid.reshape(table.grid_shape).astype(int)
        places = np.searchsorted(table.grid_map, grid)
        assert (np.array(table.grid_map)[places] == grid).all()
        width = grid.shape[1]
        digits = -(-bits * width // 4)
        words = [f"0x{sum(int(place) << bits * i for i, place in enumerate(row)):0{digits}x}," for row in places]
        per_line = 14 if digits > 3 else 16
        lines = [" ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
        head = f"// {len(words)} rows of {width} places of {bits} bits, from the gguf package by Tools/make_quant_grids.py.\n"
        (FOLDER / f"{name}.h").write_text(head + "\n".join(lines) + "\n")
        print(f"{name}: {grid.shape}, values {table.grid_map}")


if __name__ == "__main__":
    main()
