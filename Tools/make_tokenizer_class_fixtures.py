"""Makes classes.json, class-outcomes.json and special.json in Tests/Fixtures/tokenizers: what transformers makes of tokenizer files, by class and setting.

    python Tools/make_tokenizer_class_fixtures.py

- classes.json, class-outcomes.json: a few small tokenizers, with and without a template that puts BOS and EOS around texts, under every class and
  model_type of CLASSES and TYPES and every value of the settings. A group has `base`, `model_type` and `class`; each of its
  cases is [index into `settings`, template, index into `outcomes`]. An outcome is the ids of every text, or null where
  transformers cannot open the folder.
- other-classes.json: the same for the classes of Unigram and WordPiece: `bases`, and cases with their settings and the ids of every
  text of OTHER_TEXTS.
- special.json: folders whose files name special and added tokens in all the ways there are; each with its files, the ids of
  every text, and the ids that are special.
"""

import itertools
import json
import tempfile
from pathlib import Path

import transformers
import character_maps
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "tokenizers"
SIZE_LIMIT = 100_000
CORPUS = ["the keys to the cabinet, it's 2024 and 1999. 123 don't DON'T they're hello", "  ab cd abc\n\n def"] * 4
TEXTS = ["ab cd", "  hi 123", "the keys, it's 2024's DON'T", "<s>hello", "<s> hello</s> ab", "a <|endoftext|> b<|new|>c", "Caf\u00e9 e\u0301\n\n x"]
BYTES = ["<|endoftext|>", "<|begin|>"]
PIECES = ["<unk>", "<s>", "</s>"]
NAMES = {
    "bytes": {"bos_token": "<|begin|>", "eos_token": "<|endoftext|>"},
    "digits": {"bos_token": "<|begin|>", "eos_token": "<|endoftext|>"},
    "spaced": {"bos_token": "<|begin|>", "eos_token": "<|endoftext|>"},
    "pieces": {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
    "marks": {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
}
CLASSES = [None, "PreTrainedTokenizerFast", "TokenizersBackend", "GPT2TokenizerFast", "CodeGenTokenizer", "GPTNeoXTokenizerFast",
           "CohereTokenizerFast", "Qwen2TokenizerFast", "Qwen3_5Tokenizer", "RobertaTokenizer", "LlamaTokenizer", "LlamaTokenizerFast",
           "CodeLlamaTokenizerFast", "GemmaTokenizerFast", "BloomTokenizerFast", "OPTTokenizer"]
TYPES = ["llama", "mistral", "gpt2", "gpt_neox", "qwen2", "qwen3", "phi3", "gemma3_text", "cohere", "granite", "starcoder2"]


def byte_level(pre):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=310, show_progress=False, special_tokens=BYTES, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def pieces(normalizer, pre):
    learner = Tokenizer(models.BPE())
    learner.normalizer = normalizers.Replace(" ", "▁")
    learner.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    learner.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=70, show_progress=False))
    learned = json.loads(learner.to_str())["model"]
    order = PIECES + [f"<0x{i:02X}>" for i in range(256)] + sorted(learned["vocab"], key=learned["vocab"].get)
    tokenizer = Tokenizer(models.BPE(
        vocab={t: i for i, t in enumerate(order)}, merges=[tuple(m) for m in learned["merges"]], unk_token="<unk>",
        fuse_unk=True, byte_fallback=True))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre:
        tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(PIECES)
    return tokenizer


def bases():
    level = pre_tokenizers.ByteLevel
    return {
        "bytes": byte_level(level(add_prefix_space=False)),
        "spaced": byte_level(level(add_prefix_space=True)),
        "digits": byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), level(add_prefix_space=False)])),
        "pieces": pieces(normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None),
        "marks": pieces(None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False)),
    }


def template(tokenizer, names, kind):
    """None, one that puts nothing around texts, BOS before them, or BOS before and EOS behind."""
    if kind in ("none", "bare"):
        return processors.ByteLevel(trim_offsets=False) if kind == "bare" else None
    bos, eos = names["bos_token"], names["eos_token"]
    single = f"{bos}:0 $A:0" + (f" {eos}:0" if kind == "both" else "")
    return processors.TemplateProcessing(
        single=single, pair="$A $B", special_tokens=[(t, tokenizer.token_to_id(t)) for t in (bos, eos)])


