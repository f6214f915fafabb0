"""Reading and writing without torch: traces, summaries, states and galleries of the program itself."""

from __future__ import annotations

import json
import random
import re
import shutil

import numpy as np
import pytest

from strata_traces import Gallery, Summary, Trace, TraceError, read, read_folder, read_states, write_folder, write_states
from strata_traces.states import read_safetensors


@pytest.fixture(scope="module")
def made(strata, gguf, tmp_path_factory):
    """A trace of the program, with its states."""
    folder = tmp_path_factory.mktemp("made")
    strata("trace", "-q", "-m", gguf, "-p", "the keys to", "--generate", 2, "--columns", "all", "--watch-set",
           "{name: some, ids: [5, 7]}", "--save-states", folder / "s.safetensors", "-o", folder / "t.json")
    return folder


def test_a_trace_is_read_as_arrays_and_written_again(made, strata):
    trace, = read(made / "t.json")
    shape = (len(trace.rows), len(trace.positions))
    assert trace.rows[0] == "embedding" and trace.rows[-1].startswith("block ")
    assert trace.rank.shape == trace.logprob.shape == trace.entropy.shape == trace.kl.shape == shape
    assert trace.top_ids.shape == trace.top_logprobs.shape == (*shape, 10)
    assert (trace.rank[:, -1] == 0).all() and np.isnan(trace.logprob[:, -1]).all() and trace.targets[-1] == -1
    assert (trace.kl[-1] == 0).all() and trace.rank[-1, -3] == 1
    rank, logprob = trace.watched()["some"]
    assert rank.shape == logprob.shape == shape and (rank > 0).all()
    trace.write(made / "again.json")
    assert json.loads((made / "again.json").read_text()) == json.loads((made / "t.json").read_text())
    strata("trace", "--check", made / "again.json")
    assert Trace.from_json(trace.json()) == trace


def test_a_table_is_that_of_the_program(made, strata):
    pandas = pytest.importorskip("pandas")
    trace, = read(made / "t.json")
    strata("export", made / "t.json", "-o", made / "t.csv")
    theirs = pandas.read_csv(made / "t.csv", keep_default_na=False, na_values=[""])
    ours = trace.frame()
    assert list(ours.columns) == list(theirs.columns)
    for key in ("row", "layer", "position", "top1", "top10"):
        assert (ours[key] == theirs[key]).all(), key
    largest = max(float((ours[key].astype(float) - theirs[key].astype(float)).abs().max()) for key in ("logprob", "entropy", "kl"))
    print(f"largest difference from strata export: {largest:.3g}")
    assert largest < 1e-6


def test_the_schema_of_the_documentation_holds(made):
    jsonschema = pytest.importorskip("jsonschema")
    from conftest import ROOT

    schema = json.loads((ROOT / "docs/trace.schema.json").read_text())
    trace, = read(made / "t.json")
    jsonschema.validate(trace.data, schema)


def test_states_are_written_for_the_program_in_the_layout_of_vllm(made, strata, gguf, tmp_path):
    tensors, metadata = read_safetensors(made / "s.safetensors")
    assert metadata["format"].startswith("strata.states/")
    states = tensors["states.0"].transpose(1, 0, 2)
    write_states(tmp_path / "v.safetensors", states, tensors["tokens.0"])
    found = read_states(tmp_path / "v.safetensors")
    assert (found.hidden_states == states).all() and (found.token_ids == tensors["tokens.0"]).all()
    result = strata("trace", "--states", tmp_path / "v.safetensors", "-m", gguf, "-p", "the keys to", "--columns", "all")
    own, = read(made / "t.json")
    theirs = Trace.from_json(result.stdout)
    assert (theirs.rank == own.rank).all() and np.array_equal(theirs.logprob, own.logprob, equal_nan=True)
    with pytest.raises(TraceError, match="as many token ids"):
        write_states(tmp_path / "x.safetensors", states[:-1], found.token_ids)
    with pytest.raises(TraceError, match="expected finite numbers"):
        write_states(tmp_path / "x.safetensors", np.full_like(states, np.nan), found.token_ids)


