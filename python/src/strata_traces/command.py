"""`strata-traces`: traces of any causal language model that transformers runs, on a GPU or not.

    strata-traces --model openai-community/gpt2-xl --device cuda --prompt "The keys to the cabinet" \\
        --generate 1 --watch " is" --watch " are" -o keys.json
    strata trace --check keys.json && strata draw keys.json --kind rank-heatmap -o keys.pdf
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; 0 when all traces were written."""
    parser = argparse.ArgumentParser(prog="strata-traces", description="Writes traces of a causal language model of transformers.")
    parser.add_argument("--model", required=True, help="a name on the hub, or a folder")
    parser.add_argument("--name", help="the name shown in figures")
    parser.add_argument("--prompt", action="append", default=[], help="may be given several times")
    parser.add_argument("--prompts", type=Path, help="a file with a prompt on each line")
    parser.add_argument("--chat", action="append", default=[], help="what a user says, asked through the model's chat template")
    parser.add_argument("--chat-file", action="append", default=[], type=Path, help="a JSON file with messages of role and content")
    parser.add_argument("--system", help="of --chat and --chat-file: a system message before the others")
    parser.add_argument("--reply", help="the same: the given beginning of the answer")
    parser.add_argument("--thinking", choices=["on", "off"], help="the same: sets the template's own switch")
    parser.add_argument("--template", help="the same: one of the model's named templates")
    parser.add_argument("--date", help="the same: the day that the template sees if it asks for today's (2025-01-01)")
    parser.add_argument("--rendered", action="append", default=[], help="a conversation as the template would write it")
    parser.add_argument("--generate", type=int, default=0, help="tokens to generate, greedily")
    parser.add_argument("--continuation", help="a text that follows, instead")
    parser.add_argument("--watch", action="append", default=[], help="a word, one token, whose rank is followed")
    parser.add_argument("--top", type=int, default=10, help="how many of the most probable tokens to keep")
    parser.add_argument("--norm", choices=["final", "none"], default="final")
    parser.add_argument("--jacobian-lens", help="the file of a Jacobian lens to look through")
    parser.add_argument("--columns", choices=["generated", "all", "last"], default="generated")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "float16", "bfloat16"], default="float32")
    parser.add_argument("--batch", type=int, default=8, help="texts run together")
    parser.add_argument("--chunk", type=int, default=32, help="columns looked at together")
    parser.add_argument("-o", "--output", default="-", help="a file with a trace on each line, or a folder that ends in / for a file each")
    asked = parser.parse_args(arguments)
    try:
        return _write(asked, parser)
    except (ValueError, OSError) as error:
        # Some errors of transformers list all its models.
        print(f"error: {str(error).strip()[:1000]}", file=sys.stderr)
        return 1


def _write(asked: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    # A form feed or U+2028 within a prompt ends no line.
    lines = asked.prompts.read_text(encoding="utf-8").removesuffix("\n").split("\n") if asked.prompts else []
    prompts = asked.prompt + lines
    chats = [*asked.chat, *(json.loads(file.read_text(encoding="utf-8")) for file in asked.chat_file)]
    if not prompts and not chats and not asked.rendered:
        parser.error("give a text with --prompt, --chat or --rendered, or a file with --prompts or --chat-file")
    about = {key: getattr(asked, key) for key in ("system", "reply", "template", "date") if getattr(asked, key) is not None}
    if asked.thinking is not None:
        about["thinking"] = asked.thinking == "on"
    if about and not chats:
        parser.error(f"--{next(iter(about))} is for conversations: give one with --chat or --chat-file")

    import torch
    import transformers

    from .chat import Chat
    from .files import write_whole
    from .trace import write_folder
    from .transformers import JacobianLens, Request, Tracer

    request = Request(asked.generate, asked.continuation, tuple(asked.watch), asked.top, asked.norm, asked.columns)
    said = [Chat(messages, **about) for messages in chats]
    lens = None if asked.jacobian_lens is None else JacobianLens.read(asked.jacobian_lens)
    tokenizer = transformers.AutoTokenizer.from_pretrained(asked.model)
    model = _load(asked.model, getattr(torch, asked.dtype))
    # A path of this machine says nothing elsewhere.
    source = None if Path(asked.model).exists() else asked.model
    name = asked.name or Path(asked.model).resolve().name
    tracer = Tracer(model.to(asked.device).eval(), tokenizer, name, source, lens, asked.chunk)
    traces = tracer.traces(prompts, request, chat=said, rendered=asked.rendered, batch=asked.batch)
    print(f"largest difference between the last row and the model's own logits: {tracer.worst:.3g}", file=sys.stderr)
    if asked.output.endswith("/"):
        write_folder(asked.output, traces)
    elif asked.output == "-":
        sys.stdout.writelines(trace.json() for trace in traces)
    else:
        write_whole(asked.output, "".join(trace.json() for trace in traces).encode())
    return 0


def _load(name: str, kind: Any) -> Any:
    """A causal model, or a multimodal one, whose language model is traced."""
    import transformers

    try:
        return transformers.AutoModelForCausalLM.from_pretrained(name, dtype=kind)
    except ValueError as error:
        multimodal = getattr(transformers, "AutoModelForImageTextToText", None)
        if multimodal is None or "Unrecognized configuration class" not in str(error):
            raise
        try:
            return multimodal.from_pretrained(name, dtype=kind)
        except ValueError:
            found = type(transformers.AutoConfig.from_pretrained(name)).__name__
            raise ValueError(
                f"{name}: expected a causal language model of transformers, found a model of {found}; trace it with the program itself, "
                "strata trace --model") from None
    except (RuntimeError, ImportError) as error:
        raise ValueError(f"{name}: expected a model that transformers can load, found another: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
