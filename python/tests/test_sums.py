"""Numbers that contradict other numbers of their file: what the program refuses of them is refused."""

from __future__ import annotations

import copy
import json

import pytest

from strata_traces import Summary, Trace, TraceError


@pytest.fixture(scope="module")
def whole(strata, gguf, tmp_path_factory):
    """A trace with parts and patched runs, and summaries of targets with groups, of pairs and of a corpus."""
    folder = tmp_path_factory.mktemp("sums")
    pair = "target: a, foil: o"
    strata("trace", "-q", "-m", gguf, "-p", "the red car", "--rows", "attention", "--top", 100, "--watch", "a", "--watch", "o",
           "--attribute", f"{{{pair}}}", "--patch", f"{{source: the old car, {pair}, of: [stream, mlp]}}", "-o", folder / "trace.json")
    lines = ["prompt,target,foil,kind,source", "the cat,a,o,x,the car", "a red cat,o,a,y,a red car", "the keys,e,t,y,a keys"]
    (folder / "d.csv").write_text("".join(f"{line}\n" for line in lines))
    (folder / "c.txt").write_text("the keys to the cabinet\nthe cat is on the car\n")
    run = ["dataset", "-q", "-m", gguf, "--format", "json"]
    targets = ["--foil", "foil", "--first-token", "--group", "kind"]
    strata(*run, folder / "d.csv", *targets, "-o", folder / "targets.json")
    strata(*run, folder / "d.csv", *targets, "--source", "source", "-o", folder / "pairs.json")
    strata(*run, folder / "c.txt", "-o", folder / "corpus.json")
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in ("trace", "targets", "pairs", "corpus")}


def read(data):
    return (Trace if data["schema"].startswith("strata.trace/") else Summary)(data)


def put(value, *keys):
    """A change of one value, by the keys that lead to it."""
    def change(data):
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = value
    return change


def settle_late(data):
    """One target has rank 1 from the second row on, and settles in the last one."""
    group = data["groups"][0]
    rows = range(len(data["rows"]))
    for row in rows:
        group["top1"]["value"][row] = 1 / group["items"] if row else 0
        group["first_top1"]["rows"][row], group["settled"]["rows"][row] = int(row == 1), int(row == rows[-1])
        group["median_rank"]["value"][row] = group["rank"]["value"][row] = 9
    group["first_top1"]["never"] = group["settled"]["never"] = group["items"] - 1


@pytest.mark.parametrize(("name", "damage", "words"), [
    ("trace", put(0, "kl", 0, 0), "kl[0][0]: 0, expected "),
    ("trace", put(90, "attribution", "parts", 0, "lens"), "attribution.parts[0].lens: 90, expected "),
    ("trace", put(90, "attribution", "parts", 6, "lens"), "attribution.parts[6].lens: 90, expected "),
    ("trace", put(50, "patching", "differences", 0, "values", 0, 4), "patching.differences[0].values[0][4]: 50, expected "),
    ("trace", put(50, "patching", "differences", 0, "values", 3, 1), "patching.differences[0].values[3][1]: 50, expected "),
    ("trace", put(50, "patching", "differences", 1, "values", 2, 1), "patching.differences[1].values[2][1]: 50, expected "),
    ("trace", put(50, "patching", "base_difference"), "patching."),
    ("trace", put(50, "patching", "source_difference"), "patching.source_difference: 50, expected "),
    ("targets", put(0.6, "groups", 0, "accuracy", "value", 0), "accuracy.value[0]: 0.6, expected one that a whole number of 3 items gives"),
    ("targets", put(-90, "groups", 0, "logprob", "value", 0), "groups[0].logprob.value[0]: -90, expected "),
    ("targets", put(2.3, "groups", 0, "median_rank", "value", 0), "median_rank.value[0]: 2.3, expected a whole number"),
    ("targets", settle_late, "groups[0].settled.rows[1]: 0 up to here"),
    ("pairs", put(0.5, "groups", 0, "patching", "means", 0, "effect", "value", 3), "effect.value[3]: 0.5, expected "),
    ("corpus", put(9.0, "groups", 0, "corpus", "bits_per_byte", "value", 0), "corpus.bits_per_byte.value[0]: 9.0, expected "),
    ("corpus", put(0.1, "groups", 0, "corpus", "kl", "value", 3), "corpus.kl.value[3]: 0.1, expected 0: "),
])
def test_numbers_that_contradict_others_are_refused(whole, name, damage, words):
    data = copy.deepcopy(whole[name])
    read(data)
    damage(data)
    with pytest.raises(TraceError) as error:
        read(data)
    assert words in str(error.value)
