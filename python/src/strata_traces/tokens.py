"""What tokens of a tokenizer of transformers stand for."""

from __future__ import annotations

from typing import Any


def token(tokenizer: Any, id: int) -> dict[str, str]:
    """A token's exact text, or its bytes where it is not whole UTF-8."""
    text = tokenizer.decode([id], clean_up_tokenization_spaces=False)
    piece = tokenizer.convert_ids_to_tokens(id)
    if "\ufffd" in text and piece is not None:
        known = byte_values()
        if all(letter in known for letter in piece):
            data = bytes(known[letter] for letter in piece)
            try:
                return {"text": data.decode()}
            except UnicodeDecodeError:
                return {"bytes": data.hex()}
        if piece.startswith("<0x") and piece.endswith(">"):
            return {"bytes": piece[3:-1].lower()}
    if piece is not None and piece.startswith("\u2581") and not text.startswith(" "):
        text = " " + text  # SentencePiece drops the space of a token decoded alone
    return {"text": text}


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
