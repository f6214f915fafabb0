"""A trace as a value: its JSON, and its numbers as arrays."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .agreement import agree
from .checks import check
from .files import is_inside, write_whole
from .shapes import TRACE, FaultError

if TYPE_CHECKING:
    import pandas

SCHEMAS = ("strata.trace/1", "strata.trace/2")


class TraceError(ValueError):
    """A file that is no trace, or a trace that contradicts itself, with its place."""


class SchemaError(TraceError):
    """JSON of another schema than that of a trace."""


class Trace:
    """What a lens reads from one prompt on one model (`strata.trace/1` or `/2`).

    `data` is the JSON; the other members are views of it. A missing number is NaN in arrays of reals, and 0 in ranks.
    """

    def __init__(self, data: Mapping[str, Any], place: str = "trace") -> None:
        if not isinstance(data, Mapping):
            raise TraceError(f"{place}: expected an object, found {type(data).__name__}")
        self.data: dict[str, Any] = dict(data)
        _require(self.data, place)

    @classmethod
    def from_json(cls, text: str | bytes, place: str = "trace") -> Trace:
        """A trace from its text; numbers that are not JSON, such as NaN, and keys that occur twice are refused."""
        return cls(_loads(text, place), place)

    def json(self) -> str:
        """One line, keys sorted, a line break at the end: the same trace always gives the same text."""
        return json.dumps(self.data, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")) + "\n"

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the file, whole or not at all."""
        write_whole(path, self.json().encode())

    @property
    def prompt(self) -> str:
        """The text that the model was asked."""
        return str(self.data["prompt"])

    @property
    def model(self) -> str:
        """The name of the model."""
        return str(self.data["model"]["name"])

    @property
    def tokens(self) -> list[str]:
        """The texts of all tokens, prompt first; bytes that are no text are written in hex."""
        return [_label(token) for token in self.data["tokens"]]

    @property
    def rows(self) -> list[str]:
        """What each row is: "embedding", "block 0", "attention 0", ..."""
        return ["embedding" if r["point"] == "embedding" else f"{r['point']} {r['layer']}" for r in self.data["rows"]]

    @property
    def positions(self) -> npt.NDArray[np.int64]:
        """[columns] the position of each column in the text."""
        return np.array([c["position"] for c in self.data["columns"]], dtype=np.int64)

    @property
    def targets(self) -> npt.NDArray[np.int64]:
        """[columns] the id that each column predicts; -1 for none."""
        found = [c.get("target") for c in self.data["columns"]]
        return np.array([-1 if t is None else t for t in found], dtype=np.int64)

    @property
    def rank(self) -> npt.NDArray[np.int64]:
        """[rows, columns] the rank of the target; 0 where there is none."""
        return _ranks(self.data["rank"])

    @property
    def logprob(self) -> npt.NDArray[np.float32]:
        """[rows, columns] natural logarithm of the target's probability."""
        return _reals(self.data["logprob"])

    @property
    def entropy(self) -> npt.NDArray[np.float32]:
        """[rows, columns] entropy in nats."""
        return _reals(self.data["entropy"])

    @property
    def kl(self) -> npt.NDArray[np.float32]:
        """[rows, columns] divergence of the last row from this one, in nats."""
        return _reals(self.data["kl"])

    @property
    def top_ids(self) -> npt.NDArray[np.int64]:
        """[rows, columns, k] the most probable tokens; -1 in rows that the lens does not read."""
        return self._top("ids", np.dtype(np.int64), -1)

    @property
    def top_logprobs(self) -> npt.NDArray[np.float32]:
        """[rows, columns, k] their logarithms of probabilities."""
        return self._top("logprobs", np.dtype(np.float32), math.nan)

    def _top(self, key: str, kind: np.dtype[Any], missing: float) -> npt.NDArray[Any]:
        k = int(self.data["top"]["k"])
        cells = self.data["top"][key]
        return np.array([[cell if cell else [missing] * k for cell in row] for row in cells], dtype=kind).reshape(
            len(self.data["rows"]), len(self.data["columns"]), k)

    def watched(self) -> dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
        """Ranks and logarithms of probabilities, [rows, columns] each, of every watched word or set by its text."""
        return {entry["text"]: (_ranks(entry["rank"]), _reals(entry["logprob"])) for entry in self.data["watch"]}

    def text(self, token: int) -> str:
        """The text of an id that occurs in the trace."""
        value = self.data["texts"][str(token)]
        return value if isinstance(value, str) else f"0x{value['bytes']}"

    def frame(self) -> pandas.DataFrame:
        """A line for each state, with the columns of `strata export FILE -o FILE.csv`; needs pandas."""
        import pandas

        lines = []
        watched = self.watched()
        ids, logprobs, ranks = self.top_ids, self.top_logprobs, self.rank
        for r, row in enumerate(self.data["rows"]):
            for c, column in enumerate(self.data["columns"]):
                target = column.get("target")
                line: dict[str, Any] = {
                    "row": r, "layer": row["layer"], "point": row["point"], "column": c, "position": column["position"],
                    "target": target, "target_text": None if target is None else self.text(target),
                    "rank": int(ranks[r, c]) or None, "logprob": self.logprob[r, c], "entropy": self.entropy[r, c],
                    "kl": self.kl[r, c],
                }
                for place in range(ids.shape[2]):
                    known = int(ids[r, c, place])
                    line |= {
                        f"top{place + 1}": None if known < 0 else known,
                        f"top{place + 1}_text": None if known < 0 else self.text(known),
                        f"top{place + 1}_logprob": logprobs[r, c, place],
                    }
                for word, (rank, logprob) in watched.items():
                    line |= {f"rank of {word}": int(rank[r, c]) or None, f"logprob of {word}": logprob[r, c]}
                lines.append(line)
        return pandas.DataFrame(lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trace) and self.data == other.data

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Trace({self.model!r}, {self.prompt!r}, {len(self.data['rows'])} rows, {len(self.data['columns'])} columns)"


