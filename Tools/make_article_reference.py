"""Makes Tests/Fixtures/article: what transformers computes for the article's prompts with the two catalog models.

    python Tools/make_article_reference.py smollm2-135m FILE.gguf
    python Tools/make_article_reference.py gemma-3-270m FILE.gguf

The weights are dequantised from the GGUF file to float32 by transformers, attention is eager, decoding greedy. One JSON
file per prompt; long ones are split by columns to stay under 100 kB.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import lens_reference as lens
from article_prompts import PROMPTS

ROOT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "article"
TOLERANCE = 2e-3
# Raw states are not scaled to anything: their logits reach hundreds, and float32 is that much coarser there.
RAW_TOLERANCE = 2e-2
TOP = 10
COLUMNS = 10  # columns of one file


def one_id(tokenizer, text):
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert len(ids) == 1, (text, ids)
    return ids[0]


def shorten(measured, raw):
    """Five decimals are finer than any tolerance; the raw lens is compared by rank and log-probability."""
    five = lambda m: [[None if x is None else round(x, 5) for x in row] for row in m]
    out = {key: measured[key] for key in ("rank", "above", "below")}
    out["logprob"] = five(measured["logprob"])
    if not raw:
        out["logit"] = five(measured["logit"])
        out["entropy"], out["kl"] = measured["entropy"], measured["kl"]
        out["logsumexp"] = five(measured["logsumexp"])
        out["top_ids"] = measured["top_ids"]
        out["top_logits"] = [five(row) for row in measured["top_logits"]]
    if "watch" in measured:
        out["watch"] = [{"id": w["id"], **shorten_watch(w)} for w in measured["watch"]]
    return out


def shorten_watch(w):
    return {key: [[round(x, 5) if isinstance(x, float) else x for x in row] for row in w[key]]
            for key in ("rank", "above", "below", "logprob")}


def measure_prompts(model, tokenizer, folder, prompts, tolerance, raw_tolerance):
    """Writes one file per prompt and ten columns into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for prompt, (text, count, watch) in prompts.items():
        ids = tokenizer(text)["input_ids"]
        generated = lens.greedy(model, ids, count, lens.control_tokens(tokenizer))
        assert len(generated) == count, generated
        raw, logits = lens.states(model, ids + generated)
        lens.check_last_row(model, raw, logits)
        close = [np.sort(logits[len(ids) - 1 + i].numpy())[-2:] for i in range(count)]
        print(prompt, len(ids), ids[:12], repr(tokenizer.decode(generated)),
              "smallest gap", min((float(b - a) for a, b in close), default=None), flush=True)
        columns = list(range(len(ids) - 1, len(ids) - 1 + max(count, 1)))
        for part in range(0, len(columns), COLUMNS):
            positions = columns[part:part + COLUMNS]
            targets = [(ids + generated)[p + 1] if count else None for p in positions]
            entry = {"versions": lens.versions(), "tolerance": tolerance, "raw_tolerance": raw_tolerance, "top": TOP,
                     "prompt": text, "ids": ids, "generated": generated, "positions": positions, "targets": targets}
            watched = [one_id(tokenizer, w) for w in watch]
            for key, norm in (("normed", True), ("raw", False)):
                measured = lens.measure(
                    model, raw, targets, positions, norm, TOP, tolerance if norm else raw_tolerance, watched)
                entry[key] = shorten(measured, not norm)
            suffix = f"-{part // COLUMNS}" if len(columns) > COLUMNS else ""
            out = folder / f"{prompt}{suffix}.json"
            lens.write_json(out, entry)
            print(out.stat().st_size, out.name, flush=True)


def main(name, path):
    path = Path(path)
    model = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    measure_prompts(model, tokenizer, ROOT / name, PROMPTS, TOLERANCE, RAW_TOLERANCE)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main(*sys.argv[1:])
