#!/usr/bin/env python3
"""Writes a trace (`strata.trace`, docs/trace-format.md) from any causal language model that transformers runs, on a GPU or not.

    python3 -m venv VENV && VENV/bin/pip install torch transformers
    VENV/bin/python Tools/trace_from_transformers.py --model openai-community/gpt2-xl --device cuda \
        --prompt "The keys to the cabinet" --generate 1 --watch " is" --watch " are" -o keys.json
    strata trace --check keys.json && strata draw keys.json --kind rank-heatmap -o keys.pdf

The definitions are those of docs/numerics.md; `lens_reference.py` beside this file says how they are taken from the model: its
last block is made to answer each captured state, so that whatever the model does after its blocks is done (norms, scales,
caps), and the last row is the model's own output. That is checked, and the largest difference is printed. Rows are computed
some columns at a time, so that no [rows, columns, V] tensor is held. Activations have the precision of `--dtype`; sums of the
softmax are float64 on the CPU, float32 elsewhere where the device has no float64.

With `--jacobian-lens FILE` the state after block l is multiplied by the lens's matrix J_l first. Rows without a matrix have no numbers, and
the trace is `strata.trace/2`. So it is with `--change`, given as JSON with the keys of docs/changes.md, several times for several changes:
the run is changed by hooks, and all numbers are those of the changed run.
"""

import argparse
import hashlib
import json
import sys

import torch
import transformers

import lens_reference
import run_changes

FORMATS = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def number(value: float) -> float | None:
    """A float32 with as many digits as it needs; nothing where there is none."""
    return None if value != value or value in (float("inf"), float("-inf")) else float(repr(value))


def token(tokenizer, id: int) -> dict:
    """A token's exact text, or its bytes where it is not whole UTF-8."""
    text = tokenizer.decode([id], clean_up_tokenization_spaces=False)
    piece = tokenizer.convert_ids_to_tokens(id)
    if "\ufffd" in text and piece is not None:
        known = byte_values()
        if all(letter in known for letter in piece):
            data = bytes(known[letter] for letter in piece)
            try:
                return {"text": data.decode()}
            except UnicodeDecodeError:
                return {"bytes": data.hex()}
        if piece.startswith("<0x") and piece.endswith(">"):
            return {"bytes": piece[3:-1].lower()}
    if piece is not None and piece.startswith("\u2581") and not text.startswith(" "):
        text = " " + text  # SentencePiece drops the space of a token decoded alone
    return {"text": text}


def byte_values() -> dict[str, int]:
    """The letters that byte-level BPE writes bytes with (GPT-2)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(others)}


def jacobian_lens(path: str, width: int, layers: int) -> tuple[dict, dict]:
    """Its matrices by block, and its description in a trace."""
    lens = torch.load(path, weights_only=True)
    if "J" not in lens:
        sys.exit(f"{path}: expected a Jacobian lens, found the keys {sorted(map(str, lens))}")
    matrices = {layer: matrix.float() for layer, matrix in lens["J"].items()}
    if lens["d_model"] != width or max(matrices) >= layers:
        sys.exit(f"{path}: expected a lens of width {width} for {layers} layers, found width {lens['d_model']}, layer {max(matrices)}")
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    about = {"kind": "jacobian", "norm": "final", "sha256": digest, "n_prompts": lens["n_prompts"], "d_model": width,
             "source_layers": sorted(matrices)}
    return matrices, about


def weights_digest(model) -> str:
    """SHA-256 over names and values of all parameters: says which weights these numbers are of."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@torch.no_grad()
