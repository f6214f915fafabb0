#!/usr/bin/env python3
"""Writes Tests/Fixtures/changes: changed runs of tiny models by hooks of transformers.

    python3 Tools/make_change_reference.py

Needs torch and transformers. The models are those of Tests/Fixtures/models. Each case has changes as in a spec, the tokens that are
written greedily in the changed run, and the logits after the prompt and after the last token.
"""

import json
from pathlib import Path

import torch
import transformers

import lens_reference
import run_changes

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "Tests/Fixtures/changes"
MODELS = ["gpt2", "llama", "gptneox", "gemma3"]
PROMPT, SOURCE = "a t e", "a e e"
GENERATED = 3
CASES = [
    [{"source": SOURCE, "layer": 0, "positions": 2}],
    [{"source": SOURCE, "layer": "embedding", "positions": "all"}],
    [{"source": SOURCE, "of": "attention", "layer": 1, "positions": [2, 3]}],
    [{"source": SOURCE, "of": "mlp", "layer": 0, "positions": "from 2"}],
    [{"plus": "t e", "minus": "a", "layer": 0, "positions": "all", "by": 4}],
    [{"plus": "t e e", "minus": "a e e", "from_layer": 0, "from_position": 3, "layer": 1, "positions": "from 3", "by": -2.5}],
    [
        {"source": SOURCE, "of": "mlp", "layer": 1, "positions": "last"},
        {"plus": "e", "minus": "t", "layer": "embedding", "positions": [1], "by": 0.5},
        {"plus": "e", "minus": "t", "layer": 0, "positions": "last"},
    ],
]


@torch.no_grad()
def reference(name: str) -> dict:
    path = str(ROOT / f"Tests/Fixtures/models/{name}/hf")
    model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    prompt = tokenizer(PROMPT)["input_ids"]
    stop = lens_reference.control_tokens(tokenizer)
    cases = []
    for changes in CASES:
        found = run_changes.prepared(model, tokenizer, changes, prompt)
        ids = list(prompt)
        with run_changes.applied(model, found):
            for _ in range(GENERATED):
                ids.append(model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax().item())
                if ids[-1] in stop:
                    break
            logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        cases.append({
            "changes": changes, "tokens": ids, "positions": [own["positions"] for own in run_changes.told(found, len(ids))],
            "logits": [[float(f"{value:.7g}") for value in logits[at].tolist()] for at in (len(prompt) - 1, len(ids) - 1)]})
    return {"prompt": PROMPT, "generated": GENERATED, "cases": cases}


def main() -> None:
    OUT.mkdir(exist_ok=True)
    for name in MODELS:
        text = json.dumps(reference(name)).replace('{"changes"', '\n{"changes"')
        (OUT / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
