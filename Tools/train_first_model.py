"""Trains models/first: a small GPT-2 on the text of first_model_text.py. Takes about 25 minutes on two cores.

    python Tools/train_first_model.py [STEPS]

Seeded; two runs on one machine with the same versions give the same weights. Writes the folder as transformers reads it, in
float16, and prints what the stored weights answer to the held-out questions.
"""

import json
import math
import random
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel

import first_model_text as text

OUT = Path(__file__).resolve().parent.parent / "models" / "first"
VOCABULARY, CONTEXT, BATCH = 1536, 128, 24
END = "<|endoftext|>"


def train_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY - 1, show_progress=False, special_tokens=[],
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(text.documents(40_000, seed=1), trainer)
    tokenizer.add_special_tokens([AddedToken(END, special=True, normalized=False)])
    return tokenizer


def rows(tokenizer, seed):
    """Endless rows of CONTEXT ids; a row begins with a document and holds as many as fit."""
    end = tokenizer.token_to_id(END)
    while True:
        row = []
        for encoding in tokenizer.encode_batch(text.documents(2000, seed)):
            ids = encoding.ids + [end]
            if len(row) + len(ids) > CONTEXT:
                if row:
                    yield (row + [end] * CONTEXT)[:CONTEXT], len(row)
                row = ids[:CONTEXT]
            else:
                row += ids
        seed += 1


def train(tokenizer, steps):
    torch.manual_seed(0)
    random.seed(0)
    end = tokenizer.token_to_id(END)
    model = GPT2LMHeadModel(GPT2Config(
        vocab_size=tokenizer.get_vocab_size(), n_positions=CONTEXT, n_embd=128, n_layer=6, n_head=4, resid_pdrop=0.0,
        embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=end, eos_token_id=end))
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.05)
    source = rows(tokenizer, seed=1000)
    begun = time.time()
    for step in range(steps):
        rate = 2e-3 * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))
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
    return model.eval()


@torch.no_grad()
def answer(model, tokenizer, prompt):
    ids = tokenizer.encode(prompt).ids
    return model(input_ids=torch.tensor([ids])).logits[0, -1]


def score(model, tokenizer):
    """Share of held-out questions answered rightly: the first token of the answer is the model's first choice, or beats the foil."""
    shares = {}
    for skill, questions in text.held_out().items():
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


def write(model, tokenizer):
    OUT.mkdir(parents=True, exist_ok=True)
    half = {name: p.half().contiguous() for name, p in model.state_dict().items() if name != "lm_head.weight"}
    save_file(half, OUT / "model.safetensors", metadata={"format": "pt"})
    keep = ["activation_function", "bos_token_id", "eos_token_id", "layer_norm_epsilon", "model_type", "n_embd", "n_head",
            "n_layer", "n_positions", "vocab_size"]
    config = {"architectures": ["GPT2LMHeadModel"], **{key: model.config.to_dict()[key] for key in keep}}
    (OUT / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    tokenizer.save(str(OUT / "tokenizer.json"), pretty=False)
    (OUT / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": False, "bos_token": END, "eos_token": END,
        "unk_token": END, "clean_up_tokenization_spaces": False, "model_max_length": CONTEXT}, indent=1) + "\n")
    model.load_state_dict({name: p.float() for name, p in half.items()}, strict=False)
    model.tie_weights()
    return model


if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    tokenizer = train_tokenizer()
    stored = write(train(tokenizer, int(sys.argv[1]) if len(sys.argv) > 1 else 2500), tokenizer)
    score(stored, tokenizer)
    for f in sorted(OUT.iterdir()):
        print(f.stat().st_size, f.name)
