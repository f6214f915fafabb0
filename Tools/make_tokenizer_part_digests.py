"""Makes Tests/Fixtures/tokenizers/parts-*.json: the 2183 hostile strings of hostile.json for tokenizers that use one part each of
what tokenizer.json may hold beside what the supported families have.

    python Tools/make_tokenizer_part_digests.py

Each file is {"models": {name: model}, "kinds": [{name, model, changes, parts, added, digests, texts}]}: a tokenizer.json is `parts` with
the model, `changes` made to it; all three are JSON in a string, because not every reader of JSON keeps texts apart that Unicode
calls equivalent. `added` has the ids of the added tokens. Digests are those of make_tokenizer_digests.py; a text that tokenizers refuses has the digest 0. `texts` is one digest of
what each token, added ones aside, is decoded to between two others, as UTF-8 with a byte FF behind it ("?" for a part of a character).
"""

import base64
import json
import struct
from collections import Counter

import tokenizers
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from character_maps import compiled
from hostile_strings import HOSTILE, random_strings
from make_tokenizer_digests import BOS, MARK, TEXTS, digest, digits, level, metaspace, sequence, split, write
from make_tokenizer_digests import normalizers as steps

BERT = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
STRIP = {"type": "Strip", "strip_left": True, "strip_right": True}
SQUEEZE = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
LEARNED = HOSTILE * 2 + random_strings(1500, seed=41)


def of(kind, **settings):
    return {"type": kind, **settings}


def learn(model, pre, trainer, normalizer=None):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre
    if normalizer: tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(LEARNED, trainer)
    return json.loads(tokenizer.to_str())["model"]


