"""Files that are whole or not there: a process that is killed in the middle leaves the old file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def is_inside(path: Path, folder: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a plain file in a folder, links followed: others may have put links to devices and private files there."""
    return path.is_file() and path.resolve().is_relative_to(Path(folder).resolve())


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes a file beside its place and renames it, so that nobody ever reads half of it."""
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, place)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
