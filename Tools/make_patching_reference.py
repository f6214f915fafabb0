#!/usr/bin/env python3
"""Writes Tests/Fixtures/patching: activation patching of tiny models by hooks of transformers.

    python3 Tools/make_patching_reference.py

Needs torch and transformers. The models are those of Tests/Fixtures/models.
"""

import json
from pathlib import Path

import torch
import transformers

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "Tests/Fixtures/patching"
# name: blocks of the model, and in a block the modules whose outputs are added to the stream: attention and MLP
MODELS = {
    "gpt2": (lambda m: m.transformer.h, lambda b: b.attn, lambda b: b.mlp),
    "llama": (lambda m: m.model.layers, lambda b: b.self_attn, lambda b: b.mlp),
    "gptneox": (lambda m: m.gpt_neox.layers, lambda b: b.attention, lambda b: b.mlp),
    "gemma3": (
        lambda m: m.model.layers, lambda b: b.post_attention_layernorm, lambda b: b.post_feedforward_layernorm),
}
BASE = [34, 7, 120, 61, 9]
SOURCE = [34, 50, 120, 61, 77]


def first(output):
    """The hidden states among the outputs of a module."""
    return output[0] if isinstance(output, tuple) else output


def logits(model, ids, hook=None):
    """The logits at the end; `hook` is a module, whether its input counts, and what becomes of the states [T, D]."""
    handle = None
    if hook:
        module, is_input, change = hook

        def before(_, args, kwargs):
            if args:
                return (change(args[0]), *args[1:]), kwargs
            return args, {**kwargs, "hidden_states": change(kwargs["hidden_states"])}

        def after(_, __, output):
            changed = change(first(output))
            return (changed, *output[1:]) if isinstance(output, tuple) else changed

        handle = (
            module.register_forward_pre_hook(before, with_kwargs=True)
            if is_input
            else module.register_forward_hook(after)
        )
    with torch.no_grad():
        result = model(torch.tensor([ids])).logits[0, -1]
    if handle:
        handle.remove()
    return result


def reference(name: str) -> dict:
    blocks_of, attention_of, mlp_of = MODELS[name]
    path = str(ROOT / f"Tests/Fixtures/models/{name}/hf")
    model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    blocks = blocks_of(model)
    places = {
        "stream": [(blocks[0], True)] + [(block, False) for block in blocks],
        "attention": [(attention_of(block), False) for block in blocks],
        "mlp": [(mlp_of(block), False) for block in blocks],
    }
    target = logits(model, SOURCE).argmax().item()
    base = logits(model, BASE)
    foil = next(id for id in base.argsort(descending=True).tolist() if id != target)

    def difference(values):
        return (values[target] - values[foil]).item()

    found = {}
    for place, modules in places.items():
        found[place] = []
        for module, is_input in modules:
            kept = {}

            def keep(states):
                kept["source"] = states.clone()
                return states

            logits(model, SOURCE, (module, is_input, keep))
            row = []
            for position in range(len(BASE)):

                def put(states, position=position):
                    states = states.clone()
                    states[0, position] = kept["source"][0, position]
                    return states

                row.append(difference(logits(model, BASE, (module, is_input, put))))
            found[place].append(row)
    return {
        "base": BASE, "source": SOURCE, "target": target, "foil": foil,
        "base_difference": difference(base), "source_difference": difference(logits(model, SOURCE)), **found,
    }


def main() -> None:
    OUT.mkdir(exist_ok=True)
    for name in MODELS:
        (OUT / f"{name}.json").write_text(json.dumps(reference(name), indent=1) + "\n")


if __name__ == "__main__":
    main()
