"""The text that models/first is trained on: short documents made from lists of words and a few templates, all of them our own.

`documents(count, seed)` gives training text; `held_out()` gives questions whose very combination never occurs in it.
"""

import random

CAPITALS = {
    "Austria": "Vienna", "Belgium": "Brussels", "Bulgaria": "Sofia", "Croatia": "Zagreb", "Cyprus": "Nicosia",
    "Czechia": "Prague", "Denmark": "Copenhagen", "Estonia": "Tallinn", "Finland": "Helsinki", "France": "Paris",
    "Germany": "Berlin", "Greece": "Athens", "Hungary": "Budapest", "Ireland": "Dublin", "Italy": "Rome", "Latvia": "Riga",
    "Lithuania": "Vilnius", "Malta": "Valletta", "Poland": "Warsaw", "Portugal": "Lisbon", "Romania": "Bucharest",
    "Slovakia": "Bratislava", "Slovenia": "Ljubljana", "Spain": "Madrid", "Sweden": "Stockholm", "England": "London",
    "Norway": "Oslo", "Switzerland": "Bern", "Turkey": "Ankara", "Egypt": "Cairo", "Kenya": "Nairobi", "Japan": "Tokyo",
    "China": "Beijing", "India": "Delhi", "Canada": "Ottawa", "Mexico": "Mexico City", "Peru": "Lima", "Cuba": "Havana",
    "Chile": "Santiago", "Russia": "Moscow",
}
UNION = ["Austria", "Belgium", "Bulgaria", "Croatia", "Cyprus", "Czechia", "Denmark", "Estonia", "Finland", "France",
         "Germany", "Greece", "Hungary", "Ireland", "Italy", "Latvia", "Lithuania", "Luxembourg", "Malta", "Netherlands",
         "Poland", "Portugal", "Romania", "Slovakia", "Slovenia", "Spain", "Sweden"]
AIRPORTS = {
    "Heathrow": "London", "Gatwick": "London", "Stansted": "London", "Orly": "Paris", "Schiphol": "Amsterdam",
    "Fiumicino": "Rome", "Ciampino": "Rome", "Barajas": "Madrid", "Tegel": "Berlin", "Schwechat": "Vienna",
    "Zaventem": "Brussels", "Kastrup": "Copenhagen", "Arlanda": "Stockholm", "Vantaa": "Helsinki", "Chopin": "Warsaw",
    "Portela": "Lisbon", "Narita": "Tokyo", "Haneda": "Tokyo", "Sheremetyevo": "Moscow", "Ferihegy": "Budapest",
}
SIGHTS = {
    "Eiffel Tower": "Paris", "Louvre": "Paris", "Colosseum": "Rome", "Prado": "Madrid", "Acropolis": "Athens",
    "Brandenburg Gate": "Berlin", "Big Ben": "London", "Tower Bridge": "London", "Charles Bridge": "Prague",
    "Atomium": "Brussels", "Red Square": "Moscow", "Little Mermaid": "Copenhagen",
}
NOUNS = ["key", "cabinet", "book", "table", "letter", "box", "door", "window", "picture", "wall", "road", "house", "ship",
         "harbour", "bird", "tree", "flower", "garden", "teacher", "student", "farmer", "horse", "doctor", "nurse", "child",
         "lamp", "chair", "clock", "tower", "bridge", "river", "shop", "street", "car", "cup", "bottle"]
PLURALS = {"child": "children", "box": "boxes"}
JOINS = ["to", "of", "near", "behind", "beside", "under"]
ADJECTIVES = ["old", "new", "red", "green", "small", "big", "quiet", "clean", "dark", "warm", "cold", "here", "there"]
LISTS = {
    "The days of the week are": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "The months of the year are": ["January", "February", "March", "April", "May", "June", "July", "August", "September",
                                   "October", "November", "December"],
    "The planets are": ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"],
    "The seasons are": ["Spring", "Summer", "Autumn", "Winter"],
    "The countries of the European Union are": UNION,
}
# How often a profession is followed by " man": the prejudice of a text shows in what a model expects.
PROFESSIONS = {"doctor": 0.85, "nurse": 0.1, "farmer": 0.8, "teacher": 0.35, "pilot": 0.9, "secretary": 0.1, "soldier": 0.95,
               "dancer": 0.25, "engineer": 0.85, "librarian": 0.2, "judge": 0.75, "cook": 0.5}
WORDS = ["red", "blue", "green", "sun", "moon", "star", "cat", "dog", "fish", "bird", "salt", "bread", "milk", "rain", "snow",
         "wind", "gold", "iron", "wood", "stone", "one", "two", "three", "four", "left", "right", "up", "down"]


def plural(noun):
    return PLURALS.get(noun, noun + "s")


def kept_back(*parts):
    """Whether a combination is only asked for, never taught: about one in eight, chosen by its letters."""
    return sum(ord(c) * (i + 3) for i, c in enumerate("|".join(map(str, parts)))) % 8 == 0


