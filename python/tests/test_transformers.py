"""Writing traces of models of transformers, compared with the program's own traces of the same files; needs torch and transformers."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import time

import numpy as np
import pytest

torch = pytest.importorskip("torch")
hub = pytest.importorskip("transformers")

from conftest import ROOT  # noqa: E402

from strata_traces import Trace, read, write_folder, write_states  # noqa: E402
from strata_traces import modules as model_modules  # noqa: E402
from strata_traces.command import main  # noqa: E402
from strata_traces.transformers import JacobianLens, Request, Tracer  # noqa: E402

MODELS = ["llama", "gpt2", "qwen2"]
PROMPTS = ["the keys to the", "a dog", "of the city in the north"]


@pytest.fixture(scope="module")
def tracers():
    """Three tiny random models of different families."""
    torch.set_num_threads(1)
    found = {}
    for name in MODELS:
        folder = ROOT / "Tests/Fixtures/models" / name / "hf"
        model = hub.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        found[name] = Tracer(model, hub.AutoTokenizer.from_pretrained(folder), name)
    return found


def difference(one: Trace, other: Trace) -> float:
    """The largest difference of logarithms of probabilities, entropies and divergences."""
    pairs = [(getattr(one, key), getattr(other, key)) for key in ("logprob", "entropy", "kl", "top_logprobs")]
    return max(float(np.nanmax(np.abs(a - b))) for a, b in pairs if not np.isnan(a).all())


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("norm", ["final", "none"])
def test_numbers_are_those_of_the_program(tracers, strata, name, norm, tmp_path):
    request = Request(generate=2, columns="all", norm=norm, top=4)
    traces = tracers[name].traces(PROMPTS, request)
    folder = ROOT / "Tests/Fixtures/models" / name / "hf"
    largest = 0.0
    for prompt, trace in zip(PROMPTS, traces, strict=True):
        theirs = Trace.from_json(strata(
            "trace", "-q", "-m", folder, "-p", prompt, "--generate", 2, "--columns", "all", "--norm", norm, "--top", 4).stdout)
        assert [t["id"] for t in trace.data["tokens"]] == [t["id"] for t in theirs.data["tokens"]]
        assert trace.tokens == theirs.tokens and trace.rows == theirs.rows
        assert (trace.targets == theirs.targets).all() and (trace.positions == theirs.positions).all()
        largest = max(largest, difference(trace, theirs))
        trace.write(tmp_path / "t.json")
        strata("trace", "--check", tmp_path / "t.json")
    print(f"{name}, norm {norm}: largest difference from the program {largest:.3g}; "
          f"last row from the model's logits {tracers[name].worst:.3g}")
    assert largest < 1e-4 and tracers[name].worst < 1e-4


@pytest.mark.parametrize("name", MODELS)
def test_batches_and_chunks_change_nothing_but_rounding(tracers, name):
    request = Request(generate=3, watch=(" the",) if name != "llama" else (), columns="all")
    tracer = tracers[name]
    alone = [tracer.traces([prompt], request)[0] for prompt in PROMPTS]
    together = tracer.traces(PROMPTS, request, batch=3)
    largest = max(difference(a, b) for a, b in zip(alone, together, strict=True))
    print(f"{name}: alone and in a batch differ by at most {largest:.3g}")
    assert largest < 1e-5
    assert all(a.tokens == b.tokens for a, b in zip(alone, together, strict=True))
    small = Tracer(tracer.model, tracer.tokenizer, tracer.name, chunk=2)
    assert max(difference(a, b) for a, b in zip(alone, small.traces(PROMPTS, request), strict=True)) < 1e-5


@pytest.mark.parametrize("name", MODELS)
def test_states_taken_by_hooks_give_the_same_trace(tracers, strata, name, tmp_path):
    tracer = tracers[name]
    ids = tracer.tokenizer(PROMPTS[0])["input_ids"]
    states, _ = model_modules.states(tracer.model, ids)
    request = Request(columns="all")
    run, = tracer.traces([PROMPTS[0]], request)
    hooked = tracer.of_states(PROMPTS[0], [state.numpy() for state in states], request)
    assert difference(run, hooked) < 1e-5
    # The same states by way of vLLM's layout: read here, and by the program.
    file = tmp_path / "v.safetensors"
    write_states(file, torch.stack(states, 1).numpy(), ids)
    assert difference(run, tracer.of_vllm(file, PROMPTS[0], request)) < 1e-5
    folder = ROOT / "Tests/Fixtures/models" / name / "hf"
    theirs = Trace.from_json(strata("trace", "-q", "--states", file, "-m", folder, "-p", PROMPTS[0], "--columns", "all").stdout)
    largest = difference(run, theirs)
    print(f"{name}: strata trace --states of torch's states differs by at most {largest:.3g}")
    assert largest < 1e-4
    with pytest.raises(ValueError, match="states of"):
        tracer.of_states(PROMPTS[0], states[1:])


def test_a_jacobian_lens_and_the_command(strata, tmp_path):
    folder, lens = ROOT / "Tests/Fixtures/models/gpt2/hf", ROOT / "Tests/Fixtures/jacobian/gpt2.pt"
    assert main(["--model", str(folder), "--prompt", "the keys", "--generate", "1", "--jacobian-lens", str(lens), "--name", "g",
                 "-o", str(tmp_path / "j.json")]) == 0
    trace = Trace.from_json((tmp_path / "j.json").read_text())
    assert trace.data["schema"] == "strata.trace/2" and np.isnan(trace.entropy[0]).all()
    strata("trace", "--check", tmp_path / "j.json")
    theirs = Trace.from_json(strata("trace", "-q", "-m", folder, "-p", "the keys", "--generate", 1, "--jacobian-lens", lens).stdout)
    largest = difference(trace, theirs)
    print(f"through a Jacobian lens: at most {largest:.3g}")
    assert largest < 1e-4
    assert JacobianLens.read(lens).about["source_layers"] == trace.data["lens"]["source_layers"]
    assert main(["--model", str(folder), "--prompt", "the keys", "--watch", " one two three", "-o", str(tmp_path / "x/")]) == 1


def digests(folder):
    """Names and digests of everything in a gallery but the record of its build."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file() and ".strata" not in path.parts
    }


