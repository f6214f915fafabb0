"""Ecco's job with transformers and PyTorch: a list is continued greedily, then the lens looks at every position and row.

    python torch_job.py FOLDER [--runs N] [--threads N]

FOLDER: a GPT-2 (gpt2_folder.py). Every run is a process of its own, for each form of the lens; generation keeps keys and values.
"""

import time

from common import GENERATED, LIST_PROMPT, answer, arguments, check, report_job, run_children


def states_of(model, ids):
    """The normed states [position, row, width] of all tokens: the embedding and every block; the last has been normed already."""
    import torch

    hidden = model.transformer(ids, output_hidden_states=True).hidden_states
    *below, last = (state[0] for state in hidden)
    return torch.stack([model.transformer.ln_f(state) for state in below] + [last], dim=1)


def make_lens(form: str, head, positions: int, rows: int):
    """The lens as a function of states and targets; the fast one is packed and compiled here."""
    import torch
    from torch_lenses import PackedHead, compiled, plain

    if form == "plain":
        return lambda states, targets: plain(states, head, targets)
    packed = PackedHead(head, 8 * rows)
    compiled(torch.zeros(positions, rows, head.shape[1]), packed, torch.zeros(positions, dtype=torch.long))
    return lambda states, targets: compiled(states, packed, targets)


def generate(model, prompt):
    """The prompt and exactly so many tokens after it, greedily."""
    import torch

    return model.generate(
        prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=GENERATED, min_new_tokens=GENERATED, do_sample=False,
        pad_token_id=0)


def check_lens(found, length: int) -> None:
    """Checks that the last row is the model's own: it ranks first what was generated after a prompt of that length."""
    own = found.rank[length - 1 : -1, -1]
    check(bool((own == 1).all()), f"generated tokens do not come first in the last row: {own.tolist()}")
    check(float(found.kl[:, -1].abs().max()) < 1e-4, "the last row differs from itself")


def once(folder: str, form: str, threads: int) -> None:
    """The whole job in this process."""
    start = time.perf_counter()
    import torch
    from transformers import GPT2LMHeadModel, GPT2Tokenizer

    torch.set_num_threads(threads)
    prompt = GPT2Tokenizer.from_pretrained(folder)(LIST_PROMPT, return_tensors="pt").input_ids
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32)
    opened = time.perf_counter()
    with torch.inference_mode():
        ids = generate(model, prompt)
        generated = time.perf_counter()
        states = states_of(model, ids)
        captured = time.perf_counter()
        lens = make_lens(form, model.lm_head.weight, *states.shape[:2])
        prepared = time.perf_counter()
        found = lens(states, ids[0].roll(-1))
        done = time.perf_counter()
        check_lens(found, prompt.shape[1])
    answer(ids[0, prompt.shape[1]:].tolist(), opening=opened - start, generation=generated - opened, states=captured - generated,
           preparation=prepared - captured, lens=done - prepared)


def main() -> None:
    """Runs children, or is one."""
    parser = arguments("Ecco's job in PyTorch")
    parser.add_argument("folder")
    parser.add_argument("--once", choices=("plain", "compiled"), help="do the job once with this lens, in this process")
    options = parser.parse_args()
    if options.once:
        return once(options.folder, options.once, options.threads)
    for form in ("plain", "compiled"):
        words = [options.folder, "--once", form, "--threads", str(options.threads)]
        children = run_children(__file__, words, options.threads, options.runs)
        report_job("PyTorch", f", {form} lens", children, ["torch", "transformers"])


if __name__ == "__main__":
    main()
