#!/usr/bin/env python3
"""Fits a Jacobian lens to a causal language model of transformers, in shards and after interruptions if need be.

    python Tools/fit_jacobian_lens.py fit --model openai-community/gpt2 --prompts texts.txt -o gpt2_jacobian_lens.pt
    python Tools/fit_jacobian_lens.py fit ... --shard 1/4 -o part1.pt       # and 2/4, 3/4, 4/4, on any machines
    python Tools/fit_jacobian_lens.py merge part*.pt -o gpt2_jacobian_lens.pt
    strata lens check gpt2_jacobian_lens.pt --model openai-community/gpt2

The definition is that of "Verbalizable Representations Form a Global Workspace in Language Models" (Transformer Circuits, 2026). Of a
prompt of T tokens, the positions from `--skip` to T - 2 count. Row d of J_l is the mean over these positions p of the derivative by
h_l[p] of the sum, over the positions p' >= p that count, of h[p', d], where h is the output of the last block; J_l is the mean over
prompts. A prompt needs one backward pass for each of the D rows; `--batch` of them run together.

`fit` writes `--checkpoint` (the output's name with .partial) after every `--save` prompts and goes on from it. The file that it writes is
what torch.save makes of `J` (float16 matrices by block), `n_prompts`, `source_layers` and `d_model`. `merge` weights each part by its
number of prompts. `--prompts` names a text file with a prompt on each line, in which \\n stands for a line break.
"""

import argparse
import hashlib
import os
import sys

import torch

import lens_reference


def fail(message):
    sys.exit(f"fit_jacobian_lens.py: {message}")


def prompts_of(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").replace("\\n", "\n") for line in file if line.strip()]


def share(count, shard):
    """Indices of a shard "2/4": every fourth prompt from the second on, so that shards differ by one prompt at most."""
    number, parts = (int(part) for part in shard.split("/"))
    if not 1 <= number <= parts:
        fail(f"expected --shard i/n with i from 1 to n, found {shard}")
    return list(range(number - 1, count, parts))


def jacobians(model, ids, layers, skip, batch):
    """The matrices of one prompt, {layer: [D, D] float32}; None where no position counts."""
    last = len(ids) - 1
    if last <= skip:
        return None
    blocks = lens_reference.blocks_of(model)
    rows = {layer: [] for layer in layers}
    width = None
    start = 0
    while width is None or start < width:
        count = batch if width is None else min(batch, width - start)
        states = {}

        def take(index, out):
            value = out[0] if isinstance(out, (tuple, list)) else out
            if index == layers[0]:
                value = value.detach().requires_grad_(True)  # nothing below it is needed
            states[index] = value
            return (value, *out[1:]) if isinstance(out, (tuple, list)) else value

        hooks = [blocks[i].register_forward_hook(lambda m, a, out, i=i: take(i, out)) for i in [*layers, len(blocks) - 1]]
        try:
            model(input_ids=torch.tensor([ids] * count), use_cache=False, logits_to_keep=1)
        finally:
            for hook in hooks:
                hook.remove()
        top = states[len(blocks) - 1]
        width = top.shape[-1]
        count = min(count, width - start)
        places = torch.arange(count)
        # Each copy of the prompt answers for one row: its own sum over the positions that count.
        target = top[places, skip:last].sum(1)[places, start + places].sum()
        gradients = torch.autograd.grad(target, [states[layer] for layer in layers])
        for layer, gradient in zip(layers, gradients):
            rows[layer].append(gradient[:count, skip:last].mean(1))
        start += count
    return {layer: torch.cat(parts) for layer, parts in rows.items()}


def save(value, path):
    """Whole or not at all: an interrupted write leaves the old file."""
    torch.save(value, path + ".new")
    os.replace(path + ".new", path)


def lens_of(sums, count):
    matrices = {layer: (total / count).half() for layer, total in sorted(sums.items())}
    for layer, matrix in matrices.items():
        if not torch.isfinite(matrix).all():
            fail(f"layer {layer} has values beyond float16")
    width = next(iter(matrices.values())).shape[0]
    return {"J": matrices, "n_prompts": count, "source_layers": sorted(matrices), "d_model": width}


def fit(arguments):
    import transformers

    transformers.utils.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.model)
    model = transformers.AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32, attn_implementation="eager")
    model = model.eval().requires_grad_(False)
    blocks = len(lens_reference.blocks_of(model))
    layers = sorted(set(arguments.layers)) if arguments.layers else list(range(blocks - 1))
    if not layers or layers[0] < 0 or layers[-1] >= blocks - 1:
        fail(f"expected layers from 0 to {blocks - 2}: the last one, {blocks - 1}, is what the others are derived from")
    prompts = prompts_of(arguments.prompts)[: arguments.limit]
    mine = share(len(prompts), arguments.shard)
    question = hashlib.sha256(
        repr((arguments.model, prompts, arguments.shard, layers, arguments.skip, arguments.length)).encode()).hexdigest()
    partial = arguments.checkpoint or arguments.output + ".partial"
    sums, done, start = {}, 0, 0
    if os.path.exists(partial):
        known = torch.load(partial, weights_only=True)
        if known.get("question") != question:
            fail(f"{partial} belongs to another model, other prompts or other options: remove it to begin again")
        sums, done, start = known["jacobian_sum"], known["n_done"], known["next_idx"]
        print(f"going on after {done} prompts", file=sys.stderr)
    for place in range(start, len(mine)):
        ids = tokenizer(prompts[mine[place]])["input_ids"][: arguments.length]
        found = jacobians(model, ids, layers, arguments.skip, arguments.batch)
        if found is None:
            print(f"prompt {mine[place] + 1} has {len(ids)} tokens, none of which count: left out", file=sys.stderr)
        else:
            for layer, matrix in found.items():
                sums[layer] = sums[layer] + matrix if layer in sums else matrix
            done += 1
        if (place + 1) % arguments.save == 0 or place + 1 == len(mine):
            save({"jacobian_sum": sums, "n_done": done, "next_idx": place + 1, "question": question}, partial)
            print(f"{place + 1} of {len(mine)} prompts", file=sys.stderr)
    if done == 0:
        fail(f"no prompt has a position that counts: expected more than {arguments.skip + 1} tokens")
    save(lens_of(sums, done), arguments.output)
    os.remove(partial)


