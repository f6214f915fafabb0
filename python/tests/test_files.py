"""Reading and writing without torch: traces, summaries, states and galleries of the program itself."""

from __future__ import annotations

import json
import random

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
    other = Trace(trace.data | {"prompt": "x"})
    with pytest.raises(TraceError, match="other numbers"):
        write_folder(tmp_path / "in", [other], names=[next((tmp_path / "in").iterdir()).stem])
    strata("gather", tmp_path / "in", "-q", "-o", tmp_path / "out", "--kind", "rank-heatmap", "--kind", "top-tokens")
    gallery = Gallery(tmp_path / "out/gathered")
    assert len(gallery.figures) == 2
    figure = gallery[gallery.figures[0].id]
    assert figure.svg.startswith("<?xml") or figure.svg.startswith("<svg")
    assert "data:image/svg+xml;base64," in figure._repr_html_() and figure.caption[:20] in gallery._repr_html_()
    assert list(read_folder(tmp_path / "out/gathered")) == gallery.traces()
    with pytest.raises(TraceError, match="no such file"):
        Gallery(tmp_path)


def test_damaged_files_are_errors_with_their_place(made, tmp_path):
    text = (made / "t.json").read_text()
    chance = random.Random(7)
    refused = 0
    for _ in range(300):
        place, count = chance.randrange(len(text)), chance.randrange(1, 30)
        damaged = text[:place] + chance.choice(["", "9", "NaN", '"', "[", "null"]) + text[place + count :]
        (tmp_path / "d.json").write_text(damaged)
        try:
            trace, = read(tmp_path / "d.json")
            trace.rank, trace.logprob  # noqa: B018
        except (TraceError, ValueError, KeyError, TypeError, OverflowError) as error:
            refused += 1
            assert str(error)
    print(f"300 damaged traces: {refused} refused")
    assert refused > 200
    data = (made / "s.safetensors").read_bytes()
    for _ in range(300):
        place = chance.randrange(min(len(data), 700))
        (tmp_path / "d.safetensors").write_bytes(data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :])
        with pytest.raises(TraceError):
            read_states(tmp_path / "d.safetensors")


@pytest.mark.parametrize(("text", "words"), [
    ("", "expected JSON"), ("[]", "expected an object"), ("{}", "expected the schema"), ('{"schema": "strata.trace/1"}', "tokens"),
    ('{"a": 1, "a": 2}', "occurs twice"), ('{"a": NaN}', "NaN is not JSON"),
])
def test_what_is_no_trace_is_told(text, words):
    with pytest.raises(TraceError, match=words):
        Trace.from_json(text, "x.json")