def test_a_summary_is_read_as_arrays(strata, gguf, tmp_path):
    (tmp_path / "d.csv").write_text("text,good,bad,of\nthe keys,a,o,x\nthe dog,o,a,y\n")
    strata("dataset", tmp_path / "d.csv", "-q", "-m", gguf, "--prompt", "text", "--target", "good", "--foil", "bad", "--group", "of",
           "--first-token", "--format", "json", "-o", tmp_path / "d.json")
    summary = Summary.read(tmp_path / "d.json")
    assert summary.groups == ["all", "of=x", "of=y"] and {"logprob", "accuracy"} <= set(summary.statistics)
    values = summary.statistic("logprob")
    assert values.shape == (len(summary.data["rows"]), 3) and (values[:, 1] <= values[:, 0] + 1e-12).all()
    pandas = pytest.importorskip("pandas")
    assert isinstance(summary.frame(), pandas.DataFrame) and len(summary.frame()) == 3 * len(values)


def test_the_words_of_a_corpus_are_a_table(strata, gguf, tmp_path):
    (tmp_path / "t.txt").write_text("the keys to the dog\n")
    strata("dataset", tmp_path / "t.txt", "-q", "-m", gguf, "--words", "--items", "--format", "json", "-o", tmp_path / "t.json")
    summary = Summary.read(tmp_path / "t.json")
    assert {"logprob", "top1", "kl", "entropy", "agreement", "bits_per_byte"} == set(summary.statistics)
    assert summary.statistic("kl")[-1, 0] == 0
    pytest.importorskip("pandas")
    words = summary.words()
    assert list(words["text"][:5]) == ["the", "keys", "to", "the", "dog"] and len(words) == 5 * len(summary.data["rows"])


def test_a_gallery_shows_its_figures(made, strata, tmp_path):
    trace, = read(made / "t.json")
    write_folder(tmp_path / "in", [trace])
    # The same again changes nothing; other numbers under the name are an error.
    write_folder(tmp_path / "in", [trace])
    other = Trace(trace.data | {"prompt": "THE keys to"})
    with pytest.raises(TraceError, match="other numbers"):
        write_folder(tmp_path / "in", [other], names=[next((tmp_path / "in").iterdir()).stem])
    strata("gather", tmp_path / "in", "-q", "-o", tmp_path / "out", "--kind", "rank-heatmap", "--kind", "top-tokens")
    gallery = Gallery(tmp_path / "out/gathered")
    assert len(gallery.figures) == 2
    figure = gallery[gallery.figures[0].id]
    assert figure.svg.startswith("<?xml") or figure.svg.startswith("<svg")
    assert "data:image/svg+xml;base64," in figure._repr_html_() and figure.caption[:20] in gallery._repr_html_()
    assert list(read_folder(tmp_path / "out/gathered")) == gallery.traces()
    assert figure._repr_svg_() == figure.svg
    with pytest.raises(TraceError, match="no such file"):
        Gallery(tmp_path)


def test_what_others_put_into_a_gallery_is_not_read_nor_run(made, strata, tmp_path):
    trace, = read(made / "t.json")
    write_folder(tmp_path / "in", [trace])
    strata("gather", tmp_path / "in", "-q", "-o", tmp_path / "out", "--kind", "rank-heatmap")
    folder = tmp_path / "out/gathered"
    figure, = Gallery(folder).figures
    for script in ("<script>alert(1)</script>", '<path onload="alert(1)"/>', '<a href="javascript:alert(1)"/>', '<foreignObject/>'):
        figure.path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{script}</svg>')
        assert figure._repr_svg_() is None and "alert" not in figure._repr_html_()
    (folder / "traces/zero.json").symlink_to("/dev/zero")
    for read_all in (Gallery(folder).traces, lambda: list(read_folder(folder))):
        with pytest.raises(TraceError, match=r"zero\.json: expected a plain file"):
            read_all()
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").symlink_to("/dev/zero")
    with pytest.raises(TraceError, match="expected a plain file"):
        Gallery(folder)