def outcome(folder):
    """The ids of every text; None where the folder cannot be opened."""
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        return [tokenizer(text)["input_ids"] for text in TEXTS], tokenizer
    except Exception:
        return None, None


def write_folder(folder, files):
    for name, value in files.items():
        (folder / name).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def run(files):
    with tempfile.TemporaryDirectory() as path:
        write_folder(Path(path), files)
        return outcome(path)


def class_cases(described):
    """What is varied: everything at once where it meets, and the rest at its default."""
    flags = [{}, {"add_bos_token": True}, {"add_bos_token": False}, {"add_bos_token": True, "add_eos_token": True}]
    spaces = [{}, {"add_prefix_space": True}, {"add_prefix_space": False}]
    for base, kind in itertools.product(described, CLASSES):
        for flag, post in itertools.product(flags, ["none", "bare", "bos", "both"]):
            yield base, "llama", kind, {**NAMES[base], **flag}, post
        for space, legacy in itertools.product(spaces, [{}, {"legacy": True}, {"legacy": False}]):
            yield base, "llama", kind, {**NAMES[base], **space, **legacy}, "bos"
        yield base, "llama", kind, {}, "bos"
    for base, model_type, kind in itertools.product(["bytes", "digits", "pieces"], TYPES, CLASSES):
        yield base, model_type, kind, NAMES[base], "bos"
        yield base, model_type, kind, {**NAMES[base], "add_prefix_space": True, "add_bos_token": False}, "bos"


def classes():
    made = bases()
    described = {}
    for name, tokenizer in made.items():
        described[name] = {}
        for kind in ["none", "bare", "bos", "both"]:
            post = template(tokenizer, NAMES[name], kind)
            described[name][kind] = json.loads(post.__getstate__()) if post else None
    whole = {name: json.loads(tokenizer.to_str()) for name, tokenizer in made.items()}
    outcomes, choices, groups, seen = [], [], {}, set()
    for base, model_type, kind, settings, post in class_cases(whole):
        configuration = {**settings, **({"tokenizer_class": kind} if kind else {})}
        key = json.dumps([base, model_type, configuration, post], sort_keys=True)
        if key in seen:
            continue
        seen.add(key)
        found, _ = run({
            "tokenizer.json": {**whole[base], "post_processor": described[base][post]}, "tokenizer_config.json": configuration,
            "config.json": {"model_type": model_type}})
        groups.setdefault((base, model_type, kind), []).append([place(settings, choices), post, place(found, outcomes)])
    write("classes.json", {
        "texts": TEXTS, "bases": whole, "templates": described, "settings": choices})
    write("class-outcomes.json", {
        "outcomes": outcomes,
        "groups": [{"base": b, "model_type": t, "class": k, "cases": cases} for (b, t, k), cases in groups.items()]})
    cases = [case for group in groups.values() for case in group]
    print(len(cases), "cases,", len(outcomes), "outcomes,", sum(outcomes[c[-1]] is None for c in cases), "that cannot be opened")


OTHER_TEXTS = ["The keys to the cabinet", "  ab\u00a0cd \ufb01n\u2026", "UNKNOWN \u4e2d\u6587 caf\u00e9 e\u0301 \x07.", "[MASK] is <extra_id_1> here</s> [SEP]", ""]


