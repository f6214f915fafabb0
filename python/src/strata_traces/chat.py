"""Conversations, rendered by the chat template of a tokenizer of transformers as Strata renders them (docs/conversations.md)."""

from __future__ import annotations

import contextlib
import datetime
import difflib
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .chat_parts import parts
from .tokens import token

#: The date that templates see unless a conversation names one: a fixed day, so that the same conversation gives the same text.
STANDARD_DATE = "2025-01-01"
SWITCHES = ("enable_thinking", "thinking")
LONGEST = 1 << 15


@dataclass(frozen=True)
class Chat:
    """A conversation that the model is asked: the keys `chat`, `system`, `reply`, ... of a prompt in a spec."""

    #: What one user says, or messages of `role` and `content`.
    messages: str | Sequence[Mapping[str, str]]
    #: A system message before them.
    system: str | None = None
    #: The given beginning of the answer.
    reply: str | None = None
    #: Sets the template's own switch.
    thinking: bool | None = None
    #: Whether the template opens the answer; by default after a message that is not the assistant's.
    generation_prompt: bool | None = None
    #: One of the tokenizer's named templates.
    template: str | None = None
    #: Variables of the template; `tools` and `documents` among them.
    variables: Mapping[str, Any] = field(default_factory=dict)
    #: The date that the template sees if it asks for today's.
    date: str | None = None

    def __post_init__(self) -> None:
        """Refuses what is no conversation."""
        for message in self.all_messages:
            if not isinstance(message, Mapping) or set(message) != {"role", "content"} or not all(
                    isinstance(text, str) for text in message.values()):
                raise ValueError(f"messages: expected a text, or messages of role and content, found {message!r:.100}")
        if not self.all_messages:
            raise ValueError("messages: expected one or more, found none")
        if self.date is not None:
            datetime.date.fromisoformat(self.date)

    @property
    def all_messages(self) -> list[dict[str, str]]:
        """The messages with the system's first and the given beginning of the answer last."""
        said = [{"role": "user", "content": self.messages}] if isinstance(self.messages, str) else list(self.messages)
        before = [] if self.system is None else [{"role": "system", "content": self.system}]
        after = [] if self.reply is None else [{"role": "assistant", "content": self.reply}]
        return [*before, *(dict(message) if isinstance(message, Mapping) else message for message in said), *after]


@dataclass(frozen=True)
class Rendered:
    """A conversation as a template would write it; no template is asked."""

    text: str


@dataclass(frozen=True)
class Start:
    """What a model is asked: a text, its tokens, and the conversation that it was made of."""

    text: str
    ids: list[int]
    #: `chat` of the trace; None for a plain text.
    chat: dict[str, Any] | None = None


def start(tokenizer: Any, prompt: str | Chat | Rendered) -> Start:
    """The tokens of a prompt.

    A plain text gets the special tokens that the tokenizer puts around texts. In a rendered one special tokens become their ids, and
    nothing is put before or behind it.
    """
    if isinstance(prompt, str):
        return Start(prompt, list(tokenizer(prompt)["input_ids"]))
    if isinstance(prompt, Rendered):
        return Start(prompt.text, _plain_ids(tokenizer, prompt.text), {"messages": [], "spans": []})
    if not isinstance(prompt, Chat):
        raise ValueError(f"expected a text, a Chat or a Rendered, found {prompt!r:.100}")
    return _Rendering(tokenizer, prompt).start()


def _plain_ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


class _Clock:
    """What `datetime` is to templates: a fixed day, and whether one asked for it."""

    def __init__(self, day: str) -> None:
        self.day = datetime.datetime.fromisoformat(day)
        self.asked = False

    def now(self) -> datetime.datetime:
        self.asked = True
        return self.day


@contextlib.contextmanager
def _seeing(clock: _Clock) -> Iterator[None]:
    """Has templates see the day of a clock: transformers itself gives them today's."""
    from transformers.utils import chat_template_utils

    own = chat_template_utils.datetime
    chat_template_utils.datetime = clock
    try:
        yield
    finally:
        chat_template_utils.datetime = own


