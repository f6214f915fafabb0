"""Small tokenizers of the kinds the supported families use, trained on a few sentences, and their GGUF vocabularies."""

import json

import gguf
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SMOL_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

CORPUS = [
    "The keys to the cabinet are on the table in the city of London.",
    "the key to the cabinets is in the other city, and the other keys are there too.",
    "Heathrow airport is located in the city of London; the countries of the European Union are 1 2 3.",
    "in the end the nurse and the doctor were in the city and there is no other in the land of the cabinet.",
] * 3


def byte_level(size, specials, digits, specials_first):
    """Byte-level BPE: GPT-2's pre-tokeniser, or SmolLM's, which sets digits apart first."""
    tokenizer = Tokenizer(models.BPE())
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), level]) if digits else level
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size if specials_first else size - len(specials), show_progress=False,
        special_tokens=specials if specials_first else [],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(CORPUS, trainer)
    if not specials_first:
        tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in specials])
    assert tokenizer.get_vocab_size() == size, tokenizer.get_vocab_size()
    return tokenizer


def pieces(size):
    """SentencePiece-style BPE with byte fallback, as Gemma's: spaces are U+2581, nothing is split beforehand."""
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    runs = ["\n\n", "▁▁", "▁▁▁"]
    trainer = trainers.BpeTrainer(vocab_size=size - 256 - len(specials) - len(runs), show_progress=False, max_token_length=8)
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Replace(" ", "▁")
    # Training needs words; encoding gets along without.
    trained.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trained.train_from_iterator(CORPUS, trainer)
    learned = json.loads(trained.to_str())["model"]
    by_id = sorted(learned["vocab"], key=learned["vocab"].get)
    merged = [t for t in by_id if len(t) > 1]
    letters = [t for t in by_id if len(t) == 1]
    order = specials + runs + [f"<0x{i:02X}>" for i in range(256)] + merged + letters
    vocab = {t: i for i, t in enumerate(order)}
    # Every way to put a piece together, best piece first: what a tokenizer by scores does.
    merges = []
    for piece in merged:
        ways = [(piece[:i], piece[i:]) for i in range(1, len(piece)) if piece[:i] in vocab and piece[i:] in vocab]
        merges += sorted(ways, key=lambda w: (vocab[w[0]], vocab[w[1]]))
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in specials])
    tokenizer.add_tokens([AddedToken(s, normalized=False) for s in runs])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", 2)])
    assert tokenizer.get_vocab_size() == size, tokenizer.get_vocab_size()
    return tokenizer


def tokens(tokenizer):
    vocab = tokenizer.get_vocab(with_added_tokens=True)
    return sorted(vocab, key=vocab.get)


def describe_bytes(writer, tokenizer, pre, special):
    """The vocabulary of a byte-level BPE in GGUF."""
    every = tokens(tokenizer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(every)
    writer.add_token_types([gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL for t in every])
    writer.add_token_merges([" ".join(m) for m in merges])


def describe_pieces(writer, tokenizer):
    """The vocabulary of a SentencePiece-style BPE in GGUF: scores instead of merges."""
    every = tokens(tokenizer)
    kinds, scores = [], []
    first = next(i for i, t in enumerate(every) if len(t) > 1 and i >= 9 + 256)
    for i, t in enumerate(every):
        if t == "<unk>":
            kind = gguf.TokenType.UNKNOWN
        elif i < 6:
            kind = gguf.TokenType.CONTROL
        elif i < 9:
            kind = gguf.TokenType.USER_DEFINED
        elif i < 9 + 256:
            kind = gguf.TokenType.BYTE
        else:
            kind = gguf.TokenType.NORMAL
        kinds.append(kind)
        scores.append(-float(i - first) if kind == gguf.TokenType.NORMAL else (-1000.0 if i >= 6 else 0.0))
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(every)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)


def describe_gemma(writer, tokenizer):
    """The vocabulary of Gemma's tokenizers from 3 on, and the type of a file of float32."""
    describe_pieces(writer, tokenizer)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(3)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def save_tokenizer_json(folder, tokenizer):
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": False, "bos_token": "<|im_start|>",
        "eos_token": "<|im_end|>", "unk_token": "<|endoftext|>", "pad_token": "<|im_end|>",
        "clean_up_tokenization_spaces": False})


def save_gpt2_files(folder, tokenizer):
    """The older pair of files, as GPT-2's repositories have them."""
    model = json.loads(tokenizer.to_str())["model"]
    vocab = dict(model["vocab"])
    vocab.update({t: i for i, t in enumerate(tokens(tokenizer)) if t not in vocab})
    (folder / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    lines = ["#version: 0.2"] + [" ".join(m) for m in model["merges"]]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write(folder / "tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer", "model_max_length": 64})


def save_gemma_files(folder, tokenizer):
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": True, "add_eos_token": False, "bos_token": "<bos>",
        "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>", "clean_up_tokenization_spaces": False})


def write(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
