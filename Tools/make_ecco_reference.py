"""Makes Tests/Fixtures/gpt2-random/ecco.json: ranks by Ecco itself (github.com/jalammar/ecco) on the GPT-2 of random_gpt2.py.

    python Tools/make_ecco_reference.py

Needs an environment of its own, because Ecco 0.1.2 wants old libraries: transformers==4.36.2, "numpy<2", "matplotlib<3.9",
"captum<0.8", seaborn, scikit-learn, ipython, safetensors, torch (2.13 works), and ecco==0.1.2 with --no-deps. Run
make_gpt2_reference.py first: it writes the model.

Ecco plots what it computes; the plotting functions are replaced by ones that keep the numbers. Rows are its "Layer 0" to
"Layer L-1", the outputs of the blocks; columns the generated tokens, or the watched tokens at the first generated one. `top` is what
`layer_predictions` lists for the first generated token: ids and probabilities, [layer][10].
`above` and `below` count tokens whose logit is the same to within 1e-6 of the largest: ties, as far as float32 sums can tell.
"""

import contextlib
import io
import json
import os
import warnings
from pathlib import Path

import torch

warnings.filterwarnings("ignore")

import ecco  # noqa: E402
import transformers  # noqa: E402
from ecco import lm_plots  # noqa: E402

from article_prompts import PROMPTS  # noqa: E402

OUT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "gpt2-random" / "ecco.json"
CONFIG = {"embedding": "transformer.wte.weight", "type": "causal", "activations": [r"mlp\.c_proj"],
          "token_prefix": " ", "partial_token_prefix": ""}


@torch.no_grad()
def ties(output, columns):
    """Counts of tokens that tie with the target, above and below it, [layer][column]; columns: (step, token id)."""
    _, states = output._get_hidden_states()
    above, below = [], []
    for layer in range(states[0].shape[0]):
        above.append([])
        below.append([])
        for step, token in columns:
            logits = output.lm_head(states[step][layer, -1, :]).double()
            near = logits[token] + 1e-6 * logits.abs().max()
            far = logits[token] - 1e-6 * logits.abs().max()
            above[-1].append(int(((logits > logits[token]) & (logits <= near)).sum()))
            below[-1].append(int(((logits <= logits[token]) & (logits >= far)).sum()) - 1)
    return {"above": above, "below": below}


class IdsInsteadOfText:
    """A tokenizer for `layer_predictions`, which tells tokens by their text alone."""

    def decode(self, token):
        return int(token)


def predictions(output):
    """The ten most probable tokens after each layer, at the first generated position."""
    tokenizer, output.tokenizer = output.tokenizer, IdsInsteadOfText()
    with contextlib.redirect_stdout(io.StringIO()):
        data = output.layer_predictions(position=output.n_input_tokens, topk=10, printJson=True)
    output.tokenizer = tokenizer
    return {"ids": [[t["token"] for t in layer] for layer in data],
            "probabilities": [[float(t["prob"]) for t in layer] for layer in data]}


def main():
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    lm = ecco.from_pretrained(str(cache / "strata" / "test-data" / "gpt2-random"), model_config=CONFIG, verbose=False, gpu=False)
    kept = {}
    lm_plots.plot_inner_token_rankings = lambda i, o, ranks, **kw: kept.update(ranks=ranks.tolist())
    lm_plots.plot_inner_token_rankings_watch = lambda i, o, ranks, p: kept.update(ranks=ranks.tolist())
    prompts = []
    for text, count, watch in PROMPTS.values():
        output = lm.generate(text, generate=max(count, 1), do_sample=False)
        start = output.n_input_tokens
        ids = [int(i) for i in output.token_ids[0]]
        top = predictions(output)
        if watch:
            watched = [lm.tokenizer(w)["input_ids"][0] for w in watch]
            output.rankings_watch(watch=watched)
            prompts.append({"text": text, "ids": ids[:start], "generated": [], "watch": watched, "rank": kept["ranks"],
                            **ties(output, [(0, w) for w in watched]), "top": top})
        else:
            output.rankings()
            prompts.append({"text": text, "ids": ids[:start], "generated": ids[start:], "watch": [], "rank": kept["ranks"],
                            **ties(output, list(enumerate(ids[start:]))), "top": top})
    versions = {"ecco": ecco.__version__, "transformers": transformers.__version__, "torch": torch.__version__}
    text = json.dumps({"versions": versions, "prompts": prompts}, ensure_ascii=False, separators=(",", ":"))
    OUT.write_text(text.replace('{"text"', '\n{"text"') + "\n", encoding="utf-8")
    print(OUT.stat().st_size, OUT.name)


if __name__ == "__main__":
    main()
