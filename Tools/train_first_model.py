"""Trains models/first: a small GPT-2 on the text of first_model_text.py. Takes about 25 minutes on two cores.

    python Tools/train_first_model.py [STEPS]
    python Tools/train_first_model.py --checkpoints

Seeded; two runs on one machine with the same versions give the same weights. Writes the folder as transformers reads it, in
float16, and prints what the stored weights answer to the held-out questions. With `--checkpoints`, it trains a much smaller model
in a few minutes and keeps it at eight steps, in models/first-steps.
"""

import json
import math
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel

import first_model_text as text

MODELS = Path(__file__).resolve().parent.parent / "models"
BATCH = 24
END = "<|endoftext|>"


@dataclass
class Size:
    vocabulary: int
    context: int
    width: int
    layers: int
    heads: int
    rate: float
    document: Callable


FIRST = Size(vocabulary=1536, context=128, width=128, layers=6, heads=4, rate=2e-3, document=text.document)
# Eight of these are committed, so each has less than 100 kB.
SMALL = Size(vocabulary=560, context=48, width=20, layers=6, heads=2, rate=4e-3, document=text.small_document)
CHECKPOINTS = [0, 125, 250, 500, 1000, 2000, 4000, 8000]


def train_tokenizer(size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size.vocabulary - 1, show_progress=False, special_tokens=[],
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(text.documents(40_000, seed=1, kind=size.document), trainer)
    tokenizer.add_special_tokens([AddedToken(END, special=True, normalized=False)])
    return tokenizer


def rows(tokenizer, size, seed):
    """Endless rows of `size.context` ids; a row begins with a document and holds as many as fit."""
    end, context = tokenizer.token_to_id(END), size.context
    while True:
        row = []
        for encoding in tokenizer.encode_batch(text.documents(2000, seed, size.document)):
            ids = encoding.ids + [end]
            if len(row) + len(ids) > context:
                if row:
                    yield (row + [end] * context)[:context], len(row)
                row = ids[:context]
            else:
                row += ids
        seed += 1


def train(tokenizer, steps, size, keep=lambda step, model: None):
    """Trains a model; `keep` is called before each step and after the last."""
    torch.manual_seed(0)
    random.seed(0)
    end = tokenizer.token_to_id(END)
    model = GPT2LMHeadModel(GPT2Config(
        vocab_size=tokenizer.get_vocab_size(), n_positions=size.context, n_embd=size.width, n_layer=size.layers,
        n_head=size.heads, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=end, eos_token_id=end))
    optimizer = torch.optim.AdamW(model.parameters(), lr=size.rate, betas=(0.9, 0.98), weight_decay=0.05)
    source = rows(tokenizer, size, seed=1000)
    begun = time.time()
    for step in range(steps):
        keep(step, model)
        rate = size.rate * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = [next(source) for _ in range(BATCH)]
        ids = torch.tensor([row for row, _ in batch])
        labels = ids.clone()
        for i, (_, length) in enumerate(batch):
            labels[i, length:] = -100
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.4f}, {time.time() - begun:.0f} s", flush=True)
    keep(steps, model)
    return model.eval()


@torch.no_grad()
def answer(model, tokenizer, prompt):
    ids = tokenizer.encode(prompt).ids[-model.config.n_positions:]
    return model(input_ids=torch.tensor([ids])).logits[0, -1]


def score(model, tokenizer, skills=None):
    """Share of held-out questions answered rightly: the first token of the answer is the model's first choice, or beats the foil."""
    shares = {}
    for skill, questions in text.held_out().items():
        if skills and skill not in skills:
            continue
        right = 0
        for prompt, good, wrong in questions:
            logits = answer(model, tokenizer, prompt)
            good = tokenizer.encode(good).ids[0]
            if wrong is None:
                right += int(logits.argmax()) == good
            else:
                right += bool(logits[good] > logits[tokenizer.encode(wrong).ids[0]])
        shares[skill] = right / len(questions)
        print(f"{skill}: {right} of {len(questions)}", flush=True)
    return shares


def write(model, tokenizer, folder):
    folder.mkdir(parents=True, exist_ok=True)
    half = {name: p.half().contiguous() for name, p in model.state_dict().items() if name != "lm_head.weight"}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})
    keep = ["activation_function", "bos_token_id", "eos_token_id", "layer_norm_epsilon", "model_type", "n_embd", "n_head",
            "n_layer", "n_positions", "vocab_size"]
    config = {"architectures": ["GPT2LMHeadModel"], **{key: model.config.to_dict()[key] for key in keep}}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": False, "bos_token": END, "eos_token": END,
        "unk_token": END, "clean_up_tokenization_spaces": False, "model_max_length": model.config.n_positions}, indent=1) + "\n")
    return half


def stored(model, half):
    """The model with the weights that were written."""
    model.load_state_dict({name: p.float() for name, p in half.items()}, strict=False)
    model.tie_weights()
    return model


def checkpoints():
    tokenizer = train_tokenizer(SMALL)

    def keep(step, model):
        if step in CHECKPOINTS:
            write(model, tokenizer, MODELS / "first-steps" / f"step{step}")
    score(train(tokenizer, CHECKPOINTS[-1], SMALL, keep), tokenizer, ["agreement", "counting", "repetition"])


if __name__ == "__main__":
    # A model of the smaller size is trained faster by one thread.
    torch.set_num_threads(1 if sys.argv[1:] == ["--checkpoints"] else 2)
    torch.use_deterministic_algorithms(True)
    if sys.argv[1:] == ["--checkpoints"]:
        checkpoints()
    else:
        tokenizer = train_tokenizer(FIRST)
        model = train(tokenizer, int(sys.argv[1]) if len(sys.argv) > 1 else 2500, FIRST)
        score(stored(model, write(model, tokenizer, MODELS / "first")), tokenizer)
    for f in sorted(MODELS.glob("first*/**/*")):
        if f.is_file():
            print(f.stat().st_size, f.relative_to(MODELS))
