"""Makes Tests/Fixtures/lenses/transformerlens.json: the logit lens of TransformerLens on the tiny GPT-2, after attention and after MLP.

    python Tools/make_transformerlens_reference.py

Needs transformer-lens==4.3.0 besides Tools/requirements.txt. `accumulated_resid` with `apply_ln` gives the normed states: the embedding, then
for each block the stream after attention and after the MLP. Matrices are [row][position]; the target of a position is the next
token of the text.
"""

import json
import warnings
from importlib.metadata import version
from pathlib import Path

warnings.filterwarnings("ignore")

import torch  # noqa: E402
from transformer_lens.model_bridge import TransformerBridge  # noqa: E402

FIXTURES = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"


def rounded(matrix):
    return [[float(f"{x:.9g}") for x in row] for row in matrix.tolist()]


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    model = TransformerBridge.boot_transformers(str(FIXTURES / "models" / "gpt2" / "hf"), dtype=torch.float32, device="cpu")
    prompts = []
    for prompt in json.loads((FIXTURES / "models" / "gpt2" / "expected.json").read_text())["prompts"]:
        ids = prompt["ids"] + prompt["generated"]
        logits, cache = model.run_with_cache(torch.tensor([ids]))
        states, labels = cache.accumulated_resid(layer=-1, incl_mid=True, apply_ln=True, return_labels=True)
        lens = (states[:, 0] @ model.W_U + model.b_U).log_softmax(-1)
        assert (lens[-1] - logits[0].log_softmax(-1)).abs().max() < 1e-4
        targets = torch.tensor(ids[1:])
        own = lens[:, :-1].gather(-1, targets.expand(len(labels), -1)[..., None])
        prompts.append({"text": prompt["text"], "ids": ids, "prompt_length": len(prompt["ids"]), "labels": labels,
                        "logprob": rounded(own[..., 0]), "rank": ((lens[:, :-1] > own).sum(-1) + 1).tolist(),
                        "entropy": rounded(-(lens.exp() * lens).sum(-1)[:, :-1])})
    text = json.dumps({"versions": {"transformer-lens": version("transformer-lens"), "torch": torch.__version__},
                       "prompts": prompts}, ensure_ascii=False, separators=(",", ":"))
    out = FIXTURES / "lenses" / "transformerlens.json"
    out.write_text(text.replace('{"text"', '\n{"text"') + "\n", encoding="utf-8")
    print(out.stat().st_size, prompts[0]["labels"])


if __name__ == "__main__":
    main()
