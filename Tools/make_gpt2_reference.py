"""Makes Tests/Fixtures/gpt2-random: what transformers computes with the GPT-2 of random_gpt2.py.

    python Tools/make_gpt2_reference.py FOLDER   # holding GPT-2's encoder.json and vocab.bpe

The model is written to $XDG_CACHE_HOME/strata/test-data/gpt2-random.
"""

import json
import sys

import torch
from transformers import AutoTokenizer, GPT2LMHeadModel

import make_article_reference as article
import random_gpt2
from article_prompts import PROMPTS

ROOT = article.ROOT.parent / "gpt2-random"
# float32 weights, float32 both sides: differences are rounding alone, of logits of about 10, raw ones of hundreds.
TOLERANCE = 1e-4
RAW_TOLERANCE = 1e-3
MORE = {"scripts": ("Übergrößenträger: 中文 and кириллица, עברית", 8, [])}


if __name__ == "__main__":
    torch.set_num_threads(2)
    folder = random_gpt2.cached_folder(sys.argv[1])
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    article.measure_prompts(model, tokenizer, ROOT / "transformers", {**PROMPTS, **MORE}, TOLERANCE, RAW_TOLERANCE)
    (ROOT / "weights.json").write_text(json.dumps({"checksum": random_gpt2.checksum()}) + "\n")
