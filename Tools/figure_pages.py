#!/usr/bin/env python3
"""Draws the pictures of docs/figures from real models, and writes the tables of options into the pages.

    python3 Tools/figure_pages.py [STRATA]       (.build/release/strata when there is none)

The models are those of the catalog: `strata models pull smollm2-135m gemma-3-270m` first. The words of the pages are written by hand.
"""

import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs/figures"
STRATA = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".build/release/strata").resolve()
# Larger pictures get a palette.
LARGE = 90_000
SMOL, GEMMA = "smollm2-135m", "gemma-3-270m"
FIRST, FIRST_LENS = str(ROOT / "models/first"), str(ROOT / "examples/data/first-jacobian-lens.pt")
EU = "The countries of the European Union are:\n1. Austria\n2. Belgium\n3. Bulgaria\n4."
HEATHROW = "Heathrow airport is located in the city of"
CORDOBA = (
    "Some of the most glorious historical attractions in Spain date from the period of Muslim rule, including The Mezquita, built as the "
    "Great Mosque of Cordoba and the Medina Azahara, also in Cordoba and now in ruins but still visitable as such and built as the Madinat "
    "al-Zahra, the Palace of al-Andalus; and the Alhambra in Granada, a splendid, intact palace."
)
NUMBERS = ["The keys to the cabinet", "The key to the cabinets", "The book on the shelves", "The books on the shelf"]

# name: (model, prompt, further arguments of `strata trace`)
TRACES = {
    "eu-gemma": (GEMMA, EU, ["--generate", "20"]),
    "eu-smol": (SMOL, EU, ["--generate", "20"]),
    "heathrow": (GEMMA, HEATHROW, ["--generate", "8", "--columns", "all"]),
    "cordoba": (GEMMA, CORDOBA, ["--generate", "12", "--columns", "all"]),
    "keys-gemma": (GEMMA, NUMBERS[0], ["--watch", " is", "--watch", " are"]),
    "agreement-smol": (SMOL, NUMBERS[0], ["--attribute", '{target: " are", foil: " is"}']),
    "heathrow-smol": (SMOL, HEATHROW, ["--generate", "1", "--columns", "all"]),
    "first-logit": (FIRST, HEATHROW, ["--generate", "1", "--columns", "all"]),
    "first-jacobian": (FIRST, HEATHROW, ["--generate", "1", "--columns", "all", "--jacobian-lens", FIRST_LENS]),
    "patched-smol": (SMOL, "The key to the cabinet", ["--patch", '{source: "The keys to the cabinet", target: " are", foil: " is"}']),
    **{f"number-{i}": (SMOL, text, ["--watch", " is", "--watch", " are"]) for i, text in enumerate(NUMBERS)},
}
# name: (model, data set of examples/data, further arguments of `strata dataset`)
PAIRS = ["--sentence", "sentence_good", "--foil", "sentence_bad", "--group", "distance", "--items"]
DATASETS = {
    "agreement": (SMOL, "agreement.csv", ["--foil", "foil", "--group", "match", "--group", "subject"]),
    "sentences-smol": (SMOL, "sentences.csv", PAIRS),
    "sentences-gemma": (GEMMA, "sentences.csv", PAIRS),
}
# The traces of a prompt of examples/checkpoints.yaml, as a build leaves them.
CHECKPOINTS = [f"checkpoints/traces/first-step-{step}-red" for step in [0, 125, 250, 500, 1000, 2000, 4000, 8000]]
# picture: (traces or summaries of data sets, kind, options)
PICTURES = {
    "rank-heatmap": (["eu-gemma"], "rank-heatmap", []),
    "rank-heatmap-article": (["eu-gemma"], "rank-heatmap", ["look=article"]),
    "top-tokens": (["heathrow"], "top-tokens", ["position=10"]),
    "token-ranks": (["number-0"], "token-ranks", []),
    "lens-grid": (["heathrow"], "lens-grid", ["start=9", "count=9"]),
    "trajectory": (["number-0"], "trajectory", []),
    "profile": (["eu-gemma"], "profile", []),
    "first-layer": (["eu-gemma"], "first-layer", []),
    "difference": ([f"number-{i}" for i in range(len(NUMBERS))], "difference", ["together=true"]),
    "token-strip": (["cordoba"], "token-strip", []),
    "comparison": (["eu-smol", "eu-gemma"], "comparison", []),
    "attribution": (["agreement-smol"], "attribution", []),
    "attribution-heads": (["agreement-smol"], "attribution", ["by=head"]),
    "patching": (["patched-smol"], "patching", []),
    "patching-mlp": (["patched-smol"], "patching", ["of=mlp"]),
    "vocabulary": (["heathrow"], "vocabulary", ["tokens=words"]),
    "vocabulary-lenses": (["first-logit", "first-jacobian"], "vocabulary", ["between=lenses"]),
    "lens-grid-mark": (["heathrow-smol"], "lens-grid", ["start=5", "mark={answers: [\" London\"], function words: [\" a\", \" the\"]}"]),
    "dataset-profile": (["agreement"], "dataset-profile", []),
    **{f"{kind}-training": (CHECKPOINTS, kind, ["together=true", *options])
       for kind, options in [("rank-heatmap", ["max_rank=1000"]), ("trajectory", ["max_rank=1000"]), ("profile", [])]},
    "dataset-comparison": (["sentences-smol", "sentences-gemma"], "dataset-comparison", ["by=model"]),
}


