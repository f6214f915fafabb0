"""Makes Tests/Fixtures/tokenizers/whole-parts-*.json: tokenizers that the library tokenizers itself puts together, with its default
settings, from parts that few causal models have.

    python Tools/make_tokenizer_parts.py

The form is that of make_tokenizer_part_digests.py; the model "shared" is the byte-level vocabulary of vocabulary.json.
"""

import json

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from character_maps import compiled
from make_tokenizer_digests import OUT
from make_tokenizer_part_digests import kind, write_kinds
from make_sentencepiece_fixtures import CORPUS, RULES

LEVEL = pre_tokenizers.ByteLevel(add_prefix_space=False)
BARE = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


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


def made():
    n, p, bert = normalizers, pre_tokenizers, normalizers.BertNormalizer
    yield "BERT's normalizer", shared(LEVEL, bert())
    yield "BERT's normalizer, accents kept", shared(LEVEL, bert(strip_accents=False, handle_chinese_chars=False))
    yield "BERT's normalizer, capitals kept", shared(LEVEL, bert(clean_text=False, lowercase=False))
    yield "BERT's normalizer, accents alone", shared(LEVEL, bert(clean_text=False, handle_chinese_chars=False, lowercase=False, strip_accents=True))
    yield "nmt", shared(LEVEL, n.Nmt())
    yield "a compiled map of characters", shared(LEVEL, n.Precompiled(compiled(dict(RULES))))
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


def main():
    entries, described = [], {}
    for name, tokenizer in made():
        parts = json.loads(tokenizer.to_str())
        model = parts.pop("model")
        is_shared = model["type"] == "BPE" and len(model["vocab"]) > 1000
        if not is_shared: described[name] = model
        entries.append(kind(name, "shared" if is_shared else name, {}, parts, tokenizer))
    write_kinds("whole-parts", entries, described)


if __name__ == "__main__":
    main()
