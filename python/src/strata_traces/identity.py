"""What a trace says of its origin: digests, names that can be seen, and where the prompt ends. Rules of `strata trace --check`."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from .checks import need
from .shapes import FaultError

UNSEEN = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}  # marks that turn the direction of a text


def identify(trace: dict[str, Any]) -> None:
    """Refuses digests that are none, names with characters that cannot be seen, and a prompt that the tokens contradict."""
    origin(trace)
    template = (trace.get("chat") or {}).get("template")
    if template is not None:
        _digest(template["sha256"], "chat.template.sha256")
        _name(template["name"], "chat.template.name")
    _prompt(trace)


def origin(data: dict[str, Any]) -> None:
    """Refuses digests and names of the model, the lens and the precision that are none, of a trace or a summary."""
    model, lens, compute = data["model"], data["lens"], data["compute"]
    _digest(model["sha256"], "model.sha256")
    need(model["name"] != "", "model.name", "no characters", "a name")
    for key in ("name", "architecture", "weights", "license", "source"):
        _name(model.get(key), f"model.{key}")
    adapter = model.get("adapter")
    if adapter is not None:
        _digest(adapter["sha256"], "model.adapter.sha256")
        for key in ("name", "base_model", "source"):
            _name(adapter.get(key), f"model.adapter.{key}")
    _digest(lens.get("sha256"), "lens.sha256")
    _name(lens.get("base_model"), "lens.base_model")
    good = re.fullmatch(r"[A-Za-z0-9_\-. ]{1,40}", compute) is not None and compute.strip(" ") != ""
    need(good, "compute", f"'{compute[:60]}'", "a name such as 'f32': letters, digits, '_', '-', '.' and spaces, at most 40 characters")


def _digest(digest: str | None, key: str) -> None:
    good = digest is None or re.fullmatch(r"[0-9A-Fa-f]{64}", digest) is not None
    need(good, key, f"'{str(digest)[:100]}'", "64 hexadecimal digits")


def _name(name: str | None, key: str) -> None:
    for sign in name or "":
        if unicodedata.category(sign) in ("Cc", "Zl", "Zp") or ord(sign) in UNSEEN:
            raise FaultError(key, f"a name with U+{ord(sign):04X}, expected one without control characters")


def _prompt(trace: dict[str, Any]) -> None:
    length, count, method = trace["prompt_length"], len(trace["tokens"]), trace["method"]
    if trace.get("masks") is not None:
        need(length == count, "prompt_length", length, f"{count}, all tokens of the text")
        return
    text = method.get("continuation")
    if text is None:
        made = method.get("generate") or 0
        # A text that ends early has fewer tokens than were asked for, the end of it among them.
        good = count == length if made == 0 else 1 <= count - length <= made
        expected = f"{count - made}" if made < 2 else f"{count - made} to {count - 1}"
        need(good, "prompt_length", length, f"{expected}: at most {made} of the {count} tokens were generated")
        return
    need((text == "") == (count == length), "prompt_length", f"{length} of {count} tokens", "all" if text == "" else "fewer")
    if not _spells(trace, length, text):
        start = next((start for start in range(count) if _spells(trace, start, text)), None)
        need(start is None, "prompt_length", length, f"{start}: the tokens from there on are 'method.continuation'")


def _spells(trace: dict[str, Any], start: int, text: str) -> bool:
    """Whether the tokens from one on spell a text."""
    own = [token.get("text") for token in trace["tokens"][start:]]
    return None not in own and "".join(str(part) for part in own) == text
