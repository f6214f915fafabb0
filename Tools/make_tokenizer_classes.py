"""Makes Sources/Engine/Tokenizers/tokenizer-classes.json: what transformers makes of tokenizer files, by the class of the tokenizer.

    python Tools/make_tokenizer_classes.py [--check]

Most classes of transformers 5 take only vocabulary, merges and post-processor from tokenizer.json and bring a normalizer and a
pre-tokenizer of their own. For each such class that a supported family uses, this script builds the class with every value of
the settings it heeds and writes down what it is made of. `--check` writes nothing and fails where the file is out of date.

- model_types: the class of a `model_type` where nothing else names one (`tokenization_auto.py`).
- undeclared: model types whose `tokenizer_class` is passed over, as their published files name wrong ones.
- classes: `tokens` are the special tokens it has where the files name none; `around` the tokens it puts around texts whatever
  tokenizer.json says (absent: the post-processor of tokenizer.json decides); `pipelines` what it is made of under each value
  of its `settings`.
- model: `type` is BPE where it is absent; `file_normalizer` the one step that the class takes over from tokenizer.json's normalizer;
  `numbered_tokens` special tokens that are counted by a setting.
- pieces: how the class makes its vocabulary of a SentencePiece file alone: the usual `file`, how many of the first pieces are
  `dropped`, and the roles of the tokens `before` and `after` the others; numbered tokens follow, the largest number first.
- other: classes that bring parts of their own and are not described here.
"""

import importlib
import inspect
import itertools
import json
import pkgutil
import sys
from pathlib import Path

import transformers
from tokenizers import processors
from transformers.convert_slow_tokenizer import SLOW_TO_FAST_CONVERTERS
from transformers.models.auto import tokenization_auto as auto
from transformers.tokenization_utils_base import PreTrainedTokenizerBase
from transformers.tokenization_utils_tokenizers import TokenizersBackend

OUT = Path(__file__).resolve().parent.parent / "Sources" / "Engine" / "Tokenizers" / "tokenizer-classes.json"

# The classes of supported models, with the settings that change what they are made of; the first value is the default.
CLASSES = {
    "GPT2Tokenizer": {"add_prefix_space": [False, True]},
    "CodeGenTokenizer": {"add_prefix_space": [False, True]},
    "GPTNeoXTokenizer": {"add_prefix_space": [False, True]},
    "CohereTokenizer": {"add_prefix_space": [False, True]},
    "Qwen2Tokenizer": {"add_prefix_space": [False, True]},
    "Qwen3_5Tokenizer": {"add_prefix_space": [False, True]},
    "RobertaTokenizer": {"add_prefix_space": [False, True]},
    "LlamaTokenizer": {"add_prefix_space": [True, False], "legacy": [False, True]},
    "CodeLlamaTokenizer": {"add_prefix_space": [True, False]},
    "GemmaTokenizer": {},
    "T5Tokenizer": {},
    "XLMRobertaTokenizer": {"add_prefix_space": [True, False]},
    "BertTokenizer": {
        "do_lower_case": [True, False], "tokenize_chinese_chars": [True, False], "strip_accents": [None, True, False]},
    "DistilBertTokenizer": {
        "do_lower_case": [True, False], "tokenize_chinese_chars": [True, False], "strip_accents": [None, True, False]},
}


def vocabulary(tokens):
    return {token: i for i, token in enumerate(dict.fromkeys([*tokens, "a", "b"]))}


def build(cls, tokens, **options):
    """A tokenizer of a class with a small vocabulary."""
    vocab = vocabulary(tokens)
    if cls.model.__name__ == "Unigram":
        counted = {"extra_ids": 0} if "extra_ids" in inspect.signature(cls.__init__).parameters else {}
        return cls(vocab=[(token, 0.0) for token in vocab], **counted, **options)
    return cls(vocab=vocab, **({"merges": []} if cls.model.__name__ == "BPE" else {}), **options)


def describe(name, settings):
    """One class."""
    cls = getattr(transformers, name)
    tokens = special_tokens(cls)
    pipelines, model = [], None
    for values in itertools.product(*settings.values()):
        chosen = dict(zip(settings, values))
        made = json.loads(build(cls, tokens.values(), **chosen).backend_tokenizer.to_str())
        kept = {k: v for k, v in made["model"].items() if k not in ("vocab", "merges")}
        assert model in (None, kept), (name, chosen)
        model = kept
        pipelines.append({"when": chosen, **{k: made[k] for k in ("normalizer", "pre_tokenizer", "decoder")}})
    if model["type"] == "BPE":
        assert not model["dropout"] and not model["ignore_merges"], (name, model)
        assert not model["continuing_subword_prefix"] and not model["end_of_word_suffix"], (name, model)
        model = {k: model[k] for k in ("unk_token", "fuse_unk", "byte_fallback")}
    entry = {"tokens": {k: v for k, v in tokens.items() if k != "fill_token"},
             "settings": {k: v[0] for k, v in settings.items()}, "model": model, "pipelines": pipelines}
    parameters = inspect.signature(cls.__init__).parameters
    if "_spm_precompiled_charsmap" in parameters:
        entry["file_normalizer"] = "Precompiled"
    if "extra_ids" in parameters:
        entry["numbered_tokens"] = {"setting": "extra_ids", "count": parameters["extra_ids"].default, "before": "<extra_id_", "after": ">"}
    if "fill_token" in tokens:
        entry["extra_tokens"] = cls(vocab=vocabulary(tokens.values()), merges=[]).extra_special_tokens
    around = tokens_around(cls, tokens)
    if around is not None:
        entry["around"] = around
    pieces = pieces_of(cls, tokens)
    if pieces is not None:
        entry["pieces"] = pieces
    check_defaults(cls, name, settings)
    return entry


