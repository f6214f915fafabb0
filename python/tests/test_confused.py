"""Traces and summaries whose parts are each right and belong to others: what `strata trace --check` refuses of them is refused."""

from __future__ import annotations

import copy
import json

import pytest

from strata_traces import Summary, Trace, TraceError, spelled
from strata_traces.shapes import FaultError


@pytest.fixture(scope="module")
def whole(strata, gguf, tmp_path_factory):
    """Traces of a tiny Llama: one that generates, and one that is given a continuation."""
    folder = tmp_path_factory.mktemp("whole")
    run = ["trace", "-q", "-m", gguf, "-p", "the keys to"]
    strata(*run, "--generate", 2, "--rows", "attention", "--columns", "all", "--watch", " the", "--watch", "a",
           "--patch", "{source: a keys to, target: a, foil: o}", "-o", folder / "t.json")
    strata(*run, "--continuation", " the dog", "-o", folder / "c.json")
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in ("t", "c")}


def exchange(entries, key):
    entries[0][key], entries[1][key] = entries[1][key], entries[0][key]


def first_text(data):
    return next(i for i, entry in enumerate(data["tokens"]) if len(entry.get("text", "").strip()) > 1)


@pytest.mark.parametrize(("name", "damage", "words"), [
    ("t", lambda d: d.update(prompt="something else altogether"), "prompt: 'something else altogether', expected the text that 'tokens' "
     "spell, 'the keys to'; they differ first at 'tokens[0]', "),
    ("t", lambda d: d.update(prompt="the kezs to"), "where the text goes on with 'kezs to'"),
    ("t", lambda d: d.update(prompt="the keys"), "where the text ends"),
    ("t", lambda d: d.update(prompt="the keys to it"), "they differ first at the end of the tokens, where the text goes on with 'it'"),
    ("t", lambda d: d["tokens"][first_text(d)].update(text="zq"), "].text: 'zq', expected '"),
    ("t", lambda d: exchange(d["watch"], "text"), "watch[0].text: 'a', expected ' the', the text of "),
    ("t", lambda d: d["rows"].__setitem__(1, dict(d["rows"][0])), "rows[1]: embedding 0, expected a point above embedding 0"),
    ("t", lambda d: d["rows"].__setitem__(2, dict(d["rows"][4])), "rows[3]: attention 1, expected a point above block 1"),
    ("t", lambda d: d["rows"].insert(1, d["rows"].pop(2)), "rows[2]: attention 0, expected "),
    ("t", lambda d: d["rows"].reverse(), "rows[1]: attention "),
    ("t", lambda d: d["rows"][-1].update(point="attention"), "rows["),
    ("t", lambda d: d["rows"][0].update(layer=1), "rows[0].layer: 1, expected 0"),
    ("t", lambda d: d["entropy"][2].__setitem__(0, 0.01), "entropy[2][0]: 0.01, expected "),
    ("t", lambda d: d["patching"].update(source="o keys to"), "patching.source: 'o keys to', expected "),
    ("c", lambda d: d["method"].update(continuation=" the cat"), "method.continuation: ' the cat', expected the text that 'tokens' spell"),
    ("c", lambda d: d["method"].update(continuation=" the dogs"), "where the text goes on with 's'"),
])
def test_texts_and_rows_of_another_trace_are_refused(whole, name, damage, words):
    data = copy.deepcopy(whole[name])
    Trace(data)
    damage(data)
    with pytest.raises(TraceError) as error:
        Trace(data)
    assert words in str(error.value)


