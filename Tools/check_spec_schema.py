#!/usr/bin/env python3
"""Holds docs/spec.schema.json against another validator: it must be a schema of draft 2020-12, accept every example and the starter spec,
and refuse every spec of Tests/Fixtures/specs/wrong.yaml.

    python3 Tools/check_spec_schema.py [STRATA]       (.build/debug/strata when there is none)

Needs jsonschema and PyYAML (Tools/requirements.txt). SpecSchemaTests does the same with the tests' own validator.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parent.parent
STRATA = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".build/debug/strata").resolve()


def faults(validator: jsonschema.Draft202012Validator, text: str) -> list[str]:
    """What is wrong with a spec, place by place."""
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(yaml.safe_load(text))]


def starter() -> str:
    """What `strata init` writes."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([STRATA, "init", "starter.yaml"], cwd=folder, check=True, capture_output=True)
        return (Path(folder) / "starter.yaml").read_text()


def main() -> None:
    schema = yaml.safe_load((ROOT / "docs/spec.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    good = {path.name: path.read_text() for path in sorted((ROOT / "examples").glob("*.yaml"))}
    good["the starter spec"] = starter()
    wrong = yaml.safe_load((ROOT / "Tests/Fixtures/specs/wrong.yaml").read_text())
    problems = [f"{name} is refused: {fault}" for name, text in good.items() for fault in faults(validator, text)]
    problems += [f"{name} is accepted" for name, text in wrong.items() if not faults(validator, text)]
    print("\n".join(problems + [f"{len(good)} specs that must be accepted, {len(wrong)} that must be refused: {len(problems)} problems"]))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