def special_tokens(cls):
    """The tokens that the class has by default, by role."""
    parameters = next(found for found in (inspect.signature(c.__init__).parameters for c in cls.__mro__) if "args" not in found)
    return {k: p.default for k, p in parameters.items() if k.endswith("_token") and isinstance(p.default, str)}


def tokens_around(cls, tokens):
    """The roles of what the class puts around a text whatever the post-processor of tokenizer.json is; None where that decides."""
    named = {role: role for role in tokens}
    vocab = vocabulary(named)
    template = processors.TemplateProcessing(single="b $A b", pair="$A $B", special_tokens=[("b", vocab["b"])])
    made = build(cls, named, post_processor=template, **named)
    ids = made("a", add_special_tokens=True)["input_ids"]
    if ids[0] == vocab["b"] and ids[-1] == vocab["b"]:
        return None
    bare = made("a", add_special_tokens=False)["input_ids"]
    at = next(i for i in range(len(ids)) if ids[i:i + len(bare)] == bare)
    role = {v: k for k, v in vocab.items()}
    return {"prefix": [role[i] for i in ids[:at]], "suffix": [role[i] for i in ids[at + len(bare):]]}


def pieces_of(cls, tokens):
    """What the class makes of the pieces of a SentencePiece file; None where it merges them, or reads no such file."""
    file = cls.vocab_files_names.get("vocab_file", "")
    if cls.model.__name__ != "Unigram" or not file.endswith(".model"):
        return None
    own = [(f"piece {i}", -1.0 - i) for i in range(9)]
    convert = lambda count: SLOW_TO_FAST_CONVERTERS[cls.__name__].convert_from_spm(
        vocab=own, extra_ids=count, **{role: role for role in tokens})["vocab"]
    made = convert(0)
    start, kept = made.index(own[-1]) + 1, [entry for entry in made if entry in own]
    before, after = made[:start - len(kept)], made[start:]
    assert made == before + own[len(own) - len(kept):] + after and all(e in [(r, 0.0) for r in tokens] for e in before + after), cls
    if "extra_ids" in inspect.signature(cls.__init__).parameters:
        assert convert(2) == made + [("<extra_id_1>", 0.0), ("<extra_id_0>", 0.0)], cls
    return {"file": file, "dropped": len(own) - len(kept), "before": [e[0] for e in before], "after": [e[0] for e in after]}


def check_defaults(cls, name, settings):
    """The first value of a setting is what the class takes where nothing is said."""
    tokens = vocabulary(special_tokens(cls).values())
    plain = json.loads(build(cls, tokens).backend_tokenizer.to_str())
    said = json.loads(build(cls, tokens, **{k: v[0] for k, v in settings.items()}).backend_tokenizer.to_str())
    assert plain == said, name


def others():
    """Classes that make their parts themselves, or are not made of parts at all."""
    found = set()
    for module in pkgutil.iter_modules(transformers.models.__path__):
        folder = Path(transformers.models.__path__[0]) / module.name
        for file in sorted(folder.glob("tokenization_*.py")):
            try:
                read = importlib.import_module(f"transformers.models.{module.name}.{file.stem}")
            except (ImportError, NameError):  # what the class is made of is not installed
                continue
            for name, cls in vars(read).items():
                if not (inspect.isclass(cls) and issubclass(cls, PreTrainedTokenizerBase)) or cls.__module__ != read.__name__:
                    continue
                if not issubclass(cls, TokenizersBackend) or "__init__" in cls.__dict__:
                    found.add(name.removesuffix("Fast"))
    return sorted(found - set(CLASSES))


def main():
    made = {
        "transformers": transformers.__version__,
        "model_types": {k: v.removesuffix("Fast") for k, v in sorted(auto.TOKENIZER_MAPPING_NAMES.items()) if v},
        "undeclared": sorted(auto.MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS),
        "classes": {name: describe(name, settings) for name, settings in CLASSES.items()},
        "other": others(),
    }
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        assert OUT.read_text(encoding="utf-8") == text, "tokenizer-classes.json is out of date"
        return
    OUT.write_text(text, encoding="utf-8")
    print(len(text), "bytes", len(made["classes"]), "classes", len(made["other"]), "others")


if __name__ == "__main__":
    main()