def other_bases():
    """Tokenizers of the kinds that T5 and BERT have."""
    trained = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    trained.train_from_iterator(CORPUS, trainers.UnigramTrainer(
        vocab_size=60, show_progress=False, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>"))
    vocab = [(piece, round(score, 3)) for piece, score in json.loads(trained.to_str())["model"]["vocab"]]
    charsmap = normalizers.Precompiled(character_maps.compiled({"\ufb01": "fi", "\u2026": "...", "\u00a0": " "}))
    made = {}
    for name, normalizer in [("unigram", charsmap), ("unigram-steps", normalizers.Sequence([charsmap, normalizers.Lowercase()])),
                             ("unigram-plain", normalizers.Lowercase())]:
        tokenizer = Tokenizer(models.Unigram(vocab + [("<extra_id_1>", 0.0), ("<extra_id_0>", 0.0)], unk_id=2, byte_fallback=False))
        tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>", "<extra_id_0>", "<extra_id_1>"])
        made[name] = tokenizer
    words = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    words.normalizer = normalizers.BertNormalizer(lowercase=False)
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words.train_from_iterator([*CORPUS, "caf\u00e9 cafe \u4e2d \u6587 The keys", "un known here is"], trainers.WordPieceTrainer(
        vocab_size=120, show_progress=False, special_tokens=special))
    words.add_special_tokens(special)
    made["wordpiece"] = words
    return made


def other_cases():
    """Classes and settings for each base."""
    for base in ("unigram", "unigram-steps", "unigram-plain"):
        for kind in (None, "T5Tokenizer", "T5TokenizerFast", "PreTrainedTokenizerFast", "BertTokenizer"):
            for extra in ({}, {"extra_ids": 0}, {"extra_ids": 2}, {"extra_ids": 2, "additional_special_tokens": ["<extra_id_0>", "<extra_id_1>"]},
                          {"additional_special_tokens": ["<here>"]}, {"add_eos_token": False}):
                yield base, "t5", kind, extra
        for kind in (None, "XLMRobertaTokenizer", "T5Tokenizer"):
            for extra in ({}, {"add_prefix_space": False}, {"bos_token": "<pad>", "mask_token": "The"}, {"additional_special_tokens": ["<here>"]},
                          {"add_bos_token": False}):
                yield base, "xlm-roberta", kind, extra
    for kind in (None, "BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "PreTrainedTokenizerFast", "T5Tokenizer"):
        for lower, chinese, accents in itertools.product(({}, {"do_lower_case": False}, {"do_lower_case": True}), ({}, {"tokenize_chinese_chars": False}),
                                                         ({}, {"strip_accents": None}, {"strip_accents": True}, {"strip_accents": False})):
            yield "wordpiece", "bert", kind, {**lower, **chinese, **accents}
        yield "wordpiece", "distilbert", kind, {"mask_token": "here", "cls_token": "the", "do_basic_tokenize": True, "never_split": None}


def other_classes():
    whole = {name: json.loads(tokenizer.to_str()) for name, tokenizer in other_bases().items()}
    outcomes, cases = [], []
    for base, model_type, kind, settings in other_cases():
        try:
            with tempfile.TemporaryDirectory() as path:
                write_folder(Path(path), {
                    "tokenizer.json": whole[base], "config.json": {"model_type": model_type},
                    "tokenizer_config.json": {**settings, **({"tokenizer_class": kind} if kind else {})}})
                tokenizer = transformers.AutoTokenizer.from_pretrained(path)
                found = [tokenizer(text)["input_ids"] for text in OTHER_TEXTS]
        except Exception:
            found = None
        cases.append([base, model_type, kind, settings, place(found, outcomes)])
    write("other-classes.json", {"texts": OTHER_TEXTS, "bases": whole, "outcomes": outcomes, "cases": cases})
    print(len(cases), "cases of other models,", len(outcomes), "outcomes,", sum(outcomes[c[-1]] is None for c in cases), "that cannot be opened")


def place(value, values):
    """Where a value is in a list, which takes it in when it is new."""
    if value not in values:
        values.append(value)
    return values.index(value)


def special_cases(made):
    whole = json.loads(made["bytes"].to_str())
    vocab = whole["model"]["vocab"]
    merges = "#version: 0.2\n" + "\n".join(" ".join(m) for m in whole["model"]["merges"]) + "\n"
    fast = {"tokenizer_class": "PreTrainedTokenizerFast"}
    token = {"__type": "AddedToken", "content": "<|new|>", "lstrip": True, "rstrip": True, "normalized": False, "single_word": False}
    listed = {"0": {"content": "<|endoftext|>", "lstrip": False, "normalized": False, "rstrip": True, "single_word": False, "special": True}}
    json_of = lambda configuration, **more: {"tokenizer.json": whole, "tokenizer_config.json": configuration, **more}
    pair = lambda configuration, **more: {
        "vocab.json": vocab, "merges.txt": merges, "config.json": {"model_type": "gpt2"},
        **({"tokenizer_config.json": configuration} if configuration is not None else {}), **more}
    yield "no configuration", {"tokenizer.json": whole}
    yield "a token of the vocabulary has a role", json_of({**fast, "bos_token": "the"})
    yield "a role as an object", json_of({**fast, "bos_token": token})
    yield "additional tokens", json_of({**fast, "additional_special_tokens": ["hello", "<|new|>"]})
    yield "extra tokens as a list", json_of({**fast, "extra_special_tokens": ["<|new|>", token, "cd"]})
    yield "extra tokens by name", json_of({**fast, "extra_special_tokens": {"image_token": "<|new|>", "b_token": "hello"}})
    yield "extra tokens go before additional ones", json_of({
        **fast, "extra_special_tokens": ["cd"], "additional_special_tokens": ["hello"]})
    yield "no extra tokens, but additional ones", json_of({
        **fast, "extra_special_tokens": [], "additional_special_tokens": ["hello"]})
    yield "tokens of the model", json_of({**fast, "model_specific_special_tokens": {"boi_token": "hello"}})
    yield "a role of its own", json_of({**fast, "sound_token": "hello"})
    yield "the list of added tokens changes a flag", json_of({**fast, "added_tokens_decoder": listed})
    yield "the list of added tokens adds one", json_of({
        **fast, "added_tokens_decoder": {**listed, "400": {"content": "hello", "special": False}}})
    yield "the map of special tokens", json_of(fast, **{"special_tokens_map.json": {
        "bos_token": {"content": "<|new|>", "lstrip": False, "normalized": False, "rstrip": True, "single_word": False},
        "additional_special_tokens": ["hello"]}})
    yield "the map is passed over where added tokens are listed", json_of(
        {**fast, "added_tokens_decoder": listed}, **{"special_tokens_map.json": {"bos_token": "hello"}})
    yield "special tokens are split", json_of({**fast, "split_special_tokens": True})
    yield "the class GPT2Tokenizer, added tokens listed", json_of({
        "tokenizer_class": "GPT2Tokenizer", "added_tokens_decoder": {"1": {"content": "<|begin|>", "special": True}}})
    yield "the class Qwen2Tokenizer, no names", json_of({"tokenizer_class": "Qwen2Tokenizer"}, **{"config.json": {"model_type": "qwen3"}})
    yield "vocab.json and merges.txt", pair(None)
    yield "vocab.json and merges.txt, add_bos_token", pair({
        "tokenizer_class": "GPT2Tokenizer", "bos_token": "<|begin|>", "add_bos_token": True})
    yield "vocab.json and merges.txt, add_bos_token and no BOS", pair({
        "tokenizer_class": "GPT2Tokenizer", "bos_token": None, "add_bos_token": True})
    yield "vocab.json and merges.txt, add_prefix_space", pair({"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True})
    yield "vocab.json and merges.txt, added tokens", pair(
        {"tokenizer_class": "GPT2Tokenizer", "pad_token": "<|new|>"}, **{"added_tokens.json": {"<|new|>": len(vocab), "hello": len(vocab) + 1}})
    yield "vocab.json and merges.txt of Qwen2", pair({"tokenizer_class": "Qwen2Tokenizer"}, **{"config.json": {"model_type": "qwen2"}})
    yield "vocab.json and merges.txt of GPT-NeoX, add_bos_token", pair({
        "tokenizer_class": "GPTNeoXTokenizer", "bos_token": "<|begin|>", "add_bos_token": True, "add_eos_token": True})
    yield "vocab.json and merges.txt of Cohere", pair({"tokenizer_class": "CohereTokenizer"})
    yield "vocab.json and merges.txt, lines of Windows", {**pair(None), "merges.txt": merges.replace("\n", "\r\n")}
    yield "vocab.json and merges.txt without tokenizer class", pair({"tokenizer_class": "PreTrainedTokenizerFast"})


def special():
    made, shared = bases(), {}
    cases = []
    for name, files in special_cases(made):
        found, tokenizer = run(files)
        marked = None
        if tokenizer is not None:
            marked = sorted({*tokenizer.all_special_ids, *(i for i, t in tokenizer.added_tokens_decoder.items() if t.special)})
        stored = {}
        for file, value in files.items():
            text = value if isinstance(value, str) else json.dumps(value)
            if len(text) > 1000:  # said once
                key = next((k for k, v in shared.items() if v == text), None)
                if key is None:
                    key = f"{file} {len(shared)}"
                    shared[key] = text
                stored[file] = {"shared": key}
            else:
                stored[file] = text
        cases.append({"name": name, "files": stored, "ids": found, "special": marked})
    write("special.json", {"texts": TEXTS, "shared": shared, "cases": cases})


def write(name, value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert len(text.encode()) <= SIZE_LIMIT, (name, len(text.encode()))
    (OUT / name).write_text(text + "\n", encoding="utf-8")
    print(name, len(text.encode()))


def main():
    transformers.logging.set_verbosity_error()
    special()
    classes()
    other_classes()
    print("transformers", transformers.__version__)


if __name__ == "__main__":
    main()
