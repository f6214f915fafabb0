"""Makes Tests/Fixtures/tokenizers/parts-*.json: parts of tokenizer.json that few causal models have, with the ids of tokenizers.

    python Tools/make_tokenizer_parts.py

An entry has a name, the tokenizer.json (with "model": "shared" for the byte-level vocabulary of vocabulary.json), digests of the ids of
every hostile string (make_tokenizer_digests.py; all ones for a text that the tokenizer refuses).
"""

import base64
import json
import struct
import tempfile
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from make_tokenizer_digests import OUT, SIZE_LIMIT, TEXTS, digest
from make_sentencepiece_fixtures import CORPUS, train, rules

LEVEL = pre_tokenizers.ByteLevel(add_prefix_space=False)
BARE = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
REFUSED = 0xFFFFFFFF


def shared(pre, normalizer):
    """The byte-level vocabulary of all families with other steps."""
    stored = json.loads((OUT / "vocabulary.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer(models.BPE(
        vocab={token: i for i, token in enumerate(stored["tokens"])}, merges=[tuple(m.split(" ")) for m in stored["merges"]]))
    if pre: tokenizer.pre_tokenizer = pre
    if normalizer: tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def words(model, trainer, pre, decoder=None, normalizer=None):
    """A small vocabulary of words or their parts."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre
    if normalizer: tokenizer.normalizer = normalizer
    if decoder: tokenizer.decoder = decoder
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def characters():
    """A map of characters compiled by SentencePiece."""
    from transformers.convert_slow_tokenizer import import_protobuf
    with tempfile.TemporaryDirectory() as folder:
        proto = import_protobuf().ModelProto()
        proto.ParseFromString(train(model_type="unigram", normalization_rule_tsv=rules(folder)))
        return proto.normalizer_spec.precompiled_charsmap


def made():
    n, p, bert = normalizers, pre_tokenizers, normalizers.BertNormalizer
    yield "BERT's normalizer", shared(LEVEL, bert())
    yield "BERT's normalizer, accents kept", shared(LEVEL, bert(strip_accents=False, handle_chinese_chars=False))
    yield "BERT's normalizer, capitals kept", shared(LEVEL, bert(clean_text=False, lowercase=False))
    yield "BERT's normalizer, accents alone", shared(LEVEL, bert(clean_text=False, handle_chinese_chars=False, lowercase=False, strip_accents=True))
    yield "nmt", shared(LEVEL, n.Nmt())
    yield "a compiled map of characters", shared(LEVEL, n.Precompiled(characters()))
    yield "byte level as a normalizer", shared(None, n.ByteLevel())
    yield "byte level as a normalizer, then digits", shared(p.Digits(individual_digits=True), n.Sequence([n.NFC(), n.ByteLevel()]))
    yield "BERT's pre-tokenizer", shared(p.Sequence([p.BertPreTokenizer(), BARE]), None)
    yield "scripts", shared(p.Sequence([p.UnicodeScripts(), BARE]), None)
    yield "pieces of three characters", shared(p.Sequence([p.FixedLength(3), BARE]), None)
    special = ["<unk>", "[UNK]", "<s>"]
    yield "words", words(
        models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(vocab_size=120, special_tokens=special, show_progress=False),
        p.WhitespaceSplit())
    refusing = words(models.WordLevel(unk_token="<none>"), trainers.WordLevelTrainer(vocab_size=120, show_progress=False), p.Whitespace())
    yield "words without unknown ones", refusing
    yield "parts of words", words(
        models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12),
        trainers.WordPieceTrainer(vocab_size=260, special_tokens=special, show_progress=False), p.BertPreTokenizer(), decoders.WordPiece(),
        bert())
    yield "marks at the end of words", words(
        models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"),
        trainers.BpeTrainer(vocab_size=400, special_tokens=special, end_of_word_suffix="</w>", show_progress=False), p.Whitespace(),
        decoders.BPEDecoder())
    yield "marks inside words", words(
        models.BPE(unk_token="<unk>", continuing_subword_prefix="##", fuse_unk=True),
        trainers.BpeTrainer(vocab_size=400, special_tokens=special, continuing_subword_prefix="##", show_progress=False), p.Whitespace(),
        decoders.WordPiece(cleanup=False))


def ids(tokenizer, text):
    try:
        return digest(tokenizer.encode(text).ids)
    except Exception:
        return REFUSED


def main():
    entries = []
    for name, tokenizer in made():
        described = json.loads(tokenizer.to_str())
        if described["model"]["type"] == "BPE" and len(described["model"]["vocab"]) > 1000:
            described["model"] = "shared"
        found = [ids(tokenizer, text) for text in TEXTS]
        entries.append({
            "name": name, "tokenizer": described, "digests": base64.b64encode(struct.pack(f"<{len(found)}I", *found)).decode()})
        print(f"{name}: {found.count(REFUSED)} of {len(found)} texts refused")
    for number in (1, 2, 3):
        part = entries[(number - 1) * 6:number * 6]
        text = json.dumps(part, separators=(",", ":"))
        assert len(text) <= SIZE_LIMIT, (number, len(text))
        (OUT / f"parts-{number}.json").write_text(text + "\n")
        print(f"parts-{number}.json: {len(part)} entries, {len(text)} bytes")


main()
