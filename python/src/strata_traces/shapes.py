"""What every key of a trace must be, as docs/trace-format.md says; what the numbers must be together is in `checks`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

Read = Callable[[Any, str], Any]
LARGEST_FLOAT32 = 3.4028235677973366e38


class FaultError(Exception):
    """A value that cannot be right: its key and what was expected and found."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")


def whole(value: Any, key: str) -> int:
    """A whole number, which other programs also write as `2.0`."""
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2.0**53:
        return int(value)
    raise _wrong(value, key, "a whole number")


def real(value: Any, key: str) -> float:
    """A number in float64."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise _wrong(value, key, "a finite number")


def single(value: Any, key: str) -> float:
    """A number within float32."""
    number = real(value, key)
    if abs(number) >= LARGEST_FLOAT32:
        raise _wrong(value, key, "a number within float32")
    return number


def string(value: Any, key: str) -> str:
    """A text."""
    if isinstance(value, str):
        return value
    raise _wrong(value, key, "a string")


def truth(value: Any, key: str) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    raise _wrong(value, key, "true or false")


def anything(value: Any, key: str) -> Any:
    """Whatever stands there."""
    return value


def word(*words: str) -> Read:
    """One of some words."""

    def read(value: Any, key: str) -> Any:
        if isinstance(value, str) and value in words:
            return value
        raise _wrong(value, key, " or ".join(f"'{each}'" for each in words))

    return read


def optional(read: Read) -> Read:
    """The same, or null."""
    return lambda value, key: None if value is None else read(value, key)


def many(read: Read) -> Read:
    """A list of the same."""

    def each(value: Any, key: str) -> Any:
        if not isinstance(value, list):
            raise _wrong(value, key, "a list")
        for index, one in enumerate(value):
            _keep(value, index, read(one, f"{key}[{index}]"))
        return value

    return each


def _keep(values: Any, key: Any, found: Any) -> None:
    """Writes whole numbers as such, so that they can be indices."""
    if isinstance(found, int) and isinstance(values[key], float):
        values[key] = found


def members(**reads: tuple[bool, Read] | Read) -> Read:
    """An object; a key whose reader stands beside False may be absent or null."""

    def each(value: Any, key: str) -> Any:
        if not isinstance(value, dict):
            raise _wrong(value, key, "an object")
        for name, entry in reads.items():
            needed, read = entry if isinstance(entry, tuple) else (True, entry)
            place = f"{key}.{name}" if key else name
            found = value.get(name)
            if needed and name not in value:
                raise FaultError(place, "expected a value, found none")
            if needed or found is not None:
                found = read(found, place)
                if name in value:
                    _keep(value, name, found)
        return value

    return each


def may(read: Read) -> tuple[bool, Read]:
    """A key that can be absent."""
    return (False, read)


def either(value: dict[str, Any], key: str, first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the first keys are there and not the second; an error where both or neither are."""
    one = [value.get(name) is not None for name in first]
    two = [value.get(name) is not None for name in second]
    if (all(one) and not any(two)) or (all(two) and not any(one)):
        return all(one)
    found = "both" if any(one) and any(two) else "neither"
    raise FaultError(key, f"expected either {' and '.join(first)} or {' and '.join(second)}, found {found}")


def _wrong(value: Any, key: str, expected: str) -> FaultError:
    return FaultError(key, f"expected {expected}, found {'null' if value is None else repr(value)[:60]}")


def token_text(value: Any, key: str) -> Any:
    """The text of a token, or its bytes."""
    return value if isinstance(value, str) else members(bytes=string)(value, key)


