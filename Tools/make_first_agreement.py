"""Makes examples/data/first-agreement.csv: number agreement with words that the model in models/first was trained on.

    python3 Tools/make_first_agreement.py

Every noun of the training text is once the subject, singular and plural, before the noun that follows it in the list, in both numbers.
"""

import csv
from pathlib import Path

from first_model_text import JOINS, NOUNS, plural

FILE = Path(__file__).resolve().parent.parent / "examples/data/first-agreement.csv"


def rows():
    for index, subject in enumerate(NOUNS):
        other, join = NOUNS[(index + 1) % len(NOUNS)], JOINS[index % len(JOINS)]
        for many in (False, True):
            for match in ("same", "other"):
                near = plural(other) if many == (match == "same") else other
                text = f"The {plural(subject) if many else subject} {join} the {near}"
                right, wrong = (" are", " is") if many else (" is", " are")
                yield [text, right, wrong, "plural" if many else "singular", match]


def main():
    with FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["prompt", "target", "foil", "subject", "match"])
        writer.writerows(rows())


if __name__ == "__main__":
    main()