def test_tensors_of_states_share_no_bytes(tmp_path):
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    for header, words in (
        ({"a": entry, "b": entry}, "share bytes"),
        ({"a": {"dtype": "F32", "shape": [0, 1 << 70], "data_offsets": [0, 0]}}, "the shape"),
    ):
        text = json.dumps(header).encode()
        (tmp_path / "s.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
        with pytest.raises(TraceError, match=words):
            read_safetensors(tmp_path / "s.safetensors")


def refused(strata, files):
    """What the program and this package say of files: those that each refuses, by name."""
    ours = {}
    for file in files:
        try:
            if b'"strata.dataset/' in file.read_bytes():
                Summary.read(file)
                continue
            trace, = read(file)
            trace.rank, trace.logprob, trace.top_ids, trace.watched()
        except TraceError as error:
            ours[file.name] = str(error)
    checked = strata("trace", "--check", *files, status=66 if ours else 0)
    theirs = {file.name for file in files if f"{file} good: " not in checked.stdout}
    return ours, theirs


# Those of Tests/StrataTests/ForeignTraceTests.swift.
FOREIGN = [
    (r'"logprob":\[\[(-?[0-9.e-]+)', "0.5", "logprob[0][0]: 0.5, expected at most 0"),
    (r'"target":(\d+)', "3", "columns[0].target: 3, expected "),
    (r'"entropy":\[\[([0-9.e-]+)', "99", "entropy[0][0]: 99, expected 0 to "),
    (r'"kl":\[\[([0-9.e-]+)', "-1", "kl[0][0]: -1, expected 0 or more, in nats"),
    (r'"layer":(1),"point":"block"', "7", "rows["),
    (r'"schema":"(strata\.trace/1)"', "other/9", "expected the schema"),
    (r'"rank":\[\[(?:\d+,)*(null)\]', "5", "5, expected null: the column has no target"),
    (r'"logprob":\[\[(?:[-0-9.e]+,)*(null)\]', "-0.5", "-0.5, expected null: the column has no target"),
]


@pytest.mark.parametrize(("pattern", "value", "words"), FOREIGN)
def test_what_cannot_be_is_named_with_its_place(made, tmp_path, pattern, value, words):
    text = (made / "t.json").read_text()
    match = re.search(pattern, text)
    assert match is not None
    (tmp_path / "d.json").write_text(text[: match.start(1)] + value + text[match.end(1) :])
    with pytest.raises(TraceError) as error:
        read(tmp_path / "d.json")
    assert words in str(error.value)


def test_the_package_refuses_what_the_program_refuses(made, strata, gguf, tmp_path):
    """Traces of many sorts, damaged by chance: both refuse the same ones."""
    changes = {
        "plain": ["--generate", 2, "--columns", "all", "--watch", "a", "--watch", "auto(3, all)"],
        "sampled": ["--sample", "{temperature: 0.8, top_k: 40, seed: 7}", "--generate", 2],
        "compared": ["--attribute", "{target: a, foil: o}", "--patch", "{source: a keys to, target: a, foil: o}"],
        "changed": ["--change", "{source: a keys to, layer: 1, positions: 2}"],
        "rendered": ["--continuation", " the"],
    }
    made_files = []
    for name, arguments in changes.items():
        strata("trace", "-q", "-m", gguf, "-p", "the keys to", "--top", 3, *arguments, "-o", tmp_path / f"{name}.json")
        made_files.append(tmp_path / f"{name}.json")
    ours, theirs = refused(strata, made_files)
    assert not ours and not theirs
    chance = random.Random(11)
    files = []
    for number in range(240):
        text = made_files[number % len(made_files)].read_text()
        if number % 2:
            # A number, a word or a key is another one.
            found = chance.choice(list(re.finditer(r'-?\d+(\.\d+)?(e-?\d+)?|"[a-z_]+"|null|true|false', text)))
            other = chance.choice(["0", "1", "-1", "7", "2.5", "3000000000", '"x"', "null", "[]", "1e40", "true"])
            text = text[: found.start()] + other + text[found.end() :]
        else:
            place = chance.randrange(len(text))
            text = text[:place] + chance.choice(["", "9", "NaN", '"', "[", "null"]) + text[place + chance.randrange(1, 30) :]
        files.append(tmp_path / f"{number}.damaged")
        files[-1].write_text(text)
    ours, theirs = refused(strata, files)
    print(f"{len(files)} damaged traces: {len(theirs)} refused by the program, {len(ours)} by the package")
    assert theirs - ours.keys() == set()
    assert {name: ours[name] for name in ours.keys() - theirs} == {}
    assert len(theirs) > 150


def numbers(value, path=()):
    """Where numbers stand in JSON: the indices that lead to them."""
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from numbers(entry, (*path, key))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path


def test_the_package_refuses_the_numbers_that_the_program_refuses(strata, gguf, tmp_path):
    """Numbers of summaries and of traces with further runs are changed by chance: both refuse the same ones."""
    (tmp_path / "d.csv").write_text("text,from,good,bad,of\nthe keys to,a keys to,a,o,x\nthe dog,a dog,o,a,y\nthe cat,a cat,a,o,x\n")
    (tmp_path / "t.txt").write_text("the keys to the dog\n\nthe cat and the dog\n")
    words = ["--prompt", "text", "--target", "good", "--foil", "bad", "--first-token", "--group", "of", "--format", "json"]
    kept = {
        "words": ["dataset", tmp_path / "d.csv", *words, "--items"],
        "pairs": ["dataset", tmp_path / "d.csv", *words, "--source", "from"],
        "corpus": ["dataset", tmp_path / "t.txt", "--words", "--items", "--format", "json"],
        "trace": ["trace", "-p", "the keys to", "--top", 5, "--rows", "attention", "--watch", "a", "--attribute", "{target: a, foil: o}",
                  "--patch", "{source: a keys to, target: a, foil: o, of: [stream, attention, mlp]}"],
    }
    chance, files = random.Random(5), []
    for name, arguments in kept.items():
        strata(*arguments, "-q", "-m", gguf, "-o", tmp_path / f"{name}.json")
        files.append(tmp_path / f"{name}.json")
    assert refused(strata, files) == ({}, set())
    for number in range(400):
        data = json.loads(files[number % len(kept)].read_text())
        # A number of each kind as often as another.
        kinds = {}
        for path in numbers(data):
            kinds.setdefault(tuple(key for key in path if isinstance(key, str)), []).append(path)
        *path, last = chance.choice(kinds[chance.choice(sorted(kinds))])
        place = data
        for key in path:
            place = place[key]
        value = place[last]
        place[last] = chance.choice([value + 1, value - 1, 0, value * 1.2, value + 0.1, value - 0.3, value / 2, 1.0])
        files.append(tmp_path / f"{number}.damaged")
        files[-1].write_text(json.dumps(data))
    ours, theirs = refused(strata, files)
    print(f"{len(files)} files: {len(theirs)} refused by the program, {len(ours)} by the package")
    assert theirs - ours.keys() == set()
    # Ends of an interval that are exchanged are refused here wherever they stand.
    assert {name: ours[name] for name in ours.keys() - theirs if "the other end of its interval" not in ours[name]} == {}
    assert len(theirs) > 200


def test_whole_numbers_may_be_written_with_a_point(made, tmp_path):
    trace, = read(made / "t.json")
    text = re.sub(r'("(?:id|position|target|layer|prompt_length|generate|k|layers)":\d+)(?=[,}])', r"\1.0", trace.json())
    assert text.count(".0,") > 10
    assert Trace.from_json(text) == trace
    pytest.importorskip("pandas")
    assert Trace.from_json(text).frame().equals(trace.frame())


NEVER = {"rows": [0] * 4, "never": 0}


@pytest.mark.parametrize(("damage", "words"), [
    (lambda d, g: g["accuracy"]["value"].__setitem__(0, 7), "groups[0].accuracy.value[0]: 7, expected 0 to 1"),
    (lambda d, g: g["top1"]["high"].__setitem__(1, -0.5), "groups[0].top1.high[1]: -0.5, expected 0 to 1"),
    (lambda d, g: g["logprob"]["value"].__setitem__(0, 5), "groups[0].logprob.value[0]: 5, expected at most 0"),
    (lambda d, g: g["rank"]["low"].__setitem__(0, 0.5), "groups[0].rank.low[0]: 0.5, expected 1 to 288"),
    (lambda d, g: g["median_rank"]["value"].__setitem__(2, 289), "groups[0].median_rank.value[2]: 289, expected 1 to 288"),
    (lambda d, g: g["logprob"].update(low=[-1] * 4, high=[-2] * 4), "groups[0].logprob.low[0]: -1, expected at most -2"),
    (lambda d, g: g["difference"]["value"].pop(), "groups[0].difference.value: 3 numbers, expected 4 as in 'rows'"),
    (lambda d, g: g["difference"]["value"].__setitem__(0, None), "groups[0].difference.value[0]: expected a finite number, found null"),
    (lambda d, g: g.update(items=3), "groups[0].items: 3, expected 2, all of 'dataset.items'"),
    (lambda d, g: d["groups"][1].update(items=3), "groups[1].items: 3, expected 0 to 2"),
    (lambda d, g: g["first_top1"].update(never=3), "groups[0].first_top1: a count of 3, expected 0 to 2"),
    (lambda d, g: g["settled"].update(never=1), "groups[0].settled: 1 items, expected 2"),
    (lambda d, g: d["items"]["right"][0].__setitem__(0, 2), "items.right[0][0]: 2, expected 0, 0.5 or 1"),
    (lambda d, g: d["items"]["logprob"][0].__setitem__(0, 2), "items.logprob[0][0]: 2, expected at most 0"),
    (lambda d, g: d["items"]["logprob"].pop(), "items.logprob: 3 rows, expected 4 as in 'rows'"),
    (lambda d, g: g["logprob"]["value"].__setitem__(0, -0.5), "groups[0].logprob.value[0]: -0.5, expected -"),
    (lambda d, g: d["groups"][1]["accuracy"]["value"].__setitem__(0, 0.25), "groups[1].accuracy.value[0]: 0.25, expected "),
    (lambda d, g: d["groups"][1].update(items=0, first_top1=NEVER, settled=NEVER), "groups[1].items: 0, expected 1 as in 'items.groups'"),
    (lambda d, g: d.update(groups=[]), "groups: none, expected first a group of all items"),
    (lambda d, g: d.update(groups=[3]), "groups[0]: expected an object, found 3"),
    (lambda d, g: g.pop("accuracy"), "groups[0]: 'difference' must be in all groups or in none, beside 'accuracy'"),
    (lambda d, g: d["groups"][1].pop("rank"), "groups[1].rank: missing, expected in a dataset of this form"),
    (lambda d, g: d["items"].update(right=None), "items.right: missing"),
    (lambda d, g: d["items"]["groups"].pop(), "items.groups: 1 items, expected 2"),
    (lambda d, g: d["bootstrap"].update(seed=-1), "bootstrap.seed: expected a whole number from 0 to 2^64 - 1, found -1"),
    (lambda d, g: d.update(schema="strata.dataset/1"), "items: found in 'strata.dataset/1', expected the schema 'strata.dataset/3'"),
    (lambda d, g: d["model"].pop("sha256"), "model.sha256: expected a value, found none"),
    (lambda d, g: d["model"].update(sha256="x"), "model.sha256: 'x', expected 64 hexadecimal digits"),
    (lambda d, g: d.update(compute=""), "compute: '', expected a name such as 'f32'"),
])
def test_numbers_that_no_summary_can_have_are_refused(strata, gguf, tmp_path, damage, words):
    (tmp_path / "d.csv").write_text("text,good,bad,of\nthe keys,a,o,x\nthe dog,o,a,y\n")
    strata("dataset", tmp_path / "d.csv", "-q", "-m", gguf, "--prompt", "text", "--target", "good", "--foil", "bad", "--group", "of",
           "--first-token", "--items", "--format", "json", "-o", tmp_path / "d.json")
    data = Summary.read(tmp_path / "d.json").data
    # Those of a trained tiny model need no first row.
    for group in data["groups"]:
        for key in ("first_top1", "settled"):
            group[key] = {"rows": [0] * 4, "never": group["items"]}
    Summary(json.loads(json.dumps(data)))
    damage(data, data["groups"][0])
    (tmp_path / "d.json").write_text(json.dumps(data))
    with pytest.raises(TraceError) as error:
        Summary.read(tmp_path / "d.json")
    assert words in str(error.value)


@pytest.mark.parametrize("name", ["summary", "summary-pairs", "summary-corpus"])
def test_summaries_of_every_form_are_read(name):
    from conftest import ROOT

    assert Summary.read(ROOT / f"Tests/Fixtures/fuzz/summary/{name}.json").groups[0] == "all"
    with pytest.raises(TraceError, match="expected an object, found list"):
        Summary([])  # type: ignore[arg-type]


def test_watched_words_agree_with_the_most_probable_tokens(strata, gguf, tmp_path):
    words = [part for letter in "aeioustn" for part in ("--watch", letter)]
    strata("trace", "-q", "-m", gguf, "-p", "the keys to", "--columns", "all", "--top", 40, *words, "--watch-set",
           "{name: some, ids: [5, 7]}", "-o", tmp_path / "t.json")
    whole = json.loads((tmp_path / "t.json").read_text())
    ids, logprobs, found = whole["top"]["ids"], whole["top"]["logprobs"], whole["watch"]
    index, r, c = next(
        (i, r, c) for i, entry in enumerate(found) for r, row in enumerate(ids) for c, cell in enumerate(row)
        if entry.get("id") in cell[1:-1])
    place = ids[r][c].index(found[index]["id"])
    outside = next(i for i, entry in enumerate(found) if "id" in entry and entry["id"] not in ids[0][0])
    members = next(i for i, entry in enumerate(found) if "ids" in entry)

    def set_rank(data, rank, which=index, row=r, column=c):
        data["watch"][which]["rank"][row][column] = rank

    cases = [
        (lambda d: set_rank(d, place + 2), f"watch[{index}].rank[{r}][{c}]: {place + 2}, expected at most {place + 1}"),
        (lambda d: set_rank(d, place), f"watch[{index}].rank[{r}][{c}]: {place}, expected "),
        (lambda d: d["watch"][index]["logprob"][r].__setitem__(c, logprobs[r][c][place] - 1), f"watch[{index}].logprob[{r}][{c}]: "),
        (lambda d: set_rank(d, 1, outside, 0, 0), f"watch[{outside}].rank[0][0]: 1, expected "),
        (lambda d: d["watch"][members]["texts"].__setitem__(0, "other"), f"watch[{members}].texts[0]: 'other', expected "),
    ]
    for change, words in cases:
        data = json.loads(json.dumps(whole))
        change(data)
        with pytest.raises(TraceError) as error:
            Trace(data)
        assert words in str(error.value)
    # A token that is as probable as the one in its place has its rank, too.
    data = json.loads(json.dumps(whole))
    set_rank(data, place)
    data["top"]["logprobs"][r][c][place - 1] = logprobs[r][c][place]
    assert whole["columns"][c].get("target") != ids[r][c][place - 1]
    Trace(data)


def test_damaged_files_are_errors_with_their_place(made, tmp_path):
    chance = random.Random(7)
    data = (made / "s.safetensors").read_bytes()
    for _ in range(300):
        place = chance.randrange(min(len(data), 700))
        (tmp_path / "d.safetensors").write_bytes(data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :])
        with pytest.raises(TraceError):
            read_states(tmp_path / "d.safetensors")