def read(path: str | os.PathLike[str]) -> list[Trace]:
    """The traces in a file: one, or one on each line."""
    data = Path(path).read_bytes()
    lines = [line for line in data.split(b"\n") if line.strip()]
    if len(lines) > 1 and all(line.startswith(b"{") and line.endswith(b"}") for line in lines):
        return [Trace.from_json(line, f"{path}:{number + 1}") for number, line in enumerate(lines)]
    return [Trace.from_json(data, str(path))]


def read_folder(folder: str | os.PathLike[str], pattern: str = "*.json*") -> Iterator[Trace]:
    """All traces in a folder and below it, in the order of paths; JSON files of other schemas are passed over.

    A link out of the folder is an error: somebody else may have put it there.
    """
    if not Path(folder).is_dir():
        raise TraceError(f"{folder}: expected a folder with traces, found {'a file' if Path(folder).exists() else 'nothing'}")
    for path in sorted(Path(folder).rglob(pattern)):
        if path.suffix not in (".json", ".jsonl") or path.name.startswith("."):
            continue
        if not is_inside(path, folder):
            raise TraceError(f"{path}: expected a plain file in this folder, found something else")
        try:
            yield from read(path)
        except SchemaError:
            continue


def write_folder(folder: str | os.PathLike[str], traces: Iterable[Trace], names: Sequence[str] | None = None) -> list[Path]:
    """Writes a file for each trace; a file that is there already is left when it has the same bytes.

    Names are those given, one for each trace and without a folder, or made of model and prompt. A file of the same name with other
    numbers is an error, so that nothing is replaced in silence. Names that are given are checked before anything is written.
    """
    if names is not None:
        traces = list(traces)
        _require_names(folder, traces, names)
    places: list[Path] = []
    for index, trace in enumerate(traces):
        own = f"{slug(trace.model)[:80].strip('-')}-{slug(trace.prompt)[-60:].strip('-')}-{_short(trace)}"
        name = names[index] if names is not None else own
        place = Path(folder) / f"{name}.json"
        data = trace.json().encode()
        if place.exists():
            if place.read_bytes() != data:
                raise TraceError(_other_numbers(place))
        else:
            write_whole(place, data)
        places.append(place)
    return places


def _require_names(folder: str | os.PathLike[str], traces: Sequence[Trace], names: Sequence[str]) -> None:
    """Refuses names that lead elsewhere, that no file can have or `read_folder` would pass over, and files with other numbers."""
    if isinstance(names, str) or len(names) != len(traces):
        raise TraceError(f"{folder}: expected a name for every trace, found {names!r:.100}")
    for index, name in enumerate(names):
        plain = isinstance(name, str) and re.fullmatch(r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*", name) is not None
        if not plain or len(name.encode("utf-8", "replace")) > 200:
            raise TraceError(
                f"{folder}: expected names of files without a folder, of at most 200 bytes, that begin with no dot, found {name!r:.100}")
        if name in names[:index]:
            raise TraceError(f"{folder}: expected every name once, found {name!r:.100} twice")
        place = Path(folder) / f"{name}.json"
        if place.exists() and place.read_bytes() != traces[index].json().encode():
            raise TraceError(_other_numbers(place))


def _other_numbers(place: Path) -> str:
    return f"{place}: a trace with other numbers is there already; remove it, or choose another folder"


def slug(text: str) -> str:
    """Small letters, digits and single dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


def _short(trace: Trace) -> str:
    import hashlib

    asked = [trace.data["model"]["sha256"], trace.data["lens"], trace.prompt, trace.data["method"]]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:8]


def _loads(text: str | bytes, place: str) -> dict[str, Any]:
    def refuse(word: str) -> float:
        raise TraceError(f"{place}: {word} is not JSON")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise TraceError(f"{place}: a key occurs twice among {[key for key, _ in pairs][:6]}")
        return found

    try:
        plain = text.decode("utf-8") if isinstance(text, bytes) else text
        found = json.loads(plain.removeprefix("\ufeff"), parse_constant=refuse, object_pairs_hook=unique)
        # A half of a surrogate pair is no text.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        if isinstance(error, TraceError):
            raise
        raise TraceError(f"{place}: expected JSON, found {error}") from None
    if not isinstance(found, dict):
        raise TraceError(f"{place}: expected an object, found {type(found).__name__}")
    return found


def _require(data: dict[str, Any], place: str) -> None:
    """Refuses what `strata trace --check` refuses."""
    if data.get("schema") not in SCHEMAS:
        raise SchemaError(f"{place}: expected the schema {' or '.join(SCHEMAS)}, found {data.get('schema')!r}")
    try:
        TRACE(data, "")
        check(data)
        agree(data)
    except FaultError as fault:
        raise TraceError(f"{place}: {fault}") from None


def _label(token: Mapping[str, Any]) -> str:
    return str(token["text"]) if token.get("text") is not None else f"0x{token.get('bytes', '')}"


def _ranks(matrix: Sequence[Sequence[int | None]]) -> npt.NDArray[np.int64]:
    return np.array([[0 if v is None else v for v in row] for row in matrix], dtype=np.int64)


def _reals(matrix: Sequence[Sequence[float | None]]) -> npt.NDArray[np.float32]:
    return np.array([[math.nan if v is None else v for v in row] for row in matrix], dtype=np.float32)
