"""Makes the large comparison of tokenizers in Tests/Fixtures/tokenizers: 2183 hostile strings for every kind of tokenizer.

    python Tools/make_tokenizer_digests.py

- hostile.json: the strings.
- vocabulary.json: one byte-level vocabulary, learned from such strings without cutting them, so that its merges cross every
  boundary a pre-tokeniser can set.
- families-1.json to families-3.json: for each family's pre-tokenizer and normalizer, as the family's own tokenizer.json has
  them, a digest of the ids of every string. The names are those of GGUF's `tokenizer.ggml.pre`.

- kinds-1.json, kinds-2.json: SentencePiece-style tokenizers (BPE and unigram, each with one vocabulary) with the normalizers,
  pre-tokenizers, added tokens and templates of the families that have them.

A digest is 32-bit FNV-1a over the ids, each as four little-endian bytes; digests are joined, little-endian, in base64.
"""

import base64
import json
import struct
import sys
from collections import Counter
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from hostile_strings import HOSTILE, random_strings

OUT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "tokenizers"
SIZE_LIMIT = 100_000
TEXTS = HOSTILE + random_strings(1800, seed=11)

CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = CONTRACTION + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = CONTRACTION + (
    r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
GPT4O = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
DEEPSEEK3 = (
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
    r"""| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""")

BAILING = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+")
SEED_CODER = CONTRACTION + (
    r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+")
# Cased letters, as DeepSeek LLM lists them: code points and ranges of them.
CASED = """
41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C 38E-3A1 3A3-3F5
3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A 1E00-1F15
1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 1FC6-1FCC
1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 212A-212D
212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D A680-A69B
A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3 104D8-104FB
10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943
"""


def cased_letters():
    return "".join("-".join(chr(int(end, 16)) for end in entry.split("-")) for entry in CASED.split())


def split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def level(use_regex):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def digits(individual):
    return {"type": "Digits", "individual_digits": individual}


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


NFC = {"type": "NFC"}
# One GGUF name of each family, pre_tokenizer, normalizer, ignore_merges.
FAMILIES = [
    ("gpt-2", level(True), None, False),
    ("mpt", level(True), NFC, False),
    ("smollm", sequence(digits(True), level(True)), None, False),
    ("command-r", sequence(digits(True), level(True)), NFC, False),
    ("llama-bpe", sequence(split(LLAMA3), level(False)), None, True),
    ("dbrx", sequence(split(LLAMA3), level(False)), None, False),
    ("qwen2", sequence(split(QWEN2), level(False)), NFC, False),
    ("qwen35", sequence(split(QWEN35), level(False)), NFC, False),
    ("tekken", sequence(split(TEKKEN), level(False)), None, True),
    ("gpt-4o", sequence(split(GPT4O), level(False)), None, False),
    ("falcon", sequence(
        {"type": "Punctuation", "behavior": "Contiguous"}, level(True), digits(False), split("[0-9][0-9][0-9]")), None, False),
    ("bloom", sequence(split(BLOOM), level(False)), None, False),
    ("viking", sequence(split(BLOOM), digits(True), level(False)), None, False),
    ("deepseek-coder", sequence(
        split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split("[一-龥ࠀ-一가-퟿]+"), digits(True), level(False)),
     {"type": "Sequence", "normalizers": []}, False),
    ("deepseek-v3", sequence(
        split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK3), level(False)),
     {"type": "Sequence", "normalizers": []}, False),
    # Known from llama.cpp, which gives the original pattern.
    ("bailingmoe", sequence(split(BAILING), level(False)), None, False),
    ("seed-coder", sequence(split(SEED_CODER), level(False)), None, False),
    ("grok-2", sequence(split(QWEN2), level(False)), None, False),
    ("deepseek-llm", sequence(
        split("[\r\n]"), split(r"\s?[" + cased_letters() + "]+"), split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"), split(r"\s+$"),
        split("[一-龥ࠀ-一가-퟿]+"), digits(False), level(False)), None, False),
]


def write(name, value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    assert size <= SIZE_LIMIT, (name, size)
    (OUT / name).write_text(text, encoding="utf-8")
    print(name, size)


def digest(ids):
    value = 0x811C9DC5
    for byte in struct.pack(f"<{len(ids)}I", *ids):
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def digests(tokenizer):
    found = [digest(tokenizer.encode(text).ids) for text in TEXTS]
    return base64.b64encode(struct.pack(f"<{len(found)}I", *found)).decode()


def families():
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    learner.train_from_iterator(HOSTILE * 3 + random_strings(2500, seed=23), trainers.BpeTrainer(
        vocab_size=1500, show_progress=False, max_token_length=12,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    model = json.loads(learner.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    made = []
    for name, pre, normalizer, whole in FAMILIES:
        described = json.loads(learner.to_str())
        described["model"]["ignore_merges"] = whole
        described.update(pre_tokenizer=pre, normalizer=normalizer, decoder={
            "type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True})
        tokenizer = Tokenizer.from_str(json.dumps(described))
        made.append({
            "name": name, "pre_tokenizer": pre, "normalizer": normalizer, "ignore_merges": whole,
            "digests": digests(tokenizer)})
    # Whether whole pieces come first makes no difference to merges that were learned without cutting.
    same = [(a["name"], b["name"]) for a in made for b in made if a["name"] < b["name"] and a["digests"] == b["digests"]]
    # Of two ways to take line breaks both take the same.
    assert same == [("dbrx", "llama-bpe"), ("bailingmoe", "grok-2")], same
    write("vocabulary.json", {"tokens": tokens, "merges": [" ".join(m) for m in model["merges"]]})
    write("families-1.json", made[:8])
    write("families-2.json", made[8:15])
    write("families-3.json", made[15:])


BOS = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
       "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
       "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
ROBERTA = {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1], "trim_offsets": True, "add_prefix_space": False}
MARK = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}


def metaspace(scheme, splits):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": splits}


def normalizers(*steps):
    return {"type": "Sequence", "normalizers": list(steps)}


PREPEND = {"type": "Prepend", "prepend": "▁"}
# Name, model, normalizer, pre_tokenizer, post_processor, what changes in the model.
KINDS = [
    ("llama-2", "pieces", normalizers(PREPEND, MARK), None, BOS, {}),
    ("mistral", "pieces", None, metaspace("first", False), BOS, {}),
    ("gemma", "pieces", MARK, {**split(" "), "pattern": {"String": " "}, "behavior": "MergedWithPrevious"}, None, {}),
    ("no fallback", "pieces", MARK, metaspace("always", True), None, {"byte_fallback": False}),
    ("unigram", "unigram", {"type": "NFKC"}, metaspace("always", True), None, {}),
    ("unigram with bytes", "unigram", None, metaspace("first", False), BOS, {"byte_fallback": True}),
    ("unigram in a GGUF", "unigram", normalizers(
        {"type": "Strip", "strip_left": True, "strip_right": True},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}), metaspace("always", False), None, {"byte_fallback": True}),
    ("unigram folded", "unigram", normalizers({"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
                                              {"type": "Strip", "strip_left": True, "strip_right": True}),
     metaspace("never", True), ROBERTA, {}),
]


def piece_models():
    """One BPE and one unigram vocabulary, learned from such strings, with the 256 bytes."""
    bytes_ = [f"<0x{i:02X}>" for i in range(256)]
    texts = [t.replace(" ", "▁") for t in HOSTILE * 2 + random_strings(1500, seed=29)]
    learner = Tokenizer(models.BPE())
    learner.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=420, show_progress=False, limit_alphabet=160, max_token_length=8))
    learned = json.loads(learner.to_str())["model"]
    fixed = ["<unk>", "<s>", "</s>"] + bytes_
    order = fixed + [t for t in sorted(learned["vocab"], key=learned["vocab"].get) if t not in fixed]
    pieces = {"type": "BPE", "vocab": {t: i for i, t in enumerate(order)}, "merges": learned["merges"], "unk_token": "<unk>",
              "fuse_unk": True, "byte_fallback": True}
    grower = Tokenizer(models.Unigram())
    # Its trainer wants a token for every character there is.
    common = {c for c, _ in Counter("".join(texts)).most_common(150)}
    known = ["".join(c for c in t if c in common) for t in texts]
    grower.train_from_iterator(known, trainers.UnigramTrainer(vocab_size=420, show_progress=False, unk_token="<unk>"))
    grown = [pair for pair in json.loads(grower.to_str())["model"]["vocab"] if pair[0] not in fixed]
    vocab = [["<unk>", 0.0], ["<s>", 0.0], ["</s>", 0.0]] + [[b, 0.0] for b in bytes_]
    vocab += [[token, round(score * 1024) / 1024] for token, score in grown]
    return {"pieces": pieces, "unigram": {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": False}}


def kinds():
    described = piece_models()
    added = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
             for i, t in enumerate(["<unk>", "<s>", "</s>"])]
    made = []
    for name, model, normalizer, pre, post, changes in KINDS:
        parts = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": normalizer,
                 "pre_tokenizer": pre, "post_processor": post, "decoder": {"type": "Sequence", "decoders": [
                     {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]}}
        tokenizer = Tokenizer.from_str(json.dumps({**parts, "model": {**described[model], **changes}}))
        made.append({"name": name, "model": model, "changes": changes, "parts": parts, "digests": digests(tokenizer)})
    different = {entry["digests"] for entry in made}
    assert len(different) == len(made)
    write("kinds-1.json", {"models": described, "kinds": made[:4]})
    write("kinds-2.json", {"models": {}, "kinds": made[4:]})


def main():
    assert len(TEXTS) >= 2000
    write("hostile.json", TEXTS)
    families()
    kinds()
    print("tokenizers", tokenizers.__version__)


if __name__ == "__main__":
    main()
