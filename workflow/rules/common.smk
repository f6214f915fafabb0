import json
from pathlib import Path

SPEC = Path(config["spec"])
RESULTS = Path(config["results"])
SHARDS = RESULTS / "shards"
GALLERY = RESULTS / "gallery" / SPEC.stem
KEEP_GOING = "--keep-going" if config["keep_going"] else ""
# Some cells without an answer are no failure of a job then.
ALLOWED = 1 if config["keep_going"] else 0


wildcard_constraints:
    model=r"[a-z0-9][a-z0-9-]*",
    part=r"\d+",
    parts=r"\d+",


def read_plan():
    """The plan that the checkpoint has written."""
    with checkpoints.plan.get().output.plan.open() as file:
        return json.load(file)


def plan_inputs(wildcards):
    """Files that the spec names beside its models: datasets, tables of prompts, texts."""
    return [SPEC.parent / path for path in read_plan()["inputs"]]


def all_shards(wildcards):
    """The files of all shards."""
    return [
        SHARDS / part["file"]
        for model in read_plan()["models"]
        for part in model["parts"]
    ]


def planned(wildcards, key, otherwise):
    """The largest estimate among the shards of a model; `otherwise` without one.

    Among those of all models where the tasks of an array share what the first of them asks for.
    """
    models = [
        m
        for m in read_plan()["models"]
        if config["arrays"] or m["slug"] == wildcards.model
    ]
    return max(
        (part.get(key, otherwise) for model in models for part in model["parts"]),
        default=otherwise,
    )


def own_memory(wildcards):
    """What the configuration says of the memory; nothing where it does not say it of all that share it."""
    own = config["memory_mb"]
    slugs = (
        [m["slug"] for m in read_plan()["models"]]
        if config["arrays"]
        else [wildcards.model]
    )
    return (
        max(own[slug] for slug in slugs) if all(slug in own for slug in slugs) else None
    )


def trace_memory(wildcards, attempt):
    """What the configuration says, or the estimate, doubled with every attempt."""
    return (own_memory(wildcards) or planned(wildcards, "memory_mb", 16000)) * 2 ** (
        attempt - 1
    )


def trace_runtime(wildcards, attempt):
    """Three times the estimate and ten minutes, multiplied with the attempt; a shard that is cut goes on where it ended."""
    return (10 + planned(wildcards, "seconds", 3600) * 3 // 60) * attempt
