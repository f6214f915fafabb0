"""Traces of causal language models of transformers, on any device; needs torch and transformers.

A `Tracer` runs prompts in batches. `Tracer.of_states` reads states that something else has taken, such as hooks of nnsight:

    with model.trace(prompt):
        first = model.model.layers[0].input.save()
        outputs = [layer.output[0].save() for layer in model.model.layers]
    trace = Tracer(model._model, model.tokenizer).of_states(prompt, [first, *outputs])
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from . import deviations, modules, state_checks
from .chat import Chat, Rendered, Start, start
from .modules import ModelError
from .states import States, read_states
from .tokens import control_tokens, count_of, token
from .trace import Trace

FORMATS = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
PRECISIONS = {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16"}

__all__ = ["JacobianLens", "ModelError", "Request", "Tracer"]


@dataclass(frozen=True)
class Request:
    """What is asked of a prompt, and what is kept."""

    #: Tokens to generate, greedily.
    generate: int = 0
    #: A text that follows the prompt, instead.
    continuation: str | None = None
    #: Words of one token whose ranks are followed.
    watch: tuple[str, ...] = ()
    #: How many of the most probable tokens are kept.
    top: int = 10
    #: "final" applies the model's norm to every state, "none" to the last row alone.
    norm: str = "final"
    #: "generated", "all" or "last" positions.
    columns: str = "generated"

    def __post_init__(self) -> None:
        """Refuses what the program refuses: a string would pass for a list of its letters."""
        for key, found, allowed in (("norm", self.norm, ("final", "none")), ("columns", self.columns, ("generated", "all", "last"))):
            if found not in allowed:
                raise ValueError(f"{key}: expected {' or '.join(allowed)}, found {found!r}")
        for key, count, least in (("generate", self.generate, 0), ("top", self.top, 1)):
            if not isinstance(count, int) or isinstance(count, bool) or count < least:
                raise ValueError(f"{key}: expected a whole number from {least} on, found {count!r}")
        if isinstance(self.watch, str) or not all(isinstance(word, str) for word in self.watch):
            raise ValueError(f"watch: expected a tuple of words, found {self.watch!r}")
        if self.continuation is not None and self.generate:
            raise ValueError("generate lets the model write, continuation gives the text: use one of them")


@dataclass
class JacobianLens:
    """Matrices by block, and the lens's description in a trace."""

    matrices: dict[int, torch.Tensor]
    about: dict[str, Any]

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> JacobianLens:
        """Reads a published file."""
        lens = torch.load(path, weights_only=True)
        if "J" not in lens:
            raise ValueError(f"{path}: expected a Jacobian lens, found the keys {sorted(map(str, lens))}")
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        matrices = {layer: matrix.float() for layer, matrix in lens["J"].items()}
        return cls(matrices, {
            "kind": "jacobian", "norm": "final", "sha256": digest, "n_prompts": lens["n_prompts"], "d_model": lens["d_model"],
            "source_layers": sorted(matrices)})

    def require(self, width: int, layers: int) -> None:
        """Refuses a model that the lens was not fitted to."""
        if self.about["d_model"] != width or max(self.matrices) >= layers:
            raise ValueError(
                f"expected a lens of width {width} for {layers} layers, found width {self.about['d_model']}, layer {max(self.matrices)}")


