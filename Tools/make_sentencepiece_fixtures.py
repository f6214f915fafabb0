"""Makes Tests/Fixtures/tokenizers/sentencepiece-N.json: small SentencePiece models, alone in a folder, with the ids of transformers.

    python Tools/make_sentencepiece_fixtures.py [--large FOLDER]

Every model is read as each tokenizer class that tokenizer_config.json or the model type can name. Digests are those of
make_tokenizer_digests.py, over the same strings. `--large` writes models with SentencePiece's own maps of characters and other
strings into a folder, with the ids of the sentencepiece package beside those of transformers;
`STRATA_SENTENCEPIECE=FOLDER swift test --filter SentencePieceTests` compares them. Needs sentencepiece and protobuf beside
transformers.
"""

import base64
import json
import os
import struct
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from transformers import AutoTokenizer

from hostile_strings import HOSTILE, random_strings
from make_tokenizer_digests import OUT, SIZE_LIMIT, TEXTS, digest

CORPUS = [text for text in HOSTILE + random_strings(300, seed=4) if all(31 < ord(c) < 0x180 for c in text)] + [
    "the keys to the cabinet are here, and the city of London is there. 1 2 33 444", "don't they'll we've it's"] * 4
RULES = [("\u00e9", "e"), ("\ufb01", "fi"), ("\u2460", "1"), ("\u3000", " "), ("\t", " "), ("\u200b", ""), ("\uff21", "A"),
         ("e\u0301", "e"), ("\u1e9b\u0323", "s")]


def train(**options):
    """The bytes of a trained model."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "corpus.txt").write_text("\n".join(CORPUS), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=f"{folder}/corpus.txt", model_prefix=f"{folder}/m", minloglevel=2, hard_vocab_limit=False,
            **{"vocab_size": 900, "character_coverage": 0.98, "normalization_rule_name": "identity", **options})
        proto = sentencepiece_model_pb2.ModelProto.FromString(Path(folder, "m.model").read_bytes())
        # Names of files, which differ in every run.
        for field in ("input", "model_prefix"):
            proto.trainer_spec.ClearField(field)
        proto.normalizer_spec.ClearField("normalization_rule_tsv")
        return proto.SerializeToString()


def rules(folder):
    """A small map of characters in the trainer's form: code points, a tab, code points."""
    path = Path(folder, "rules.tsv")
    points = lambda text: " ".join(f"{ord(c):X}" for c in text)
    path.write_text("".join(f"{points(a)}\t{points(b)}\n" for a, b in RULES))
    return str(path)


LLAMA = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
LISTED = {"additional_special_tokens": ["keys"]}
USERS = {"user_defined_symbols": ["<sep>", "they", "a.b*c", "\u2581\u2581", "\n\n"], "control_symbols": ["<ctl>"]}
T5 = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
# A name, the model type, tokenizer_config.json.
READINGS = [
    ("Llama", "llama", {**LLAMA, "legacy": False}),
    ("Llama, legacy", "llama", {**LLAMA, "tokenizer_class": "LlamaTokenizerFast", "legacy": True, "add_bos_token": True}),
    ("Llama, no prefix", "llama", {**LLAMA, "add_prefix_space": False, "add_eos_token": True}),
    ("no class", "llama", {}),
    ("Mistral", "mistral", {**LLAMA, "legacy": False, "add_bos_token": True}),
]
GEMMA = [("Gemma", "gemma2", {})]
LISTS = [("Llama, tokens listed", "llama", {**LLAMA, "legacy": False, **LISTED}), ("no class, tokens listed", "llama", LISTED)]
PIECES = [("T5", "t5", {}), ("XLM-R", "xlm-roberta", {})]
T5S = [
    ("T5", "t5", {}),
    ("T5, five sentinels", "t5", {"tokenizer_class": "T5Tokenizer", "extra_ids": 5}),
    ("mT5", "mt5", {"tokenizer_class": "T5Tokenizer", "extra_ids": 0, "additional_special_tokens": None}),
    ("T5, tokens listed", "t5", LISTED),
    ("T5, added tokens", "t5", {"added_tokens_decoder": {
        "1": {"content": "</s>", "special": True, "lstrip": True}, "9": {"content": "keys", "special": False}}}),
]
XLMR = [
    ("XLM-R", "xlm-roberta", {}),
    ("XLM-R, no prefix", "xlm-roberta", {"tokenizer_class": "XLMRobertaTokenizer", "add_prefix_space": False}),
    ("XLM-R, other names", "xlm-roberta", {"bos_token": "<b>", "mask_token": "keys"}),
    ("XLM-R, tokens listed", "xlm-roberta", LISTED),
    ("T5", "t5", {}),
]
FILES = {"t5": "spiece.model", "mt5": "spiece.model", "xlm-roberta": "sentencepiece.bpe.model"}