@pytest.mark.parametrize(("text", "words"), [
    ("", "expected JSON"), ("[]", "expected an object"), ("{}", "expected the schema"), ('{"schema": "strata.trace/1"}', "model"),
    ('{"a": 1, "a": 2}', "occurs twice"), ('{"a": NaN}', "NaN is not JSON"),
])
def test_what_is_no_trace_is_told(text, words):
    with pytest.raises(TraceError, match=words):
        Trace.from_json(text, "x.json")


def test_broken_traces_in_a_folder_are_errors_whatever_the_folder_is_called(made, tmp_path):
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "other.json").write_text('{"schema": "strata.dataset/1"}')
    shutil.copy(made / "t.json", folder / "t.json")
    assert len(list(read_folder(folder))) == 1
    (folder / "broken.json").write_bytes((made / "t.json").read_bytes().replace(b'"prompt_length":', b'"prompt_langth":'))
    with pytest.raises(TraceError, match=r"broken\.json"):
        list(read_folder(folder))
    for place, found in [(tmp_path / "nowhere", "nothing"), (made / "t.json", "a file")]:
        with pytest.raises(TraceError, match=f"expected a folder with traces, found {found}"):
            list(read_folder(place))
    for data in [[], None, "x"]:
        with pytest.raises(TraceError, match="trace: expected an object, found"):
            Trace(data)
    trace, = read(made / "t.json")
    for names in [[], "name"]:
        with pytest.raises(TraceError, match="expected a name for every trace"):
            write_folder(tmp_path / "w", [trace], names)