def _texts(value: Any, key: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(value, key, "an object")
    seen: set[int] = set()
    for name, text in value.items():
        if not re.fullmatch(r"[+-]?[0-9]+", name):
            raise FaultError(key, f"expected ids as keys, found the key '{name}'")
        if int(name) in seen:
            raise FaultError(key, f"the id {int(name)} occurs twice")
        seen.add(int(name))
        token_text(text, f"{key}.{name}")
    return value


def _method(value: Any, key: str) -> Any:
    members(generate=may(whole), continuation=may(string), decoding=may(word("greedy", "sample")), sample=may(_sampling))(value, key)
    if either(value, key, ["generate"], ["continuation"]):
        drawn = (value.get("decoding") or "greedy") == "sample"
        if drawn != (value.get("sample") is not None):
            raise FaultError(key, "expected 'sample' where 'decoding' is \"sample\", and nowhere else")
    return value


def _sampling(value: Any, key: str) -> Any:
    members(temperature=real, top_k=may(whole), top_p=may(real), seed=whole)(value, key)
    top_k, top_p = value.get("top_k"), value.get("top_p")
    for name, good, expected in (
        ("temperature", 0.01 <= value["temperature"] <= 100, "0.01 to 100"),
        ("top_k", top_k is None or top_k >= 1, "1 or more"),
        ("top_p", top_p is None or 0 < top_p <= 1, "above 0, at most 1"),
        ("seed", 0 <= value["seed"] < 2**31, f"0 to {2**31 - 1}"),
    ):
        if not good:
            raise FaultError(f"{key}.{name}", f"{value[name]}, expected {expected}")
    return value


def _change(value: Any, key: str) -> Any:
    text = members(text=string, tokens=TOKENS)
    state = members(text=text, layer=may(whole), position=whole)
    file = members(name=string, sha256=string, tensor=string, row=may(whole))
    origin = members(plus=may(state), minus=may(state), file=may(file))
    steer = members(by=real, norm=real, origin=origin)
    members(place=word(*PLACES), layer=may(whole), positions=many(whole), patch=may(text), steer=may(steer))(value, key)
    if not either(value, key, ["patch"], ["steer"]):
        either(value["steer"]["origin"], f"{key}.steer.origin", ["plus", "minus"], ["file"])
    return value


def _seed(value: Any, key: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64:
        return value
    raise _wrong(value, key, "a whole number from 0 to 2^64 - 1")


def _date(value: Any, key: str) -> str:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", string(value, key)):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise _wrong(value, key, "a date such as '2025-01-31'")


PLACES = ("stream", "attention", "mlp")
TOKENS = many(members(id=whole, text=may(string), bytes=may(string)))
RANKS = many(many(optional(whole)))
REALS = many(many(optional(single)))
_CHOSEN = many(word("target", "foil"))
_MODEL = members(
    name=string, architecture=string, layers=whole, width=whole, vocabulary=whole, padding=may(whole), weights=string, sha256=string,
    license=may(string), source=may(string), bos=may(word("yes", "no")),
    accepted_settings=may(many(members(name=string, value=string, file=string))),
    adapter=may(members(name=string, sha256=string, rank=whole, alpha=real, base_model=may(string), source=may(string))))
_LENS = members(
    kind=word("logit", "tuned", "jacobian"), norm=word("final", "none"), base_model=may(string), sha256=may(string),
    n_prompts=may(whole), d_model=may(whole), source_layers=may(many(whole)))
_CHAT = members(
    template=may(members(name=string, sha256=string, source=string)), messages=many(members(role=string, content=string)),
    reply=may(truth), variables=may(members()), date=may(_date),
    spans=many(members(role=may(string), message=may(whole), first=whole, count=whole, template=truth)))
_PARTS = ("embedding", "attention", "recurrent", "mlp", "per_layer", "norm_bias", "final_norm_bias", "head_bias")
_ROWS = many(members(layer=whole, point=word("embedding", "attention", "mixer", "block")))
TRACE = members(
    model=_MODEL, lens=_LENS, prompt=string, prompt_length=whole, method=_method, tokens=TOKENS,
    rows=_ROWS, columns=many(members(position=whole, target=may(whole))), rank=RANKS, logprob=REALS,
    top=members(k=whole, ids=many(many(many(whole))), logprobs=many(many(many(single)))),
    watch=many(members(
        text=string, rank=RANKS, logprob=REALS, id=may(whole), ids=may(many(whole)), texts=may(many(token_text)),
        first_of=may(many(many(string))))),
    entropy=REALS, kl=REALS, texts=_texts, chat=may(_CHAT), encoder=may(members(tokens=TOKENS, decoder=may(string))),
    masks=may(many(whole)), compute=string, watch_auto=may(members(asked=string, ids=many(whole), cells=many(whole))),
    attribution=may(members(
        position=whole, target=whole, foil=whole, chosen=_CHOSEN, target_logit=single, foil_logit=single, softcap=may(single),
        parts=many(members(part=word(*_PARTS), layer=may(whole), value=single, lens=may(single), heads=may(many(single)))))),
    patching=may(members(
        source=string, source_tokens=TOKENS, target=whole, foil=whole, chosen=_CHOSEN, source_difference=single,
        base_difference=single, differences=many(members(place=word(*PLACES), values=REALS)))),
    changes=may(many(_change)))

_MEAN = members(value=real, low=real, high=real)
_CURVE = members(value=many(real), low=many(real), high=many(real))
_HISTOGRAM = members(rows=many(whole), never=whole)
_GROUP = members(
    column=may(string), value=may(string), items=whole, logprob=_CURVE, rank=may(_CURVE), median_rank=may(_CURVE), top1=may(_CURVE),
    accuracy=may(_CURVE), difference=may(_CURVE), first_top1=may(_HISTOGRAM), settled=may(_HISTOGRAM), items_sha256=may(string),
    attribution=may(members(
        difference=_MEAN, softcap=may(single),
        parts=many(members(part=word(*_PARTS), layer=may(whole), adds=_MEAN, sum=_MEAN, lens=may(_MEAN))))),
    patching=may(members(
        items=whole, undefined=whole, source_right=whole, base_right=whole, both_right=whole,
        means=many(members(
            place=word(*PLACES), role=word("differing", "between", "last"), baselines=word("all", "right"), items=whole,
            layers=many(whole), effect=_CURVE)))),
    corpus=may(members(tokens=whole, bytes=whole, bits_per_byte=_CURVE, kl=_CURVE, entropy=_CURVE, agreement=_CURVE)))
SUMMARY = members(
    schema=string, model=_MODEL, lens=_LENS, compute=string,
    dataset=members(
        name=string, items=whole, first_token=truth, form=may(word("sentences", "corpus")), score=may(word("sum", "mean"))),
    bootstrap=members(resamples=whole, seed=_seed, level=real), rows=_ROWS, groups=many(_GROUP),
    items=may(members(
        sha256=string, groups=many(many(string)), pairs=may(many(string)), right=may(many(many(real))), logprob=many(many(single)),
        bytes=may(many(whole)))),
    words=may(many(members(texts=many(string), tokens=many(whole), surprisal=REALS, corrected=REALS))))
