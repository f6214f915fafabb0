#!/usr/bin/env python3
"""Writes Tests/Fixtures/attribution: direct logit attributions of tiny models by TransformerLens.

    python3 Tools/make_attribution_reference.py

Needs torch, transformers and transformer_lens. The models are those of Tests/Fixtures/models.
"""

import json
from pathlib import Path

import torch
import transformers
from transformer_lens.model_bridge import TransformerBridge

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "Tests/Fixtures/attribution"
# name: the final norm in the model of transformers
MODELS = {
    "gpt2": lambda model: model.transformer.ln_f,
    "llama": lambda model: model.model.norm,
    "gptneox": lambda model: model.gpt_neox.final_layer_norm,
}
IDS = [34, 7, 120, 61, 9, 88]


def reference(name: str, norm) -> dict:
    """The parts and heads of the difference between the two most probable tokens after IDS."""
    path = str(ROOT / f"Tests/Fixtures/models/{name}/hf")
    bridge = TransformerBridge.boot_transformers(path, device="cpu", dtype=torch.float32)
    bridge.set_use_attn_result(True)
    with torch.no_grad():
        logits, cache = bridge.run_with_cache(torch.tensor([IDS]))
    target, foil = logits[0, -1].topk(2).indices.tolist()
    model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    rows = model.get_output_embeddings().weight.detach()
    direction = (rows[target] - rows[foil]) * norm(model).weight.detach()

    def shares(stack):
        return (cache.apply_ln_to_stack(stack, layer=-1)[:, 0, -1] @ direction).tolist()

    stack, labels = cache.decompose_resid(layer=-1, return_labels=True)
    parts = dict(zip(labels, shares(stack)))
    heads, names = cache.stack_head_results(layer=-1, return_labels=True)
    return {
        "ids": IDS,
        "target": target,
        "foil": foil,
        "difference": (logits[0, -1, target] - logits[0, -1, foil]).item(),
        "embedding": parts["embed"] + parts.get("pos_embed", 0),
        "attention": [parts[f"{layer}_attn_out"] for layer in range(bridge.cfg.n_layers)],
        "mlp": [parts[f"{layer}_mlp_out"] for layer in range(bridge.cfg.n_layers)],
        "heads": dict(zip(names, shares(heads))),
    }


def main() -> None:
    OUT.mkdir(exist_ok=True)
    for name, norm in MODELS.items():
        (OUT / f"{name}.json").write_text(json.dumps(reference(name, norm), indent=1) + "\n")


if __name__ == "__main__":
    main()
