"""What the scripts of a release share: the version, the time, and the files of a folder in an order of their own."""

import hashlib
import os
import platform
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def version() -> str:
    """The program's version, from the one place where it stands."""
    with open(os.path.join(ROOT, "Sources/Report/Words/StrataVersion.swift"), encoding="utf-8") as file:
        match = re.search(r'let current = "([^"]+)"', file.read())
    if not match:
        raise SystemExit("Sources/Report/Words/StrataVersion.swift: expected `let current = \"…\"`, found none")
    return match[1]


def machine() -> str:
    """The processor's name in tags and file names, such as x86_64."""
    return platform.machine()


def epoch() -> int:
    """The time that all files of a release have: SOURCE_DATE_EPOCH, else that of the last commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        if not given.isdecimal():
            raise SystemExit(f"SOURCE_DATE_EPOCH: expected seconds since 1970, found '{given}'")
        return int(given)
    asked = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%ct"], capture_output=True, text=True)
    if asked.returncode != 0:
        raise SystemExit("expected a git checkout or SOURCE_DATE_EPOCH, which give the files of a release their time")
    return int(asked.stdout)


def files(folder: str) -> list[str]:
    """Files below a folder, sorted, with `/`; links are refused, because wheels have none."""
    found = []
    for place, folders, names in os.walk(folder):
        for name in folders + names:
            if os.path.islink(os.path.join(place, name)):
                raise SystemExit(f"{os.path.join(place, name)}: expected a file of its own, found a link")
        found += [os.path.relpath(os.path.join(place, name), folder) for name in names]
    return sorted(found)


def is_program(path: str) -> bool:
    """Whether a file of a release is one to run."""
    return path.startswith("bin/") or "/bin/" in path


def sha256(path: str) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write(path: str, text: str) -> None:
    """Writes a text, and the folder that it is in."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
