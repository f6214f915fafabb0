"""Reference numbers of the logit lens, computed with Hugging Face transformers.

The definitions are those of docs/numerics.md: a state is the raw output of a block (or the input of the first one); the
normed lens is head(final_norm(state)), the raw lens head(state) for all rows but the last, which is the model's own output
under both (as in Ecco). Activations are float32; the sums of the softmax are
float64. transformers' own `hidden_states` are not used: their last entry is already normed.
"""

import json
import pathlib
import sys

import numpy as np
import torch

# The package that writes traces has these definitions, too.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python/src"))

from strata_traces.modules import blocks_of, final_norm, lens_logits, states, stem  # noqa: E402,F401


@torch.no_grad()
def greedy(model, ids, count, stop):
    """Up to `count` ids decoded greedily, ties by the smaller id, without a cache; one of `stop` is the last."""
    ids = list(ids)
    start = len(ids)
    for _ in range(count):
        logits = model(input_ids=torch.tensor([ids]), use_cache=False, logits_to_keep=1).logits[0, -1]
        ids.append(int(np.argmax(logits.numpy())))
        if ids[-1] in stop:
            break
    return ids[start:]


def control_tokens(tokenizer):
    """Ids that end a text: all special tokens."""
    return {i for i, token in tokenizer.added_tokens_decoder.items() if token.special} | set(tokenizer.all_special_ids)


def log_softmax(logits):
    """Natural log-probabilities in float64, [..., V]."""
    x = logits.numpy().astype(np.float64)
    m = x.max(axis=-1, keepdims=True)
    return x - m - np.log(np.exp(x - m).sum(axis=-1, keepdims=True))


def number(value, digits=7):
    """A real number with that many significant digits."""
    return float(f"{float(value):.{digits}g}")


def cell(logits, logprobs, target, tolerance):
    """What is known about one token under one distribution.

    `above` and `below` count the other tokens whose logit is at most `tolerance` above or below the target's (an equal
    one counts as below): a difference of the logits of that size moves the rank by that much at most.
    """
    t = logits[target]
    rank = 1 + int((logits > t).sum())
    return {
        "rank": rank,
        "logit": number(t),
        "logprob": number(logprobs[target]),
        "above": rank - 1 - int((logits > t + tolerance).sum()),
        "below": int((logits >= t - tolerance).sum()) - rank,
    }


def top(logits, k):
    """Ids of the k largest logits, ties by the smaller id."""
    order = np.lexsort((np.arange(len(logits)), -logits))
    return [int(i) for i in order[:k]]


def measure(model, raw, targets, positions, norm, k, tolerance, watch=()):
    """Every quantity of the lens for all rows at some positions.

    Gives a dictionary of matrices [row][column]: rank, logit, logprob, above and below of the target (null where the
    target is None), entropy, kl (final row against this one), top ids and their logits; and the same for watched ids.
    """
    keys = ["rank", "logit", "logprob", "above", "below"]
    out = {key: [] for key in keys + ["entropy", "kl", "top_ids", "top_logits", "logsumexp"]}
    watched = [{"id": w, **{key: [] for key in keys}} for w in watch]
    rows = range(len(raw))
    final = None
    # The final row first: KL needs its distribution.
    for row in reversed(rows):
        line = {key: [] for key in out}
        lines = [{key: [] for key in keys} for _ in watch]
        dist = []
        for column, (position, target) in enumerate(zip(positions, targets)):
            f32 = lens_logits(model, raw[row][position], norm or row == len(raw) - 1)
            logprobs = log_softmax(f32)
            logits = f32.numpy()
            dist.append(logprobs)
            p = np.exp(logprobs)
            base = logprobs if final is None else final[column]
            known = cell(logits, logprobs, target, tolerance) if target is not None else {}
            for key in keys:
                line[key].append(known.get(key))
            for w, l in zip(watch, lines):
                c = cell(logits, logprobs, w, tolerance)
                for key in keys:
                    l[key].append(c[key])
            line["entropy"].append(number(-(p * logprobs).sum()))
            line["kl"].append(number(max(0.0, (np.exp(base) * (base - logprobs)).sum())))
            best = top(logits, k + 1)  # one more than shown, to see whether the last place was close
            line["top_ids"].append(best)
            line["top_logits"].append([number(logits[i]) for i in best])
            line["logsumexp"].append(number(float(logits[best[0]]) - float(logprobs[best[0]])))
        if final is None:
            final = dist
        for key in out:
            out[key].insert(0, line[key])
        for w, l in zip(watched, lines):
            for key in keys:
                w[key].insert(0, l[key])
    if watch:
        out["watch"] = watched
    return out


def check_last_row(model, raw, logits):
    """Fails unless the normed lens of the last state is the model's own output."""
    difference = (lens_logits(model, raw[-1], True) - logits).abs().max().item()
    assert difference < 1e-4 * max(1.0, logits.abs().max().item()), difference


def write_json(path, value):
    """Compact JSON, one top-level prompt a line, so that differences can be read."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = text.replace('{"text":', '\n{"text":').replace('"normed":', '\n"normed":').replace('"raw":', '\n"raw":')
    with open(path, "w", encoding="utf-8") as f:
        f.write(text + "\n")


def versions():
    """Versions of what computed the numbers."""
    import transformers

    return {"transformers": transformers.__version__, "torch": torch.__version__}
