"""Makes Sources/Engine/Tokenizers/PreTokenizers/unicode-scripts.json: which characters `tokenizers` takes to be of one script.

    python Tools/make_unicode_scripts.py

Asks the pre-tokenizer UnicodeScripts itself, pair by pair, because its table is older than today's Unicode. A run is a first character, a
last one and the number of a script; what is in no run (spaces, unassigned characters) belongs to any script.
"""

import json
from pathlib import Path

from tokenizers import pre_tokenizers

OUT = Path(__file__).resolve().parent.parent / "Sources" / "Engine" / "Tokenizers" / "PreTokenizers" / "unicode-scripts.json"
cutter = pre_tokenizers.UnicodeScripts()


def differ(a, b):
    return len(cutter.pre_tokenize_str(a + b)) == 2


def main():
    scalars = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    owned = [c for c in scalars if differ("a", c) or differ("\u6f22", c)]
    runs = []
    for c in owned:
        if runs and ord(c) == runs[-1][1] + 1 and not differ(chr(runs[-1][1]), c):
            runs[-1][1] = ord(c)
        else:
            runs.append([ord(c), ord(c)])
    examples = []
    for run in runs:
        number = next((i for i, example in enumerate(examples) if not differ(example, chr(run[0]))), len(examples))
        if number == len(examples):
            examples.append(chr(run[0]))
        run.append(number)
    OUT.write_text("[\n" + ",\n".join(
        ", ".join(json.dumps(run, separators=(",", ":")) for run in runs[i:i + 8]) for i in range(0, len(runs), 8)) + "\n]\n")
    print(f"{len(runs)} runs, {len(examples)} scripts, {OUT.stat().st_size} bytes")


main()
