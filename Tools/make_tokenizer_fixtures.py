"""Makes Tests/Fixtures/tokenizers: hostile strings with the ids that Hugging Face's tokenizers give them.

    python Tools/make_tokenizer_fixtures.py [CACHE]

CACHE is the folder the tests read models from (default: $XDG_CACHE_HOME/strata), as `make test` fills it.

- gpt2.json, smollm2.json, gemma3.json: [[text, ids], ...] of the real vocabularies. SmolLM2's pre-tokeniser is set to the one
  its own tokenizer.json has (digits apart, then byte level), because transformers, reading the GGUF, knows only the second.
- components.json: small tokenizers that use one part each of what tokenizer.json may hold, [{name, tokenizer, cases}].
- scores.json: a small SentencePiece vocabulary with scores, as a GGUF has it, and the ids transformers gives from that GGUF.
"""

import json
import os
import random
import sys
import tempfile
from pathlib import Path

import gguf
import tokenizers
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from hostile_strings import HOSTILE, random_strings

OUT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "tokenizers"
SIZE_LIMIT = 100_000

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CORPUS = ["the keys to the cabinet are here, and the city of London is there. 1 2 33 444", "don't they'll we've it's"] * 4


def write(name, value):
    path = OUT / name
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    assert len(text) <= SIZE_LIMIT, (name, len(text))
    path.write_text(text + "\n")
    print(f"{path.name}: {len(value)} entries, {len(text)} bytes")


def real(cache):
    data = cache / "test-data" / "gpt2"
    gpt2 = transformers.GPT2Tokenizer(vocab=str(data / "encoder.json"), merges=str(data / "vocab.bpe"))
    smollm2 = transformers.AutoTokenizer.from_pretrained(
        cache / "models" / "smollm2-135m", gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf")
    smollm2.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    gemma3 = transformers.AutoTokenizer.from_pretrained(
        cache / "models" / "gemma-3-270m", gguf_file="gemma-3-270m-q4_k_m.gguf")
    texts = HOSTILE + random_strings(150, seed=3)
    for name, tokenizer in [("gpt2", gpt2), ("smollm2", smollm2), ("gemma3", gemma3)]:
        write(f"{name}.json", [[text, tokenizer(text)["input_ids"]] for text in texts])


def byte_level(pre, size=300, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        CORPUS, trainers.BpeTrainer(
            vocab_size=size, show_progress=False, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    return tokenizer


def pieces(pre=None, normalizer=None, byte_fallback=True, unknown="<unk>", fuse=True):
    """A small SentencePiece-style BPE."""
    words = Tokenizer(models.BPE())
    words.normalizer = normalizers.Replace(" ", "▁")
    words.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    words.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=70, show_progress=False))
    learned = json.loads(words.to_str())["model"]
    order = ["<unk>", "<s>", "</s>"] + ([f"<0x{i:02X}>" for i in range(256)] if byte_fallback else [])
    order += sorted(learned["vocab"], key=learned["vocab"].get)
    tokenizer = Tokenizer(models.BPE(
        vocab={t: i for i, t in enumerate(order)}, merges=[tuple(m) for m in learned["merges"]],
        unk_token=unknown, fuse_unk=fuse, byte_fallback=byte_fallback))
    if pre: tokenizer.pre_tokenizer = pre
    if normalizer: tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def components():
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made = {}
    made["byte level, space in front"] = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))
    made["digits in runs"] = byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=False), level]))
    whole = byte_level(pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), bare]), ignore_merges=True)
    whole.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="t:0 $A:0 h:0 e:0", pair="$A $B", special_tokens=[("t", 83), ("h", 71), ("e", 68)])])
    made["pattern of Llama 3, whole pieces first, template"] = whole
    for behavior in ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]:
        split = pre_tokenizers.Split(Regex(r"[e\s]"), behavior, invert=behavior == "contiguous")
        made[f"split {behavior}"] = byte_level(pre_tokenizers.Sequence([split, bare]), size=262)
    made["inverted split"] = byte_level(
        pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"\p{L}+"), "removed", invert=True), bare]), size=262)
    forms = byte_level(level, size=260)
    forms.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.Replace(Regex(r"\p{M}+|\s{2,}"), "_"), normalizers.NFC()])
    made["normal forms and a pattern replaced"] = forms
    for scheme in ["always", "first", "never"]:
        made[f"metaspace {scheme}"] = pieces(pre_tokenizers.Metaspace(prepend_scheme=scheme, split=scheme == "always"))
        made[f"metaspace {scheme}"].add_special_tokens([AddedToken("<s>", special=True), AddedToken("</s>", special=True)])
    made["prefix by normalizer, no fallback"] = pieces(
        None, normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), byte_fallback=False)
    made["unknown not fused"] = pieces(None, normalizers.Replace(" ", "▁"), byte_fallback=False, fuse=False)
    made["unknown dropped"] = pieces(None, normalizers.Replace(" ", "▁"), byte_fallback=False, unknown=None)
    added = byte_level(level, size=270)
    added.normalizer = normalizers.NFC()
    added.add_special_tokens([AddedToken("<l>", lstrip=True, special=True), AddedToken("<r>", rstrip=True, special=True)])
    added.add_tokens([
        AddedToken("key", single_word=True, normalized=False), AddedToken("e\u0301", normalized=True),
        AddedToken("he", normalized=False), AddedToken("hehe", normalized=False), AddedToken("<lr>", lstrip=True, rstrip=True)])
    made["added tokens with their flags"] = added
    texts = [t for t in HOSTILE if 0 < len(t) <= 8][::10] + [
        "the keys", " the key, key the keykey", "don't DON'T", "a<l> b <l>c", "a <r>  b\n<r>\t c", "x  <lr>  y", "hehehe he", "é e\u0301 É",
        "abc123 45  6", "the\n\n keys  e", "<s>the</s> the", "日本 ▁ the", "ﬁ ① Ａ é", "  the", "'S 'LL don'T", "key-key key_key keyé"]
    cases = []
    for name, tokenizer in made.items():
        description = json.loads(tokenizer.to_str())
        cases.append({
            "name": name, "tokenizer": description,
            "cases": [[text, tokenizer.encode(text).ids] for text in texts]})
    # The same merges written the old way.
    for merge in (model := cases[0]["tokenizer"]["model"])["merges"]: assert len(merge) == 2
    model["merges"] = [" ".join(merge) for merge in model["merges"]]
    write("components.json", cases)


