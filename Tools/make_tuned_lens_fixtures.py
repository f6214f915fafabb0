"""Makes Tests/Fixtures/lenses: tuned lenses for two of the tiny models, and what the tuned-lens package itself says through them.

    python Tools/make_tuned_lens_fixtures.py

Needs tuned-lens==0.2.0 besides Tools/requirements.txt. The lenses are random and far from the identity; one is saved by the
package (config.json, params.pt), the other has the same tensors as safetensors. expected.json holds, for each prompt of the
tiny model, tuned-lens's own entropy, forward KL, cross entropy, rank and largest probability as matrices [row][column]; its rows are
those of a trace: the embedding, the blocks below the last one, the model's output.
"""

import json
import math
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402
from tuned_lens import TunedLens  # noqa: E402
from tuned_lens.plotting import PredictionTrajectory  # noqa: E402

FIXTURES = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"


def lens_for(model, seed):
    """A lens whose maps matter: about as much is added as there was."""
    lens = TunedLens.from_model(model)
    generator = torch.Generator().manual_seed(seed)
    for translator in lens:
        width = translator.weight.shape[0]
        translator.weight.data = torch.randn(width, width, generator=generator) / math.sqrt(width)
        translator.bias.data = 0.3 * torch.randn(width, generator=generator)
    return lens.eval()


def rounded(matrix):
    return [[float(f"{x:.9g}") for x in row] for row in matrix.tolist()]


@torch.no_grad()
def measure(lens, model, prompt):
    ids = prompt["ids"] + prompt["generated"]
    seen = PredictionTrajectory.from_lens_and_model(lens, model, ids, targets=ids[1:] + [0])
    statistics = {"entropy": seen.entropy(), "kl": seen.forward_kl(), "cross_entropy": seen.cross_entropy(),
                  "rank": seen.rank(), "largest": seen.max_probability()}
    # The last position predicts nothing; tuned-lens wants a target for it all the same.
    return {"text": prompt["text"], "ids": ids, "prompt_length": len(prompt["ids"]),
            **{name: rounded(value.stats[:, :-1]) for name, value in statistics.items()}}


def make(name, seed, pickled):
    model = AutoModelForCausalLM.from_pretrained(
        FIXTURES / "models" / name / "hf", dtype=torch.float32, attn_implementation="eager").eval()
    model.config.name_or_path = f"tiny {name}"
    lens = lens_for(model, seed)
    folder = FIXTURES / "lenses" / name
    folder.mkdir(parents=True, exist_ok=True)
    lens.save(folder)
    if not pickled:
        (folder / "params.pt").unlink()
        save_file(lens.layer_translators.state_dict(), folder / "params.safetensors")
    prompts = json.loads((FIXTURES / "models" / name / "expected.json").read_text())["prompts"]
    versions = {"tuned-lens": "0.2.0", "transformers": transformers.__version__, "torch": torch.__version__}
    text = json.dumps({"versions": versions, "prompts": [measure(lens, model, p) for p in prompts]},
                      ensure_ascii=False, separators=(",", ":"))
    (folder / "expected.json").write_text(text.replace('{"text"', '\n{"text"') + "\n", encoding="utf-8")
    for f in sorted(folder.iterdir()):
        print(f"{f.stat().st_size:8d} {name}/{f.name}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    make("gpt2", 1, pickled=True)
    make("llama-untied", 2, pickled=False)
