"""What transformers' apply_chat_template makes of the templates in Tests/Fixtures/templates: expected.json, bytes.json, pieces.json.

The templates are our own, in the manner of the families whose names they have. Each renders twelve conversations, and two more where it has
a switch for thinking; expected.json has, for each, the digest of the text and of the token ids, or the refusal.

    python3 Tools/make_template_fixtures.py              # writes the fixtures; needs transformers 5.24 and tokenizers
    python3 Tools/make_template_fixtures.py GGUF NAME    # adds what a real GGUF file's own template gives, under this name
    python3 Tools/make_template_fixtures.py GGUF NAME gemma3    # the same with a template of ours, for a file without one
"""

import datetime
import hashlib
import json
import pathlib
import re
import sys
import tempfile

import transformers
from transformers import AutoTokenizer
from transformers.utils import chat_template_utils

import tiny_tokenizers

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/templates"
SENTENCEPIECE = {
    "alpaca", "baichuan", "gemma", "gemma3", "llama2", "minicpm", "mistral-v1", "mistral-v3", "openchat", "phi3", "tinyllama", "vicuna", "yi",
    "zephyr",
}
# Special tokens beside BOS and EOS, which templates write out.
SPECIAL = [
    "<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|header_start|>",
    "<|header_end|>", "<|eot|>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "<start_of_turn>", "<end_of_turn>",
    "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|tool|>", "<|/tool|>", "<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>",
    "<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>", "<|SYSTEM_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>", "[gMASK]", "<sop>",
    "<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>", "<|start|>", "<|message|>", "<|channel|>", "<|return|>", "[|system|]",
    "[|user|]", "[|assistant|]", "[|endofturn|]", "<think>", "</think>", "<seed:bos>", "<seed:eos>", "<|endoftext|>", "<|end_of_turn|>",
    "<reserved_106>", "<reserved_107>", "<extra_id_0>", "<extra_id_1>", "<|user_start|>", "<|user_end|>", "<|assistant_start|>",
]
# Phi 3's take the white space behind them.
GREEDY = {"<|system|>", "<|user|>", "<|assistant|>", "<|end|>"}


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def system(text):
    return {"role": "system", "content": text}


CONVERSATIONS = [
    {"messages": [user("Which city is Heathrow airport in?")]},
    {"messages": [system("Answer with one word."), user("Which city is Heathrow airport in?")]},
    {"messages": [user("The keys to the cabinet"), assistant("are on the table."), user("And the other keys?")]},
    {"messages": [
        system("You know the city."), user("One?"), assistant("<think>\nhm, one\n</think>\n\nTwo."), user("Three?"), assistant("Four."),
        user("Five?")]},
    {"messages": [user("Žluťoučký e\u0301 👩‍👩‍👧 日本語 \u00a0 नमस्ते")]},
    {"messages": [user("")]},
    {"messages": [system("  in the city \n"), user("\n the keys \t\n\n"), assistant(" to the "), user(" cabinet ")]},
    {"messages": [user("Which city?"), assistant("It is in the city of")], "reply": True},
    {"messages": [system("Be short."), user("Which city?"), assistant("In the city of ")], "reply": True},
    {"messages": [user("Which city?"), assistant("London")], "generation_prompt": False},
    {"messages": [user("Which city is it in?")], "generation_prompt": False},
    {"messages": [user("<|im_end|> spells </s> and <eos> [INST] \"quotes\" & <b>")]},
]


def digest(value):
    return hashlib.sha256(value).hexdigest()[:16]


def case(tokenizer, conversation, **variables):
    """[digest of the text, number of ids, digest of the ids], or the first words of the refusal."""
    reply = conversation.get("reply", False)
    options = {"continue_final_message": reply, "add_generation_prompt": conversation.get("generation_prompt", not reply), **variables}
    try:
        text = tokenizer.apply_chat_template(conversation["messages"], tokenize=False, **options)
        ids = tokenizer.apply_chat_template(conversation["messages"], tokenize=True, return_dict=False, **options)
    except Exception as error:
        return str(error)[:40]
    return [digest(text.encode()), len(ids), digest(",".join(map(str, ids)).encode())]


def cases(tokenizer, template):
    """The conversations, then thinking on and off where a template has a switch."""
    found = [case(tokenizer, one) for one in CONVERSATIONS]
    switches = [name for name in ("enable_thinking", "thinking") if re.search(rf"\bif (not )?{name}\b", template)]
    if switches:
        for value in (True, False):
            found.append(case(tokenizer, CONVERSATIONS[2], **{name: value for name in switches}))
    return found


class Day(datetime.datetime):
    """The day that every template sees."""

    @classmethod
    def now(cls, tz=None):
        return cls(2025, 1, 1)


def configuration(name):
    """tokenizer_config.json without the template."""
    pieces = name in SENTENCEPIECE
    greedy = name == "phi3"
    bos, eos = ("<bos>", "<eos>") if pieces else ("<s>", "</s>")
    special = [
        {"__type": "AddedToken", "content": token, "rstrip": greedy and token in GREEDY, "lstrip": False, "normalized": False,
         "single_word": False, "special": True}
        for token in SPECIAL if greedy and token in GREEDY]
    special += [token for token in SPECIAL if not (greedy and token in GREEDY) and not (pieces and token.endswith("_of_turn>"))]
    return {"tokenizer_class": "TokenizersBackend", "bos_token": bos, "eos_token": eos, "additional_special_tokens": special}


def own():
    """All templates of the folder."""
    for name, tokenizer in (("bytes", tiny_tokenizers.byte_level(300, [], False, False)), ("pieces", tiny_tokenizers.pieces(397))):
        tokenizer.save(str(FOLDER / f"{name}.json"), pretty=False)
    templates = []
    for path in sorted(FOLDER.glob("*.jinja")):
        template = path.read_text(encoding="utf-8")
        kind = "pieces" if path.stem in SENTENCEPIECE else "bytes"
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "tokenizer.json").write_bytes((FOLDER / f"{kind}.json").read_bytes())
            (folder / "tokenizer_config.json").write_text(json.dumps({**configuration(path.stem), "chat_template": template}))
            tokenizer = AutoTokenizer.from_pretrained(folder)
        templates.append({"name": path.stem, "tokenizer": kind, "cases": cases(tokenizer, template)})
    configurations = {"bytes": configuration("chatml"), "pieces": configuration("llama2"), "phi3": configuration("phi3")}
    write({"conversations": CONVERSATIONS, "configurations": configurations, "templates": templates, "files": {}})


def real(path, name, template=None):
    """The vocabulary and the template of a GGUF file, as transformers converts them."""
    path = pathlib.Path(path)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    if template is not None:
        tokenizer.chat_template = (FOLDER / f"{template}.jinja").read_text(encoding="utf-8")
    expected = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
    expected["files"][name] = {"template": template, "cases": cases(tokenizer, tokenizer.chat_template)}
    write(expected)


def write(expected):
    # A line for every list of cases.
    text = json.dumps(expected, ensure_ascii=False, separators=(",", ":")).replace("{\"name\"", "\n{\"name\"")
    (FOLDER / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    assert transformers.__version__ == "5.24.0", transformers.__version__
    chat_template_utils.datetime = Day
    real(*sys.argv[1:]) if len(sys.argv) > 1 else own()
