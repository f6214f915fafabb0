"""Compares datasets of the program with minicons, lm-eval, scipy and statsmodels on real models, and prints the largest differences.

    python Tools/compare_datasets.py [--strata .build/release/strata] [MODEL ...]

MODEL is the name of a catalog model, smollm2-135m and gemma-3-270m when none is given, whose GGUF transformers dequantizes. Needs
minicons==0.3.39, lm_eval==0.4.13, scipy==1.17.1 and statsmodels==0.14.6 beside transformers. Compared are, after the last layer:

- answers of several tokens (examples/data/capitals.csv): lm-eval's `loglikelihood` and its `is_greedy`;
- pairs of sentences (examples/data/sentences.csv): minicons' `sequence_score`, sum and mean, and lm-eval's with BOS;
- a corpus (examples/data/harbour.txt): lm-eval's `loglikelihood_rolling` passage by passage, with BOS;
- surprisal of words: minicons' `word_score_tokenized`, plain and corrected, over the program's own set of tokens that end a word and
  over minicons' set.

Of the comparison of two models: intervals against numpy on the same resamples and scipy's paired bootstrap, p of McNemar against
scipy's binomial test, Holm against statsmodels. Ends with 1 when a difference is larger than it may be.
"""

import argparse
import csv
import glob
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from minicons import scorer
from scipy import stats
from statsmodels.stats.multitest import multipletests
from transformers import AutoModelForCausalLM, AutoTokenizer

import make_dataset_fixtures as fixtures

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DATA = os.path.join(ROOT, "examples", "data")
failures = []


def tell(what, difference, most):
    print(f"  {what}: largest difference {difference:.3g}")
    if not difference <= most:
        failures.append(f"{what}: {difference} > {most}")


def strata(program, file, model, *options, output="json"):
    command = [program, "dataset", os.path.join(DATA, file), "-q", "-m", model, "--format", output, *options]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(text) if output == "json" else list(csv.DictReader(io.StringIO(text)))