def test_names_of_files_are_checked_before_anything_is_written(made, tmp_path):
    one, = read(made / "t.json")
    other = Trace(one.data | {"prompt": "THE keys to"})
    folder = tmp_path / "in"
    for names, words in [
        (["a", "../../esc"], "names of files without a folder"), (["a", "/tmp/x"], "names of files without a folder"),
        (["a", "b\\c"], "names of files"), (["a", ".hidden"], "begin with no dot"), (["a", ""], "names of files"),
        (["a", "x" * 300], "200 bytes"), (["a", "b\n"], "names of files"), (["a", 3], "names of files"),
        (["a"], "a name for every trace"), (["a", "b", "c"], "a name for every trace"),
        (["a", "a"], "every name once"), ("ab", "a name for every trace"),
    ]:
        with pytest.raises(TraceError, match=words):
            write_folder(folder, iter([one, other]), names)
        assert not folder.exists() and not list(tmp_path.rglob("*esc*"))
    write_folder(folder, [one], ["b"])
    with pytest.raises(TraceError, match="other numbers"):
        write_folder(folder, [one, other], ["a", "b"])
    assert [path.name for path in folder.iterdir()] == ["b.json"]
    long = Trace(one.data | {"model": one.data["model"] | {"name": "m" * 400}})
    assert len(write_folder(folder, [long])[0].name) < 200


@pytest.mark.parametrize(("states", "ids", "words"), [
    (np.zeros((2, 3, 4)), [1.5, 2], "whole numbers from 0 on"), (np.zeros((2, 3, 4)), [-1, 2], "whole numbers from 0 on"),
    (np.zeros((2, 3, 4)), ["1", "2"], "whole numbers from 0 on"), (np.zeros((2, 3, 0)), [1, 2], "as many token ids"),
    ([[[1.0]], [[1.0, 2.0]]], [1, 2], "as many token ids"), ("abc", [1], "as many token ids"),
])
def test_states_that_cannot_be_are_not_written(tmp_path, states, ids, words):
    with pytest.raises(TraceError, match=words):
        write_states(tmp_path / "x.safetensors", states, ids)
    assert not list(tmp_path.iterdir())
