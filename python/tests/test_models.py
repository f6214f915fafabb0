"""Models that are not run like a plain Llama: modes, changed weights, lengths, repeated blocks, and those that are refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
hub = pytest.importorskip("transformers")

from conftest import ROOT  # noqa: E402

from strata_traces import Trace  # noqa: E402
from strata_traces import modules as model_modules  # noqa: E402
from strata_traces.command import main  # noqa: E402
from strata_traces.transformers import ModelError, Request, Tracer  # noqa: E402

PROMPTS = ["The keys to the cabinet", "Heathrow airport is located in the city of", "I"]
MODELS = ROOT / "Tests/Fixtures/models"


def loaded(name, **changes):
    """A tiny model of the fixtures with its tokenizer."""
    torch.set_num_threads(1)
    folder = MODELS / name / "hf"
    if not folder.exists():
        pytest.skip(f"there is no fixture {name}")
    try:
        tokenizer = hub.AutoTokenizer.from_pretrained(folder)
        config = hub.AutoConfig.from_pretrained(folder, **changes)
    except (ValueError, KeyError):
        pytest.skip(f"this transformers has no model type of {name}")
    kind = hub.AutoModelForCausalLM if type(config) in hub.AutoModelForCausalLM._model_mapping else hub.AutoModelForImageTextToText
    return kind.from_pretrained(folder, config=config, dtype=torch.float32).eval(), tokenizer


def same_as_program(strata, name, traces, *more):
    """The largest difference from the program's numbers for the same texts, with the same tokens, rows and columns."""
    prompts = [part for trace in traces for part in ("-p", trace.prompt)]
    lines = strata("trace", "-q", "-m", MODELS / name / "hf", *prompts, "--columns", "all", *more).stdout.splitlines()
    largest = 0.0
    for trace, line in zip(traces, lines, strict=True):
        theirs = Trace.from_json(line)
        assert trace.targets.tolist() == theirs.targets.tolist() and trace.rows == theirs.rows
        assert trace.data["model"].get("padding") == theirs.data["model"].get("padding")
        for key in ("logprob", "entropy", "kl"):
            largest = max(largest, float(np.nanmax(np.abs(getattr(trace, key) - getattr(theirs, key)))))
    print(f"{name}: largest difference from the program {largest:.3g}")
    return largest


def modes(model):
    return [part.training for part in model.modules()]