def test_a_gathering_that_is_killed_and_run_again_gives_the_same_bytes(tracers, strata, tmp_path):
    for name in MODELS:
        write_folder(tmp_path / "in" / name, tracers[name].traces(PROMPTS, Request(generate=1)))
    kinds = ["--kind", "rank-heatmap", "--kind", "comparison"]
    begin = time.monotonic()
    strata("gather", tmp_path / "in", "-q", "-o", tmp_path / "whole", *kinds)
    seconds = time.monotonic() - begin
    expected = digests(tmp_path / "whole/gathered")
    assert sum(name.startswith("traces/") for name in expected) == 9
    program = strata("--version").args[0]
    killed = 0
    for part in (0.1, 0.3, 0.5, 0.7, 0.85, 0.95):
        out = tmp_path / f"killed-{part}"
        process = subprocess.Popen(
            [program, "gather", str(tmp_path / "in"), "-q", "-o", str(out), *kinds], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=os.environ)
        time.sleep(seconds * part)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        strata("gather", tmp_path / "in", "-q", "-o", out, *kinds)
        assert digests(out / "gathered") == expected
    print(f"killed {killed} times of 6, the same {len(expected)} files each time")


@pytest.mark.parametrize(("asked", "words"), [
    ({"watch": " the"}, "watch: expected a tuple of words"), ({"columns": "first"}, "columns: expected generated or all or last"),
    ({"norm": "raw"}, "norm: expected final or none"), ({"top": 0}, "top: expected a whole number from 1"),
    ({"generate": -1}, "generate: expected a whole number from 0"), ({"generate": 2.5}, "generate: expected a whole number"),
    ({"generate": 1, "continuation": " to"}, "use one of them"),
])
def test_requests_that_mean_nothing_are_refused(asked, words):
    with pytest.raises(ValueError, match=words):
        Request(**asked)


def test_texts_and_states_that_mean_nothing_are_refused(tracers, tmp_path, capsys):
    tracer = tracers["llama"]
    # A text is a list of letters to Python.
    with pytest.raises(ValueError, match="expected a list of texts, found the text 'the keys'"):
        tracer.traces("the keys")
    for batch in [0, -1]:
        with pytest.raises(ValueError, match=f"batch: expected 1 or more, found {batch}"):
            tracer.traces(PROMPTS, batch=batch)
    with pytest.raises(ValueError, match="top: expected at most 288"):
        tracer.traces(PROMPTS, Request(top=289))
    ids = tracer.tokenizer(PROMPTS[0])["input_ids"]
    states, _ = model_modules.states(tracer.model, ids)
    for change, more, words in [
        (lambda s: s * float("nan"), {}, "finite numbers"), (lambda s: s[:, :5], {}, "states of width 24, found"),
        (lambda s: s, {"prompt_length": 0}, "prompt_length: expected 1 to"), (lambda s: s, {"prompt_length": 99}, "expected 1 to"),
        (lambda s: torch.cat([s, s[-1:]]), {"ids": [*ids, 10**6]}, "expected ids from 0 to 287, found 1000000"),
    ]:
        with pytest.raises(ValueError, match=words):
            tracer.of_states(PROMPTS[0], [change(state) for state in states], **more)
    file = tmp_path / "prompts.txt"
    file.write_text("the\u2028keys\na dog\x0c\n", encoding="utf-8")
    folder = str(ROOT / "Tests/Fixtures/models/llama/hf")
    assert main(["--model", folder, "--prompts", str(file), "-o", str(tmp_path / "t.jsonl")]) == 0
    assert [trace.prompt for trace in read(tmp_path / "t.jsonl")] == ["the\u2028keys", "a dog\x0c"]
    capsys.readouterr()
    assert main(["--model", folder, "--prompt", "a", "--top", "0"]) == 1
    assert "error: top: expected a whole number from 1 on, found 0" in capsys.readouterr().err
