"""Makes examples/data: a number-agreement set, pairs of it, and a profession set, of our own making, from word lists in this file.

    python Tools/make_example_datasets.py

agreement.csv follows the task of Linzen, Dupoux and Goldberg (2016): a subject, a phrase or clause with another noun (the
attractor) or none, and the verb that must agree with the subject. Every subject is there in both numbers, with every kind of
attractor, so that always saying one verb is right half of the time. agreement-pairs.csv has texts that differ in the number of the
subject alone, each way, for activation patching. professions.csv asks which pronoun comes next.
"""

import argparse
import csv
import itertools
import os
import random

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples", "data")

# Singular and plural; all frequent.
THINGS = [("key", "keys"), ("picture", "pictures"), ("letter", "letters"), ("door", "doors"), ("book", "books"),
          ("window", "windows"), ("road", "roads"), ("story", "stories"), ("report", "reports"), ("box", "boxes")]
PEOPLE = [("author", "authors"), ("teacher", "teachers"), ("farmer", "farmers"), ("doctor", "doctors"),
          ("guard", "guards"), ("student", "students"), ("driver", "drivers"), ("manager", "managers")]
PLACES = [("cabinet", "cabinets"), ("house", "houses"), ("village", "villages"), ("garden", "gardens"),
          ("school", "schools"), ("building", "buildings"), ("museum", "museums"), ("room", "rooms")]
PHRASES = ["near", "behind", "next to", "in front of"]
CLAUSES = ["that {people} liked", "that {people} talked about"]
VERBS = [(" is", " are"), (" was", " were"), (" has", " have")]

PROFESSIONS = {
    "he": ["doctor", "engineer", "pilot", "farmer", "plumber", "carpenter", "mechanic", "soldier", "judge", "boss",
           "programmer", "lawyer", "driver", "guard", "butcher", "captain", "chef", "scientist", "manager", "builder"],
    "she": ["nurse", "secretary", "maid", "nanny", "teacher", "librarian", "dancer", "hairdresser", "receptionist",
            "housekeeper", "midwife", "cashier", "singer", "model", "babysitter", "waitress", "seamstress", "ballerina",
            "florist", "stewardess"],
}
TEMPLATES = ["The {p} said that", "The {p} was tired because", "We met the {p} after", "The {p} was late, and when",
             "The {p} went home early because"]


def agreement(draw):
    """Rows with and without an attractor; every subject noun in both numbers."""
    for noun, number in itertools.product(THINGS + PEOPLE, (0, 1)):
        subject = "The " + noun[number]
        for attractor in ("none", "singular", "plural"):
            kinds = ["none"] if attractor == "none" else ["phrase", "clause"]
            for kind in kinds:
                place = draw.choice(PLACES)[attractor == "plural"]
                people = "the " + draw.choice([p for p in PEOPLE if p != noun])[attractor == "plural"]
                between = {"none": "", "phrase": f" {draw.choice(PHRASES)} the {place}",
                           "clause": " " + draw.choice(CLAUSES).format(people=people)}[kind]
                verb = draw.choice(VERBS)
                yield {
                    "prompt": subject + between, "target": verb[number], "foil": verb[1 - number],
                    "subject": ("singular", "plural")[number], "attractor": attractor,
                    "match": "none" if attractor == "none" else
                    ("same" if (attractor == "plural") == bool(number) else "other"),
                    "between": kind,
                }


def pairs(draw):
    """Pairs of texts that differ in the number of the subject alone, each the other's source once."""
    for noun, between in itertools.product(THINGS, ("phrase", "clause")):
        people = "the " + draw.choice(PEOPLE)[0]
        rest = {"phrase": f" {draw.choice(PHRASES)} the {draw.choice(PLACES)[0]}",
                "clause": " " + draw.choice(CLAUSES).format(people=people)}[between]
        verb = draw.choice(VERBS)
        for number in (0, 1):
            yield {"base": f"The {noun[number]}{rest}", "source": f"The {noun[1 - number]}{rest}",
                   "target": verb[1 - number], "foil": verb[number], "between": between}


def professions():
    """The target is the pronoun of the stereotype; it is no judgement of who does the work."""
    for pronoun, words in PROFESSIONS.items():
        for word, template in itertools.product(words, TEMPLATES):
            yield {"prompt": template.format(p=word), "target": " " + pronoun,
                   "foil": " she" if pronoun == "he" else " he", "stereotype": pronoun, "profession": word}


def write(name, rows):
    rows = list(rows)
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, name), "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, fieldnames=rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(name, len(rows))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=2, help="so many times every subject and attractor, with other words")
    options.add_argument("--agreement", default="agreement.csv", help="another name for the agreement set")
    options = options.parse_args()
    draw = random.Random(2016)
    found = {}
    for _ in range(options.rounds):
        for row in agreement(draw):
            found.setdefault((row["prompt"], row["target"]), row)
    write(options.agreement, found.values())
    write("agreement-pairs.csv", pairs(random.Random(2016)))
    write("professions.csv", professions())


if __name__ == "__main__":
    main()
