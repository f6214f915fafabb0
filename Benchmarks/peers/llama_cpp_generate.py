"""llama.cpp through llama-cpp-python: a long prompt, decoding of one prompt, decoding of 32 together.

    python llama_cpp_generate.py MODEL.gguf... [--only prefill] [--only decode] [--runs N] [--threads N]

The file's name is not llama_cpp.py because that is the name of the package. Calls are those of llama.cpp's own interface.
"""

import ctypes
import time
from pathlib import Path

import llama_cpp
import numpy as np
from common import GENERATED, arguments, check, report, timed, words

LONG, SHORT, MANY, MANY_SHORT = 512, 34, 32, 8
SILENT = llama_cpp.llama_log_callback(lambda level, text, data: None)
Entry = tuple[int, int, int, bool]


class Model:
    """A model file and a context for some sequences."""

    def __init__(self, path: Path, threads: int, sequences: int) -> None:
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
        check(bool(self.model), f"{path.name}: llama.cpp does not open it")
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = 1024 if sequences == 1 else 64 * sequences
        params.n_batch = params.n_ubatch = LONG
        params.n_seq_max = sequences
        params.n_threads = params.n_threads_batch = threads
        params.no_perf = True
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        check(bool(self.context), f"{path.name}: llama.cpp makes no context")
        self.vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.size = llama_cpp.llama_vocab_n_tokens(self.vocabulary)
        self.batch = llama_cpp.llama_batch_init(LONG, 0, 1)

    def close(self) -> None:
        """Frees everything."""
        llama_cpp.llama_batch_free(self.batch)
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self.model)

    def tokens(self, text: str, count: int) -> list[int]:
        """The first tokens of a text."""
        found = (llama_cpp.llama_token * 4096)()
        number = llama_cpp.llama_tokenize(self.vocabulary, text.encode(), len(text), found, len(found), True, False)
        check(number >= count, f"the text has {number} tokens, not {count}")
        return list(found[:count])

    def forget(self) -> None:
        """Empties the cache of keys and values."""
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), False)

    def run(self, entries: list[Entry]) -> None:
        """Runs tokens: (token, position, sequence, whether its logits are wanted)."""
        self.batch.n_tokens = len(entries)
        for i, (token, position, sequence, wanted) in enumerate(entries):
            self.batch.token[i] = token
            self.batch.pos[i] = position
            self.batch.n_seq_id[i] = 1
            self.batch.seq_id[i][0] = sequence
            self.batch.logits[i] = wanted
        status = llama_cpp.llama_decode(self.context, self.batch)
        llama_cpp.llama_synchronize(self.context)
        check(status == 0, f"llama_decode failed: {status}")

    def best(self, entry: int) -> int:
        """The likeliest token after an entry of the last call."""
        logits = llama_cpp.llama_get_logits_ith(self.context, entry)
        values = np.ctypeslib.as_array(ctypes.cast(logits, ctypes.POINTER(ctypes.c_float)), (self.size,))
        return int(values.argmax())

    def prompt(self, tokens: list[int], sequence: int = 0) -> int:
        """Runs a prompt; the likeliest token after it."""
        last = len(tokens) - 1
        self.run([(token, i, sequence, i == last) for i, token in enumerate(tokens)])
        return self.best(last)


def prefill(path: Path, threads: int, runs: int) -> None:
    """Times a long prompt in one batch."""
    model = Model(path, threads, 1)
    tokens = model.tokens(words(2 * LONG), LONG)
    answers = []

    def body() -> None:
        model.forget()
        answers.append(model.prompt(tokens))

    seconds = timed(runs, body)
    check(len(set(answers)) == 1, f"{path.name}: runs say different tokens")
    report("llama.cpp", f"{path.name}: {LONG} tokens", "tokens/s", [LONG / s for s in seconds], ["llama-cpp-python"])
    model.close()


def steps(model: Model, prompts: list[list[int]]) -> tuple[float, list[list[int]]]:
    """Seconds of decoding after prompts, each a sequence, and the tokens."""
    model.forget()
    texts = [[model.prompt(prompt, sequence)] for sequence, prompt in enumerate(prompts)]
    start = time.perf_counter()
    for step in range(GENERATED):
        model.run([(text[-1], len(prompt) + step, i, True) for i, (prompt, text) in enumerate(zip(prompts, texts))])
        for i, text in enumerate(texts):
            text.append(model.best(i))
    return time.perf_counter() - start, texts


def decode(path: Path, threads: int, runs: int, count: int) -> None:
    """Times decoding of some prompts together."""
    model = Model(path, threads, count)
    length = SHORT if count == 1 else MANY_SHORT
    prompts = [model.tokens(words(2 * LONG, first=i), length) for i in range(count)]
    results = [steps(model, prompts) for _ in range(runs + 1)]
    check(all(texts == results[0][1] for _, texts in results), f"{path.name}: runs generated different tokens")
    check(all(0 <= token < model.size for text in results[0][1] for token in text), f"{path.name}: tokens out of range")
    what = f"one prompt, {GENERATED} tokens after {SHORT}" if count == 1 else f"{count} prompts together"
    rates = [GENERATED * count / seconds for seconds, _ in results[1:]]
    report("llama.cpp", f"{path.name}: {what}", "tokens/s", rates, ["llama-cpp-python"])
    model.close()


def main() -> None:
    """Times every model."""
    parser = arguments("llama.cpp")
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--only", action="append", choices=("prefill", "decode"))
    options = parser.parse_args()
    llama_cpp.llama_log_set(SILENT, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    for path in options.models:
        if "prefill" in (options.only or ["prefill"]):
            prefill(path, options.threads, options.runs)
        if "decode" in (options.only or ["decode"]):
            decode(path, options.threads, options.runs, 1)
            decode(path, options.threads, options.runs, MANY)


if __name__ == "__main__":
    main()
