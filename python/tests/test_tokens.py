"""Texts and bytes of tokens are those of the program, for every tokenizer of the fixtures."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

hub = pytest.importorskip("transformers")

from conftest import ROOT  # noqa: E402

from strata_traces import read, write_states  # noqa: E402
from strata_traces.tokens import count_of, spelling, token  # noqa: E402

MODELS = ROOT / "Tests/Fixtures/models"


def tokenizers():
    """The first model of every tokenizer; encoders have no states of a text alone."""
    found = {}
    for folder in sorted(MODELS.glob("*/hf")):
        names = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")
        files = [(folder / name).read_bytes() for name in names if (folder / name).exists()]
        if not json.loads((folder / "config.json").read_text()).get("is_encoder_decoder"):
            found.setdefault(hashlib.sha256(b"".join(files)).hexdigest(), folder)
    return [folder for folder in found.values() if "t5" not in folder.parent.name]


def shape(config):
    """The number of states of a token, and their width."""
    config = config.get_text_config()
    return config.num_hidden_layers + 1, config.hidden_size


@pytest.mark.parametrize("folder", tokenizers(), ids=lambda folder: folder.parent.name)
def test_every_token_is_that_of_the_program(strata, tmp_path, folder):
    tokenizer = hub.AutoTokenizer.from_pretrained(folder)
    ids = list(range(count_of(tokenizer)))
    rows, width = shape(hub.AutoConfig.from_pretrained(folder))
    states = np.broadcast_to(np.arange(width, dtype="f4") + 1, (len(ids), rows, width))
    write_states(tmp_path / "v.safetensors", states, ids)
    strata("trace", "-q", "--states", tmp_path / "v.safetensors", "-m", folder, "--columns", "last", "-o", tmp_path / "t.json")
    theirs, = read(tmp_path / "t.json")
    assert [{"id": id} | token(tokenizer, id) for id in ids] == theirs.data["tokens"]
    assert sum("bytes" in entry for entry in theirs.data["tokens"]) == 128


def test_bytes_are_known_by_the_vocabulary_and_not_by_the_look_of_a_token():
    codes = hub.AutoTokenizer.from_pretrained(MODELS / "gemma3/hf")
    assert spelling(codes) == "codes"
    found = [token(codes, id) for id in codes("A \U0001f642 and \u00e9", add_special_tokens=False)["input_ids"]]
    assert [entry["bytes"] for entry in found if "bytes" in entry][:4] == ["f0", "9f", "99", "82"]
    assert not any("<0x" in entry.get("text", "") for entry in found)
    letters = hub.AutoTokenizer.from_pretrained(MODELS / "llama/hf")
    assert spelling(letters) == "letters"
    # An added token stands for its own text, although it consists of letters that stand for bytes.
    letters.add_tokens(["\u00e9\u00e9"])
    assert token(letters, letters.convert_tokens_to_ids("\u00e9\u00e9")) == {"text": "\u00e9\u00e9"}
