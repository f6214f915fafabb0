"""Makes Tests/Fixtures/article/first: what transformers computes with models/first on prompts it knows the answers to.

    python Tools/make_first_reference.py
"""

from pathlib import Path

import torch
from transformers import AutoTokenizer, GPT2LMHeadModel

import make_article_reference as article
from article_prompts import PROMPTS

FOLDER = Path(__file__).resolve().parent.parent / "models" / "first"
KNOWN = {key: PROMPTS[key] for key in ("ones", "heathrow", "keys", "key", "nurse")}
KNOWN["eu"] = (PROMPTS["eu"][0], 8, [])


if __name__ == "__main__":
    torch.set_num_threads(2)
    model = GPT2LMHeadModel.from_pretrained(FOLDER, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    # float16 weights, float32 both sides.
    article.measure_prompts(model, tokenizer, article.ROOT / "first", KNOWN, 1e-4, 1e-3)
