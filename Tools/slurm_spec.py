"""The spec of Tools/slurm_test.sh, and what must be true of its logs.

  slurm_spec.py FOLDER ITEMS       writes words.yaml, pairs.csv and config/config.yaml into FOLDER
  slurm_spec.py --check FOLDER LOG checks that a node was lost, that a job went over its memory, and that both were made good
"""

import json
import sys
from pathlib import Path

SPEC = """title: Words of a cluster
models:
  first: {path: ./first}
  Gemma: gemma-3-270m
prompts:
  - {id: heathrow, text: "Heathrow airport is located in the city of", generate: 60}
  - {id: keys, text: "The keys to the cabinet", watch: [" is", " are"]}
datasets:
  - {id: pairs, file: pairs.csv, prompt: prompt, source: source, target: target, foil: foil, group: kind, attribute: true}
figures:
  - {kind: rank-heatmap, prompts: [heathrow]}
  - {kind: token-ranks, prompts: [keys], models: [first]}
  - {kind: dataset-profile, prompts: [pairs], models: [first]}
"""

CONFIG = """spec: words.yaml
results: results
threads: 1
shards: 15
# Enough for the small model and the Snakemake of a job. Gemma needs more than it gets here, and has it when it is tried again.
memory_mb: {first: 1000, gemma: 425}
"""


def write(folder: Path, items: int) -> None:
    lines = ["prompt,source,target,foil,kind"]
    for item in range(items):
        one, other = item % 9 + 1, (item + 1 + item // 9 % 8) % 9 + 1
        count = " ".join(f"{digit}{item // 72 % 9}," for digit in [one] * (6 + item % 3))
        lines.append(f'" {count}"," {count.replace(str(one), str(other), 1)}",{other},{one},k{item % 3}')
    (folder / "pairs.csv").write_text("\n".join(lines) + "\n")
    (folder / "words.yaml").write_text(SPEC)
    (folder / "config" / "config.yaml").write_text(CONFIG)


def check(folder: Path, log: Path) -> None:
    plan = json.loads((folder / "results" / "plan.json").read_text())
    parts = [part["file"] for model in plan["models"] for part in model["parts"]]
    assert len(parts) == 16, f"expected sixteen shards, found {len(parts)}"
    found = sorted(path.name for path in (folder / "results" / "shards").iterdir())
    assert found == sorted(parts), f"expected the planned shards and nothing beside them, found {found}"
    controller = (log / "slurmctld.log").read_text()
    assert "requeue job" in controller.lower(), "expected a job of a lost node to be queued again in slurmctld.log"
    steps = "".join(path.read_text(errors="replace") for path in log.glob("slurmd-*.log"))
    over = [line for line in steps.splitlines() if "xceeded" in line and "memory limit" in line]
    assert over, "expected a job over its memory in the logs of slurmd"
    states = (log / "jobcomp.txt").read_text()
    ended = [state for state in ("FAILED", "CANCELLED", "OUT_OF_MEMORY") if f"JobState={state}" in states]
    assert ended, "expected a job that was ended for its memory in jobcomp.txt"
    again = [line for line in controller.splitlines() if "requeue" in line.lower()]
    print(f"over its memory ({ended[0]}): {over[0].split('] ')[-1].strip()}; requeued: {len(again)} lines of slurmctld.log")


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        check(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        write(Path(sys.argv[1]), int(sys.argv[2]))
