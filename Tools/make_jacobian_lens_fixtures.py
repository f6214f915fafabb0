"""Makes Tests/Fixtures/jacobian: random Jacobian lenses for six of the tiny models and what PyTorch reads through them.

    python Tools/make_jacobian_lens_fixtures.py

Needs Tools/requirements.txt. A lens is saved as the lenses of the hub repository neuronpedia/jacobian-lens are: a dictionary with `J`
(float16 matrices by block), `n_prompts`, `source_layers` and `d_model`. Some lenses have no matrix for some block. expected.json has,
for each prompt and each row that a lens reads, target and watched numbers of `head(norm(J h))`: the model itself runs with its last block
made to answer `J h`, so that norms, scales and caps are those of transformers. `identity/` has J = I for every block of each model;
`hostile/` has files that are no lens, each with one fault.
"""

import json
import math
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import torch  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

import lens_reference  # noqa: E402

FIXTURES = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
OUT = FIXTURES / "jacobian"
# A family each: layer norm, RMS norm, sandwich norms with a cap, parallel blocks, norms after the sublayers, recurrent layers.
MODELS = ["gpt2", "llama-untied", "gemma2", "gptneox", "olmo2", "mamba2"]
# Blocks below the last that have no matrix.
ABSENT = {"gemma2": [0], "gpt2": []}
TOLERANCE = 1e-4


def matrices(width, layers, seed):
    """Far from the identity, which no lens has to be close to: as large as the state and turned by a random map."""
    generator = torch.Generator().manual_seed(seed)
    return {
        layer: (0.5 * torch.eye(width) + torch.randn(width, width, generator=generator) / math.sqrt(width)).half()
        for layer in layers
    }


def save(path, maps, width, prompts):
    torch.save({"J": maps, "n_prompts": prompts, "source_layers": sorted(maps), "d_model": width}, path)


@torch.no_grad()
def measure(model, maps, prompt):
    ids = prompt["ids"] + prompt["generated"]
    raw, logits = lens_reference.states(model, ids)
    lens_reference.check_last_row(model, raw, logits)
    targets = ids[1:] + [None]
    # The embedding has no matrix; the last block is the model itself.
    read = [layer for layer in range(len(raw) - 1) if layer in maps or layer == len(raw) - 2]
    states = [raw[layer + 1] @ maps[layer].float().T if layer in maps else raw[layer + 1] for layer in read]
    numbers = lens_reference.measure(model, states, targets, list(range(len(ids))), True, 3, TOLERANCE)
    keep = ["rank", "logprob", "above", "below", "entropy", "kl", "top_ids"]
    return {"text": prompt["text"], "ids": ids, "prompt_length": len(prompt["ids"]), "layers": read,
            **{key: numbers[key] for key in keep}}


def make(name, seed):
    model = AutoModelForCausalLM.from_pretrained(
        FIXTURES / "models" / name / "hf", dtype=torch.float32, attn_implementation="eager").eval()
    config = model.config.get_text_config()
    blocks = len(lens_reference.blocks_of(model))
    layers = [layer for layer in range(blocks - 1) if layer not in ABSENT.get(name, [])]
    maps = matrices(config.hidden_size, layers, seed)
    save(OUT / f"{name}.pt", maps, config.hidden_size, 100 + seed)
    prompts = json.loads((FIXTURES / "models" / name / "expected.json").read_text())["prompts"][:1]
    lens_reference.write_json(
        OUT / f"{name}.json",
        {"versions": lens_reference.versions(), "n_prompts": 100 + seed, "source_layers": layers,
         "prompts": [measure(model, maps, prompt) for prompt in prompts]})
    identity = {layer: torch.eye(config.hidden_size).half() for layer in range(blocks)}
    save(OUT / "identity" / f"{name}.pt", identity, config.hidden_size, 1)


class Other:
    """A class of the file's own, which a reader would have to import."""


def hostile():
    """Files that differ from a lens of width 4 for two blocks in one thing."""
    def lens(**changes):
        whole = {"J": {0: torch.eye(4).half(), 1: torch.eye(4).half()}, "n_prompts": 10, "source_layers": [0, 1], "d_model": 4}
        return {key: value for key, value in (whole | changes).items() if value is not ...}

    def at(value, layer=1):
        matrix = torch.eye(4).half()
        matrix[2, 3] = value
        return {0: torch.eye(4).half(), layer: matrix}

    one = torch.eye(4).half()
    return {
        "sound": lens(),
        "unfinished": {"jacobian_sum": {0: torch.eye(4)}, "n_done": 7, "next_idx": 8},
        "no-prompts": lens(n_prompts=...), "no-layers": lens(source_layers=...), "no-width": lens(d_model=...),
        "no-matrices": lens(J=...),
        "zero-prompts": lens(n_prompts=0), "half-prompts": lens(n_prompts=2.5), "true-prompts": lens(n_prompts=True),
        "more": lens(target_layer=1), "other-layers": lens(source_layers=[0, 2]), "twice-listed": lens(source_layers=[0, 1, 1]),
        "text-layers": lens(source_layers=[0, "1"]), "one-layer": lens(source_layers=1),
        "text-keys": lens(J={"0": one, "1": one}), "true-key": lens(J={0: one, True: one}), "below-zero": lens(J={-1: one, 0: one}),
        "list": lens(J=[one, one]), "no-tensor": lens(J={0: one, 1: [1.0]}), "empty": lens(J={}, source_layers=[]),
        "wide": lens(J={0: one, 1: torch.zeros(4, 5).half()}), "flat": lens(J={0: one, 1: torch.zeros(16).half()}),
        "width": lens(d_model=5), "whole-numbers": lens(J={0: one, 1: torch.eye(4, dtype=torch.int64)}),
        "doubles": lens(J={0: one, 1: torch.eye(4, dtype=torch.float64)}),
        "infinite": lens(J=at(float("inf"))), "no-number": lens(J=at(float("nan"))),
        "expanded": lens(J={0: one, 1: torch.ones(1, 1).half().expand(4, 4)}),
        "state-dict": {"0.weight": torch.eye(4)}, "tensor": torch.eye(4), "integer-keys": {0: one, 1: one},
        "class": lens(d_model=Other()),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    for folder in ("identity", "hostile"):
        (OUT / folder).mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(MODELS, 1):
        make(name, seed)
    for name, value in hostile().items():
        torch.save(value, OUT / "hostile" / f"{name}.pt")
    for file in sorted(OUT.rglob("*.*")):
        print(f"{file.stat().st_size:8d} {file.relative_to(OUT)}")
