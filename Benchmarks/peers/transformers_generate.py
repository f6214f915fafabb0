"""Language models from GGUF files with transformers, whose weights become float32 when they are opened.

    python transformers_generate.py MODEL.gguf... [--only prefill] [--only decode] [--runs N] [--threads N]

Decoding keeps keys and values and takes the likeliest token; the pass over the prompt is not part of its time.
"""

import time
from pathlib import Path

import torch
from common import GENERATED, arguments, check, report, timed, words
from transformers import AutoModelForCausalLM, AutoTokenizer

PACKAGES = ["transformers", "torch"]
LONG, SHORT = 512, 34


def prefill(model, ids: torch.Tensor, name: str, runs: int) -> None:
    """Times the pass over a long prompt, logits of the last token only."""
    seconds = timed(runs, lambda: model(ids, logits_to_keep=1, use_cache=True))
    report("transformers", f"{name}: {LONG} tokens", "tokens/s", [LONG / s for s in seconds], PACKAGES, "weights as float32")


def decode_once(model, ids: torch.Tensor) -> tuple[float, list[int]]:
    """Seconds of the steps after a prompt, and the tokens."""
    found = model(ids, logits_to_keep=1, use_cache=True)
    token = found.logits[:, -1].argmax(-1, keepdim=True)
    tokens = [int(token)]
    start = time.perf_counter()
    for _ in range(GENERATED):
        found = model(token, past_key_values=found.past_key_values, use_cache=True)
        token = found.logits[:, -1].argmax(-1, keepdim=True)
        tokens.append(int(token))
    return time.perf_counter() - start, tokens


def decode(model, ids: torch.Tensor, name: str, runs: int) -> None:
    """Times decoding, and checks its tokens against one pass over the text that they make."""
    results = [decode_once(model, ids) for _ in range(runs + 1)]
    tokens = results[0][1]
    check(all(other == tokens for _, other in results), f"{name}: runs generated different tokens")
    text = torch.cat([ids, torch.tensor([tokens])], dim=1)
    again = model(text).logits[0, ids.shape[1] - 1 : -1].argmax(-1).tolist()
    check(sum(a != b for a, b in zip(again, tokens)) <= 1, f"{name}: one pass over the text says {again}, decoding {tokens}")
    rates = [GENERATED / seconds for seconds, _ in results[1:]]
    what = f"{name}: one prompt, {GENERATED} tokens after {SHORT}"
    report("transformers", what, "tokens/s", rates, PACKAGES, "weights as float32")


@torch.inference_mode()
def main() -> None:
    """Times every model."""
    parser = arguments("Language models with transformers")
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--only", action="append", choices=("prefill", "decode"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for path in options.models:
        tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
        model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
        ids = tokenizer(words(2 * LONG), return_tensors="pt").input_ids
        if "prefill" in (options.only or ["prefill"]):
            prefill(model, ids[:, :LONG], path.name, options.runs)
        if "decode" in (options.only or ["decode"]):
            decode(model, ids[:, :SHORT], path.name, options.runs)


if __name__ == "__main__":
    main()
