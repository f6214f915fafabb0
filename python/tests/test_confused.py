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
    for key in ("first_top1", "settled"):
        group[key] = {"rows": [0, 0, 0, 2], "never": 0}
    return data


@pytest.mark.parametrize(("damage", "words"), [
    (lambda d, g: g["accuracy"]["value"].__setitem__(3, 0.25), "groups[0].accuracy.value[3]: 0.25, expected 0.5 or more, since 1 of the "),
    (lambda d, g: g["difference"]["value"].__setitem__(3, -1), "groups[0].difference.value[3]: -1, expected more than 0"),
    (lambda d, g: g["accuracy"].update(value=[0, 0, 0, 0]), "expected less than 0, since every foil is above its target"),
    (lambda d, g: g["rank"]["value"].__setitem__(0, 1), "groups[0].rank.value[0]: 1, expected 2"),
    (lambda d, g: g["median_rank"]["value"].__setitem__(3, 2), "groups[0].median_rank.value[3]: 2, expected 1, since 1 of the targets"),
    (lambda d, g: g["median_rank"]["value"].__setitem__(0, 1), "groups[0].median_rank.value[0]: 1, expected 2 or more"),
    (lambda d, g: g["accuracy"]["value"].__setitem__(3, 0.9), "groups[0].accuracy.value[3]: 0.9, expected one that a whole number of 2 "),
    (lambda d, g: g["median_rank"]["value"].__setitem__(0, 9.3), "groups[0].median_rank.value[0]: 9.3, expected a whole number, or the "),
    (lambda d, g: g["first_top1"].update(rows=[0, 2, 0, 0]), "groups[0].first_top1.rows[1]: 2, and 2 up to here, expected numbers that "),
    (lambda d, g: g["settled"].update(rows=[0, 2, 0, 0]), "groups[0].settled.rows[1]: 2 up to here, expected numbers that fit together"),
    (lambda d, g: g.update(items_sha256="x"), "groups[0].items_sha256: 'x', expected 64 digits of 0-9 and a-f"),
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


def test_a_target_that_keeps_rank_1_is_settled_where_it_has_it_first(summary):
    data = copy.deepcopy(summary)
    group = data["groups"][0]
    group["median_rank"]["value"], group["rank"]["value"] = [9, 5, 5, 5], [9, 5, 5, 5]
    group["top1"]["value"] = group["accuracy"]["value"] = [0, 0.5, 0.5, 0.5]
    group["difference"]["value"] = [-1] * 4
    group["first_top1"] = group["settled"] = {"rows": [0, 1, 0, 0], "never": 1}
    Summary(data)
    group["settled"] = {"rows": [0, 0, 1, 0], "never": 1}
    with pytest.raises(TraceError, match=r"groups\[0\].settled.rows\[1\]: 0 up to here, expected 1 or more"):
        Summary(data)


@pytest.fixture(scope="module")
def parts(strata, gguf, tmp_path_factory):
    """A trace with an attribution and patched runs, and summaries of pairs in groups and of a corpus."""
    folder = tmp_path_factory.mktemp("parts")
    (folder / "d.csv").write_text("text,from,good,bad,of\nthe red car,the old car,a,o,x\nthe old cat,the red cat,o,a,y\n")
    (folder / "c.txt").write_text("the keys to the dog\n")
    strata("trace", "-q", "-m", gguf, "-p", "the red car", "--top", 100, "--rows", "attention", "--watch-set",
           "{name: letters, tokens: [a, o]}", "--watch", "a", "--watch", "o", "--attribute", "{target: a, foil: o}", "--patch",
           "{source: the old car, target: a, foil: o, of: [stream, attention, mlp]}", "-o", folder / "t.json")
    strata("dataset", folder / "d.csv", "-q", "-m", gguf, "--prompt", "text", "--target", "good", "--foil", "bad", "--source", "from",
           "--group", "of", "--first-token", "--format", "json", "-o", folder / "d.json")
    strata("dataset", folder / "c.txt", "-q", "-m", gguf, "--format", "json", "-o", folder / "c.json")
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in ("t", "d", "c")}


def after_same(data):
    """The last position of a token that both texts of patched runs have after the first one that differs, and the first that differs."""
    pairs = [one["id"] == other["id"] for one, other in zip(data["tokens"], data["patching"]["source_tokens"], strict=False)]
    first = pairs.index(False)
    return max(place for place, same in enumerate(pairs) if same and place > first), first


def set_run(place, row, position, value=50):
    def damage(data):
        same, first = after_same(data)
        data["patching"]["differences"][place]["values"][row][{"same": same, "first": first}.get(position, position)] = value

    return damage


def swap(entry, one, other):
    entry[one], entry[other] = entry[other], entry[one]


@pytest.mark.parametrize(("damage", "words"), [
    (lambda d: d["patching"].update(base_difference=d["patching"]["base_difference"] + 1), "patching.base_difference: "),
    (lambda d: swap(d["patching"], "base_difference", "source_difference"), "patching.source_difference: "),
    (lambda d: swap(d["patching"], "target", "foil"), "patching.base_difference: "),
    (lambda d: d["patching"].update(chosen=["target", "foil"], source_difference=-9), "patching.source_difference: -9, expected "),
    (lambda d: [row.reverse() for row in d["patching"]["differences"][0]["values"]], "patching.source_difference: "),
    (lambda d: d["patching"].update(source="the red car", source_tokens=d["tokens"]), "patching.source_tokens: those of the prompt, "),
    (set_run(0, 2, 0), "].values[2][0], up to where both texts have the same tokens"),
    (set_run(0, 0, "same"), "]: 50, expected "),
    (set_run(0, -1, "first"), "nothing after the last block reads that position"),
    (set_run(2, -1, "first"), "nothing after the last block reads that position"),
    (lambda d: d["kl"][0].__setitem__(0, 0), "kl[0][0]: 0, expected "),
    (lambda d: d["kl"][0].__setitem__(0, d["kl"][0][0] / 2), "or more, as top.logprobs of this row and of the last one allow"),
    (lambda d: d["watch"][2]["texts"].reverse(), "watch[2].texts[0]: 'o', expected 'a', the text of "),
    (lambda d: d.update(compute=" "), "compute: ' ', expected a name such as 'f32'"),
])
def test_further_runs_of_another_trace_are_refused(parts, damage, words):
    data = copy.deepcopy(parts["t"])
    Trace(data)
    damage(data)
    with pytest.raises(TraceError) as error:
        Trace(data)
    assert words in str(error.value)


def test_the_lens_of_a_part_is_that_of_its_row(parts):
    count = 0
    for index, part in enumerate(parts["t"]["attribution"]["parts"]):
        if part.get("lens") is None:
            continue
        data = copy.deepcopy(parts["t"])
        data["attribution"]["parts"][index]["lens"] = 90
        with pytest.raises(TraceError, match=rf"attribution.parts\[{index}\].lens: 90, expected "):
            Trace(data)
        count += 1
    assert count > 3


def set_effect(role, place, value):
    def damage(data):
        means = next(m for m in data["groups"][0]["patching"]["means"] if (m["place"], m["role"]) == (place, role))
        means["effect"]["value"][-1] = value

    return damage


@pytest.mark.parametrize(("name", "damage", "words"), [
    ("d", set_effect("last", "stream", 0.5), "].effect.value[3]: 0.5, expected 1: the run ends with the source's own state"),
    ("d", set_effect("differing", "stream", 0.5), "].effect.value[3]: 0.5, expected 0: nothing after the last block reads these "),
    ("d", lambda d: d["groups"][0]["patching"]["means"][0].update(items=9), "groups[0].patching.means[0].items: 9, expected 1 to "),
    ("d", lambda d: d["groups"][0]["patching"].update(source_right=3), "groups[0].patching.source_right: 3, expected 0 to 2"),
    ("d", lambda d: d["groups"][1]["logprob"]["value"].__setitem__(2, -9), "the mean of the groups of 'of' weighted by their numbers"),
    ("d", lambda d: d["groups"].pop(), "groups[1].items: the groups of 'of' have 1, expected 2 as all items have"),
    ("c", lambda d: d["groups"][0]["corpus"]["kl"]["value"].__setitem__(-1, 0.1), "groups[0].corpus.kl.value[3]: 0.1, expected 0: "),
    ("c", lambda d: d["groups"][0]["corpus"]["agreement"]["value"].__setitem__(-1, 0), "corpus.agreement.value[3]: 0, expected 1"),
    ("c", lambda d: d["groups"][0]["corpus"]["bits_per_byte"]["value"].__setitem__(2, 1.0), "corpus.bits_per_byte.value[2]: 1.0, "),
    ("c", lambda d: d["groups"][0]["corpus"].update(bytes=99), "groups[0].corpus.bits_per_byte.value[0]: "),
    ("c", lambda d: d["groups"][0].pop("corpus"), "groups[0].corpus: missing, expected in a dataset of this form"),
])
def test_numbers_of_groups_that_contradict_one_another_are_refused(parts, name, damage, words):
    data = copy.deepcopy(parts[name])
    Summary(data)
    damage(data)
    with pytest.raises(TraceError) as error:
        Summary(data)
    assert words in str(error.value)