@dataclass
class Tracer:
    """Makes traces of a model, without dropout whatever mode it is in; its weights are hashed again when they have changed.

    A model whose states cannot be taken, or a text that it cannot run, is a `ModelError`.
    """

    model: Any
    tokenizer: Any
    name: str | None = None
    source: str | None = None
    lens: JacobianLens | None = None
    #: Columns looked at together: [chunk, V] logits are held at a time.
    chunk: int = 32
    #: The largest difference seen between the last row of the lens and the model's own logits, in runs of `traces`.
    worst: float = 0.0
    _sha256: str = field(default="", repr=False)
    _hashed: list[tuple[Any, ...]] = field(default_factory=list, repr=False)
    _counts: dict[int, int] = field(default_factory=dict, repr=False)

    def traces(
        self, prompts: Sequence[str | Chat | Rendered] = (), request: Request | None = None, *,
        chat: Sequence[str | Sequence[Mapping[str, str]] | Chat] = (), rendered: Sequence[str] = (), batch: int = 8,
    ) -> list[Trace]:
        """Traces in the order of prompts, then of `chat`, then of `rendered`; `batch` texts run together.

        Each of `chat` is what one user says, a list of messages, or a `Chat`, which the tokenizer's chat template renders. Each of
        `rendered` is a text as a template would write it.
        """
        asked = request or Request()
        for key, given in (("prompts", prompts), ("chat", chat), ("rendered", rendered)):
            if isinstance(given, str):
                raise ValueError(f"{key}: expected a list of texts, found the text {given!r}")
        said = [each if isinstance(each, Chat) else Chat(each) for each in chat]
        starts = [start(self.tokenizer, each) for each in (*prompts, *said, *map(Rendered, rendered))]
        empty = next((each.text for each in starts if not each.ids), None)
        if empty is not None:
            raise ValueError(f"the prompt {empty!r} gives no tokens")
        if batch < 1:
            raise ValueError(f"batch: expected 1 or more, found {batch}")
        if self.lens is not None and asked.norm == "none":
            raise ValueError("a Jacobian lens is read through the final norm: leave norm='none' out")
        self._require_decoder()
        if starts:
            deviations.require_none(self.model)
            said_of = deviations.remark(self.model)
            if said_of is not None:
                warnings.warn(said_of, stacklevel=2)
        found: list[Trace] = []
        with modules.evaluating(self.model):
            digest = self.sha256 if starts else ""
            for first in range(0, len(starts), batch):
                part = starts[first : first + batch]
                texts = self._texts([each.ids for each in part], asked)
                lengths = [max(len(ids), len(each.ids) + asked.generate) for each, ids in zip(part, texts, strict=True)]
                states, logits = modules.states_of_all(self.model, texts, self._padding, lengths)
                for index, (begun, ids) in enumerate(zip(part, texts, strict=True)):
                    rows = [state[index, : len(ids)] for state in states]
                    found.append(self._trace(begun, len(begun.ids), ids, rows, logits[index, : len(ids)], asked, digest))
        return found

    def of_states(
        self, prompt: str | Chat | Rendered, states: Sequence[Any], request: Request | None = None, *, ids: Sequence[int] | None = None,
        prompt_length: int | None = None,
    ) -> Trace:
        """The trace of states [L + 1][T, D] (or [1, T, D]), tensors or arrays: the input of block 0, then every block's output.

        `ids` are the tokens of the whole text where they go on after the prompt; those after it are its continuation. Warnings tell of a
        first row that is not the embedding of the tokens, and of a last row that is normed already, as in transformers' `hidden_states`,
        or names other tokens than those that follow.
        """
        asked = request or Request()
        begun = start(self.tokenizer, prompt)
        text = list(begun.ids if ids is None else ids)
        device, kind = self.model.device, self.model.dtype
        rows = [torch.as_tensor(np.asarray(s) if not isinstance(s, torch.Tensor) else s).to(device, kind) for s in states]
        rows = [row[0] if row.ndim == 3 else row for row in rows]
        self._require_decoder()
        try:
            deviations.require_none(self.model)
        except ModelError as error:
            # States may come from a program that follows the model's files.
            warnings.warn(f"states of transformers itself would be wrong: {error}", stacklevel=2)
        layers = self._runs()
        if len(rows) != layers + 1 or any(row.ndim != 2 or row.shape[0] != len(text) for row in rows):
            raise ValueError(
                f"expected {layers + 1} states of {len(text)} tokens, found {len(rows)} of shapes {sorted({tuple(r.shape) for r in rows})}")
        length = len(begun.ids) if prompt_length is None else prompt_length
        if not 1 <= length <= len(text):
            raise ValueError(f"prompt_length: expected 1 to {len(text)}, the number of tokens, found {length}")
        if any(row.shape[-1] != self._config.hidden_size for row in rows):
            raise ValueError(f"expected states of width {self._config.hidden_size}, found {sorted({row.shape[-1] for row in rows})}")
        if not all(bool(row.isfinite().all()) for row in rows):
            raise ValueError("expected states of finite numbers, found others")
        self._require_ids(text)
        if text[:length] != begun.ids[:length]:
            raise ValueError(f"expected ids that begin with those of the prompt, {begun.ids}, found {text[:length]}")
        if length < len(text) and asked.continuation is None:
            asked = Request(0, self.tokenizer.decode(text[length:]), asked.watch, asked.top, asked.norm, asked.columns)
        with modules.evaluating(self.model):
            logits = torch.cat([
                modules.lens_logits(self.model, rows[-1][place : place + self.chunk], True) for place in range(0, len(text), self.chunk)])
            counted = logits[:, : self._counted(logits.shape[-1], asked)]
            for remark in state_checks.remarks(self.model, self.tokenizer, rows, text, length, counted):
                warnings.warn(f"states: {remark}", stacklevel=2)
            return self._trace(begun, length, text, rows, logits, asked, self.sha256, is_own=False)

    def of_vllm(
        self, path: str | os.PathLike[str] | States, prompt: str | Chat | Rendered, request: Request | None = None,
    ) -> Trace:
        """The trace of a file of vLLM's `extract_hidden_states`; `strata trace --states` does it without the model's blocks."""
        found = path if isinstance(path, States) else read_states(path)
        return self.of_states(prompt, list(found.hidden_states.transpose(1, 0, 2)), request, ids=[int(i) for i in found.token_ids])

    @property
    def sha256(self) -> str:
        """SHA-256 over names and values of all parameters and buffers: says which weights these numbers are of."""
        weights = sorted((name, value) for name, value in self.model.state_dict().items() if isinstance(value, torch.Tensor))
        try:
            state = [_mark(name, value) for name, value in weights]
            if not self._sha256 or state != self._hashed:
                digest = hashlib.sha256()
                for name, value in weights:
                    digest.update(name.encode())
                    digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
                self._sha256, self._hashed = digest.hexdigest(), state
        except (RuntimeError, NotImplementedError, TypeError) as error:
            raise ModelError(
                f"{modules.kind_of(self.model)}: expected weights that are all in memory as plain tensors, found others ({error}); load it "
                "without offloading, or in a plain number format") from error
        return self._sha256

    @property
    def _config(self) -> Any:
        return self.model.config.get_text_config()

    @property
    def _padding(self) -> int:
        return int(self.tokenizer.pad_token_id or 0)

    def _texts(self, starts: list[list[int]], asked: Request) -> list[list[int]]:
        if asked.continuation is not None:
            rest = self.tokenizer(asked.continuation, add_special_tokens=False)["input_ids"]
            texts = [[*start, *rest] for start in starts]
            for ids in texts:
                self._require_ids(ids)
            return texts
        # A control token ends a text, as in the program.
        ends = control_tokens(self.tokenizer)
        texts = [list(start) for start in starts]
        for ids in texts:
            self._require_ids(ids, asked.generate)
        for _ in range(asked.generate):
            # A prompt that ends with such a token is no answer that has ended.
            open_texts = [i for i, ids in enumerate(texts) if len(ids) == len(starts[i]) or ids[-1] not in ends]
            if not open_texts:
                break
            lengths = [len(starts[i]) + asked.generate for i in open_texts]
            logits = modules.next_logits(self.model, [texts[i] for i in open_texts], self._padding, lengths)
            best = logits[:, : self._counted(logits.shape[-1], asked)].argmax(-1).tolist()
            for i, id in zip(open_texts, best, strict=True):
                texts[i].append(int(id))
        return texts

    def _counted(self, rows: int, asked: Request) -> int:
        """Rows of the head that count: those that no token has are left out, but not in the raw lens, as Ecco counts them."""
        return rows if asked.norm == "none" else min(rows, self._tokens)

    @property
    def _tokens(self) -> int:
        """Ids of the tokenizer, counted again where it has got more."""
        count = len(self.tokenizer)
        if count not in self._counts:
            self._counts[count] = count_of(self.tokenizer)
        return self._counts[count]

    def _require_decoder(self) -> None:
        """Refuses models that read text in other ways than from left to right, the encoder of a loaded decoder included."""
        config, kind = self.model.config, modules.kind_of(self.model)
        trained = [str(name) for name in getattr(config, "architectures", None) or []]
        is_part = hasattr(config, "encoder_layers") and bool(trained) and type(self.model).__name__ not in trained
        has_encoder = getattr(config, "is_encoder_decoder", False) or (is_part and not trained[0].endswith("ForCausalLM"))
        if has_encoder:
            raise ModelError(f"{kind}: expected a decoder alone, found one with an encoder; {modules.PROGRAM}")
        if type(self.model).__name__.endswith("ForMaskedLM"):
            raise ModelError(f"{kind}: expected a causal language model, found one that fills masks; {modules.PROGRAM}")
        if getattr(config, "model_type", "") == "rwkv":
            raise ModelError(f"{kind}: expected the stream behind each block, found outputs that are divided later; {modules.PROGRAM}")

    def _require_ids(self, ids: Sequence[int], more: int = 0) -> None:
        """Refuses texts that the model has no rows for."""
        count = self.model.get_input_embeddings().weight.shape[0]
        count = min(count, getattr(self.model.get_output_embeddings(), "out_features", count))
        wrong = next((id for id in ids if not 0 <= id < count), None)
        if wrong is not None:
            raise ModelError(f"{modules.kind_of(self.model)}: expected ids from 0 to {count - 1}, found {wrong} in the text, a token "
                             "without a row")
        length, limit = len(ids) + more, modules.positions_of(self.model)
        if limit is not None and length > limit:
            raise ModelError(f"{modules.kind_of(self.model)}: expected at most {limit} tokens, for which there are positions, found "
                             f"{length}; shorten the prompt or generate less")

    def _runs(self) -> int:
        """How many states there are behind that of the embedding."""
        return len(modules.states(self.model, [0])[0]) - 1

    def _trace(
        self, begun: Start, length: int, ids: list[int], states: list[torch.Tensor], logits: torch.Tensor, asked: Request, digest: str,
        is_own: bool = True,
    ) -> Trace:
        vocabulary = logits.shape[-1]
        counted, padding = self._counted(vocabulary, asked), max(0, vocabulary - self._tokens)
        logits = logits[:, :counted]
        first = {"all": 0, "generated": length - 1, "last": length - 1}[asked.columns]
        # The last token has no successor; it is looked at where nothing was generated or given.
        end = length if asked.columns == "last" else len(ids) - 1 if asked.columns == "generated" and len(ids) > length else len(ids)
        columns = list(range(first, end))
        targets = [ids[c + 1] if c + 1 < len(ids) else None for c in columns]
        watched = [(self._word(text), text) for text in asked.watch]
        if asked.top > counted:
            raise ValueError(f"top: expected at most {counted}, the tokens of the model, found {asked.top}")
        beyond = next((id for id in (*(id for id, _ in watched), *(t for t in targets if t is not None)) if id >= counted), None)
        if beyond is not None:
            raise ModelError(f"{modules.kind_of(self.model)}: expected ids from 0 to {counted - 1}, found {beyond}, a token without a row "
                             "of the head")
        reading = _Reading(targets, [id for id, _ in watched], asked.top, logits[columns])
        lens = self.lens
        if lens is not None:
            lens.require(states[0].shape[-1], len(states) - 1)
        for row, state in enumerate(states):
            is_last = row == len(states) - 1
            if lens is not None and not is_last:
                # Row 0 is the embedding, row i + 1 the output of block i; the last block is the model itself.
                if row - 1 not in lens.matrices:
                    reading.blank(len(columns))
                    continue
                state = (state.float() @ lens.matrices[row - 1].to(state.device).T).to(state.dtype)
            normed = asked.norm == "final" or is_last

            def look(place: int, state: torch.Tensor = state, is_last: bool = is_last, normed: bool = normed) -> torch.Tensor:
                part = columns[place : place + self.chunk]
                if is_last and not is_own:
                    return logits[part]
                seen = modules.lens_logits(self.model, state[part], norm=normed)[:, :counted]
                if not is_last:
                    return seen
                # The last row is the model's own output: taken from its logits, and compared with the lens.
                self.worst = max(self.worst, float((seen - logits[part]).abs().max()))
                return logits[part]

            reading.row(look, len(columns), self.chunk)
        used = sorted({*ids, *(id for id, _ in watched), *reading.ids})
        texts = {str(id): token(self.tokenizer, id) for id in used}
        config = self._config
        method: dict[str, Any] = {"generate": asked.generate, "decoding": "greedy"}
        if asked.continuation is not None:
            method = {"continuation": asked.continuation}
        return Trace({
            "schema": "strata.trace/1" if lens is None else "strata.trace/2",
            "model": {
                "name": self.name or str(self.source or type(self.model).__name__).rstrip("/").split("/")[-1],
                "architecture": type(self.model).__name__, "layers": len(states) - 1, "width": config.hidden_size,
                "vocabulary": vocabulary, "weights": FORMATS.get(self.model.dtype, str(self.model.dtype)), "sha256": digest,
            } | ({"padding": padding} if padding else {}) | ({} if self.source is None else {"source": self.source}),
            "lens": {"kind": "logit", "norm": asked.norm} if lens is None else lens.about,
            "compute": PRECISIONS.get(self.model.dtype, str(self.model.dtype)),
            "prompt": begun.text, "prompt_length": length, "method": method,
            "tokens": [{"id": id} | texts[str(id)] for id in ids],
            "rows": [{"layer": 0, "point": "embedding"}] + [{"layer": i, "point": "block"} for i in range(len(states) - 1)],
            "columns": [{"position": c} | ({} if t is None else {"target": t}) for c, t in zip(columns, targets, strict=True)],
            "watch": [
                {"id": id, "text": text, "rank": rank, "logprob": logprob}
                for (id, text), (rank, logprob) in zip(watched, reading.watch, strict=True)],
            "texts": {id: value.get("text", value) for id, value in texts.items()},
        } | ({} if begun.chat is None else {"chat": begun.chat}) | reading.found)

    def _word(self, text: str) -> int:
        pieces = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        if len(pieces) != 1:
            found = self.tokenizer.convert_ids_to_tokens(pieces)
            raise ValueError(f"expected one token for the word {text!r}, found {len(pieces)}: {found}")
        return int(pieces[0])