def merge(arguments):
    sums, count = {}, 0
    for path in arguments.parts:
        part = torch.load(path, weights_only=True)
        if "J" in part:
            matrices, prompts = part["J"], part["n_prompts"]
            totals = {layer: matrix.float() * prompts for layer, matrix in matrices.items()}
        elif "jacobian_sum" in part:
            totals, prompts = part["jacobian_sum"], part["n_done"]
        else:
            fail(f"{path}: expected a lens or a checkpoint of one, found the keys {sorted(map(str, part))}")
        if sums and (set(totals) != set(sums) or any(totals[i].shape != sums[i].shape for i in sums)):
            fail(f"{path}: its layers or its width are not those of {arguments.parts[0]}")
        sums = {layer: sums.get(layer, 0) + total for layer, total in totals.items()}
        count += prompts
    if count == 0:
        fail("the parts have no prompts")
    save(lens_of(sums, count), arguments.output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("fit", help="fit a lens, or a shard of one")
    command.add_argument("--model", required=True, help="a name on the hub, or a folder")
    command.add_argument("--prompts", required=True, help="a text file, a prompt on each line")
    command.add_argument("--limit", type=int, help="use the first so many prompts")
    command.add_argument("--layers", type=int, nargs="+", help="blocks to fit; all but the last by default")
    command.add_argument("--skip", type=int, default=16, help="positions at the beginning of a prompt that do not count")
    command.add_argument("--length", type=int, default=128, help="tokens of a prompt that are read")
    command.add_argument("--batch", type=int, default=32, help="rows of the matrices that run together")
    command.add_argument("--shard", default="1/1", help="2/4: the second of four parts of the prompts")
    command.add_argument("--save", type=int, default=10, help="prompts between two checkpoints")
    command.add_argument("--checkpoint", help="where to keep what is done; OUTPUT.partial by default")
    command.add_argument("-o", "--output", required=True)
    command.set_defaults(run=fit)
    command = commands.add_parser("merge", help="one lens from several, or from their checkpoints")
    command.add_argument("parts", nargs="+")
    command.add_argument("-o", "--output", required=True)
    command.set_defaults(run=merge)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
