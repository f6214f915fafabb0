"""Makes Tests/Fixtures/datasets: datasets of prompts on tiny models, scored by transformers and summed up by numpy.

    python Tools/make_dataset_fixtures.py

Each file holds the items, the log-probability and rank of every target at every row, the difference to the foil, and for
all items and each group the statistics with their bootstrap intervals. The resamples are those of docs/dataset-format.md:
SplitMix64, Lemire's bounded numbers, percentiles with linear interpolation; the statistics are numpy's own.
"""

import os
import random

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import lens_reference as lens

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Fixtures")
MODELS = ["llama", "gpt2"]
ITEMS = 24
RESAMPLES = 200
SEED = 20160704
MASK = (1 << 64) - 1


def splitmix64(seed):
    """Steele, Lea, Flood 2014."""
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def resamples(n, count, seed):
    """Indices of `count` resamples of n items."""
    numbers = splitmix64(seed)

    def below(bound):
        threshold = (1 << 64) % bound
        while True:
            product = next(numbers) * bound
            if product & MASK >= threshold:
                return product >> 64

    return np.array([[below(n) for _ in range(n)] for _ in range(count)])


def estimate(values, drawn, statistic):
    """A statistic of [row][item], and its 95 % percentile interval."""
    resampled = np.stack([statistic(values[:, indices], axis=1) for indices in drawn])
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
    return {"value": statistic(values, axis=1).tolist(), "low": low.tolist(), "high": high.tolist()}


def group(column, value, logprob, rank, difference):
    rows, n = rank.shape
    drawn = resamples(n, RESAMPLES, SEED)
    first = (rank == 1).astype(np.float64)
    wins = np.where(difference > 0, 1.0, np.where(difference == 0, 0.5, 0.0))
    first_row = [next((r for r in range(rows) if rank[r, i] == 1), None) for i in range(n)]
    settled = [next((r for r in range(rows) if (rank[r:, i] == 1).all()), None) for i in range(n)]
    return {
        "column": column, "value": value, "items": n,
        "logprob": estimate(logprob, drawn, np.mean), "rank": estimate(rank.astype(float), drawn, np.mean),
        "median_rank": estimate(rank.astype(float), drawn, np.median), "top1": estimate(first, drawn, np.mean),
        "accuracy": estimate(wins, drawn, np.mean), "difference": estimate(difference, drawn, np.mean),
        "first_top1": {"rows": [first_row.count(r) for r in range(rows)], "never": first_row.count(None)},
        "settled": {"rows": [settled.count(r) for r in range(rows)], "never": settled.count(None)},
    }


def main():
    os.makedirs(os.path.join(ROOT, "datasets"), exist_ok=True)
    for name in MODELS:
        folder = os.path.join(ROOT, "models", name, "hf")
        model = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32, attn_implementation="eager").eval()
        tokenizer = AutoTokenizer.from_pretrained(folder)
        draw = random.Random(7)
        words = [t for t in (tokenizer.decode([i]) for i in range(len(tokenizer)))
                 if t and "\ufffd" not in t and len(tokenizer.encode(t, add_special_tokens=False)) == 1
                 and t.strip() and not t.startswith("<")]
        items, logprob, rank, difference = [], [], [], []
        for number in range(ITEMS):
            prompt = " ".join(draw.choice(["the keys", "a cat", "is", "to the", "on"]) for _ in range(draw.randint(1, 5)))
            ids = tokenizer.encode(prompt)
            raw, logits = lens.states(model, ids)
            # Half of the targets are what the model says, so that something has rank 1.
            best = tokenizer.decode([int(logits[-1].argmax())])
            target = best if number % 2 and best in words else draw.choice(words)
            foil = draw.choice([w for w in words if w != target])
            t, f = (tokenizer.encode(w, add_special_tokens=False)[0] for w in (target, foil))
            columns = []
            for state in raw:
                row = lens.lens_logits(model, state[-1], True)
                probabilities = lens.log_softmax(row)
                row = row.numpy()
                columns.append((probabilities[t], 1 + int((row > row[t]).sum()), float(row[t]) - float(row[f]),
                                int((np.abs(row - row[t]) < 1e-4).sum()) - 1))
            items.append({"prompt": prompt, "target": target, "foil": foil, "groups": [draw.choice(["x", "y"])]})
            logprob.append([c[0] for c in columns])
            rank.append([c[1] for c in columns])
            difference.append([c[2] for c in columns])
        logprob, rank, difference = (np.array(m).T for m in (logprob, rank, difference))
        groups = [group(None, None, logprob, rank, difference)]
        for value in dict.fromkeys(i["groups"][0] for i in items):
            members = [n for n, i in enumerate(items) if i["groups"][0] == value]
            groups.append(group("side", value, logprob[:, members], rank[:, members], difference[:, members]))
        lens.write_json(os.path.join(ROOT, "datasets", f"{name}.json"), {
            "versions": lens.versions() | {"numpy": np.__version__}, "resamples": RESAMPLES, "seed": SEED, "items": items,
            "logprob": [[lens.number(x, 9) for x in row] for row in logprob.tolist()], "rank": rank.tolist(),
            "difference": [[lens.number(x, 9) for x in row] for row in difference.tolist()], "groups": groups})
        print(name, len(items), "items,", int((rank[-1] == 1).sum()), "first at the end")


if __name__ == "__main__":
    main()
