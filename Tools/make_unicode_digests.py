"""Makes Tests/Fixtures/tokenizers/unicode.json: what each normalizer and pre-tokenizer of Hugging Face's tokenizers does with
every character of Unicode.

    python Tools/make_unicode_digests.py [BLOCK [OUT]]

Characters go in blocks of BLOCK code points (default 1024). Of each block three texts are made: the characters one after another, with
an x before each, and with a kana before each. A digest is 32-bit FNV-1a over the UTF-8 of what becomes of the three, a byte FF
behind every piece; digests are joined, little-endian, in base64. Planes 4 to 13, of which nothing is assigned, are left out.
"""

import base64
import json
import struct
import sys
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer

from character_maps import PREPENDED, compiled

OUT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "tokenizers" / "unicode.json"
RANGES = [(0, 0x40000), (0xE0000, 0xE1000), (0xFFC00, 0x100400), (0x10FC00, 0x110000)]


def bert(**settings):
    return {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False, "strip_accents": False,
            "lowercase": False, **settings}


NORMALIZERS = [
    {"type": "NFC"}, {"type": "NFD"}, {"type": "NFKC"}, {"type": "NFKD"}, {"type": "Lowercase"}, {"type": "StripAccents"},
    {"type": "Nmt"}, {"type": "ByteLevel"}, bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True),
    bert(lowercase=True),
    # What belongs to an x, to a kana or to a prepended character goes with it: so the clusters of characters show.
    {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(
        compiled({"x": "1", "\u304b": "2", **{chr(c): "3" for c in PREPENDED}})).decode()}]
PRE_TOKENIZERS = [
    {"type": "BertPreTokenizer"}, {"type": "UnicodeScripts"}, {"type": "Whitespace"}, {"type": "WhitespaceSplit"},
    {"type": "Punctuation"}, {"type": "Digits", "individual_digits": True}, {"type": "FixedLength", "length": 3},
    *({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
      for pattern in [r"\p{L}", r"\p{N}", r"\p{P}", r"\p{S}", r"\p{M}", r"\p{Lu}", r"\s", r"\w", r"\d"])]


def texts(start, end):
    characters = [chr(c) for c in range(start, end) if not 0xD800 <= c < 0xE000]
    return ["".join(before + c for c in characters) for before in ("", "x", "\u304b")]


def digest(parts):
    value = 0x811C9DC5
    for part in parts:
        for byte in part.encode() + b"\xff":
            value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def main():
    block = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else OUT
    steps = [("normalizer", step) for step in NORMALIZERS] + [("pre_tokenizer", step) for step in PRE_TOKENIZERS]
    made = []
    for kind, step in steps:
        tokenizer = Tokenizer.from_str(json.dumps(
            {"version": "1.0", "added_tokens": [], "model": {"type": "WordLevel", "vocab": {}, "unk_token": ""}, kind: step}))
        found = []
        for first, last in RANGES:
            for start in range(first, last, block):
                parts = []
                for text in texts(start, start + block):
                    if kind == "normalizer": parts.append(tokenizer.normalizer.normalize_str(text))
                    else: parts += [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
                found.append(digest(parts))
        made.append({kind: step, "digests": base64.b64encode(struct.pack(f"<{len(found)}I", *found)).decode()})
    text = json.dumps({"block": block, "ranges": RANGES, "steps": made}, separators=(",", ":"))
    if out == OUT: assert len(text) <= 100_000, len(text)
    out.write_text(text + "\n")
    print(f"{out.name}: {len(made)} steps, {len(text)} bytes, tokenizers {tokenizers.__version__}")


if __name__ == "__main__":
    main()
