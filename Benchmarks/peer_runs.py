"""Which peer runs beside which case, and how it is started."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from results import Measurement, from_peer

HERE = Path(__file__).resolve().parent / "peers"


@dataclass(frozen=True)
class Peer:
    """A script in peers/: the environment and the module that it needs, and the cases that it runs beside."""

    name: str
    environment: str
    module: str
    script: str
    cases: tuple[str, ...]
    takes: str

    def concerns(self, case: str, model: Path | None) -> bool:
        """Whether it has something to run beside a case with a model."""
        if case not in self.cases:
            return False
        is_xl = model is not None and model.name.startswith("gpt2-")
        return {"nothing": True, "folder": model is not None and model.name == "gpt2-xl-random-f32.gguf", "file": True,
                "real file": not is_xl}[self.takes]


PEERS = [
    Peer("PyTorch's lens", "peers", "torch", "torch_lens.py", ("lens",), "nothing"),
    Peer("PyTorch", "peers", "transformers", "torch_job.py", ("traces",), "folder"),
    Peer("Ecco", "ecco", "ecco", "ecco_job.py", ("traces",), "folder"),
    Peer("TransformerLens", "peers", "transformer_lens", "transformer_lens_job.py", ("traces",), "folder"),
    Peer("llama.cpp", "peers", "llama_cpp", "llama_cpp_generate.py", ("prefill", "decode"), "file"),
    Peer("transformers", "peers", "transformers", "transformers_generate.py", ("prefill", "decode"), "real file"),
    Peer("transformers' datasets", "peers", "transformers", "transformers_dataset.py", ("datasets",), "real file"),
]


class PeerFailed(Exception):
    """A script that ended with an error."""


def python(folder: Path, peer: Peer) -> Path:
    """The interpreter of its environment."""
    return folder / peer.environment / "bin" / "python"


def is_installed(folder: Path, peer: Peer) -> bool:
    """Whether its environment has its module."""
    program = python(folder, peer)
    command = [program, "-c", f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{peer.module}') is None)"]
    return program.exists() and subprocess.run(command, capture_output=True).returncode == 0


def model_arguments(folder: Path, peer: Peer, case: str, model: Path | None) -> list[str]:
    """The model as the script takes it; a folder is written from the file when it is not there."""
    if peer.takes == "nothing" or model is None:
        return []
    if peer.takes == "folder":
        command = [folder / "peers" / "bin" / "python", HERE / "gpt2_folder.py", model]
        return [subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()]
    return [str(model), "--only", case]


def run_peer(folder: Path, peer: Peer, case: str, model: Path | None, runs: int, threads: int) -> list[Measurement]:
    """Runs a script beside a case and reads what it prints."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
    try:
        arguments = model_arguments(folder, peer, case, model)
        command = [python(folder, peer), HERE / peer.script, *arguments, "--runs", str(runs), "--threads", str(threads)]
        print("$ " + " ".join(map(str, command)), file=sys.stderr)
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    except subprocess.CalledProcessError as error:
        raise PeerFailed(f"{peer.script} ended with {error.returncode}") from error
    lines = [json.loads(text) for text in done.stdout.splitlines() if text.startswith('{"peer"')]
    return [from_peer(case, model.name if model else "", one) for one in lines]
