"""States that something else has taken, and what may be wrong with them: the warnings of `strata trace --states`."""

from __future__ import annotations

import re
import warnings

import pytest

torch = pytest.importorskip("torch")
hub = pytest.importorskip("transformers")

from test_models import MODELS, loaded  # noqa: E402

from strata_traces import modules as model_modules  # noqa: E402
from strata_traces import write_states  # noqa: E402
from strata_traces.transformers import Request, Tracer  # noqa: E402

PROMPT = "the keys to the"


def taken(name):
    """A tracer with the states of a text as hooks take them, its tokens and transformers' own `hidden_states`."""
    model, tokenizer = loaded(name)
    ids = tokenizer(PROMPT)["input_ids"]
    states, _ = model_modules.states(model, ids)
    with torch.no_grad():
        own = model(torch.tensor([ids]), output_hidden_states=True, use_cache=False).hidden_states
    return Tracer(model, tokenizer, name), states, ids, own


def said(call):
    """What a call warns of."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
    return [str(warning.message) for warning in found]


@pytest.mark.parametrize("name", ["llama", "gpt2", "qwen2", "gemma3", "opt", "cohere", "olmo", "mamba", "falcon", "bloom", "gptneox"])
def test_normed_and_exchanged_rows_are_told_and_right_ones_are_not(name):
    tracer, states, _, own = taken(name)
    assert said(lambda: tracer.of_states(PROMPT, states, Request(columns="all"))) == []
    # The last of them is normed already.
    found = said(lambda: tracer.of_states(PROMPT, own))
    assert any(text.startswith("states: the last row has the statistics of a state that the final norm was applied to") for text in found)
    # The first of a Mamba's is no embedding, either.
    assert len(found) == 1 + (name == "mamba")
    found = said(lambda: tracer.of_states(PROMPT, [states[1], states[0], *states[2:]]))
    assert len(found) == 1 and re.match(r"states: row 0 is not the embedding of its tokens \(it differs by \d+ % of its length\)", found[0])


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_a_last_row_that_names_other_tokens_than_those_that_follow_is_told(name):
    tracer, _, ids, _ = taken(name)
    trace, = tracer.traces([PROMPT], Request(generate=2))
    text = [entry["id"] for entry in trace.data["tokens"]]
    states, _ = model_modules.states(tracer.model, text)
    assert said(lambda: tracer.of_states(PROMPT, states, ids=text)) == []
    other = [*text[:-1], (text[-1] + 1) % 280]
    found = said(lambda: tracer.of_states(PROMPT, model_modules.states(tracer.model, other)[0], ids=other))
    assert len(found) == 1 and found[0].startswith("states: the last row names ") and "(1 of 2 differ)" in found[0]
    assert f"after position {len(ids)}, where " in found[0]


@pytest.mark.parametrize("name", ["llama", "gpt2"])
@pytest.mark.parametrize(("order", "words"), [
    ((0, 1, 2, 3), None), ((1, 0, 2, 3), "row 0 is not the embedding of its tokens (it differs by {} % of its length)"),
])
def test_warnings_are_those_of_the_program(strata, tmp_path, name, order, words):
    tracer, states, ids, _ = taken(name)
    rows = [states[row] for row in order]
    file = tmp_path / "v.safetensors"
    write_states(file, torch.stack(rows, 1).numpy(), ids)
    ours = said(lambda: tracer.of_vllm(file, PROMPT))
    theirs = strata("trace", "--states", file, "-m", MODELS / name / "hf", "-p", PROMPT).stderr
    shares = [re.findall(r"it differs by (\d+) %", text) for text in (" ".join(ours), theirs)]
    assert shares[0] == shares[1] and len(shares[0]) == (words is not None) == len(ours)
    assert words is None or (words.format(shares[0][0]) in ours[0] and words.format(shares[0][0]) in theirs)
