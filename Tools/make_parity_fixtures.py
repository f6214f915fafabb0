"""Makes the tiny models of Tests/Fixtures/models and what transformers computes from them.

    python Tools/make_parity_fixtures.py [NAME...]

Each fixture is a randomly initialised model of one family with its own small tokenizer, as a Hugging Face folder (hf/) and,
where the family's GGUF can say everything, as NAME.gguf in F32, written after llama.cpp's conventions
(convert_hf_to_gguf.py). expected.json holds token ids, greedy continuations and the lens at every position.
Families are the modules of Tools/parity.
"""

import importlib
import pkgutil
import sys

import torch

import parity
from parity import common


def fixtures():
    """Every family's fixtures by name."""
    found = {}
    for module in pkgutil.iter_modules(parity.__path__):
        found.update(getattr(importlib.import_module(f"parity.{module.name}"), "FIXTURES", {}))
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    every = fixtures()
    for name in sys.argv[1:] or every:
        common.make(name, every[name]())
