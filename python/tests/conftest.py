"""The program, a tiny model of its fixtures, and folders of the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def strata() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the built program: $STRATA, or that of the last build, or the one on the PATH."""
    built = [ROOT / ".build" / kind / "strata" for kind in ("release", "debug")]
    found = os.environ.get("STRATA") or next((str(path) for path in built if path.exists()), None) or shutil.which("strata")
    if found is None:
        pytest.skip("there is no strata: build it, or name it in STRATA")
    program: str = found

    def run(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)
        assert result.returncode == status, result.stderr
        return result

    return run


@pytest.fixture(scope="session")
def gguf() -> Path:
    """A tiny Llama."""
    return ROOT / "Tests/Fixtures/models/llama/llama.gguf"


@pytest.fixture(scope="session")
def first() -> Path:
    """The small trained model of the repository."""
    return ROOT / "models/first"
