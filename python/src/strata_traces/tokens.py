"""What tokens of a tokenizer of transformers stand for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any


def token(tokenizer: Any, id: int) -> dict[str, str]:
    """A token's exact text, or its bytes where it is not whole UTF-8."""
    text = tokenizer.decode([id], clean_up_tokenization_spaces=False)
    piece = tokenizer.convert_ids_to_tokens(id)
    spelled = spelling(tokenizer)
    if "\ufffd" in text and piece is not None:
        data = _bytes(tokenizer, id, piece, spelled)
        try:
            return {"text": data.decode()} if data is not None else {"text": text}
        except UnicodeDecodeError:
            return {"bytes": data.hex()} if data is not None else {"text": text}
    if spelled != "letters" and isinstance(piece, str) and piece.startswith("\u2581") and not text.startswith(" "):
        text = " " + text  # SentencePiece drops the space of a token decoded alone
    return {"text": text}


def spelling(tokenizer: Any) -> str | None:
    """How a vocabulary spells bytes: "letters" (byte-level BPE), "codes" such as <0xE6> (SentencePiece), or None for neither.

    One token does not tell: all characters of <0xE6> are letters of byte-level BPE, too.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        # Tokenizers in Python alone.
        return "letters" if hasattr(tokenizer, "byte_decoder") else "codes" if hasattr(tokenizer, "sp_model") else None
    if backend.decoder is None:
        return None
    steps = set(_steps(json.loads(backend.decoder.__getstate__())))
    return "letters" if "ByteLevel" in steps else "codes" if "ByteFallback" in steps else None


def _steps(decoder: dict[str, Any]) -> Iterator[str]:
    yield str(decoder.get("type"))
    for step in decoder.get("decoders") or []:
        yield from _steps(step)


def _bytes(tokenizer: Any, id: int, piece: str | bytes, spelled: str | None) -> bytes | None:
    """The bytes that a piece of the vocabulary stands for; None where it spells none."""
    if isinstance(piece, bytes):
        return piece
    if spelled == "letters":
        known = byte_values()
        # Added tokens stand for their own text.
        is_added = id in getattr(tokenizer, "added_tokens_decoder", {})
        return piece.encode() if is_added or any(letter not in known for letter in piece) else bytes(known[c] for c in piece)
    code = re.fullmatch(r"<0x([0-9A-Fa-f]{2})>", piece) if spelled == "codes" else None
    return None if code is None else bytes.fromhex(code[1])


def control_tokens(tokenizer: Any) -> set[int]:
    """Ids that are no text (end of text, end of turn, padding, ...): one of them ends what a model writes."""
    added = getattr(tokenizer, "added_tokens_decoder", {})
    return {int(id) for id in tokenizer.all_special_ids} | {int(id) for id, entry in added.items() if entry.special}


def count_of(tokenizer: Any) -> int:
    """Ids of a tokenizer, added and special tokens included; rows of a head beyond them stand for no token."""
    known = {*tokenizer.get_vocab().values(), *tokenizer.all_special_ids, *getattr(tokenizer, "added_tokens_decoder", {})}
    return max((int(id) + 1 for id in known), default=0)


def byte_values() -> dict[str, int]:
    """The letters that byte-level BPE writes bytes with (GPT-2)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(others)}