class _Reading:
    """The matrices of a trace, filled row by row, some columns at a time, so that no [rows, columns, V] tensor is held."""

    def __init__(self, targets: list[int | None], watched: list[int], top: int, output: torch.Tensor) -> None:
        self.targets, self.watched, self.top = targets, watched, top
        # Sums of the softmax are float64 where the device has it.
        self.wide = torch.float32 if output.device.type == "mps" else torch.float64
        self.output = torch.log_softmax(output.to(self.wide), -1)
        self.ranks: list[list[int | None]] = []
        self.logprobs: list[list[float | None]] = []
        self.entropy: list[list[float | None]] = []
        self.kl: list[list[float | None]] = []
        self.top_ids: list[list[list[int]]] = []
        self.top_logprobs: list[list[list[float | None]]] = []
        self.watch: list[tuple[list[list[int | None]], list[list[float | None]]]] = [([], []) for _ in watched]

    @property
    def ids(self) -> set[int]:
        """All ids that were among the most probable ones."""
        return {id for row in self.top_ids for cell in row for id in cell}

    @property
    def found(self) -> dict[str, Any]:
        """The matrices under their keys."""
        return {
            "rank": self.ranks, "logprob": self.logprobs, "entropy": self.entropy, "kl": self.kl,
            "top": {"k": self.top, "ids": self.top_ids, "logprobs": self.top_logprobs},
        }

    def blank(self, columns: int) -> None:
        """A row that the lens does not read."""
        nothing = [None] * columns
        self.ranks.append(list(nothing))
        for matrix in (self.logprobs, self.entropy, self.kl):
            matrix.append(list(nothing))
        self.top_ids.append([[] for _ in nothing])
        self.top_logprobs.append([[] for _ in nothing])
        for rank, logprob in self.watch:
            rank.append(list(nothing))
            logprob.append(list(nothing))

    def row(self, look: Callable[[int], torch.Tensor], columns: int, chunk: int) -> None:
        """A row whose logits `look` gives from a column on."""
        self.blank(0)
        for place in range(0, columns, chunk):
            scores = look(place).to(self.wide)
            logprobs = torch.log_softmax(scores, -1)
            values, order = torch.sort(logprobs, dim=-1, descending=True, stable=True)
            self.top_ids[-1] += order[:, : self.top].tolist()
            self.top_logprobs[-1] += [numbers(line) for line in values[:, : self.top]]
            share = logprobs.exp()
            self.entropy[-1] += numbers(-(share * logprobs).nan_to_num(0).sum(-1))
            reference = self.output[place : place + chunk]
            self.kl[-1] += numbers((reference.exp() * (reference - logprobs)).nan_to_num(0).sum(-1).clamp(min=0))
            wanted: list[list[int | None]] = [self.targets[place : place + chunk]]
            wanted += [[id] * len(scores) for id in self.watched]
            places = [(self.ranks[-1], self.logprobs[-1]), *((rank[-1], logprob[-1]) for rank, logprob in self.watch)]
            for ids, (rank, logprob) in zip(wanted, places, strict=True):
                found = [None if id is None else (1 + int((line > line[id]).sum()), logs[id])
                         for id, line, logs in zip(ids, scores, logprobs, strict=True)]
                rank += [None if f is None else f[0] for f in found]
                logprob += [None if f is None else numbers(f[1].reshape(1))[0] for f in found]


def _mark(name: str, value: torch.Tensor) -> tuple[Any, ...]:
    """What changes with a weight, at a small part of the cost of its digest: where it is, its version, and the sum of its bits."""
    plain = value.detach().contiguous().reshape(-1)
    kind = {2: torch.int16, 4: torch.int32, 8: torch.int64}.get(plain.element_size(), torch.uint8)
    total = int(plain.view(kind).sum(dtype=torch.int64)) if plain.numel() else 0
    version = -1 if value.is_inference() else value._version
    return name, value.data_ptr(), version, tuple(value.shape), value.dtype, total


def numbers(values: torch.Tensor) -> list[float | None]:
    """Float32 numbers with as many digits as they need; nothing where there is none."""
    found = values.detach().float().cpu().numpy()
    return [float(str(v)) if np.isfinite(v) else None for v in found]