def test_a_model_in_training_mode_is_traced_without_dropout_and_left_as_it_was():
    model, tokenizer = loaded("gpt2")
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.5
    request = Request(generate=2, columns="all")
    expected = Tracer(model, tokenizer, "m").traces(PROMPTS, request)
    model.train()
    model.transformer.h[0].eval()
    before = modes(model)
    tracer = Tracer(model, tokenizer, "m")
    assert tracer.traces(PROMPTS, request) == expected and modes(model) == before
    ids = tokenizer(PROMPTS[0])["input_ids"]
    states, _ = model_modules.states(model, ids)
    again, _ = model_modules.states(model, ids)
    assert all(torch.equal(a, b) for a, b in zip(states, again, strict=True)) and modes(model) == before
    one, other = (tracer.of_states(PROMPTS[0], states, Request(columns="all")) for _ in range(2))
    assert one == other and modes(model) == before
    # A model of a configuration begins in training mode.
    fresh = hub.AutoModelForCausalLM.from_config(model.config)
    fresh.train()
    first, second = (Tracer(fresh, tokenizer, "m").traces(PROMPTS[:1])[0] for _ in range(2))
    assert first == second and all(modes(fresh))
    broken = model.transformer.h[1].register_forward_hook(lambda m, args, out: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tracer.traces(PROMPTS)
    broken.remove()
    assert modes(model) == before


@pytest.mark.parametrize("change", ["in place", "data", "another tensor"])
def test_changed_weights_have_another_digest(change):
    model, tokenizer = loaded("gpt2")
    tracer = Tracer(model, tokenizer, "m")
    before = tracer.traces(PROMPTS[:1])[0].data["model"]["sha256"]
    assert tracer.traces(PROMPTS[:1])[0].data["model"]["sha256"] == before
    weight = model.transformer.h[0].mlp.c_fc.weight
    with torch.no_grad():
        if change == "in place":
            weight.mul_(1.5)
        elif change == "data":
            weight.data.mul_(1.5)
        else:
            model.transformer.h[0].mlp.c_fc.weight = torch.nn.Parameter(weight * 1.5)
    after = tracer.traces(PROMPTS[:1])[0].data["model"]["sha256"]
    assert after != before and after == Tracer(model, tokenizer).sha256


@pytest.mark.parametrize("name", ["llama-dynamic", "phi3", "phimoe-jitter", "minicpm3", "phi4-multimodal"])
def test_positions_that_depend_on_the_length_are_those_of_each_text(strata, name):
    model, tokenizer = loaded(name)
    tracer, request = Tracer(model, tokenizer, name), Request(generate=3, columns="all")
    together = tracer.traces(PROMPTS, request, batch=3)
    # The order of texts, and what was run before, changes nothing.
    alone = [tracer.traces([prompt], request, batch=1)[0] for prompt in reversed(PROMPTS)][::-1]
    assert [a.tokens for a in alone] == [b.tokens for b in together]
    for key in ("logprob", "entropy", "kl"):
        for a, b in zip(alone, together, strict=True):
            assert np.nanmax(np.abs(getattr(a, key) - getattr(b, key))) < 1e-5
    assert same_as_program(strata, name, together, "--generate", 3) < 1e-4


def test_a_text_after_a_longer_one_has_its_own_positions():
    model, tokenizer = loaded("llama-dynamic")
    tracer = Tracer(model, tokenizer, "m")
    # Both are longer than the context that the model was trained with.
    longer, long = "one two three four five six seven eight nine ten", "one two three four five six"
    first, = tracer.traces([long], Request(columns="all"))
    tracer.traces([longer])
    assert len(first.tokens) > 12 and tracer.traces([long], Request(columns="all")) == [first]


@pytest.mark.parametrize("name", ["dory", "dory-memory", "longcat-flash", "hrm-text"])
def test_blocks_that_run_several_times_have_a_row_for_every_run(strata, name):
    model, tokenizer = loaded(name)
    tracer = Tracer(model, tokenizer, name)
    traces = tracer.traces(PROMPTS, Request(generate=2, columns="all"))
    assert same_as_program(strata, name, traces, "--generate", 2) < 1e-4
    begun = tokenizer(PROMPTS[0])["input_ids"]
    states, _ = model_modules.states(model, begun)
    assert len(states) == len(traces[0].rows)
    assert tracer.of_states(PROMPTS[0], states).rows == traces[0].rows


@pytest.mark.parametrize("name", ["apertus", "gemma3-wrapper", "gemma4-wrapper", "llava", "mistral3", "qwen2-vl", "smolvlm", "gpt2", "opt"])
def test_wrappers_and_single_numbers_are_no_hindrance(strata, name):
    model, tokenizer = loaded(name)
    traces = Tracer(model, tokenizer, name).traces(PROMPTS, Request(generate=1, columns="all"))
    assert same_as_program(strata, name, traces, "--generate", 1) < 1e-4


@pytest.mark.parametrize("name", ["llama-yarn", "afmoe", "apertus-usual", "olmoe", "xlstm", "glm4-moe-lite"])
def test_control_tokens_end_what_is_generated(strata, name):
    model, tokenizer = loaded(name)
    traces = Tracer(model, tokenizer, name).traces(PROMPTS, Request(generate=3, columns="all"))
    assert same_as_program(strata, name, traces, "--generate", 3) < 1e-4
    assert min(len(trace.tokens) - trace.data["prompt_length"] for trace in traces) < 3


@pytest.mark.parametrize("name", ["rwkv", "xlm-causal", "gemma3n", "deepseek4", "hy-v4", "bart-scaled"])
def test_models_whose_states_cannot_be_taken_are_refused_by_one_error(name, capsys):
    model, tokenizer = loaded(name)
    with pytest.raises(ModelError, match=r"model type '.*expected .*, found .*strata trace --model") as error:
        Tracer(model, tokenizer, name).traces(PROMPTS)
    assert model.config.model_type in str(error.value)
    capsys.readouterr()
    assert main(["--model", str(MODELS / name / "hf"), "--prompt", "The keys"]) == 1
    said = capsys.readouterr()
    assert f"error: model type {model.config.model_type!r}" in said.err and "Traceback" not in said.err and said.out == ""


def test_a_model_that_transformers_computes_otherwise_than_its_files_say_is_refused(strata, capsys):
    model, tokenizer = loaded("mpt-steep")
    tracer, request = Tracer(model, tokenizer, "mpt-steep"), Request(generate=2, columns="all")
    words = "model type 'mpt' .*expected the slopes of alibi_bias_max = 16, found others: transformers always uses those of 8.*strata trace"
    with pytest.raises(ModelError, match=words):
        tracer.traces(PROMPTS, request)
    states, _ = model_modules.states(model, tokenizer(PROMPTS[0])["input_ids"])
    with pytest.warns(UserWarning, match="states of transformers itself would be wrong: model type 'mpt'"):
        tracer.of_states(PROMPTS[0], states)
    assert main(["--model", str(MODELS / "mpt-steep/hf"), "--prompt", "The keys"]) == 1
    assert "error: model type 'mpt'" in capsys.readouterr().err
    # A run that follows the file is taken, and its numbers are the program's.
    usual = model.transformer.build_mpt_alibi_tensor
    model.transformer.build_mpt_alibi_tensor = lambda heads, length, device=None: usual(heads, length, 16, device)
    assert same_as_program(strata, "mpt-steep", tracer.traces(PROMPTS, request), "--generate", 2) < 1e-4
    for name in ("mpt", "mpt-saved"):
        model, tokenizer = loaded(name)
        assert same_as_program(strata, name, Tracer(model, tokenizer, name).traces(PROMPTS, request), "--generate", 2) < 1e-4


@pytest.mark.parametrize(("name", "key", "value", "words"), [
    ("deepseek2", "norm_topk_prob", True, "transformers passes it over"),
    ("muse-glimmer-listed", "layer_rope_theta", "other", "found 750 in layer_rope_theta"),
    ("falcon-rw", "_attn_implementation", "eager", "expected sdpa attention"),
])
def test_every_disagreement_that_the_documentation_lists_is_refused(strata, name, key, value, words):
    model, tokenizer = loaded(name)
    request = Request(generate=1, columns="all")
    assert same_as_program(strata, name, Tracer(model, tokenizer, name).traces(PROMPTS, request), "--generate", 1) < 1e-4
    text = model.config.get_text_config()
    if value == "other":
        value = [750.0, *text.layer_rope_theta[1:]]
    setattr(text, key, value)
    with pytest.raises(ModelError, match=words):
        Tracer(model, tokenizer, name).traces(PROMPTS, request)


def test_weights_that_transformers_changes_as_it_loads_them_are_told():
    model, tokenizer = loaded("mamba")
    tracer = Tracer(model, tokenizer, "mamba")
    model.config.rescale_prenorm_residual = True
    with pytest.warns(UserWarning, match="numbers of other weights than those of the file"):
        tracer.traces(PROMPTS[:1])


def test_a_model_that_is_none_of_language_is_refused(capsys):
    assert main(["--model", str(MODELS / "t5/hf"), "--prompt", "The keys"]) == 1
    assert "expected a causal language model of transformers, found a model of T5Config" in capsys.readouterr().err
    assert main(["--model", str(MODELS / "llama/hf"), "--prompts", "no/such/file"]) == 1
    assert "No such file" in capsys.readouterr().err
    model, tokenizer = loaded("bert-decoder")
    masked = hub.AutoModelForMaskedLM.from_config(model.config)
    with pytest.raises(ModelError, match="one that fills masks"):
        Tracer(masked, tokenizer).traces(PROMPTS)


@pytest.mark.parametrize("name", ["gpt2", "opt", "roberta-decoder"])
def test_a_text_beyond_the_positions_is_refused(name):
    model, tokenizer = loaded(name)
    text = "the keys " * model.config.max_position_embeddings
    with pytest.raises(ModelError, match="shorten the prompt or generate less"):
        Tracer(model, tokenizer, name).traces([text])
    short, = Tracer(model, tokenizer, name).traces(["the keys"])
    with pytest.raises(ModelError, match="shorten the prompt or generate less"):
        Tracer(model, tokenizer, name).traces(["the keys"], Request(generate=model.config.max_position_embeddings))
    assert len(short.tokens) > 1


def test_a_token_without_a_row_is_refused():
    model, tokenizer = loaded("llama")
    tokenizer.add_tokens(["\u2603"])
    with pytest.raises(ModelError, match="expected ids from 0 to 287, found 288 in the text, a token without a row"):
        Tracer(model, tokenizer).traces(["the \u2603"])
    with pytest.raises(ModelError, match="expected ids from 0 to 287, found 288"):
        Tracer(model, tokenizer).traces(["the"], Request(watch=("\u2603",)))


def padded(folder, rows):
    """The tiny Llama with rows that no token has, the first of which are the most probable ones."""
    model, tokenizer = loaded("llama-untied")
    first = model.config.vocab_size
    model.resize_token_embeddings(first + rows, mean_resizing=False)
    with torch.no_grad():
        model.lm_head.weight[first:] = 2 * model.lm_head.weight[:rows]
        model.get_input_embeddings().weight[first:] = model.get_input_embeddings().weight[:rows]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        text = (MODELS / "llama-untied/hf" / name)
        if text.exists():
            (folder / name).write_bytes(text.read_bytes())
    return model, tokenizer, first


@pytest.mark.parametrize("norm", ["final", "none"])
def test_rows_of_the_head_that_no_token_has_are_left_out(strata, tmp_path, norm):
    model, tokenizer, first = padded(tmp_path, 12)
    traces = Tracer(model, tokenizer, "padded").traces(PROMPTS, Request(generate=2, columns="all", norm=norm))
    prompts = [part for trace in traces for part in ("-p", trace.prompt)]
    lines = strata("trace", "-q", "-m", tmp_path, *prompts, "--generate", 2, "--columns", "all", "--norm", norm).stdout.splitlines()
    for trace, line in zip(traces, lines, strict=True):
        theirs = Trace.from_json(line)
        about = trace.data["model"]
        assert (about["vocabulary"], about["padding"]) == (first + 12, 12)
        assert (theirs.data["model"]["vocabulary"], theirs.data["model"]["padding"]) == (first + 12, 12)
        assert trace.targets.tolist() == theirs.targets.tolist() and (trace.rank == theirs.rank).mean() > 0.99
        for key in ("logprob", "entropy", "kl"):
            ours, found = getattr(trace, key), getattr(theirs, key)
            assert np.nanmax(np.abs(ours - found) / np.maximum(1, np.abs(found))) < 5e-5
        assert (trace.top_ids.max() >= first) == (norm == "none")
        trace.write(tmp_path / "t.json")
        strata("trace", "--check", tmp_path / "t.json")
    if norm == "final":
        with pytest.raises(ValueError, match=f"top: expected at most {first}"):
            Tracer(model, tokenizer).traces(PROMPTS, Request(top=first + 1))


def test_the_command_says_no_more_than_the_error(tmp_path):
    arguments = ["--model", str(MODELS / "xlm-causal/hf"), "--prompt", "The keys", "-o", str(tmp_path / "x.json")]
    code = (f"import sys; sys.path.insert(0, {str(ROOT / 'python/src')!r}); from strata_traces.command import main; "
            f"sys.exit(main({arguments!r}))")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and "Traceback" not in result.stderr and "error: model type 'xlm'" in result.stderr
    assert not (tmp_path / "x.json").exists()
