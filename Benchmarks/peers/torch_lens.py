"""The logit lens of GPT-2 XL's shape in PyTorch: 49 rows of 1, 20 and 200 positions, written plainly and as fast as it can be made.

    python torch_lens.py [--runs N] [--threads N]
"""

import torch
from common import arguments, report, timed
from torch_lenses import PackedHead, check_same, compiled, plain

WIDTH, VOCABULARY, ROWS = 1600, 50257, 49
POSITIONS = (1, 20, 200)


def measure(positions: int, head: torch.Tensor, packed: PackedHead, name: str, runs: int) -> None:
    """Times both forms with one head and checks that they say the same."""
    generator = torch.Generator().manual_seed(7)
    states = torch.randn(positions, ROWS, WIDTH, generator=generator) * 1.7
    targets = torch.randint(VOCABULARY, (positions,), generator=generator)
    found = {}
    forms = {"plain": lambda: plain(states, head, targets), "compiled": lambda: compiled(states, packed, targets)}
    notes = {"plain": "F16 weights are made float32 once per call", "compiled": "oneDNN tiles packed as float32 beforehand"}
    operations = 2 * positions * ROWS * WIDTH * VOCABULARY
    what = f"{positions} position{'s' if positions > 1 else ''} x {ROWS} rows, {name}"
    for form, body in forms.items():
        seconds = timed(runs, lambda: found.update({form: body()}))
        rates = [operations / 1e9 / s for s in seconds]
        report("PyTorch", f"{what}, {form}", "GFLOP/s", rates, ["torch"], notes[form])
    check_same(what, found["plain"], found["compiled"])


@torch.inference_mode()
def main() -> None:
    """Runs every case."""
    options = arguments("The logit lens in PyTorch").parse_args()
    torch.set_num_threads(options.threads)
    head = torch.randn(VOCABULARY, WIDTH, generator=torch.Generator().manual_seed(5)) * 0.02
    for name, kind in (("F32", torch.float32), ("F16", torch.float16)):
        stored = head.to(kind)
        packed = PackedHead(stored, ROWS * 8)
        for positions in POSITIONS:
            measure(positions, stored, packed, name, options.runs)


if __name__ == "__main__":
    main()
