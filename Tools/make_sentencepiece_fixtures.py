"""Makes Tests/Fixtures/tokenizers/sentencepiece.json: small SentencePiece models, alone in a folder, with the ids of transformers.

    python Tools/make_sentencepiece_fixtures.py

Every model is read as each tokenizer class that tokenizer_config.json or the model type can name. Digests are those of
make_tokenizer_digests.py, over the same strings. Needs sentencepiece and protobuf beside transformers.
"""

import base64
import json
import os
import struct
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import sentencepiece
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
        return Path(folder, "m.model").read_bytes()


def rules(folder):
    """A small map of characters in the trainer's form: code points, a tab, code points."""
    path = Path(folder, "rules.tsv")
    points = lambda text: " ".join(f"{ord(c):X}" for c in text)
    path.write_text("".join(f"{points(a)}\t{points(b)}\n" for a, b in RULES))
    return str(path)


def models():
    yield "pairs", train(model_type="bpe", byte_fallback=True)
    yield "pairs with pieces of users", train(
        model_type="bpe", byte_fallback=True, user_defined_symbols=["<sep>", "they", "a.b*c", "\u2581\u2581", "\n\n"], control_symbols=["<ctl>"])
    yield "pairs as Gemma", train(
        model_type="bpe", byte_fallback=True, add_dummy_prefix=False, remove_extra_whitespaces=False, pad_id=0, eos_id=1, bos_id=2,
        unk_id=3, bos_piece="<bos>", eos_piece="<eos>", user_defined_symbols=["<mask>", "\u2581\u2581", "\n"])
    yield "pairs without bytes", train(model_type="bpe", remove_extra_whitespaces=False)
    yield "unigram", train(model_type="unigram", byte_fallback=True)
    yield "unigram without prefix", train(model_type="unigram", add_dummy_prefix=False, user_defined_symbols=["<sep>"])
    with tempfile.TemporaryDirectory() as folder:
        yield "unigram with a map of characters", train(model_type="unigram", normalization_rule_tsv=rules(folder))


LLAMA = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
# A name, the model type, tokenizer_config.json.
READINGS = [
    ("Llama", "llama", {**LLAMA, "legacy": False}),
    ("Llama, legacy", "llama", {**LLAMA, "tokenizer_class": "LlamaTokenizerFast", "legacy": True, "add_bos_token": True}),
    ("Llama, no prefix", "llama", {**LLAMA, "add_prefix_space": False, "add_eos_token": True}),
    ("no class", "llama", {}),
    ("Mistral", "mistral", {**LLAMA, "legacy": False, "add_bos_token": True}),
    ("Gemma", "gemma2", {}),
]


def main():
    found = {"models": {}, "kinds": []}
    for name, model in models():
        found["models"][name] = base64.b64encode(model).decode()
        for reading, model_type, config in READINGS:
            if reading == "Gemma" and name != "pairs as Gemma":
                continue
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "tokenizer.model").write_bytes(model)
                Path(folder, "config.json").write_text(json.dumps({"model_type": model_type}))
                Path(folder, "tokenizer_config.json").write_text(json.dumps(config))
                tokenizer = AutoTokenizer.from_pretrained(folder)
                ids = [digest(tokenizer(text)["input_ids"]) for text in TEXTS]
            found["kinds"].append({
                "name": f"{name}, read as {reading}", "model": name, "modelType": model_type, "config": config,
                "digests": base64.b64encode(struct.pack(f"<{len(ids)}I", *ids)).decode()})
    for number, part in enumerate(found["models"]):
        kinds = [kind for kind in found["kinds"] if kind["model"] == part]
        path = OUT / f"sentencepiece-{number + 1}.json"
        text = json.dumps({"model": found["models"][part], "kinds": kinds}, separators=(",", ":"))
        assert len(text) <= SIZE_LIMIT, (path.name, len(text))
        path.write_text(text + "\n")
        print(f"{path.name}: {len(kinds)} kinds, {len(text)} bytes")


if __name__ == "__main__":
    main()
