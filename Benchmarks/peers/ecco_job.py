"""Ecco itself: a list is continued, then `rankings()` of what was generated, without drawing.

    python ecco_job.py FOLDER [--runs N] [--threads N]

FOLDER: a GPT-2 (gpt2_folder.py). Every run is a process of its own, in Ecco's environment.
"""

import time
import warnings

from common import GENERATED, LIST_PROMPT, answer, arguments, check, report_job, run_children

CONFIG = {"embedding": "transformer.wte.weight", "type": "causal", "activations": [r"mlp\.c_proj"],
          "token_prefix": " ", "partial_token_prefix": ""}


def once(folder: str, threads: int) -> None:
    """The whole job in this process."""
    start = time.perf_counter()
    warnings.filterwarnings("ignore")
    import ecco
    import torch
    from ecco import lm_plots

    torch.set_num_threads(threads)
    kept = {}
    lm_plots.plot_inner_token_rankings = lambda inputs, outputs, ranks, **options: kept.update(ranks=ranks)
    model = ecco.from_pretrained(folder, model_config=CONFIG, verbose=False, gpu=False)
    opened = time.perf_counter()
    output = model.generate(LIST_PROMPT, generate=GENERATED, do_sample=False, min_new_tokens=GENERATED)
    generated = time.perf_counter()
    output.rankings()
    done = time.perf_counter()
    check(kept["ranks"].shape == (model.model.config.n_layer, GENERATED), f"ranks are {kept['ranks'].shape}")
    check(bool((kept["ranks"][-1] == 1).all()), "generated tokens do not come first in the last row")
    tokens = [int(i) for i in output.token_ids[0][output.n_input_tokens:]]
    answer(tokens, opening=opened - start, generation=generated - opened, lens=done - generated)


def main() -> None:
    """Runs children, or is one."""
    parser = arguments("Ecco's own job")
    parser.add_argument("folder")
    parser.add_argument("--once", action="store_true", help="do the job once, in this process")
    options = parser.parse_args()
    if options.once:
        return once(options.folder, options.threads)
    words = [options.folder, "--once", "--threads", str(options.threads)]
    children = run_children(__file__, words, options.threads, options.runs)
    report_job("Ecco", "", children, ["ecco", "transformers", "torch"], "the lens is rankings() of generated tokens, nothing drawn")


if __name__ == "__main__":
    main()
