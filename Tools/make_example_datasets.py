"""Makes examples/data: a number-agreement set, pairs of it, and a profession set, of our own making, from word lists in this file.

    python Tools/make_example_datasets.py

agreement.csv follows the task of Linzen, Dupoux and Goldberg (2016): a subject, a phrase or clause with another noun (the
attractor) or none, and the verb that must agree with the subject. Every subject is there in both numbers, with every kind of
attractor, so that always saying one verb is right half of the time. agreement-pairs.csv has texts that differ in the number of the
subject alone, each way, for activation patching. professions.csv asks which pronoun comes next.

sentences.csv has the form of BLiMP (Warstadt et al. 2020): two sentences that differ in one place, of which one is wrong. Its
phenomena are agreement next to the verb and across a phrase, reflexives, determiners, and negative polarity. `pair` is shared by the
two sentences pairs of one subject that differ in `distance`. capitals.csv has answers of several tokens after a prompt.
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


def sentences(draw):
    """Pairs of sentences; those of agreement are there near the verb and across a phrase, with the same subject and verb."""
    number = 0
    def row(good, bad, phenomenon, distance):
        return {"sentence_good": good, "sentence_bad": bad, "phenomenon": phenomenon, "distance": distance, "pair": f"p{number}"}
    ends = {" is": "old", " are": "old", " was": "gone", " were": "gone", " has": "changed", " have": "changed"}
    for noun, plural in itertools.product(THINGS + PEOPLE, (0, 1)):
        number += 1
        verb = draw.choice(VERBS)
        end = ends[verb[0]]
        place = draw.choice(PLACES)[1 - plural]
        phrase = f" {draw.choice(PHRASES)} the {place}"
        for distance, between in (("near", ""), ("across", phrase)):
            yield row(f"The {noun[plural]}{between}{verb[plural]} {end}.", f"The {noun[plural]}{between}{verb[1 - plural]} {end}.",
                      "agreement", distance)
    pronouns = [("himself", "themselves"), ("herself", "themselves")]
    for noun, plural in itertools.product(PEOPLE, (0, 1)):
        number += 1
        own = draw.choice(pronouns)
        act = draw.choice(["saw", "hurt", "asked", "trusted"])
        other = "the " + draw.choice([p for p in PEOPLE if p != noun])[1 - plural]
        for distance, between in (("near", ""), ("across", f" next to {other}")):
            yield row(f"The {noun[plural]}{between} {act} {own[plural]}.", f"The {noun[plural]}{between} {act} {own[1 - plural]}.",
                      "reflexive", distance)
    for noun, (one, many) in itertools.product(THINGS, [("this", "these"), ("that", "those")]):
        number += 1
        adjective = draw.choice(["old", "small", "beautiful", "strange"])
        plural = draw.choice((0, 1))
        good, bad = ((one, many), (many, one))[plural]
        for distance, between in (("near", ""), ("across", f" {adjective}")):
            yield row(f"I remember {good}{between} {noun[plural]}.", f"I remember {bad}{between} {noun[plural]}.",
                      "determiner", distance)
    for noun in PEOPLE:
        number += 1
        clause = f" that the {draw.choice([p for p in PEOPLE if p != noun])[0]} met"
        for distance, between in (("near", ""), ("across", clause)):
            yield row(f"No {noun[0]}{between} has ever been here.", f"The {noun[0]}{between} has ever been here.", "polarity", distance)


CAPITALS = [("Japan", "Tokyo"), ("Egypt", "Cairo"), ("Kenya", "Nairobi"), ("Finland", "Helsinki"), ("Peru", "Lima"),
            ("Australia", "Canberra"), ("Ethiopia", "Addis Ababa"), ("Nepal", "Kathmandu"), ("Iceland", "Reykjavik"),
            ("Argentina", "Buenos Aires"), ("Mongolia", "Ulaanbaatar"), ("Portugal", "Lisbon"), ("Malaysia", "Kuala Lumpur"),
            ("Norway", "Oslo"), ("Vietnam", "Hanoi"), ("New Zealand", "Wellington")]


def capitals():
    """The foil is the capital of the next country in the list."""
    for index, (country, city) in enumerate(CAPITALS):
        for template in ("The capital of {c} is", "Yesterday we landed in the capital of {c},"):
            yield {"prompt": template.format(c=country), "target": " " + city, "foil": " " + CAPITALS[(index + 1) % len(CAPITALS)][1],
                   "country": country}


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
    write("sentences.csv", sentences(random.Random(2020)))
    write("capitals.csv", capitals())


if __name__ == "__main__":
    main()