def strata(*arguments: object) -> str:
    """What the program says on stdout."""
    command = [str(STRATA), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def packed(png: bytes) -> bytes:
    """The picture for the repository: compressed as far as zlib can, and a large one with 256 colours.

    The program compresses quickly and has every shade of the edges of letters.
    """
    signature, at, chunks = png[:8], 8, []
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += length + 12
    rows = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    stream = zlib.compressobj(9, zlib.DEFLATED, 15, 9)
    pixels = (b"IDAT", stream.compress(rows) + stream.flush())
    first = next(index for index, (name, _) in enumerate(chunks) if name == b"IDAT")
    rest = [chunk for chunk in chunks if chunk[0] != b"IDAT"]
    before = rest[:first]
    if len(pixels[1]) > LARGE:
        width, height, depth, kind = struct.unpack_from(">IIBB", chunks[0][1])
        assert (depth, kind) == (8, 2), "the program writes eight bits of red, green and blue"
        palette, indices = with_palette(plain(rows, width, height))
        lines = b"".join(b"\0" + indices[y * width : (y + 1) * width] for y in range(height))
        pixels = (b"IDAT", zlib.compress(lines, 9))
        header = struct.pack(">IIBB", width, height, 8, 3) + chunks[0][1][10:]
        before = [(b"IHDR", header)] + before[1:] + [(b"PLTE", b"".join(palette))]
    file = signature
    for name, data in before + [pixels] + rest[first:]:
        file += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return file


def plain(rows: bytes, width: int, height: int) -> bytes:
    """The pixels of rows of red, green and blue that PNG's filters changed."""
    size, above, result = 3 * width, bytes(3 * width), []
    for y in range(height):
        kind, line = rows[y * (size + 1)], bytearray(rows[y * (size + 1) + 1 : (y + 1) * (size + 1)])
        for x in range(size) if kind else ():
            left, up = (line[x - 3] if x >= 3 else 0), above[x]
            corner = above[x - 3] if x >= 3 else 0
            if kind == 4:
                near = [abs(left + up - corner - value) for value in (left, up, corner)]
                guess = (left, up, corner)[near.index(min(near))]
            else:
                guess = (0, left, up, (left + up) // 2)[kind]
            line[x] = (line[x] + guess) & 255
        above = bytes(line)
        result.append(above)
    return b"".join(result)


def with_palette(pixels: bytes) -> tuple[list[bytes], bytes]:
    """At most 256 colours, and for every pixel the nearest: those of areas as they are, then frequent ones that are told apart."""
    colours = [pixels[at : at + 3] for at in range(0, len(pixels), 3)]
    counts: dict[bytes, int] = {}
    for colour in colours:
        counts[colour] = counts.get(colour, 0) + 1
    frequent = sorted(counts, key=lambda colour: (-counts[colour], colour))

    def distance(one: bytes, other: bytes) -> int:
        return sum((a - b) ** 2 for a, b in zip(one, other))

    apart = 0
    while True:
        palette = [colour for colour in frequent[:200] if counts[colour] >= 200]
        for colour in frequent[len(palette) :]:
            if all(distance(colour, known) > apart for known in palette):
                palette.append(colour)
            if len(palette) > 256:
                break
        if len(palette) <= 256:
            break
        apart = max(4, apart * 3 // 2)
    nearest = {colour: min(range(len(palette)), key=lambda index: distance(colour, palette[index])) for colour in frequent}
    return palette, bytes(nearest[colour] for colour in colours)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, (model, prompt, rest) in TRACES.items():
            text = Path(folder) / "prompt.txt"
            text.write_text(prompt)
            strata("trace", "--model", model, "--prompt-file", text, *rest, "-o", f"{folder}/{name}.json")
        for name, (model, file, rest) in DATASETS.items():
            data = ROOT / "examples/data" / file
            strata("dataset", data, "--model", model, *rest, "--format", "json", "-o", f"{folder}/{name}.json")
        strata("build", ROOT / "examples/checkpoints.yaml", "--offline", "--out", folder)
        for picture, (numbers, kind, options) in PICTURES.items():
            inputs = [f"{folder}/{name}.json" for name in numbers]
            settings = [word for option in options for word in ("--set", option)]
            file = PAGES / f"{picture}.png"
            strata("draw", *inputs, "--kind", kind, *settings, "-o", file)
            file.write_bytes(packed(file.read_bytes()))
    for line in strata("kinds").splitlines():
        kind = line.split()[0]
        page = PAGES / f"{kind}.md"
        words = page.read_text()
        page.write_text(words[: words.index("| option |")] + strata("kinds", kind, "--markdown"))


if __name__ == "__main__":
    main()