@pytest.mark.parametrize(("text", "tokens", "good"), [
    ("The Keys", ["<s>", "\u2581the", "\u2581keys"], True), ("the keys", ["[CLS]", "the", "key", "##s", "[SEP]"], True),
    ("the keys", ["\u0120the", "\u0120keys</w>"], True), ("<s>the keys", ["<s>", "<s>", "the", " keys"], True),
    ("hello", ["en_XX", "hello", "</s>"], True), ("hello", ["eng_Latn", "help", "</s>"], False),
    # Nobody can compare them letter by letter.
    ("caf\u00e9 au lait", ["cafe", " of", " lait"], True), ("the zebra", ["the", "<unk>"], True), ("the zebra", ["the", None], True),
    ("the keys", ["the", "<mask>", "keys"], True), ("the <mask> keys", ["the", "<mask>", "keys"], True),
    ("the keys", ["the", "dogs"], False), ("the keys", ["the", "key"], False), ("the keys", ["the", "keys", "to"], False),
    ("une phrase tout \u00e0 fait autre", ["some", " sentence", " of", " other", " words"], False),
])
def test_only_what_no_tokenizer_does_counts(text, tokens, good):
    entries = [{"id": index} | ({"bytes": "e6"} if own is None else {"text": own}) for index, own in enumerate(tokens)]
    data = {
        "tokens": entries, "texts": {}, "watch": [], "prompt": text, "prompt_length": len(tokens), "method": {"generate": 0}}
    if good:
        spelled.texts(data)
    else:
        with pytest.raises(FaultError, match="expected the text that 'tokens' spell"):
            spelled.texts(data)


@pytest.fixture(scope="module")
def summary(strata, gguf, tmp_path_factory):
    """A summary in which all targets are said to have rank 1 after the last row."""
    folder = tmp_path_factory.mktemp("summary")
    (folder / "d.csv").write_text("text,good,bad\nthe keys,a,o\nthe dog,o,a\n")
    strata("dataset", folder / "d.csv", "-q", "-m", gguf, "--prompt", "text", "--target", "good", "--foil", "bad", "--first-token",
           "--format", "json", "-o", folder / "d.json")
    data = json.loads((folder / "d.json").read_text())
    group = data["groups"][0]
    for key, value in {"top1": 1, "accuracy": 1, "rank": 1, "median_rank": 1, "difference": 0.5}.items():
        for part in ("value", "low", "high"):
            group[key][part][-1] = value
    # Both have it there for the first time, and keep it.
    for key in ("first_top1", "settled"):
        group[key] = {"rows": [0] * (len(data["rows"]) - 1) + [2], "never": 0}
    group["top1"]["value"][:-1] = [0] * (len(data["rows"]) - 1)
    return data


@pytest.mark.parametrize(("damage", "words"), [
    (lambda d, g: g["accuracy"]["value"].__setitem__(3, 0.25), "groups[0].accuracy.value[3]: 0.25, expected 0.5 or more, since 1 of the "),
    (lambda d, g: g["difference"]["value"].__setitem__(3, -1), "groups[0].difference.value[3]: -1, expected more than 0"),
    (lambda d, g: g["accuracy"].update(value=[0, 0, 0, 0]), "expected less than 0, since every foil is above its target"),
    (lambda d, g: g["rank"]["value"].__setitem__(0, 1), "groups[0].rank.value[0]: 1, expected 2"),
    (lambda d, g: g["median_rank"]["value"].__setitem__(3, 2), "groups[0].median_rank.value[3]: 2, expected 1, since 1 of the targets"),
    (lambda d, g: g["median_rank"]["value"].__setitem__(0, 1), "groups[0].median_rank.value[0]: 1, expected 2 or more"),
    (lambda d, g: d["rows"].reverse(), "rows[0]: block 2, expected embedding 0"),
    (lambda d, g: d["rows"].__setitem__(2, dict(d["rows"][1])), "rows[2]: block 0, expected block 1"),
    (lambda d, g: d["model"].update(layers=4), "rows: 4 rows, expected those of the embedding and 4 blocks"),
])
def test_numbers_of_a_summary_that_contradict_one_another_are_refused(summary, damage, words):
    data = copy.deepcopy(summary)
    Summary(data)
    damage(data, data["groups"][0])
    with pytest.raises(TraceError) as error:
        Summary(data)
    assert words in str(error.value)
