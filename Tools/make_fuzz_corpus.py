"""Makes Tests/Fixtures/fuzz: whole files of every kind that has no fixture yet, from which the fuzzer makes damaged ones.

    swift build -Xcxx -O3 && python3 Tools/make_fuzz_corpus.py .build/debug/strata

Cases that a fuzzer found lie beside them and are left alone. Needs nothing but Python and the built program.
"""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "Tests/Fixtures/fuzz"
MODELS = ROOT / "Tests/Fixtures/models"

SPEC = """title: Paper
models: {A: ./m.gguf}
prompts:
  - {id: a, text: "the keys to the", generate: 2, watch: [" the", " to", "auto(2)"]}
  - {id: b, text: "the dog", continuation: " to", tags: [x], attribute: {target: " the", foil: " to", position: 1},
     patch: {source: "the hog", of: [stream, mlp]}}
datasets:
  - {id: d, file: d.csv, prompt: text, target: good}
figures: [rank-heatmap, {kind: top-tokens, prompts: [a], k: 3, layer: 1}, {kind: attribution, by: head}]
style: {venue: acl, span: column}
output: {figures: [svg], gallery: [html], report: none}
traces: commit
"""
CHECKPOINTS = """models:
  Run:
    path: ./run
    checkpoints:
      - {step: 0, path: "./run/step0"}
      - {step: 10k, path: "./run/step10k", lens: logit}
  Other: {checkpoints: "hf:org/name@step{1000..4000..1000}", unit: tokens}
  Third: {checkpoints: "hf:org/name@{stage1-step1000-tokens5B,stage2-step2000-tokens9B}"}
prompts: [{id: a, text: "the keys", generate: 1, watch: [" is", " are"]}]
figures: [{kind: training, together: true}, {kind: rank-heatmap, models: [Run]}]
"""
TEXTS = {
    "spec/paper.yaml": SPEC,
    "spec/checkpoints.yaml": CHECKPOINTS,
    "dataset/d.csv": 'prompt,target,foil,group\n"The keys"," the"," to",one\n"The ""dog"""," to"," the",two\n',
    "passages/t.txt": "One line of a text.\n\nAnother line, which is longer than the passages that are cut from it.\r\n\u3000日本 e\u0301\n",
    "dataset/d.jsonl": '{"prompt": "The keys", "target": " the", "foil": " to", "group": "one"}\n{"prompt": "a", "target": "b"}\n',
    "prompt-table/p.csv": 'id,text,generate,watch,tags\na,"The ""cat""",2,"["" the""]",x\nb,The dog,,,\n',
    "prompt-table/p.jsonl": '{"id": "a", "text": "The cat", "watch": [" the", {"name": "n", "set": ["a", "b"]}]}\n{"id": "b", "text": "b"}\n',
    "template/index.mustache": "<h1>{{title}}</h1>{{#list}}{{>part}}{{^none}}-{{/none}}{{/list}}<style>{{{style}}}</style>{{! note }}\n",
    "markdown/words.md": "# One\n\nA *word* and **two**, `code`, [a link](https://example.org).\n\n> quoted\n\n1. one\n   - two\n\n```\nx\n```\n\n---\n",
    "messages/two.json": '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]\n',
    "options/watch.txt": "sizes=[\" big\", \" small\"]",
    "options/sample.txt": "{temperature: 0.8, top_p: 0.9, top_k: 40, seed: 7}",
    "options/attribute.txt": "{target: \" the\", foil: \" to\", position: 1}",
    "options/patch.txt": "{source: \"the cat\", of: [stream, mlp]}",
    "reference/hub.txt": "hf:org/name@main:Q4_K_M",
    "reference/address.txt": "https://huggingface.co/org/name",
    "shown-text/text.txt": "plain \x1b[31mred\x1b[0m \u202eturned\u202c 日本 e\u0301 🇩🇪 <b>&amp;</b> {{x}}\n::error::no\n",
    "condition/depth.txt": "settled of a <= 2 and ahead in \"A\" < 29",
    "condition/rank.txt": "settled in \"SmolLM2 135M\" <= 28",
    "build-stamp/stamp.txt": "strata.stamp/1\nkey\n1700000000000000000\n3\n" + "0" * 64 + " 12 170 170 5 figures/a.svg\n",
    "hub-listing/model.json": json.dumps(
        {"sha": "0" * 40, "siblings": [{"rfilename": name} for name in
         ["README.md", "config.json", "model.safetensors", "tokenizer.json", "a-Q8_0.gguf", "a-Q4_K_M-00001-of-00002.gguf"]]}),
    "ollama-manifest/latest.json": json.dumps(
        {"schemaVersion": 2, "layers": [
            {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:" + "0" * 64, "size": 3}]}),
}


def write(name, data):
    path = CORPUS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def served():
    """States of three tokens as vLLM keeps them, of the shape of the small Llama: each row of every token."""
    config = json.loads((MODELS / "llama/hf/config.json").read_text())
    rows, width = config["num_hidden_layers"] + 1, config["hidden_size"]
    states = struct.pack(f"<{3 * rows * width}f", *(((7 * i) % 23 - 11) / 8 for i in range(3 * rows * width)))
    tokens = struct.pack("<3q", 5, 6, 7)
    header = json.dumps({
        "hidden_states": {"dtype": "F32", "shape": [3, rows, width], "data_offsets": [0, len(states)]},
        "token_ids": {"dtype": "I64", "shape": [3], "data_offsets": [len(states), len(states) + len(tokens)]}}).encode()
    return struct.pack("<Q", len(header)) + header + states + tokens


def built(program):
    """What a build and a few other commands leave behind."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        shutil.copy(MODELS / "llama/llama.gguf", folder / "m.gguf")
        (folder / "s.yaml").write_text(SPEC)
        (folder / "d.csv").write_text('text,good\n"the keys"," the"\n"the dog"," to"\n')
        variables = {"PATH": os.environ["PATH"], "HOME": place, "XDG_CACHE_HOME": place + "/cache"}

        def run(*command):
            ended = subprocess.run([program, *command, "-q"], cwd=folder, env=variables, stdout=subprocess.DEVNULL)
            if ended.returncode:
                sys.exit(f"strata {' '.join(command)} ended with {ended.returncode}")

        run("build", "s.yaml", "--offline", "--threads", "1")
        out = folder / "out/s"
        traces = sorted((out / "traces").glob("*.json"))
        for path in traces:
            write(f"trace/{path.name}", path.read_bytes())
        encoder = MODELS / "t5/hf"
        run("trace", "-m", str(encoder), "-p", "the cat", "--generate", "1", "-o", "encoder.json", "--threads", "1")
        write("trace/encoder.json", (folder / "encoder.json").read_bytes())
        write("trace/two.jsonl", b"".join(json.dumps(json.loads(p.read_text())).encode() + b"\n" for p in traces[:1] * 2))
        write("summary/summary.json", next((out / "datasets").glob("*.json")).read_bytes())
        (folder / "t.csv").write_text('text,foil,side,pair\n' + "".join(
            f'"the {noun} {verb} on","the {noun} {other} on",{side},{noun}\n'
            for noun in ("keys", "dog") for verb, other, side in (("is", "are", "a"), ("are", "is", "b"))))
        (folder / "t.txt").write_text("the keys to the dog\nare on\n")
        run("dataset", "t.csv", "-m", "m.gguf", "--sentence", "text", "--foil", "foil", "--group", "side", "--items", "--pair", "pair",
            "--resamples", "100", "--format", "json", "-o", "pairs.json", "--threads", "1")
        run("dataset", "t.txt", "-m", "m.gguf", "--items", "--words", "--resamples", "100", "--format", "json", "-o", "corpus.json",
            "--threads", "1")
        for name in ("pairs", "corpus"):
            write(f"summary/summary-{name}.json", (folder / f"{name}.json").read_bytes())
        for part in (1, 2):
            run("trace", "s.yaml", "--model", "A", "--shard", f"{part}/2", "-o", "shards/", "--offline", "--threads", "1")
        for path in sorted((folder / "shards").glob("*.jsonl")):
            write(f"shard/{path.name}", path.read_bytes())
        run("trace", "-m", "m.gguf", "-p", "the keys", "-p", "the", "--generate", "1", "--top", "3", "--watch", "auto(1)", "--watch-set",
            "{name: some, ids: [5, 7]}", "--save-states", "own.safetensors", "-o", "own.jsonl", "--threads", "1")
        write("states/own.safetensors", (folder / "own.safetensors").read_bytes())
        write("states/vllm.safetensors", served())
        write("manifest/manifest.json", (out / "manifest.json").read_bytes())
        write("build-record/build.json", (out / ".strata/build.json").read_bytes())
        write("findings-file/findings.json", (out / "findings.json").read_bytes())
        write("committed-traces/index.json", (folder / "s.traces/index.json").read_bytes())
        sealed = sorted((folder / "cache/strata/digests").iterdir())[0].read_bytes()
        # The seal covers the name of the file, which is sealed.json where the reader opens it.
        content = sealed[sealed.index(b"\n") + 1 :]
        seal = hashlib.sha256(b"sealed.json\n" + content).hexdigest()
        write("sealed-file/digest.json", f"strata.sealed/2 {seal}\n".encode() + content)


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    for name, text in TEXTS.items():
        write(name, text)
    write("catalog/catalog.json", (ROOT / "Sources/Report/Models/catalog.json").read_bytes())
    for number in (1, 4):
        found = json.loads((ROOT / f"Tests/Fixtures/tokenizers/sentencepiece-{number}.json").read_text())
        write(f"tokenizer-model/{number}.model", base64.b64decode(found["model"]))
    for number, name in ((8, "t5"), (9, "xlm-roberta")):
        found = json.loads((ROOT / f"Tests/Fixtures/tokenizers/sentencepiece-{number}.json").read_text())
        write(f"tokenizer-pieces/{name}.model", base64.b64decode(found["model"]))
    built(program)


if __name__ == "__main__":
    main()
