#!/usr/bin/env python3
"""Writes the manual page of strata from what the program says of itself.

    strata --experimental-dump-help | python3 Tools/man_page.py > strata.1

The input is swift-argument-parser's description of commands, arguments and options; the output is mdoc(7).
"""

import json
import sys


def text(words: str) -> str:
    """A text as lines of mdoc: signs that begin a request or an escape are made harmless."""
    lines = []
    for line in words.replace("\\", "\\e").splitlines():
        line = line.strip()
        if line:
            lines.append("\\&" + line if line[0] in ".'" else line)
    return "\n".join(lines)


def flags(argument: dict) -> list[str]:
    """"-o", "--output"."""
    return [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument.get("names") or []]


def synopsis(argument: dict) -> str:
    names = flags(argument)
    value = argument.get("valueName", "value")
    if argument["kind"] == "positional":
        form = f"Ar {value}" + (" ..." if argument.get("isRepeating") else "")
    else:
        best = argument.get("preferredName") or {}
        first = ("--" if best.get("kind") == "long" else "-") + best.get("name", names[0].lstrip("-"))
        form = f"Fl \\-{first[2:]}" if first.startswith("--") else f"Fl {first[1:]}"
        if argument["kind"] == "option":
            form += f" Ar {value}"
    return f".Op {form}" if argument.get("isOptional") else f".{form}"


def described(arguments: list[dict]) -> list[str]:
    lines = [".Bl -tag -width 6n"]
    for argument in arguments:
        names = flags(argument)
        value = argument.get("valueName", "value")
        if argument["kind"] == "positional":
            lines.append(f".It Ar {value}")
        else:
            forms = " , ".join(f"Fl \\-{n[2:]}" if n.startswith("--") else f"Fl {n[1:]}" for n in names)
            lines.append(f".It {forms}" + (f" Ar {value}" if argument["kind"] == "option" else ""))
        words = argument.get("abstract") or ""
        if argument.get("discussion"):
            words += "\n" + argument["discussion"]
        if argument.get("defaultValue"):
            words += f"\nStandard: {argument['defaultValue']}."
        if argument.get("allValues"):
            words += "\nOne of: " + ", ".join(argument["allValues"]) + "."
        lines.append(text(words))
    return lines + [".El"]


def commands(command: dict, above: list[str]) -> list[str]:
    path = [*above, command["commandName"]]
    shown = [a for a in command.get("arguments") or [] if a.get("shouldDisplay", True) and not {"help", "version"} & {n["name"] for n in a.get("names") or []}]
    lines = []
    if above:
        lines += [f".Ss {' '.join(path)}", text(command.get("abstract") or "")]
        if shown:
            lines += [".Pp", f".Nm {' '.join(path)}"] + [synopsis(a) for a in shown]
        if command.get("discussion"):
            lines += [".Pp", text(command["discussion"])]
        if shown:
            lines += described(shown)
    for sub in command.get("subcommands") or []:
        if sub["commandName"] != "help":
            lines += commands(sub, path)
    return lines


def main() -> None:
    root = json.load(sys.stdin)["command"]
    lines = [
        ".Dd 2026", ".Dt STRATA 1", ".Os", ".Sh NAME", ".Nm strata", f".Nd {root['abstract'].rstrip('.').lower()}",
        ".Sh SYNOPSIS", ".Nm", ".Ar command", ".Op Ar argument ...", ".Sh DESCRIPTION",
        "Runs language models, looks at their hidden states layer by layer, and makes figures and galleries of what they say.",
        ".Sh COMMANDS", *commands(root, []),
        ".Sh EXIT STATUS", ".Bl -tag -width 4n",
        *[f".It {code}\n{words}" for code, words in [
            (0, "done"), (1, "some cells failed, the rest is built"), (2, "something differs"), (64, "wrong usage"),
            (65, "a spec is wrong"), (66, "a model or another input is missing or damaged"),
            (69, "the network failed, or was not allowed"), (70, "a bug of the program"), (73, "cannot write"),
            (130, "interrupted")]],
        ".El", ".Sh ENVIRONMENT", ".Bl -tag -width 6n",
        *[f".It Ev {name}\n{words}" for name, words in [
            ("HF_ENDPOINT", "address of the hub, or of a mirror"), ("HF_TOKEN", "access token, sent to that address alone"),
            ("HF_HUB_OFFLINE", "fetch nothing"), ("HF_HOME , HF_HUB_CACHE", "where the models of the hub are kept"),
            ("OLLAMA_MODELS", "where Ollama keeps its models"), ("STRATA_CATALOG", "a catalog of models of your own"),
            ("XDG_CACHE_HOME", "where traces and digests are kept"), ("NO_COLOR", "no colours in the terminal")]],
        ".El",
    ]
    print("\n".join(line for line in lines if line))


if __name__ == "__main__":
    main()