def scores():
    """Scores with ties, so that the order of equal ones shows."""
    random.seed(5)
    tokens, kinds = ["<unk>", "<s>", "</s>"], [2, 3, 3]
    tokens += [f"<0x{i:02X}>" for i in range(256)]
    kinds += [6] * 256
    letters = list("▁abcdeho")
    longer = sorted({"".join(random.choices(letters, k=random.randint(2, 5))) for _ in range(400)})
    random.shuffle(longer)
    tokens += letters + longer
    kinds += [1] * (len(letters) + len(longer))
    tokens += ["[INST]"]
    kinds += [4]
    values = [0.0] * 259 + [-1000.0] * len(letters) + [-float(i // 5) for i in range(len(longer))] + [0.0]
    result = {"tokens": tokens, "types": kinds, "scores": values, "bos": 1, "eos": 2, "unknown": 0}
    texts = ["", "a", " a", "abcd", "hello [INST] cab", "<s>head</s>", "é日", "  ", "a\nb"]
    texts += ["".join(random.choices(" abcdeho", k=random.randint(1, 40))) for _ in range(120)]
    with tempfile.TemporaryDirectory() as folder:
        writer = gguf.GGUFWriter(os.path.join(folder, "m.gguf"), "llama")
        writer.add_tokenizer_model("llama")
        writer.add_token_list(tokens)
        writer.add_token_scores(values)
        writer.add_token_types(kinds)
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        writer.add_unk_token_id(0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file="m.gguf")
        result["cases"] = [[text, tokenizer(text)["input_ids"]] for text in texts]
    write("scores.json", result)


def main():
    cache = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "strata"
    OUT.mkdir(parents=True, exist_ok=True)
    components()
    scores()
    real(cache)
    print("tokenizers", tokenizers.__version__, "transformers", transformers.__version__)


main()
