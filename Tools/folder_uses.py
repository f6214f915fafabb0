"""Counts which folders of the sources use types that others declare, and finds circles among the folders of one target.

    python Tools/folder_uses.py [--cycles]

Without an option a line for every pair of folders: the user, the used, and how many names. `--cycles` prints each set of folders of one
target that reach each other, its folders sorted and joined by " <-> ". A name is a type declared at the top level of one file; comments
and string literals do not count.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "Sources"
# The folder of each target of more than one folder.
TARGETS = ["Engine", "Plot", *(f"Report/{floor}" for floor in ["Words", "Files", "Models", "Figures", "Spec", "Gallery", "Build"])]
APART = {"Engine/Traces", "Plot/Threads"}
DECLARATION = re.compile(
    r"^(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|final|indirect|nonisolated)\s+)*(?:struct|class|enum|protocol|actor|typealias)\s+([A-Z]\w*)",
    re.M)


def code(text):
    text = re.sub(r'"""[\s\S]*?"""', '""', text)
    text = re.sub(r"//.*", "", text)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def folder(target, path):
    parts = path.relative_to(ROOT / target).parts
    return f"{target}/{parts[0]}" if len(parts) > 1 else target


def uses(target):
    texts = {path: code(path.read_text()) for path in sorted((ROOT / target).rglob("*.swift"))}
    texts = {path: text for path, text in texts.items() if folder(target, path) not in APART}
    declared = {name: folder(target, path) for path, text in texts.items() for name in DECLARATION.findall(text)}
    found = defaultdict(lambda: defaultdict(set))
    for path, text in texts.items():
        here = folder(target, path)
        for name in set(re.findall(r"\b[A-Z]\w*", text)):
            there = declared.get(name)
            if there and there != here: found[here][there].add(name)
    return found


def circles(found):
    """Sets of folders that reach each other; files that lie in the target's own folder tie it together and do not count."""
    graph = {a: set(b) for a, b in found.items()}

    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for following in graph.get(todo.pop(), ()):
                if following not in seen: seen.add(following); todo.append(following)
        return seen

    nodes = set(graph) | {b for bs in graph.values() for b in bs}
    reached = {node: reach(node) for node in nodes}
    sets = {frozenset([a, *(b for b in reached[a] if a in reached[b])]) for a in nodes}
    return sorted(" <-> ".join(sorted(one)) for one in sets if len(one) > 1)


def main():
    for target in TARGETS:
        found = uses(target)
        if "--cycles" in sys.argv[1:]:
            for one in circles({a: {b for b in bs if b != target} for a, bs in found.items() if a != target}): print(one)
            continue
        for here in sorted(found):
            for there, names in sorted(found[here].items()): print(f"{here} -> {there}: {len(names)} ({', '.join(sorted(names))})")


if __name__ == "__main__":
    main()