def models():
    """A name, the bytes of a model, its readings."""
    yield "pairs", train(model_type="bpe", byte_fallback=True), READINGS
    yield "pairs with pieces of users", train(model_type="bpe", byte_fallback=True, **USERS), READINGS
    yield "pairs as Gemma", train(
        model_type="bpe", byte_fallback=True, add_dummy_prefix=False, remove_extra_whitespaces=False, pad_id=0, eos_id=1, bos_id=2,
        unk_id=3, bos_piece="<bos>", eos_piece="<eos>", user_defined_symbols=["<mask>", "\u2581\u2581", "\n"]), READINGS + GEMMA
    yield "pairs without bytes", train(model_type="bpe", remove_extra_whitespaces=False), READINGS
    yield "unigram", train(model_type="unigram", byte_fallback=True), READINGS
    yield "unigram without prefix", train(model_type="unigram", add_dummy_prefix=False, user_defined_symbols=["<sep>"]), READINGS
    with tempfile.TemporaryDirectory() as folder:
        yield "unigram with a map of characters", train(model_type="unigram", normalization_rule_tsv=rules(folder)), READINGS
        yield "unigram as T5", train(model_type="unigram", normalization_rule_tsv=rules(folder), **T5, **USERS), T5S
        yield "unigram as XLM-R", train(model_type="unigram", normalization_rule_tsv=rules(folder), **USERS), XLMR
    yield "pairs with listed tokens", train(model_type="bpe", byte_fallback=True, vocab_size=500, **USERS), LISTS + PIECES


def large_models():
    """The same for models that are too large for fixtures."""
    whole = READINGS + T5S + XLMR[:-1]
    for rule in ("identity", "nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"):
        for kind in ("unigram", "bpe"):
            yield f"{kind} {rule}", train(model_type=kind, normalization_rule_name=rule), whole
    for kind in ("unigram", "bpe"):
        made = {"model_type": kind, "normalization_rule_name": "nmt_nfkc"}
        yield f"{kind} with bytes and pieces of users", train(byte_fallback=True, **USERS, **made), whole
        yield f"{kind} as T5", train(**T5, **USERS, **made), whole
        yield f"{kind} as it is", train(add_dummy_prefix=False, remove_extra_whitespaces=False, **made), whole
        yield f"{kind} with digits and scripts", train(split_digits=True, split_by_unicode_script=False, character_coverage=1.0, **made), whole
        yield f"{kind} with spaces within pieces", train(split_by_whitespace=False, allow_whitespace_only_pieces=True, **made), whole


def read(model, model_type, config, texts):
    """Digests of the ids of transformers."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, FILES.get(model_type, "tokenizer.model")).write_bytes(model)
        Path(folder, "config.json").write_text(json.dumps({"model_type": model_type}))
        Path(folder, "tokenizer_config.json").write_text(json.dumps(config))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        return packed(tokenizer(text)["input_ids"] for text in texts)


def packed(lists):
    digests = [digest(ids) for ids in lists]
    return base64.b64encode(struct.pack(f"<{len(digests)}I", *digests)).decode()


def file_of(name, model, readings, texts):
    """One file: a model and what it is read as."""
    kinds = [{
        "name": f"{name}, read as {reading}", "model": name, "modelType": model_type, "config": config,
        **({"file": FILES[model_type]} if model_type in FILES else {}), "digests": read(model, model_type, config, texts),
    } for reading, model_type, config in readings]
    return {"model": base64.b64encode(model).decode(), "kinds": kinds}


def write_large(folder):
    texts = TEXTS + random_strings(4000, seed=77)
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, "texts.json").write_text(json.dumps(texts))
    for number, (name, model, readings) in enumerate(large_models()):
        own = sentencepiece.SentencePieceProcessor(model_proto=model)
        found = {**file_of(name, model, readings, texts), "sentencepiece": packed(own.encode(text) for text in texts)}
        Path(folder, f"sentencepiece-{number + 1}.json").write_text(json.dumps(found))
        print(name, len(found["kinds"]), "kinds", flush=True)


def main():
    if sys.argv[1:2] == ["--large"]:
        write_large(sys.argv[2])
        return
    for number, (name, model, readings) in enumerate(models()):
        found = file_of(name, model, readings, TEXTS)
        path = OUT / f"sentencepiece-{number + 1}.json"
        text = json.dumps(found, separators=(",", ":"))
        assert len(text) <= SIZE_LIMIT, (path.name, len(text))
        path.write_text(text + "\n")
        print(f"{path.name}: {len(found['kinds'])} kinds, {len(text)} bytes")


if __name__ == "__main__":
    main()
