"""Conversations through chat templates of transformers, compared with the program's own traces; needs torch and transformers."""

from __future__ import annotations

import json
import shutil

import pytest

torch = pytest.importorskip("torch")
hub = pytest.importorskip("transformers")

from conftest import ROOT  # noqa: E402

from strata_traces import Trace, write_folder  # noqa: E402
from strata_traces.chat import Chat, Rendered, byte_ranges, start  # noqa: E402
from strata_traces.command import main  # noqa: E402
from strata_traces.transformers import Request, Tracer  # noqa: E402

TEMPLATES = ROOT / "Tests/Fixtures/templates"
TALKS = [
    Chat("the keys to the é cabinet"),
    Chat("the city", system=" in the north ", thinking=None),
    Chat([{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}, {"role": "user", "content": "one"}]),
    Chat("the city", reply="of the"),
    Chat([{"role": "user", "content": "the <city>"}, {"role": "assistant", "content": "a dog"}]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny Llama with a chat template, and with room for what templates write."""
    place = tmp_path_factory.mktemp("chat") / "m"
    shutil.copytree(ROOT / "Tests/Fixtures/models/llama/hf", place)
    shutil.copy(TEMPLATES / "chatml.jinja", place / "chat_template.jinja")
    config = json.loads((place / "config.json").read_text())
    (place / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 4096}))
    return place


@pytest.fixture(scope="module")
def tracer(folder):
    torch.set_num_threads(1)
    model = hub.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return Tracer(model, hub.AutoTokenizer.from_pretrained(folder), "M")


def options(chat, tmp_path):
    """The same conversation for the program."""
    file = tmp_path / "talk.json"
    file.write_text(json.dumps([{"role": "user", "content": chat.messages}] if isinstance(chat.messages, str) else chat.messages))
    given = {"--system": chat.system, "--reply": chat.reply, "--date": chat.date}
    return ["--chat-file", file, *(part for key, value in given.items() if value is not None for part in (key, value))]


def test_the_program_finds_the_same_parts(tracer):
    own = (ROOT / "Sources/Report/Build/Chat/chat_parts.py").read_bytes()
    assert (ROOT / "python/src/strata_traces/chat_parts.py").read_bytes() == own


@pytest.mark.parametrize("name", sorted(path.stem for path in TEMPLATES.glob("*.jinja")))
def test_a_conversation_is_that_of_the_program(folder, tracer, strata, name, tmp_path):
    shutil.copytree(folder, tmp_path / "m")
    shutil.copy(TEMPLATES / f"{name}.jinja", tmp_path / "m/chat_template.jinja")
    tokenizer = hub.AutoTokenizer.from_pretrained(tmp_path / "m")
    same = 0
    for chat in TALKS:
        try:
            ours = start(tokenizer, chat)
        except ValueError:
            # What a template refuses here it refuses there.
            strata("trace", "-q", "-m", tmp_path / "m", *options(chat, tmp_path), status=66)
            continue
        theirs = Trace.from_json(strata("trace", "-q", "-m", tmp_path / "m", *options(chat, tmp_path)).stdout)
        assert ours.text == theirs.prompt
        assert ours.ids == [token["id"] for token in theirs.data["tokens"]]
        assert ours.chat == theirs.data["chat"]
        same += 1
    assert same > 0


def test_conversations_answer_a_spec_as_those_of_the_program_do(folder, tracer, strata, tmp_path):
    talk = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}, {"role": "user", "content": "the city"}]
    written = "<|im_start|>user\nthe keys"
    traces = tracer.traces(
        ["the keys"], Request(generate=2, columns="all", watch=("a",)),
        chat=["the keys", talk, Chat("the city", system="a dog", reply="of")], rendered=[written], batch=2)
    assert [trace.data.get("chat", {}).get("messages") for trace in traces][:3] == [None, [{"role": "user", "content": "the keys"}], talk]
    assert traces[4].data["chat"] == {"messages": [], "spans": []} and traces[3].data["chat"]["reply"] is True
    files = write_folder(tmp_path / "in", traces)
    strata("trace", "--check", *files)
    prompts = [
        "{id: plain, text: the keys}", '{id: said, chat: "the keys"}', f"{{id: talk, chat: {json.dumps(talk)}}}",
        '{id: begun, chat: "the city", system: a dog, reply: of}', f"{{id: written, rendered: {json.dumps(written)}}}",
    ]
    asked = "".join(f"  - {prompt[:-1]}, generate: 2, columns: all, watch: [a]}}\n" for prompt in prompts)
    spec = f"models: {{M: {{traces: in}}}}\nprompts:\n{asked}figures: [lens-grid, top-tokens]\noutput: {{report: none, figures: [svg]}}\n"
    (tmp_path / "s.yaml").write_text(spec)
    strata("build", tmp_path / "s.yaml", "-q", "--out", tmp_path / "out")
    assert len(list((tmp_path / "out/s/figures").glob("*.svg"))) >= 10
    # Other messages, and a plain text, are not these.
    for old, new in (('chat: "the keys"', 'chat: "the city"'), ("rendered: ", "text: ")):
        (tmp_path / "t.yaml").write_text(spec.replace(old, new))
        strata("build", tmp_path / "t.yaml", "-q", "--out", tmp_path / "out", status=66)


def test_a_template_sees_the_day_of_the_conversation(folder, tmp_path, strata):
    shutil.copytree(folder, tmp_path / "m")
    template = "{% for m in messages %}[{{ m.content }}]{% endfor %}{{ strftime_now('%d %B %Y') }}"
    switches = "{% if enable_thinking %}!{% endif %}{{ mood }}"
    (tmp_path / "m/chat_template.jinja").write_text(template + switches)
    tokenizer = hub.AutoTokenizer.from_pretrained(tmp_path / "m")
    said = start(tokenizer, Chat("a"))
    assert said.text == "[a]01 January 2025" and said.chat["date"] == "2025-01-01" and "variables" not in said.chat
    said = start(tokenizer, Chat("a", date="2024-02-29", thinking=True, variables={"mood": "glad"}))
    assert said.text == "[a]29 February 2024!glad"
    theirs = Trace.from_json(strata(
        "trace", "-q", "-m", tmp_path / "m", "--chat", "a", "--date", "2024-02-29", "--thinking", "on", "--variable", "mood=glad").stdout)
    assert theirs.data["chat"] == said.chat and theirs.prompt == said.text


@pytest.mark.parametrize(("chat", "words"), [
    (lambda: Chat([]), "expected one or more"), (lambda: Chat([{"role": "user"}]), "messages of role and content"),
    (lambda: Chat(["a"]), "messages of role and content"), (lambda: Chat("a", date="2025-13-01"), "month"),
    (lambda: Chat("a", thinking=True), "no variable enable_thinking"), (lambda: Chat("a", template="rag"), "expected one of default"),
    (lambda: Chat("a", variables={"mood": 1}), "reads no variable 'mood'"),
])
def test_conversations_that_cannot_be_are_refused(tracer, chat, words):
    with pytest.raises(ValueError, match=words):
        tracer.traces(chat=[chat()])


def test_what_is_no_conversation_is_refused(tracer):
    with pytest.raises(ValueError, match="chat: expected a list of texts, found the text"):
        tracer.traces(chat="a")
    with pytest.raises(ValueError, match="the prompt '' gives no tokens"):
        tracer.traces(rendered=[""])
    plain = hub.AutoTokenizer.from_pretrained(ROOT / "Tests/Fixtures/models/llama/hf")
    with pytest.raises(ValueError, match="this is a base model"):
        start(plain, Chat("a"))
    ids = start(tracer.tokenizer, Rendered("the keys")).ids
    with pytest.raises(ValueError, match="states of"):
        tracer.of_states(Rendered("the keys"), [torch.zeros(len(ids) + 1, 24)] * 3)


def test_bytes_of_tokens_are_found_in_the_text():
    assert byte_ranges([b"ab", b"c"], b"abc") == [(0, 2), (2, 3)]
    # A space that the tokenizer puts before a text, and a token that spells nothing of it.
    assert byte_ranges([b" ab", b"c"], b"abc") == [(0, 2), (2, 3)]
    assert byte_ranges([b"a", b"<unk>", b"c"], b"a\xc3\xa9c") == [(0, 1), (1, 3), (3, 4)]
    assert byte_ranges([], b"") == []


def test_conversations_on_the_command_line(folder, strata, tmp_path, capsys):
    talk = tmp_path / "talk.json"
    talk.write_text('[{"role": "user", "content": "one"}]')
    out = tmp_path / "t.jsonl"
    assert main(["--model", str(folder), "--chat", "the keys", "--chat-file", str(talk), "--system", "a dog", "--rendered", "the city",
                 "-o", str(out)]) == 0
    strata("trace", "--check", out)
    roles = [[message["role"] for message in json.loads(line)["chat"]["messages"]] for line in out.read_text().splitlines()]
    assert roles == [["system", "user"], ["system", "user"], []]
    with pytest.raises(SystemExit):
        main(["--model", str(folder), "--prompt", "a", "--system", "b"])
    assert "--system is for conversations" in capsys.readouterr().err
