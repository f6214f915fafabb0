"""Makes Tests/Fixtures/kernels/sampling.json: which tokens transformers' samplers leave, and with which probabilities.

    python Tools/make_sampling_fixtures.py

{"logits": [[x]], "cases": [{"row", "temperature", "top_k", "top_p", "kept": [id], "probabilities": [p]}]}. The warpers are those that
`generate` applies, in its order: temperature, top_k, top_p. Some logits are equal. Cases in which equal tokens lie on both sides of
top_p's border are left out, because transformers' sort may put either first.
"""

import itertools
import json
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers.generation.logits_process import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

OUT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "kernels" / "sampling.json"


def main():
    rng = np.random.default_rng(7)
    rows = [np.round(rng.standard_normal(n) * scale * 64) / 64 for n, scale in [(40, 3), (40, 0.4), (12, 8), (5, 1)]]
    cases = []
    for (row, logits), t, k, p in itertools.product(
            enumerate(rows), [0.3, 1.0, 1.7], [None, 1, 3, 10, 60], [None, 0.05, 0.5, 0.9, 1.0]):
        scores = torch.tensor(np.array(logits), dtype=torch.float64)[None]
        scores = TemperatureLogitsWarper(t)(None, scores)
        if k is not None:
            scores = TopKLogitsWarper(k)(None, scores)
        if p is not None and p < 1:
            scores = TopPLogitsWarper(p)(None, scores)
        probabilities = torch.softmax(scores, -1)[0]
        kept = [i for i, x in enumerate(scores[0].tolist()) if x != -float("inf")]
        least = min(logits[i] for i in kept)
        if any(logits[i] == least for i in range(len(logits)) if i not in kept):
            continue
        cases.append({"row": row, "temperature": t, "top_k": k, "top_p": p, "kept": kept,
                      "probabilities": [float(f"{probabilities[i].item():.10g}") for i in kept]})
    text = json.dumps({"logits": [r.tolist() for r in rows], "cases": cases}, separators=(",", ":"))
    assert len(text) <= 100_000, len(text)
    OUT.write_text(text + "\n")
    print(f"{OUT.name}: {len(cases)} cases, {len(text)} bytes, transformers {transformers.__version__}")


if __name__ == "__main__":
    main()
