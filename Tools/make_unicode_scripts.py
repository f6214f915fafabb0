"""Makes Sources/Engine/Tokenizers/PreTokenizers/UnicodeScriptTable.swift: which characters the pre-tokenizer UnicodeScripts
of Hugging Face's tokenizers keeps together.

    python Tools/make_unicode_scripts.py

The table is found by asking: a character without a script is dropped where it stands alone, and two of one script are one piece.
So it is that of the crate's own version of Unicode, kana and ideographs being one script.
"""

from pathlib import Path

import tokenizers
from tokenizers import pre_tokenizers

OUT = Path(__file__).resolve().parent.parent / "Sources/Engine/Tokenizers/PreTokenizers/UnicodeScriptTable.swift"
SPLITTER = pre_tokenizers.UnicodeScripts()


def pieces(*code_points):
    return SPLITTER.pre_tokenize_str("".join(map(chr, code_points)))


def scripts():
    """For each script its ranges; scripts in the order of their first characters."""
    found, previous = [], None
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or not pieces(code):
            previous = None
            continue
        if previous is not None and len(pieces(found[previous][0][0], code)) == 1:
            known = previous
        else:
            known = next((k for k, ranges in enumerate(found) if len(pieces(ranges[0][0], code)) == 1), len(found))
        if known == len(found): found.append([[code, code]])
        elif found[known][-1][1] == code - 1: found[known][-1][1] = code
        else: found[known].append([code, code])
        previous = known
    return found


def main():
    lines = [
        "// Made by Tools/make_unicode_scripts.py; not to be edited.", "",
        "/// The characters of every script, as the pre-tokenizer UnicodeScripts of `tokenizers` has them.",
        "enum UnicodeScriptTable {",
        "  /// Of each script the ranges, in hexadecimal.", "  static let ranges: [String] = ["]
    found = scripts()
    for ranges in found:
        words = [f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in ranges]
        rows = [""]
        for word in words:
            if len(rows[-1]) + len(word) > 108: rows.append("")
            rows[-1] += (" " if rows[-1] else "") + word
        if len(rows) == 1: lines.append(f'    "{rows[0]}",')
        else:
            lines += ['    """', *("    " + row + (" \\" if row is not rows[-1] else "") for row in rows), '    """,']
    lines += ["  ]", "}"]
    OUT.write_text("\n".join(lines) + "\n")
    print(f"{len(found)} scripts, {sum(map(len, found))} ranges, {len(lines)} lines, tokenizers {tokenizers.__version__}")


if __name__ == "__main__":
    main()
