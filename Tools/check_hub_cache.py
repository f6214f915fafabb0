#!/usr/bin/env python3
"""Checks that huggingface_hub reads the cache that strata writes, and strata the one that huggingface_hub writes. Run by hand.

    python3 -m venv VENV && VENV/bin/pip install huggingface_hub
    VENV/bin/python Tools/check_hub_cache.py .build/release/strata

Both talk to the hub on loopback that the tests use (Tests/Fixtures/hub/fake_hub.py).
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> None:
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        repository = folder / "repositories/test/plain"
        shutil.copytree(ROOT / "models/first", repository)
        hub = subprocess.Popen(
            [sys.executable, ROOT / "Tests/Fixtures/hub/fake_hub.py", folder / "repositories", folder / "log"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port = hub.stdout.readline().split()[0]
        os.environ.update(HF_ENDPOINT=f"http://127.0.0.1:{port}", HF_TOKEN="", XDG_CACHE_HOME=str(folder / "cache"))
        import huggingface_hub

        def strata(cache: str, *arguments: str) -> str:
            run = subprocess.run(
                [program, *arguments], env=os.environ | {"HF_HUB_CACHE": str(folder / cache)}, capture_output=True, text=True)
            if run.returncode != 0:
                sys.exit(f"strata {' '.join(arguments)} ended with {run.returncode}: {run.stderr}")
            return run.stdout

        trace = ["trace", "-q", "--model", "test/plain", "--prompt", "The keys", "--generate", "1"]
        needed = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors", "README.md"]
        try:
            # Ours, read by them, without a request.
            ours = strata("ours", *trace)
            asked = (folder / "log").read_text().count("\n")
            found = huggingface_hub.snapshot_download("test/plain", cache_dir=folder / "ours", local_files_only=True)
            for file in needed:
                path = huggingface_hub.hf_hub_download(
                    "test/plain", file, cache_dir=folder / "ours", local_files_only=True)
                assert pathlib.Path(path).read_bytes() == (repository / file).read_bytes(), file
                assert pathlib.Path(path).parent == pathlib.Path(found), file
            later = (folder / "log").read_text().split("\n")[asked:]
            assert not any("test/plain" in line for line in later), later
            scanned = huggingface_hub.scan_cache_dir(folder / "ours")
            assert [repo.repo_id for repo in scanned.repos] == ["test/plain"] and not scanned.warnings, scanned.warnings
            print(f"huggingface_hub {huggingface_hub.__version__} reads what strata wrote: {len(needed)} files, scan_cache_dir without warnings")
            # Theirs, read by us, offline.
            huggingface_hub.snapshot_download("test/plain", cache_dir=folder / "theirs", ignore_patterns=["*.bin"])
            theirs = strata("theirs", *trace, "--offline")
            assert ours == theirs
            assert strata("theirs", "models", "verify", "test/plain") == "test/plain good\n"
            print("strata reads what huggingface_hub wrote, offline: the same trace to the byte")
        finally:
            hub.terminate()


if __name__ == "__main__":
    main()