def trace(model, tokenizer, arguments, prompt: str) -> dict:
    device = next(model.parameters()).device
    start = tokenizer(prompt)["input_ids"]
    changes = run_changes.prepared(
        model, tokenizer, [json.loads(text) for text in arguments.change], start,
        lambda id: {"id": id} | token(tokenizer, id))
    ids = list(start)
    if arguments.continuation is not None:
        method = {"continuation": arguments.continuation}
        ids += tokenizer(arguments.continuation, add_special_tokens=False)["input_ids"]
    else:
        method = {"generate": arguments.generate, "decoding": "greedy"}
        stop = model.generation_config.eos_token_id
        stop = set(stop if isinstance(stop, list) else [stop])
        for _ in range(arguments.generate):
            with run_changes.applied(model, changes):
                logits = model(input_ids=torch.tensor([ids], device=device), use_cache=False).logits[0, -1]
            ids.append(int(logits.argmax()))
            if ids[-1] in stop:
                break
    with run_changes.applied(model, changes):
        states, logits = lens_reference.states(model, ids)
    first = {"all": 0, "generated": len(start) - 1, "last": len(ids) - 1}[arguments.columns]
    # The last token has no successor; it is looked at where nothing was generated or given.
    end = len(ids) - 1 if arguments.columns == "generated" and len(ids) > len(start) else len(ids)
    columns = list(range(first, end))
    targets = [ids[c + 1] if c + 1 < len(ids) else None for c in columns]
    about = {"kind": "logit", "norm": arguments.norm}
    matrices = None
    if arguments.jacobian_lens is not None:
        matrices, about = jacobian_lens(arguments.jacobian_lens, states[0].shape[-1], len(states) - 1)
    watched = []
    for text in arguments.watch:
        pieces = tokenizer(text, add_special_tokens=False)["input_ids"]
        if len(pieces) != 1:
            sys.exit(f"expected one token for --watch {text!r}, found {len(pieces)}: {tokenizer.convert_ids_to_tokens(pieces)}")
        watched.append((pieces[0], text))

    wide = torch.float64 if device.type != "mps" else torch.float32
    output = torch.log_softmax(logits[columns].to(wide), -1)
    found = {key: [] for key in ("rank", "logprob", "ids", "logprobs", "entropy", "kl")}
    watch = [{"id": id, "text": text, "rank": [], "logprob": []} for id, text in watched]
    used = set(ids) | {id for id, _ in watched}
    worst = 0.0
    for row, state in enumerate(states):
        lines = {key: [] for key in found}
        marks = [([], []) for _ in watched]
        # Row 0 is the embedding, row i + 1 the output of block i; the last block is the model itself.
        if matrices is not None and row < len(states) - 1:
            if row - 1 not in matrices:
                for key in found:
                    found[key].append([[] if key in ("ids", "logprobs") else None for _ in columns])
                for mark in watch:
                    mark["rank"].append([None for _ in columns])
                    mark["logprob"].append([None for _ in columns])
                continue
            state = (state.float() @ matrices[row - 1].to(state.device).T).to(state.dtype)
        for place in range(0, len(columns), arguments.batch):
            part = columns[place : place + arguments.batch]
            # The last state is the model's own: taken from its logits, and compared with the lens.
            seen = lens_reference.lens_logits(model, state[part], norm=arguments.norm == "final" or row == len(states) - 1)
            if row == len(states) - 1:
                worst = max(worst, float((seen - logits[part]).abs().max()))
                seen = logits[part]
            scores = seen.to(wide)
            logprobs = torch.log_softmax(scores, -1)
            values, order = torch.sort(logprobs, dim=-1, descending=True, stable=True)
            lines["ids"] += order[:, : arguments.top].tolist()
            lines["logprobs"] += [[number(v) for v in line] for line in values[:, : arguments.top].float().tolist()]
            share = logprobs.exp()
            lines["entropy"] += [number(v) for v in (-(share * logprobs).nan_to_num(0).sum(-1)).float().tolist()]
            reference = output[place : place + arguments.batch]
            divergence = (reference.exp() * (reference - logprobs)).sum(-1)
            lines["kl"] += [number(v) for v in divergence.clamp(min=0).float().tolist()]

            def ranks(wanted: list[int | None]) -> tuple[list, list]:
                pairs = [
                    (None, None) if id is None else
                    (1 + int((scores[i] > scores[i, id]).sum()), number(float(logprobs[i, id].float())))
                    for i, id in enumerate(wanted)]
                return [p[0] for p in pairs], [p[1] for p in pairs]

            rank, logprob = ranks(targets[place : place + arguments.batch])
            lines["rank"] += rank
            lines["logprob"] += logprob
            for (id, _), (rank_list, logprob_list) in zip(watched, marks):
                rank, logprob = ranks([id] * len(part))
                rank_list += rank
                logprob_list += logprob
        for key in found:
            found[key].append(lines[key])
        for mark, (rank, logprob) in zip(watch, marks):
            mark["rank"].append(rank)
            mark["logprob"].append(logprob)
        used |= {id for line in lines["ids"] for id in line}
    print(f"largest difference between the last row and the model's own logits: {worst:.3g}", file=sys.stderr)

    config = model.config.get_text_config()
    texts = {str(id): token(tokenizer, id) for id in sorted(used)}
    rows = [{"layer": 0, "point": "embedding"}] + [{"layer": i, "point": "block"} for i in range(len(states) - 1)]
    return {
        "schema": "strata.trace/1" if matrices is None and not changes else "strata.trace/2",
        "model": {
            "name": arguments.name or arguments.model.rstrip("/").split("/")[-1], "architecture": type(model).__name__,
            "layers": len(states) - 1, "width": config.hidden_size, "vocabulary": logits.shape[-1],
            "weights": FORMATS.get(model.dtype, str(model.dtype)), "sha256": weights_digest(model), "source": arguments.model,
        },
        "lens": about,
        "compute": {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16"}.get(model.dtype, str(model.dtype)),
        "prompt": prompt, "prompt_length": len(start), "method": method,
        "tokens": [{"id": id} | texts[str(id)] for id in ids],
        "rows": rows,
        "columns": [{"position": c} | ({} if t is None else {"target": t}) for c, t in zip(columns, targets)],
        "rank": found["rank"], "logprob": found["logprob"],
        "top": {"k": arguments.top, "ids": found["ids"], "logprobs": found["logprobs"]},
        "watch": watch, "entropy": found["entropy"], "kl": found["kl"],
        "texts": {id: value["text"] if "text" in value else value for id, value in texts.items()},
    } | ({"changes": run_changes.told(changes, len(ids))} if changes else {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="a name on the hub, or a folder")
    parser.add_argument("--name", help="the name shown in figures")
    parser.add_argument("--prompt", action="append", required=True, help="may be given several times: a trace on each line")
    parser.add_argument("--generate", type=int, default=0, help="tokens to generate, greedily")
    parser.add_argument("--continuation", help="a text that follows, instead")
    parser.add_argument("--watch", action="append", default=[], help="a word, one token, whose rank is followed")
    parser.add_argument("--top", type=int, default=10, help="how many of the most probable tokens to keep")
    parser.add_argument("--norm", choices=["final", "none"], default="final")
    parser.add_argument("--jacobian-lens", help="the file of a Jacobian lens to look through")
    parser.add_argument("--change", action="append", default=[], help="a change of the run, as JSON: docs/changes.md")
    parser.add_argument("--columns", choices=["generated", "all", "last"], default="generated")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "float16", "bfloat16"], default="float32")
    parser.add_argument("--batch", type=int, default=32, help="columns looked at together")
    parser.add_argument("-o", "--output", default="-")
    arguments = parser.parse_args()
    if arguments.jacobian_lens is not None and arguments.norm == "none":
        parser.error("a Jacobian lens is read through the final norm: leave --norm none out")
    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.model)
    model = transformers.AutoModelForCausalLM.from_pretrained(arguments.model, dtype=getattr(torch, arguments.dtype))
    model = model.to(arguments.device).eval()
    lines = [json.dumps(trace(model, tokenizer, arguments, prompt), ensure_ascii=False) + "\n" for prompt in arguments.prompt]
    if arguments.output == "-":
        sys.stdout.writelines(lines)
    else:
        with open(arguments.output, "w") as file:
            file.writelines(lines)


if __name__ == "__main__":
    main()