class _Rendering:
    """A conversation and the template that renders it; `chat_parts` asks it for other conversations, too."""

    def __init__(self, tokenizer: Any, chat: Chat) -> None:
        self.tokenizer = tokenizer
        self.messages = chat.all_messages
        self.reply = chat.reply is not None
        asked = chat.generation_prompt
        self.generation_prompt = not self.reply and self.messages[-1]["role"] != "assistant" if asked is None else asked
        self.variables = dict(chat.variables)
        self.name, self.template = self._template(chat)
        names = _names(self.template)
        if chat.thinking is not None:
            switches = [name for name in SWITCHES if name in names]
            if not switches:
                raise ValueError("thinking: the chat template has no variable enable_thinking or thinking")
            self.variables |= dict.fromkeys(switches, chat.thinking)
        for name in self.variables:
            if name not in names:
                raise ValueError(f"variables: the chat template reads no variable {name!r}")
        self.date = chat.date or STANDARD_DATE

    def _template(self, chat: Chat) -> tuple[str, str]:
        found = self.tokenizer.chat_template
        if not found:
            raise ValueError("expected a tokenizer with a chat template, which a conversation needs, found none: this is a base model")
        known = dict(found) if isinstance(found, Mapping) else {"default": str(found)}
        usual = ["tool_use", "default"] if self.variables.get("tools") is not None else ["default"]
        for name in usual if chat.template is None else [chat.template]:
            if name in known:
                return name, known[name]
        raise ValueError(f"template: expected one of {', '.join(sorted(known))}, found {chat.template or 'no default one'}")

    def render(self, messages: Sequence[Mapping[str, str]], generation_prompt: bool, reply: bool = False) -> str:
        return str(self.tokenizer.apply_chat_template(
            [dict(message) for message in messages], chat_template=self.template, tokenize=False,
            add_generation_prompt=generation_prompt and not reply, continue_final_message=reply, **self.variables))

    def attempt(self, messages: Sequence[Mapping[str, str]], generation_prompt: bool, reply: bool = False) -> str | None:
        """The text of a helping conversation; None where the template refuses it."""
        try:
            return self.render(messages, generation_prompt, reply)
        except Exception:
            return None

    def start(self) -> Start:
        clock = _Clock(self.date)
        with _seeing(clock):
            try:
                text = self.render(self.messages, self.generation_prompt, self.reply)
            except Exception as error:
                raise ValueError(f"the chat template {self.name!r} gives no text: {error}") from error
            asked = clock.asked
            found = parts(self, text, dict(self.tokenizer.special_tokens_map), _control_tokens(self.tokenizer))
        ids = _plain_ids(self.tokenizer, text)
        chat: dict[str, Any] = {"template": self._identity(), "messages": self.messages, "spans": _spans(self.tokenizer, text, ids, found)}
        if self.reply:
            chat["reply"] = True
        if self.variables:
            chat["variables"] = self.variables
        if asked:
            chat["date"] = self.date
        return Start(text, ids, chat)

    def _identity(self) -> dict[str, str]:
        """The template by name and digest, and the file that holds it where the tokenizer is one of a folder."""
        folder = Path(str(getattr(self.tokenizer, "name_or_path", "") or os.devnull))
        files = [f"additional_chat_templates/{self.name}.jinja"] if self.name != "default" else ["chat_template.jinja"]
        source = next((file for file in files if (folder / file).is_file()), "tokenizer_config.json: chat_template")
        return {"name": self.name, "sha256": hashlib.sha256(self.template.encode()).hexdigest(), "source": source}


def _names(template: str) -> set[str]:
    """The names that a template reads."""
    import jinja2.ext
    import jinja2.nodes

    class Generation(jinja2.ext.Extension):  # type: ignore[misc,unused-ignore]
        """`{% generation %}`, which transformers adds: what stands in it."""

        tags = {"generation"}  # noqa: RUF012

        def parse(self, parser: Any) -> Any:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    tree = jinja2.Environment(extensions=[Generation, jinja2.ext.loopcontrols]).parse(template)
    return {node.name for node in tree.find_all(jinja2.nodes.Name) if node.ctx == "load"}


def _control_tokens(tokenizer: Any) -> list[str]:
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    return sorted({*(str(each) for each in added if each.special), *tokenizer.all_special_tokens})


def _spans(tokenizer: Any, text: str, ids: list[int], found: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Runs of tokens of one role and origin; none where parts of the text, or the bytes of tokens, are not known.

    A token is content if it stands for any byte of a message's content, and else the template's.
    """
    ranges = byte_ranges([_bytes(tokenizer, id) for id in ids], text.encode())
    if not found or ranges is None:
        return []
    ends: list[int] = []
    at = 0
    for part in found:
        at += part["characters"]
        ends.append(len(text[:at].encode()))
    begins = [0, *ends[:-1]]
    spans: list[dict[str, Any]] = []
    last, at = -1, 0
    for place, (low, high) in enumerate(ranges):
        while at < len(found) - 1 and ends[at] <= low:
            at += 1
        own = at
        if found[own]["template"]:
            inside = range(at, len(found))
            own = next((i for i in inside if begins[i] < max(high, low + 1) and not found[i]["template"] and begins[i] < ends[i]), at)
        if own == last:
            spans[-1]["count"] += 1
        else:
            part = found[own]
            span = {"role": part["role"], "message": part["message"], "first": place, "count": 1, "template": part["template"]}
            spans.append({key: value for key, value in span.items() if value is not None})
        last = own
    return spans


def _bytes(tokenizer: Any, id: int) -> bytes:
    known = token(tokenizer, id)
    return known["text"].encode() if "text" in known else bytes.fromhex(known["bytes"])


def _common(one: bytes, other: bytes) -> int:
    """The length of the common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def byte_ranges(pieces: Sequence[bytes], text: bytes) -> list[tuple[int, int]] | None:
    """Which bytes of a text each of its tokens stands for; None where they differ too much.

    Most tokens spell the text; where a tokenizer changed it (a space put before it, characters composed or unknown), the bytes that both
    have in common decide. A token that spells nothing of the text stands for what its neighbours leave.
    """
    spelled = b"".join(pieces)
    places: list[int | None] = [None] * len(spelled)
    low = _common(spelled, text)
    tail = min(_common(spelled[::-1], text[::-1]), min(len(spelled), len(text)) - low)
    own, other = spelled[low : len(spelled) - tail], text[low : len(text) - tail]
    if max(len(own), len(other)) > LONGEST:
        return None
    places[:low] = range(low)
    for block in difflib.SequenceMatcher(None, own, other, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            places[low + block.a + offset] = low + block.b + offset
    places[len(spelled) - tail :] = range(len(text) - tail, len(text))
    found: list[tuple[int, int] | None] = []
    begin = 0
    for piece in pieces:
        inside = [place for place in places[begin : begin + len(piece)] if place is not None]
        begin += len(piece)
        found.append((inside[0], inside[-1] + 1) if inside else None)
    starts, following = [len(text)] * len(found), len(text)
    for index in range(len(found) - 1, -1, -1):
        starts[index] = following
        following = found[index][0] if found[index] is not None else following  # type: ignore[index]
    ranges: list[tuple[int, int]] = []
    end = 0
    for known, after in zip(found, starts, strict=True):
        ranges.append(known if known is not None else (end, max(end, after)))
        end = ranges[-1][1]
    return ranges