def described_models():
    white = pre_tokenizers.Whitespace()
    bytes_ = [f"<0x{i:02X}>" for i in range(256)]
    bpe = lambda **more: trainers.BpeTrainer(show_progress=False, limit_alphabet=120, max_token_length=8, **more)
    made = {
        "words": learn(models.WordLevel(unk_token="<unk>"), white, trainers.WordLevelTrainer(
            vocab_size=350, show_progress=False, special_tokens=["<unk>", "<s>", "</s>"])),
        "word pieces": learn(models.WordPiece(unk_token="<unk>"), pre_tokenizers.BertPreTokenizer(), trainers.WordPieceTrainer(
            vocab_size=500, show_progress=False, limit_alphabet=150, special_tokens=["<unk>", "<s>", "</s>"]),
            normalizers.BertNormalizer()),
        "ends": learn(models.BPE(unk_token="<unk>"), white, bpe(
            vocab_size=500, end_of_word_suffix="</w>", special_tokens=["<unk>", "<s>", "</s>"])),
        "insides": learn(models.BPE(unk_token="<unk>"), white, bpe(
            vocab_size=500, continuing_subword_prefix="##", special_tokens=["<unk>", "<s>", "</s>"])),
        "both": learn(models.BPE(unk_token="<unk>"), white, bpe(
            vocab_size=500, continuing_subword_prefix="@", end_of_word_suffix="é", special_tokens=["<unk>", "<s>", "</s>"] + bytes_)),
        "level": learn(models.BPE(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False), trainers.BpeTrainer(
            vocab_size=600, show_progress=False, max_token_length=10, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))),
        "level ends": learn(models.BPE(), pre_tokenizers.ByteLevel(add_prefix_space=False), trainers.BpeTrainer(
            vocab_size=800, show_progress=False, max_token_length=12, end_of_word_suffix="</w>",
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))),
    }
    common = {c for c, _ in Counter("".join(LEARNED)).most_common(150)}
    known = ["".join(c for c in t.replace(" ", "▁") if c in common) for t in LEARNED]
    grower = Tokenizer(models.Unigram())
    grower.train_from_iterator(known, trainers.UnigramTrainer(vocab_size=420, show_progress=False, unk_token="<unk>"))
    fixed = ["<unk>", "<s>", "</s>"]
    grown = [pair for pair in json.loads(grower.to_str())["model"]["vocab"] if pair[0] not in fixed]
    # Some bytes have no token, so that falling back on them fails at times.
    bytes_ = [b for i, b in enumerate(bytes_) if i % 16 != 3]
    vocab = [[t, 0.0] for t in fixed + bytes_] + [[token, round(score * 1024) / 1024] for token, score in grown]
    made["unigram"] = {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": False}
    # The alphabet spelled whole.
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made["alphabet"] = {"type": "Unigram", "unk_id": 0, "byte_fallback": False, "vocab": [["<unk>", 0.0], *(
        [t, -4.0 - i / 1024] for i, t in enumerate(alphabet)), *([t, -3.5] for t in made["level"]["vocab"] if len(t) == 2)]}
    return made


def map_of_texts():
    """SentencePiece's nmt_nfkc for what occurs in the strings, and for some characters of two and three."""
    whole = normalizers.Precompiled(compiled(name="nmt_nfkc"))
    rules = {}
    for text in TEXTS:
        for piece, _ in pre_tokenizers.Split(Regex(r"\X"), "isolated").pre_tokenize_str(text):
            for part in [piece, *piece]:
                if "\0" not in part and (mapped := whole.normalize_str(part)) != part and len(part.encode()) < 12: rules[part] = mapped
    rules.update({"e\u0301": "E", "a": "aa", "ab": "B", "a\u200d": "zwj", "1\ufe0f": "one", "\r\n": "\n\n", "x\u0300": "", "\u0600a": "A"})
    return compiled(rules)


def kinds():
    """Name, model, normalizer, pre_tokenizer, decoder, what changes in the model, post_processor, more added tokens."""
    white, bert, wp = of("Whitespace"), of("BertPreTokenizer"), of("WordPiece", prefix="##", cleanup=True)
    end, lvl = of("BPEDecoder", suffix="</w>"), level(True)
    mark = of("Metaspace", replacement="▁", prepend_scheme="always", split=True)
    chars = of("Precompiled", precompiled_charsmap=base64.b64encode(map_of_texts()).decode())
    bare = lambda **on: {**BERT, "clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False, **on}
    fallback = of("Sequence", decoders=[MARK, of("ByteFallback"), of("Fuse"), of("Strip", content=" ", start=1, stop=0)])
    upper = [("Key", False, True), ("STRASSE", False, True), ("é", False, True), ("<T>", True, False)]
    return [
        ("WordLevel", "words", None, white, None, {}),
        ("WordLevel, template", "words", of("Lowercase"), of("WhitespaceSplit"), wp, {}, BOS),
        ("WordLevel over bytes", "words", None, sequence(of("WhitespaceSplit"), level(False)), of("ByteLevel", **{
            "add_prefix_space": True, "trim_offsets": True, "use_regex": True}), {}),
        ("WordLevel without its unknown token", "words", None, white, of("Fuse"), {"unk_token": "<none>"}),
        ("WordPiece, BERT", "word pieces", BERT, bert, wp, {}, BOS, upper),
        ("WordPiece, short words", "word pieces", bare(clean_text=True), white, {**wp, "cleanup": False}, {
            "max_input_chars_per_word": 5, "continuing_subword_prefix": "#"}),
        ("WordPiece without cutting", "word pieces", bare(lowercase=True), None, of("CTC", pad_token="<s>", word_delimiter_token="|", cleanup=True),
         {"continuing_subword_prefix": ""}),
        ("ends of words", "ends", BERT, bert, end, {}),
        ("ends of words, unknown fused", "ends", None, sequence(white, digits(True)), of("Sequence", decoders=[end, of("Fuse")]), {"fuse_unk": True}),
        ("ends of words in place of a text", "ends", None, of("Metaspace", replacement="_", prepend_scheme="never", split=False), end, {
            "end_of_word_suffix": "", "ignore_merges": True}),
        ("insides of words", "insides", None, white, wp, {}),
        ("insides of words, unknown dropped", "insides", None, white, of("Strip", content="e", start=0, stop=1), {"unk_token": None}),
        ("both, with bytes", "both", None, white, of("Sequence", decoders=[of("ByteFallback"), of("BPEDecoder", suffix="é")]), {
            "byte_fallback": True, "fuse_unk": True}),
        ("byte level, ends of words", "level ends", of("NFC"), lvl, lvl, {}),
        ("BERT before byte level", "level", BERT, lvl, lvl, {}, None, upper),
        ("accents", "level", bare(strip_accents=True), lvl, lvl, {}),
        ("Chinese", "level", bare(handle_chinese_chars=True), lvl, lvl, {}),
        ("Nmt", "level", of("Nmt"), lvl, lvl, {}),
        ("Precompiled", "level", chars, lvl, lvl, {}),
        ("byte level as normalizer", "level", steps(of("NFC"), of("ByteLevel")), None, lvl, {}, None, upper),
        ("byte level as normalizer, cut", "level", of("ByteLevel"), split("Ġ?[A-Za-z]+|Ã."), lvl, {"ignore_merges": True}),
        ("byte level twice", "level", of("ByteLevel"), sequence(of("WhitespaceSplit"), level(True), level(False)), lvl, {}),
        ("byte level before a mark", "level", None, sequence(level(True), of("Metaspace", replacement="Ġ", prepend_scheme="always", split=True)), lvl, {}),
        ("BertPreTokenizer", "level", None, sequence(bert, level(False)), lvl, {}),
        ("UnicodeScripts", "level", None, sequence(of("UnicodeScripts"), level(False)), lvl, {}),
        ("FixedLength", "level", None, sequence(of("FixedLength", length=3), level(False)), lvl, {}),
        ("FixedLength of five behind byte level", "level", None, sequence(level(False), of("FixedLength")), lvl, {}),
        ("CharDelimiterSplit", "level", None, sequence(of("CharDelimiterSplit", delimiter="a"), level(True)), None, {}),
        ("unigram, Precompiled", "unigram", chars, sequence(of("WhitespaceSplit"), mark), mark, {}, BOS),
        ("unigram, Precompiled in a GGUF", "unigram", steps(chars, STRIP, SQUEEZE), metaspace("always", False), fallback, {"byte_fallback": True}),
        ("unigram, some bytes", "unigram", None, metaspace("first", False), fallback, {"byte_fallback": True}),
        ("unigram over bytes", "alphabet", None, lvl, lvl, {}),
        ("a mark at the start only", "unigram", steps(of("Nmt"), of("StripAccents"), STRIP, SQUEEZE), metaspace("first", True), mark, {}),
        ("a mark at the start only, Precompiled", "unigram", steps(chars, of("Replace", pattern={"String": "x"}, content="")), sequence(
            of("UnicodeScripts"), metaspace("first", False)), mark, {}),
        ("a mark at the start only, BERT", "unigram", BERT, sequence(bert, metaspace("first", False)), mark, {}),
    ]


def texts_of_tokens(tokenizer):
    """A digest of what each token is decoded to between two others; alone, where there is no decoder. Not for added tokens."""
    added = tokenizer.get_added_tokens_decoder()
    last = max(tokenizer.get_vocab().values())
    tokens = [tokenizer.id_to_token(i) for i in range(last + 1) if i not in added]
    value = 0x811C9DC5
    for token in filter(None, tokens):
        if tokenizer.decoder is None: text = token
        else:
            tail = tokenizer.decoder.decode(["qx", "qz"]).removeprefix("qx")
            text = tokenizer.decoder.decode(["qx", token, "qz"])
            assert text.startswith("qx") and text.endswith(tail), (token, text)
            text = text[2:len(text) - len(tail)]
        # A part of a character has no text.
        for byte in (b"?" if "\ufffd" in text else text.encode()) + b"\xff": value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def ids_digest(tokenizer, text):
    try: return digest(tokenizer.encode(text).ids)
    except Exception: return 0


def token(content, place, special, normalized):
    return {"id": place, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": normalized,
            "special": special}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def kind(name, model, changes, parts, tokenizer):
    """An entry of the fixture; `parts` are those of `tokenizer` without its model."""
    found = [ids_digest(tokenizer, text) for text in TEXTS]
    bare = parts["decoder"] is None and "ByteLevel" in json.dumps(parts["pre_tokenizer"])
    print(f"{name}: {sum(d == 0 for d in found)} of {len(found)} refused")
    return {
        "name": name, "model": model, "changes": compact(changes), "parts": compact(parts),
        "added": sorted(tokenizer.get_added_tokens_decoder()), "digests": base64.b64encode(struct.pack(f"<{len(found)}I", *found)).decode(),
        "texts": None if bare else texts_of_tokens(tokenizer)}


def write_kinds(prefix, made, described):
    """Writes the entries to files that are not too large, each with the models that come up first in it."""
    assert len({entry["digests"] for entry in made}) == len(made)
    files, used, shown = [[]], 0, set()
    for entry in made:
        fresh = described.get(entry["model"]) if entry["model"] not in shown else None
        size = len(compact(entry).encode()) + (len(compact(compact(fresh)).encode()) if fresh else 0)
        shown.add(entry["model"])
        if used + size > 99_000: files.append([]); used = 0
        files[-1].append(entry); used += size
    shown = set()
    for number, entries in enumerate(files, 1):
        fresh = {e["model"]: compact(described[e["model"]]) for e in entries if e["model"] in described and e["model"] not in shown}
        shown |= set(fresh)
        write(f"{prefix}-{number}.json", {"models": fresh, "kinds": entries})
    print("tokenizers", tokenizers.__version__)


def main():
    described = described_models()
    made = []
    for name, model, normalizer, pre, decoder, changes, *more in kinds():
        post, extra = [*more, None, []][:2] if len(more) < 2 else more
        contents = {**described[model], **changes}
        vocab = contents["vocab"]
        known = vocab if isinstance(vocab, dict) else {t: i for i, (t, _) in enumerate(vocab)}
        added = [token(t, known[t], True, False) for t in ["<unk>", "<s>", "</s>"] if t in known]
        for content, special, normalized in extra or []:
            added.append(token(content, known.get(content, len(known) + sum(a["id"] >= len(known) for a in added)), special, normalized))
        parts = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": normalizer,
                 "pre_tokenizer": pre, "post_processor": post, "decoder": decoder}
        made.append(kind(name, model, changes, parts, Tokenizer.from_str(json.dumps({**parts, "model": contents}))))
    write_kinds("parts", made, described)


if __name__ == "__main__":
    main()
