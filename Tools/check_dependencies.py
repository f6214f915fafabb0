#!/usr/bin/env python3
"""Compares what SwiftPM resolved (Package.resolved, which git ignores) with Tools/dependencies.lock.

A version is a tag, and a tag can be moved to other code. The lock names the commits, so that a moved tag stops the build. Only the
documentation plugin, which is no part of the program, is not in the lock.

    swift package resolve && python3 Tools/check_dependencies.py
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOT_LOCKED = {"swift-docc-plugin", "swift-docc-symbolkit"}


def locked(text):
    """{package: (version, commit)} of a lock file."""
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {name: (version, commit) for name, version, commit in lines}


def resolved(text):
    """The same of a Package.resolved."""
    pins = json.loads(text)["pins"]
    return {pin["identity"]: (pin["state"].get("version"), pin["state"]["revision"]) for pin in pins}


def differences(lock, found):
    """A sentence for every package whose commit is not the locked one."""
    for name in sorted(lock.keys() | (found.keys() - NOT_LOCKED)):
        if name not in found:
            yield f"{name}: locked and not resolved; remove it from Tools/dependencies.lock"
        elif name not in lock:
            yield f"{name}: resolved to {found[name][1]} and not locked; add it to Tools/dependencies.lock"
        elif lock[name] != found[name]:
            yield (
                f"{name}: expected {lock[name][0]} at {lock[name][1]}, found {found[name][0]} at {found[name][1]}; "
                "a tag was moved, or the version was changed without the lock"
            )


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    found = list(
        differences(
            locked((root / "Tools/dependencies.lock").read_text()), resolved((root / "Package.resolved").read_text())
        )
    )
    for line in found:
        print(f"error: {line}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
