"""Many short prompts scored at every layer with transformers, whose weights become float32 when they are opened.

    python transformers_dataset.py MODEL.gguf [--runs N] [--threads N]

Prompts are those of the case `datasets`; those of one length make batches of at most 128. Of each the log-probability of the target's and the
foil's first token after every layer is computed, through the final norm and the head; the last states have passed the norm.
"""

import time
from pathlib import Path

import torch
from common import WORDS, arguments, check, report
from transformers import AutoModelForCausalLM, AutoTokenizer

PACKAGES = ["transformers", "torch"]
PROMPTS, BATCH = 600, 128


def prompts() -> list[str]:
    """The prompts of Sources/StrataBenchmarks/Cases/DatasetsCase.swift; its list of words has each word once."""
    known = [word for i, word in enumerate(WORDS) if word != "that" or WORDS.index(word) == i]
    return [" ".join(known[(7 * i + k) % len(known)] for k in range(4 + i % 9)).capitalize() for i in range(PROMPTS)]


def score(model, batches: list[torch.Tensor], pair: list[int]) -> torch.Tensor:
    """Log-probabilities [prompts, layers, 2] of the two tokens."""
    found = []
    for ids in batches:
        states = model(ids, output_hidden_states=True, logits_to_keep=1, use_cache=False).hidden_states
        rows = [model.model.norm(state[:, -1]) for state in states[:-1]] + [states[-1][:, -1]]
        logits = model.lm_head(torch.stack(rows, dim=1))
        found.append(torch.log_softmax(logits, dim=-1)[..., pair])
    return torch.cat(found)


@torch.inference_mode()
def main() -> None:
    """Times the scoring, and the process up to the end of the first scoring."""
    parser = arguments("A dataset of short prompts with transformers")
    parser.add_argument("model", type=Path)
    parser.add_argument("--only", choices=("datasets",))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    start = time.perf_counter()
    tokenizer = AutoTokenizer.from_pretrained(options.model.parent, gguf_file=options.model.name)
    model = AutoModelForCausalLM.from_pretrained(options.model.parent, gguf_file=options.model.name, dtype=torch.float32).eval()
    ids = sorted((tokenizer(text).input_ids for text in prompts()), key=len)
    # Prompts of one length make a batch, so that nothing is padded.
    groups: dict[int, list[list[int]]] = {}
    for one in ids:
        groups.setdefault(len(one), []).append(one)
    batches = [torch.tensor(group[k : k + BATCH]) for group in groups.values() for k in range(0, len(group), BATCH)]
    pair = [tokenizer(text, add_special_tokens=False).input_ids[0] for text in (" is", " are")]
    opening = time.perf_counter() - start
    first = score(model, batches, pair)
    seconds = []
    for _ in range(options.runs):
        start = time.perf_counter()
        check(torch.equal(score(model, batches, pair), first), "runs found other log-probabilities")
        seconds.append(time.perf_counter() - start)
    what = f"{options.model.name}: {PROMPTS} prompts with target and foil"
    report("transformers", what, "s", seconds, PACKAGES, f"weights as float32; opening, {opening:.1f} s, not counted")


if __name__ == "__main__":
    main()