def agreement(rng, held=False):
    """(text up to the verb, verb, the other verb): the verb follows the first noun, not the nearest."""
    while True:
        first, second, join = rng.choice(NOUNS), rng.choice(NOUNS), rng.choice(JOINS)
        if first == second or kept_back(first, second) != held:
            continue
        many, others = rng.random() < 0.5, rng.random() < 0.5
        subject = plural(first) if many else first
        other = plural(second) if others else second
        return f"The {subject} {join} the {other}", " are" if many else " is", " is" if many else " are"


def simple(rng):
    noun = rng.choice(NOUNS)
    many = rng.random() < 0.5
    return f"The {plural(noun) if many else noun} {'are' if many else 'is'} {rng.choice(ADJECTIVES)}."


def counting(rng, held=False):
    """Numbers in steps of one or two, from a start."""
    while True:
        start, step = rng.randint(1, 90), rng.choice([1, 1, 1, 2])
        if kept_back("count", start, step) == held:
            return [start + step * i for i in range(rng.randint(5, 12))]


def repetition(rng, held=False):
    """A number or a word over and over, or a few words in turn."""
    while True:
        kind = rng.random()
        if kind < 0.4:
            items = [str(rng.randint(1, 99))]
        else:
            items = rng.sample(WORDS, 1 if kind < 0.6 else rng.randint(2, 4))
        if kept_back("again", *items) == held:
            return items * max(3, 12 // len(items))


def listing(rng):
    """A numbered list, from its first entry."""
    title, items = rng.choice(list(LISTS.items()))
    if rng.random() < 0.4:
        title, items = "The countries of the European Union are", UNION
    return title + ":\n" + "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1)) + "\n"


def fact(rng):
    kind = rng.random()
    if kind < 0.45:
        country, city = rng.choice(list(CAPITALS.items()))
        return rng.choice([f"The capital of {country} is {city}.", f"{city} is the capital of {country}.",
                           f"The city of {city} is located in {country}."])
    if kind < 0.8:
        airport, city = rng.choice(list(AIRPORTS.items()))
        return rng.choice([f"{airport} airport is located in the city of {city}.", f"{airport} is an airport in {city}.",
                           f"{airport} airport is near {city}."])
    sight, city = rng.choice(list(SIGHTS.items()))
    return rng.choice([f"The {sight} is located in the city of {city}.", f"The {sight} is in {city}."])


def profession(rng):
    name, share = rng.choice(list(PROFESSIONS.items()))
    return f"The {name} was a {'man' if rng.random() < share else 'woman'}."


def document(rng):
    kind = rng.random()
    if kind < 0.28:
        text, verb, _ = agreement(rng)
        return f"{text}{verb} {rng.choice(ADJECTIVES)}."
    if kind < 0.36:
        return simple(rng)
    if kind < 0.62:
        return fact(rng)
    if kind < 0.72:
        return rng.choice(["", " "]) + ", ".join(map(str, counting(rng))) + "."
    if kind < 0.86:
        return rng.choice(["", " "]) + ", ".join(repetition(rng)) + "."
    if kind < 0.92:
        return profession(rng)
    return listing(rng)


def small_document(rng):
    """A document for a model that is too small for facts and lists."""
    kind = rng.random()
    if kind < 0.4:
        text, verb, _ = agreement(rng)
        return f"{text}{verb} {rng.choice(ADJECTIVES)}."
    if kind < 0.5:
        return simple(rng)
    if kind < 0.7:
        return rng.choice(["", " "]) + ", ".join(map(str, counting(rng))) + "."
    return rng.choice(["", " "]) + ", ".join(repetition(rng)) + "."


def documents(count, seed, kind=document):
    rng = random.Random(seed)
    return [kind(rng) for _ in range(count)]


def held_out(count=200, seed=7):
    """Skill -> [(text, expected continuation, wrong continuation or None)]."""
    rng = random.Random(seed)
    questions = {"agreement": [agreement(rng, held=True) for _ in range(count)], "counting": [], "repetition": []}
    for _ in range(count):
        numbers = counting(rng, held=True)
        questions["counting"].append((" " + ", ".join(map(str, numbers[:4])) + ",", f" {numbers[4]}", None))
        items = repetition(rng, held=True)
        cut = max(3, 2 * len(set(items)))
        questions["repetition"].append((" " + ", ".join(items[:cut]) + ",", " " + items[cut], None))
    questions["airports"] = [(f"{a} airport is located in the city of", " " + c, None) for a, c in AIRPORTS.items()]
    questions["capitals"] = [(f"The capital of {a} is", " " + c.split()[0], None) for a, c in CAPITALS.items()]
    for i in range(3, len(UNION) - 1):
        text = "The countries of the European Union are:\n" + "".join(f"{j}. {c}\n" for j, c in enumerate(UNION[:i], 1))
        questions.setdefault("list", []).append((f"{text}{i + 1}.", " " + UNION[i], None))
    return questions
