"""Texts of a trace against the tokens that spell them, as they differ where two traces were confused. Rules of `strata trace --check`.

Tokenizers change texts (case, accents, spaces, characters that they do not know), so only what no tokenizer does counts: in plain ASCII
every letter and digit, elsewhere most of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .shapes import FaultError

#: By which vocabularies write spaces and line ends.
MARKS = re.compile("[\u2581\u0120\u010a\u0109]")
BLANK = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


def texts(trace: dict[str, Any]) -> None:
    """Refuses tokens with other texts than those of their ids, and texts that their tokens do not spell."""
    known = {int(key): text for key, text in trace["texts"].items() if isinstance(text, str)}
    for index, entry in enumerate(trace["tokens"]):
        own, text = _letters(entry.get("text") or ""), _letters(known.get(entry["id"], ""))
        if own and text and own != text:
            raise FaultError(f"tokens[{index}].text", f"{_short(entry['text'])}, expected {_short(known[entry['id']])} as in 'texts'")
    for index, watched in enumerate(trace["watch"]):
        said, its = watched["text"], known.get(watched.get("id"))
        if its is not None and its != said and said in known.values() and _letters(its) != _letters(said):
            raise FaultError(f"watch[{index}].text", f"{_short(said)}, expected {_short(its)}, the text of {watched['id']}")
    for key, text, tokens, name, first in _spelled(trace):
        _compare(key, text, tokens, name, first)
    asked = [message["content"] for message in (trace.get("chat") or {}).get("messages", []) if message["role"] == "user"]
    if asked and _is_other(_letters(asked[-1]), _letters(trace["prompt"])):
        raise FaultError("chat.messages", f"the last of the user, {_short(asked[-1])}, is not in 'prompt', expected one from which that "
                                          "was rendered")


def _spelled(trace: dict[str, Any]) -> Iterator[tuple[str, str, Sequence[dict[str, Any]], str, int]]:
    """Every text that the trace has the tokens of: its key, the text, the tokens, their key, and the first of them that counts."""
    prompt = trace["tokens"][: trace["prompt_length"]]
    encoder = trace.get("encoder")
    if encoder is None:
        yield "prompt", trace["prompt"], prompt, "tokens", 0
    else:
        yield "prompt", trace["prompt"], encoder["tokens"], "encoder.tokens", 0
        if encoder.get("decoder") is not None:
            # The decoder's first token begins every text.
            yield "encoder.decoder", encoder["decoder"], prompt, "tokens", 1
    if trace["method"].get("continuation") is not None:
        yield "method.continuation", trace["method"]["continuation"], trace["tokens"], "tokens", trace["prompt_length"]
    if trace.get("patching") is not None:
        yield "patching.source", trace["patching"]["source"], trace["patching"]["source_tokens"], "patching.source_tokens", 0
    for index, change in enumerate(trace.get("changes") or []):
        key = f"changes[{index}]"
        runs = [] if change.get("patch") is None else [(f"{key}.patch", change["patch"])]
        origin = (change.get("steer") or {}).get("origin", {})
        runs += [(f"{key}.steer.origin.{name}.text", origin[name]["text"]) for name in ("plus", "minus") if origin.get(name) is not None]
        for place, run in runs:
            yield f"{place}.text", run["text"], run["tokens"], f"{place}.tokens", 0


def _compare(key: str, text: str, tokens: Sequence[dict[str, Any]], name: str, first: int) -> None:
    own = tokens[first:]
    spelled = "".join(entry.get("text") or "" for entry in own)
    expected = f"{_short(text)}, expected the text that '{name}' spell, {_short(spelled)}"
    pieces = _pieces(own, text) if text.isascii() else None
    if pieces is None:
        a, b = _letters(text), _letters(spelled)
        # Where most characters are unknown to a vocabulary, its tokens say little.
        if len(b) * 2 >= len(a) and _is_other(a, b):
            raise FaultError(key, expected)
        return
    letters, places = _letters(text), [place for place, letter in enumerate(text) if _letters(letter)]

    def rest(letter: int) -> str:
        return f"the text goes on with {_short(text[places[letter]:], 20)}" if letter < len(places) else "the text ends"

    # A control token that was added may be written in the text, too, so there can be several places.
    reached = {0}
    for index, (piece, is_added) in enumerate(pieces):
        found = {place + len(piece) for place in reached if letters.startswith(piece, place)} | (reached if is_added else set())
        if not found:
            place = f"'{name}[{first + index}]', {_short(own[index]['text'])},"
            raise FaultError(key, f"{expected}; they differ first at {place} where {rest(max(reached))}")
        reached = found
    if len(letters) not in reached:
        raise FaultError(key, f"{expected}; they differ first at the end of the tokens, where {rest(max(reached))}")


def _pieces(tokens: Sequence[dict[str, Any]], text: str) -> list[tuple[str, bool]] | None:
    """The letters of every token, and whether it may have been added; None where a token may stand for any text."""
    if any(entry.get("text") is None for entry in tokens):
        return None
    own = [_unmarked(entry["text"]) for entry in tokens]
    inner = [index for index, piece in enumerate(own) if not _is_control(piece) and not _is_language(piece)]
    first, last = (inner[0], inner[-1]) if inner else (len(own), -1)
    found: list[tuple[str, bool]] = []
    for index, piece in enumerate(own):
        is_at_end, letters = index < first or index > last, _letters(piece)
        is_foreign = letters.startswith("unk") or letters == "oov" or (not is_at_end and _is_control(piece))
        if (is_foreign and piece.strip(BLANK) not in text) or (not is_at_end and not piece.isascii()):
            return None
        found.append((letters, is_at_end))
    return found


def _unmarked(text: str) -> str:
    """The text of a token without the marks by which vocabularies write spaces, line ends and the end of words."""
    text = text if _is_control(text) else MARKS.sub(" ", text)
    return text[:-4] if len(text) > 4 and text.endswith("</w>") else text


def _is_control(text: str) -> bool:
    """Whether a token is written as control tokens are: <s>, [SEP], <|endoftext|>."""
    own = text.strip(BLANK)
    return len(own) > 2 and (own[0] + own[-1]) in ("<>", "[]") and not any(letter.isspace() for letter in own)


def _is_language(text: str) -> bool:
    """Whether a token is written as those that name a language: en_XX, eng_Latn, __en__."""
    own = text.strip(BLANK)
    parts = own.split("_")
    is_marked = len(own) > 4 and own.startswith("__") and own.endswith("__")
    return is_marked or (len(parts) == 2 and 2 <= len(parts[0]) <= 3 and 2 <= len(parts[1]) <= 4)


def _is_other(text: str, other: str) -> bool:
    """Whether a text is none that another one holds: fewer than three in ten of its runs of three letters stand there."""
    a, b = ({part[place : place + 3] for place in range(len(part) - 2)} for part in (text, other))
    if len(a) < 6 or len(b) < 6:
        return False
    fewer, more = (a, b) if len(a) < len(b) else (b, a)
    return len(fewer & more) * 10 < len(fewer) * 3


def _letters(text: str) -> str:
    """Letters and digits of ASCII, in small letters."""
    return re.sub("[^0-9A-Za-z]", "", text).lower()


def _short(text: str, most: int = 60) -> str:
    return f"'{text if len(text) <= most else text[: most - 1] + '…'}'"
