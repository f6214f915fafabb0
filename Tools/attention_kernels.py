#!/usr/bin/env python3
"""How far the program's numbers are from transformers with its sdpa attention: a table of docs/numerics.md.

    PATH=.build/debug:$PATH python3 Tools/attention_kernels.py [FIXTURE...] [--write]

Every tiny model of Tests/Fixtures/models is run by `strata trace`, and by transformers with sdpa attention where its class has it; the
largest difference of the twenty best log-probabilities at any position, relative above 1, is printed for each family. The tests compare
with eager attention.
`--write` puts the table into docs/numerics.md.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText, AutoModelForSeq2SeqLM

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "numerics.md"
MODELS = ROOT / "Tests" / "Fixtures" / "models"
KERNELS = ["sdpa"]


def load(folder, kernel):
    """The model of a folder with a kernel of attention; an error where its class has none."""
    config = AutoConfig.from_pretrained(folder)
    if config.is_encoder_decoder:
        loader = AutoModelForSeq2SeqLM
    elif type(config) in AutoModelForCausalLM._model_mapping:
        loader = AutoModelForCausalLM
    elif type(config) in AutoModelForImageTextToText._model_mapping:
        loader = AutoModelForImageTextToText
    else:
        loader = getattr(transformers, config.architectures[0])
    return loader.from_pretrained(folder, config=config, dtype=torch.float32, attn_implementation=kernel).eval()


def trace(folder, text, decoder):
    """What the program computes for a text, which an encoder reads while the decoder reads another one."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "trace.json"
        subprocess.run(["strata", "trace", "--model", str(folder), "--prompt", text, "--columns", "all", "--top", "20", "-o", str(out),
                        "--quiet", *(["--decoder", decoder] if decoder else [])], check=True, capture_output=True)
        return json.loads(out.read_text())


def difference(model, said):
    """The largest difference of a trace's last row from a model."""
    ids = [token["id"] for token in said["tokens"]]
    texts = {"input_ids": torch.tensor([ids])}
    if "encoder" in said:
        texts = {"input_ids": torch.tensor([[token["id"] for token in said["encoder"]["tokens"]]]), "decoder_input_ids": texts["input_ids"]}
    with torch.no_grad():
        logits = model(**texts, use_cache=False).logits[0].double()
    largest = 0.0
    for column, (best, logprobs) in enumerate(zip(said["top"]["ids"][-1], said["top"]["logprobs"][-1])):
        wanted = torch.log_softmax(logits[column], -1)[best]
        largest = max(largest, ((torch.tensor(logprobs).double() - wanted).abs() / wanted.abs().clamp(min=1)).max().item())
    return largest


def measure(name):
    """The family of a fixture, and the largest difference with each kernel, or why there is none."""
    folder, expected = MODELS / name / "hf", json.loads((MODELS / name / "expected.json").read_text())
    text = expected["prompts"][0]["text"]
    traces = [trace(folder, text, "the city of London" if "encoder" in expected["prompts"][0] else None)]
    found = {}
    for kernel in KERNELS:
        try:
            model = load(folder, kernel)
            found[kernel] = max(difference(model, said) for said in traces)
        except Exception as error:  # A class without the kernel, or a folder that only this fixture's own class opens.
            found[kernel] = "none" if "does not support an attention implementation" in str(error) else type(error).__name__
    return expected["architecture"], found


def table(rows):
    """The largest differences by family, families in alphabetical order."""
    def cell(values):
        numbers = [value for value in values if isinstance(value, float)]
        return f"{max(numbers):.1e}" if numbers else sorted(set(map(str, values)))[0]
    families = {}
    for family, found in rows.values():
        families.setdefault(family, []).append(found)
    count = sum(isinstance(found["sdpa"], float) for _, found in rows.values())
    summary = (f"{len(rows)} tiny models, of which transformers {transformers.__version__} runs {count} with sdpa. 'none': its class has no "
               "sdpa; the name of an error: its automatic classes do not open the folder.")
    lines = [*textwrap.wrap(summary, 138), "", "| family | sdpa |", "|---|---|"]
    for family in sorted(families, key=str.lower):
        lines.append(f"| {family} | " + " | ".join(cell([found[kernel] for found in families[family]]) for kernel in KERNELS) + " |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fixtures", nargs="*")
    parser.add_argument("--write", action="store_true", help="put the table into docs/numerics.md")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    rows = {}
    for name in arguments.fixtures or sorted(folder.name for folder in MODELS.iterdir() if (folder / "expected.json").exists()):
        rows[name] = measure(name)
        print(f"{name}: {rows[name][1]}", file=sys.stderr, flush=True)
    lines = table(rows)
    if arguments.write and not arguments.fixtures:
        begin, end = "<!-- kernels -->", "<!-- /kernels -->"
        page = PAGE.read_text()
        PAGE.write_text(page.split(begin)[0] + begin + "\n" + "\n".join(lines) + "\n" + end + page.split(end)[1])
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    main()