def rows(file):
    with open(os.path.join(DATA, file), newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def last(summary):
    return np.array(summary["items"]["logprob"][-1], dtype=np.float64)


def ask(lm, kind, arguments):
    return getattr(lm, kind)([Instance(request_type=kind, doc={}, arguments=a, idx=i) for i, a in enumerate(arguments)],
                             disable_tqdm=True)


def answers(program, name, lm):
    items = rows("capitals.csv")
    for column in ("target", "foil"):
        other = "foil" if column == "target" else "target"
        options = ["--target", column, "--items"]
        own = strata(program, "capitals.csv", name, *options, "--score", "sum")
        theirs = ask(lm, "loglikelihood", [(i["prompt"], i[column]) for i in items])
        tell(f"{column} of {len(items)} prompts, sum, lm-eval", np.abs(last(own) - [t[0] for t in theirs]).max(), 2e-3)
        greedy = np.array(own["items"]["right"][-1]) == 1
        tell(f"{column} said greedily, lm-eval", float((greedy != [t[1] for t in theirs]).sum()), 0)
        counts = [len(lm._encode_pair(i["prompt"], i[column])[1]) for i in items]
        mean = strata(program, "capitals.csv", name, *options, "--score", "mean")
        tell(f"{column}, mean ({min(counts)} to {max(counts)} tokens)",
             np.abs(last(mean) - [t[0] / n for t, n in zip(theirs, counts)]).max(), 1e-3)
        paired = strata(program, "capitals.csv", name, "--target", column, "--foil", other, "--score", "sum", "--items")
        right = np.array([t[0] for t in theirs]) > [t[0] for t in ask(lm, "loglikelihood", [(i["prompt"], i[other]) for i in items])]
        tell(f"{column} above {other}", float((np.array(paired["items"]["right"][-1]) != right).sum()), 0)


def sentences(program, name, lm, mini):
    items = rows("sentences.csv")
    found = {}
    for column in ("sentence_good", "sentence_bad"):
        other = "sentence_bad" if column == "sentence_good" else "sentence_good"
        texts = [i[column] for i in items]
        columns = ["--sentence", column, "--foil", other, "--items"]
        tokens = [np.array(mini.sequence_score([t], reduction=lambda x: x.tolist())[0]) for t in texts]
        for score, reduction in (("sum", np.sum), ("mean", np.mean)):
            own = strata(program, "sentences.csv", name, *columns, "--score", score)
            theirs = np.array([reduction(t) for t in tokens])
            tell(f"{column} of {len(items)} pairs, {score}, minicons", np.abs(last(own) - theirs).max(), 3e-3)
            found[column, score] = (own, theirs)
        own = strata(program, "sentences.csv", name, *columns, "--bos", "yes")
        theirs = ask(lm, "loglikelihood", [("", t) for t in texts])
        tell(f"{column} with BOS, lm-eval", np.abs(last(own) - [t[0] for t in theirs]).max(), 3e-3)
    for score in ("sum", "mean"):
        right = found["sentence_good", score][1] > found["sentence_bad", score][1]
        mine = np.array(found["sentence_good", score][0]["items"]["right"][-1])
        tell(f"good above bad by {score}, minicons ({right.mean() * 100:.1f} %)", float((mine != right).sum()), 0)


def corpus(program, name, lm):
    own = strata(program, "harbour.txt", name, "--passage", "600", "--items", "--bos", "yes")
    text = open(os.path.join(DATA, "harbour.txt"), encoding="utf-8").read()
    passages, passage = [], ""
    for line in text.split("\n"):
        if len(passage) + len(line) > 600:
            passages, passage = passages + [passage], ""
        passage += line + "\n"
    passages = [p.strip() for p in passages + [passage] if p.strip()]
    # Of Gemma lm-eval encodes with BOS and puts BOS before it once more; here it stands once.
    usual, lm.add_bos_token = lm.add_bos_token, False
    theirs = np.array(ask(lm, "loglikelihood_rolling", [(p,) for p in passages]))
    lm.add_bos_token = usual
    tell(f"{len(passages)} passages of a corpus, lm-eval", np.abs(last(own) - theirs).max(), 2e-2)
    group = own["groups"][0]
    tokens = sum(len(lm.tok_encode(p, add_special_tokens=False)) for p in passages)
    size = sum(len(p.encode()) for p in passages)
    tell("tokens and bytes", abs(group["corpus"]["tokens"] - tokens) + abs(group["corpus"]["bytes"] - size), 0)
    tell("cross-entropy", abs(-group["logprob"]["value"][-1] + theirs.sum() / tokens), 1e-4)
    tell("bits per byte", abs(group["corpus"]["bits_per_byte"]["value"][-1] + theirs.sum() / np.log(2) / size), 1e-4)
    with torch.no_grad():
        logits = [lm.model(torch.tensor([[lm.prefix_token_id, *lm.tok_encode(p, add_special_tokens=False)]])).logits[0, :-1]
                  for p in passages]
    # In float32 the sum over the vocabulary costs torch 1.4e-4 (Gemma); the logits themselves cost 1e-7.
    entropy = sum(torch.distributions.Categorical(logits=x.double()).entropy().sum().item() for x in logits) / tokens
    tell("entropy, torch", abs(group["corpus"]["entropy"]["value"][-1] - entropy), 1e-4)


def words(program, name, mini, tokenizer):
    items = rows("sentences.csv")
    table = strata(program, "sentences.csv", name, "--sentence", "sentence_good", "--words", "--bos", "yes", output="words")
    # minicons takes the first score for the first word's, which is right with BOS alone.
    lacks = tokenizer("a").input_ids[0] != tokenizer.bos_token_id
    final = max(int(r["layer"]) for r in table)
    own = {(int(r["item"]), int(r["word"])): r for r in table if int(r["layer"]) == final and r["point"] == "block"}
    ids = range(len(tokenizer))
    special = set(tokenizer.all_special_ids) | {i for i, t in tokenizer.added_tokens_decoder.items() if t.special}
    # The marks of byte-level vocabularies for space, line feed, tabulator and carriage return, and of SentencePiece for space.
    first = {i: tokenizer.convert_ids_to_tokens(i)[:1] for i in ids}
    ends = [i for i in ids if i in special or first[i] in tuple("\u0120\u010a\u0109\u010d\u2581 \n\t\r")]
    theirs_set = list(mini.bow_subword_idx)
    for column, correction, marked in (("surprisal", False, None), ("surprisal_corrected", True, ends),
                                       ("surprisal_corrected", True, theirs_set)):
        if marked is not None:
            mini.bow_subword_idx = marked
        largest, count = 0.0, 0
        for index, item in enumerate(items):
            scores = mini.word_score_tokenized(
                [item["sentence_good"]], lambda s: s.split(), bos_token=lacks, bow_correction=correction, surprisal=True)[0]
            assert len(scores) == sum(1 for k in own if k[0] == index + 1), item
            for place, (word, value) in enumerate(scores):
                cell = own[index + 1, place + 1]
                assert cell["text"] == word, (cell, word)
                if cell[column]:
                    largest, count = max(largest, abs(float(cell[column]) - value)), count + 1
        if marked is theirs_set:
            print(f"  {column} of words with minicons' set ({len(marked)} tokens, ours {len(ends)}): differs by up to {largest:.3g}")
        else:
            tell(f"{column} of {count} words, minicons", largest, 3e-3)
    mini.bow_subword_idx = theirs_set


def comparison(program, names):
    """The statistics of two models on the same items, from what `strata build` says of them."""
    with tempfile.TemporaryDirectory() as work:
        shutil.copy(os.path.join(DATA, "sentences.csv"), work)
        spec = os.path.join(work, "pairs.yaml")
        with open(spec, "w", encoding="utf-8") as f:
            f.write("models: {" + ", ".join(f"{n}: {n}" for n in names) + "}\ndatasets:\n  - {id: s, file: sentences.csv, "
                    "sentence: sentence_good, foil: sentence_bad, group: [distance, phenomenon], pair: pair}\nfigures:\n"
                    "  - {kind: dataset-comparison, by: model}\n  - {kind: dataset-comparison, by: group, id: groups}\n"
                    "output: {report: none, gallery: none, figures: [svg]}\n")
        subprocess.run([program, "build", spec, "--out", work, "-q"], check=True, stdout=subprocess.DEVNULL)
        folder = os.path.join(work, "pairs")
        summaries = [json.load(open(f"{folder}/datasets/{n}-s.json", encoding="utf-8")) for n in names]
        told = json.load(open(f"{folder}/findings.json", encoding="utf-8"))["comparisons"]
    items = rows("sentences.csv")
    near = {i["pair"]: n for n, i in enumerate(items) if i["distance"] == "near"}
    across = {i["pair"]: n for n, i in enumerate(items) if i["distance"] == "across"}
    worst = dict.fromkeys(["share", "interval", "mean", "McNemar", "Holm", "scipy's bootstrap"], 0.0)
    for entry in told:
        if entry.get("model"):
            summary = summaries[names.index(entry["model"])]
            sides = [(summary, list(near.values())), (summary, [across[p] for p in near])]
        else:
            sides = [(s, list(range(len(items)))) for s in summaries]
        drawn = fixtures.resamples(entry["items"], 1000, 1)
        for layer in entry["layers"]:
            numbers = [[r["layer"] if r["point"] != "embedding" else -1 for r in s["rows"]] for s, _ in sides]
            places = [rows.index(at) for rows, at in zip(numbers, layer["layers"])]
            right = [np.array(s["items"]["right"][p])[m] for (s, m), p in zip(sides, places)]
            score = [np.array(s["items"]["logprob"][p], dtype=np.float32).astype(np.float64)[m] for (s, m), p in zip(sides, places)]
            for key, (a, b) in (("share", right), ("mean", score)):
                estimate = layer[key]
                resampled = [(a[d].mean() - b[d].mean()) for d in drawn]
                low, high = np.percentile(resampled, [2.5, 97.5])
                worst["share" if key == "share" else "mean"] = max(worst["share" if key == "share" else "mean"],
                                                                    abs(estimate["value"] - (a.mean() - b.mean())))
                worst["interval"] = max(worst["interval"], abs(estimate["low"] - low), abs(estimate["high"] - high))
            won = [int(((right[0] == 1) & (right[1] != 1)).sum()), int(((right[0] != 1) & (right[1] == 1)).sum())]
            assert won == layer["alone"], (won, layer)
            exact = stats.binomtest(won[0], sum(won)).pvalue if sum(won) else 1.0
            worst["McNemar"] = max(worst["McNemar"], abs(layer["p"] - exact))
        holm = multipletests([x["p"] for x in entry["layers"]], method="holm")[1]
        worst["Holm"] = max(worst["Holm"], np.abs(holm - [x["holm"] for x in entry["layers"]]).max())
        a, b = right
        if (a != b).any():
            other = stats.bootstrap((a, b), lambda x, y: x.mean() - y.mean(), paired=True, method="percentile", vectorized=False,
                                    n_resamples=9999, rng=1).confidence_interval
            worst["scipy's bootstrap"] = max(worst["scipy's bootstrap"], abs(other.low - entry["layers"][-1]["share"]["low"]),
                                             abs(other.high - entry["layers"][-1]["share"]["high"]))
    print(f"comparisons: {len(told)} of two sides, {sum(len(e['layers']) for e in told)} layers")
    for what, difference in worst.items():
        tell(what, difference, 0.02 if what == "scipy's bootstrap" else 1e-9)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--strata", default=os.path.join(ROOT, ".build", "release", "strata"))
    options.add_argument("models", nargs="*", default=["smollm2-135m", "gemma-3-270m"])
    options = options.parse_args()
    program = os.path.realpath(options.strata)
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "strata", "models")
    if len(options.models) > 1:
        comparison(program, options.models[:2])
    for name in options.models:
        folder, file = os.path.split(glob.glob(f"{cache}/{name}/*.gguf")[0])
        tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
        tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
        model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
        lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=1, max_length=2048)
        mini = scorer.IncrementalLMScorer(model, "cpu", tokenizer=tokenizer)
        print(name)
        answers(program, name, lm)
        sentences(program, name, lm, mini)
        corpus(program, name, lm)
        words(program, name, mini, tokenizer)
    if failures:
        sys.exit("too large:\n" + "\n".join(failures))


if __name__ == "__main__":
    main()
