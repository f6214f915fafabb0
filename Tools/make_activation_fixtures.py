"""Makes Tests/Fixtures/kernels/activations.json: what each activation of transformers' ACT2FN makes of a row of numbers.

    python Tools/make_activation_fixtures.py

{"inputs": [x], "outputs": {name: [f(x)]}}; inputs are float32 from -30 to 30, closer together around 0, with both zeros, the smallest
normal number and values beyond which every function is flat. Outputs are computed in double precision from them, by the functions
themselves (torch, in float64).
"""

import json
from pathlib import Path

import torch
import transformers
from transformers.activations import ACT2FN

OUT = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "kernels" / "activations.json"
# Functions with weights of their own are no plain function of a number.
LEFT_OUT = {"prelu", "xielu"}


def main():
    inputs = sorted({float(torch.tensor(x, dtype=torch.float32)) for x in [
        *(i / 16 for i in range(-160, 161)), *(float(i) for i in range(-30, 31)), 1e-3, -1e-3, 1e-6, -1e-6, 1.17549435e-38, 2.9999, 6.0001]})
    x = torch.tensor(inputs, dtype=torch.float64)
    outputs = {name: [float(f"{value:.10g}") for value in ACT2FN[name](x).tolist()] for name in ACT2FN if name not in LEFT_OUT}
    text = json.dumps({"inputs": inputs, "outputs": outputs}, separators=(",", ":"))
    assert len(text) <= 100_000, len(text)
    OUT.write_text(text + "\n")
    print(f"{OUT.name}: {len(outputs)} functions, {len(inputs)} inputs, {len(text)} bytes, transformers {transformers.__version__}")


if __name__ == "__main__":
    main()
