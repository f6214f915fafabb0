"""Ecco's job with TransformerLens: generate, run with a cache, `accumulated_resid` and the unembedding of every position, ranks.

    python transformer_lens_job.py FOLDER [--runs N] [--threads N]

FOLDER: a GPT-2 (gpt2_folder.py). Every run is a process of its own.
"""

import time
import warnings

from common import GENERATED, LIST_PROMPT, answer, arguments, check, report_job, run_children


def ranks(model, cache, ids):
    """The rank of the next token [row, position] for the embedding and every block; row by row, to save memory."""
    import torch

    states = cache.accumulated_resid(layer=-1, incl_mid=False, apply_ln=True)[:, 0]
    targets = ids[0].roll(-1)[:, None]
    rows = []
    for state in states:
        logits = state @ model.W_U + model.b_U
        rows.append((logits > logits.gather(1, targets)).sum(-1) + 1)
    return torch.stack(rows)


def open_model(folder: str, threads: int):
    """The model as TransformerLens 4 opens it."""
    import torch
    from transformer_lens.model_bridge import TransformerBridge

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    return TransformerBridge.boot_transformers(folder, dtype=torch.float32, device="cpu")


def once(folder: str, threads: int) -> None:
    """The whole job in this process."""
    start = time.perf_counter()
    warnings.filterwarnings("ignore")
    model = open_model(folder, threads)
    prompt = model.to_tokens(LIST_PROMPT, prepend_bos=False)
    opened = time.perf_counter()
    # Without its key-value cache: with it TransformerLens 4.3 on transformers 5 generates other tokens than the model's own choice.
    ids = model.generate(
        prompt, max_new_tokens=GENERATED, do_sample=False, stop_at_eos=False, return_type="tokens", verbose=False,
        use_past_kv_cache=False)
    generated = time.perf_counter()
    _, cache = model.run_with_cache(ids)
    captured = time.perf_counter()
    found = ranks(model, cache, ids)
    done = time.perf_counter()
    own = found[-1, prompt.shape[1] - 1 : -1]
    check(ids.shape[1] == prompt.shape[1] + GENERATED, f"the text has {ids.shape[1]} tokens")
    check(bool((own == 1).all()), f"generated tokens do not come first in the last row: {own.tolist()}")
    answer(ids[0, prompt.shape[1]:].tolist(), opening=opened - start, generation=generated - opened, states=captured - generated,
           lens=done - captured)


def main() -> None:
    """Runs children, or is one."""
    parser = arguments("Ecco's job in TransformerLens")
    parser.add_argument("folder")
    parser.add_argument("--once", action="store_true", help="do the job once, in this process")
    options = parser.parse_args()
    if options.once:
        return once(options.folder, options.threads)
    words = [options.folder, "--once", "--threads", str(options.threads)]
    children = run_children(__file__, words, options.threads, options.runs)
    report_job("TransformerLens", "", children, ["transformer-lens", "transformers", "torch"], "ranks only, all positions; generated without its key-value cache, which gives other tokens")


if __name__ == "__main__":
    main()
