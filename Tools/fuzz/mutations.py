"""Small damages to JSON, YAML, GGUF and other bytes, all from one random generator."""

import json
import math
import struct

# Numbers at the edges of the types that a reader may turn them into, and some that are just wrong.
NUMBERS = [
    0, -1, 1, 2, 3, 7, 255, 256, 65535, 1 << 20, 10**8, 10**9, (1 << 31) - 1, 1 << 31, -(1 << 31), 1 << 32, 1 << 53,
    1 << 62, (1 << 63) - 1, 1 << 63, -(1 << 63), (1 << 64) - 1, 1 << 64, 10**30, 0.5, 1e-3, 1.5, -0.0, 1e-308, 1e308,
    -1e308, 3.4e38, 1e39, math.inf, -math.inf, math.nan,
]
TEXTS = ["", "x", "\0", "a" * 5000, "\u202e", "../../x", "(", "(?:a|a)*$", "[", "\\", "\U0001f600", "1e999", "-"]


def value(random):
    """A value that is likely to be wrong wherever it stands."""
    kind = random.randrange(10)
    if kind < 6:
        return random.choice(NUMBERS)
    if kind == 6:
        return random.choice(TEXTS)
    if kind == 7:
        return random.choice([None, True, False, [], {}, [[]], {"": {}}])
    if kind == 8:
        return [random.choice(NUMBERS) for _ in range(random.randrange(1, 5))]
    nested = random.choice([0, [], {}])
    for _ in range(random.choice([3, 30, 600, 900])):
        nested = [nested] if random.random() < 0.5 else {"a": nested}
    return nested


def near(random, number):
    """A number like another."""
    if isinstance(number, float):
        return random.choice([number * 2, number / 2, -number, number * 1e6, number + 1])
    return random.choice([number + 1, number - 1, number * 2, number // 2, -number, number * 1000, number * 3 + 1])


def places(tree, limit=4000):
    """Containers of a tree with their keys, those near the top first."""
    found, row = [], [tree]
    while row and len(found) < limit:
        after = []
        for node in row:
            items = node.items() if isinstance(node, dict) else enumerate(node)
            for key, child in items:
                found.append((node, key))
                if len(found) >= limit:
                    return found
                if isinstance(child, (dict, list)):
                    after.append(child)
        row = after
    return found


def mutate_tree(random, tree, times):
    """Changes a tree of dictionaries and lists in place."""
    for _ in range(times):
        found = places(tree)
        if not found:
            return
        # Settings stand near the top, long lists below; both are looked at.
        node, key = random.choice(found[:60]) if random.random() < 0.6 else random.choice(found)
        old = node[key]
        action = random.randrange(8)
        if action < 3 or (action < 5 and not isinstance(old, (int, float))):
            node[key] = value(random)
        elif action < 5 and not isinstance(old, bool):
            node[key] = near(random, old)
        elif action == 5:
            del node[key]
        elif action == 6:
            other, place = random.choice(found)
            if isinstance(other, dict) and place in other or isinstance(other, list) and place < len(other):
                node[key] = json.loads(json.dumps(other[place]))
        elif isinstance(node, list):
            node.insert(key, old)
        else:
            node[random.choice(TEXTS[:6]) + str(key)] = old


def mutate_bytes(random, data, times, start=0, end=None):
    """Changed, missing, doubled and inserted bytes."""
    data = bytearray(data)
    for _ in range(times):
        end_now = min(end or len(data), len(data))
        if end_now <= start:
            break
        at = random.randrange(start, end_now)
        action = random.randrange(7)
        if action == 0:
            data[at] ^= 1 << random.randrange(8)
        elif action == 1:
            data[at] = random.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif action == 2:
            del data[at : at + random.choice([1, 4, 8, 64])]
        elif action == 3:
            data[at:at] = data[at : at + random.choice([1, 8, 64, 512])]
        elif action == 4:
            data[at : at + 8] = struct.pack("<Q", random.choice(NUMBERS[:22]) % (1 << 64))[: len(data) - at]
        elif action == 5:
            data[at : at + 4] = struct.pack("<I", random.choice(NUMBERS[:18]) % (1 << 32))[: len(data) - at]
        else:
            del data[at:]
    return bytes(data)


def mutate_json(random, text):
    """JSON with a few of its values, or of its bytes, changed; with values that JSON has no words for as Python writes them."""
    if random.random() < 0.12:
        return mutate_bytes(random, text.encode(), random.randrange(1, 4))
    tree = json.loads(text)
    mutate_tree(random, tree, random.choice([1, 1, 1, 2, 3]))
    return json.dumps(tree, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def mutate_lines(random, text):
    """A text for people (YAML, CSV, Mustache) with words and lines changed."""
    if random.random() < 0.2:
        return mutate_bytes(random, text.encode(), random.randrange(1, 4))
    lines = text.split("\n")
    for _ in range(random.choice([1, 1, 2, 3])):
        at = random.randrange(len(lines))
        action = random.randrange(6)
        words = lines[at].split(" ")
        if action == 0:
            words[random.randrange(len(words))] = str(random.choice(NUMBERS))
        elif action == 1:
            words[random.randrange(len(words))] = random.choice(
                ["*a", "&a", "!!binary x", "<<: *a", "[[[[", "{{>index}}", "{{#prompts}}", "{{/prompts}}", "null", "|"])
        elif action == 2:
            words = words[: random.randrange(len(words))]
        elif action == 3:
            words = words + words
        elif action == 4:
            words.append(random.choice(["[" * 2000, "{a: " * 2000, "a" * 100_000, "\t", "\r", "# x", ": - ? !"]))
        else:
            words = [" " + words[0]] + words[1:]
        lines[at] = " ".join(words)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


class GGUF:
    """Where the numbers of a GGUF header stand."""

    SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def __init__(self, data):
        self.data = data
        # Counts, lengths and types, then settings and dimensions: (offset, bytes, whether it is a real number).
        self.numbers = [(8, 8, False), (16, 8, False)]
        self.values = []
        tensors, keys = struct.unpack_from("<QQ", data, 8)
        at = 24
        for _ in range(keys):
            at = self.text(at)
            (kind,) = struct.unpack_from("<I", data, at)
            self.numbers.append((at, 4, False))
            at = self.value(at + 4, kind)
        for _ in range(tensors):
            at = self.text(at)
            (rank,) = struct.unpack_from("<I", data, at)
            self.numbers.append((at, 4, False))
            at += 4
            for _ in range(rank):
                self.values.append((at, 8, False))
                at += 8
            self.numbers += [(at, 4, False), (at + 4, 8, False)]
            at += 12
        self.end = at

    def text(self, at):
        (length,) = struct.unpack_from("<Q", self.data, at)
        self.numbers.append((at, 8, False))
        return at + 8 + length

    def value(self, at, kind):
        if kind == 8:
            return self.text(at)
        if kind == 9:
            inner, count = struct.unpack_from("<IQ", self.data, at)
            self.numbers += [(at, 4, False), (at + 4, 8, False)]
            at += 12
            before, values = len(self.numbers), len(self.values)
            for _ in range(count):
                at = self.value(at, inner)
            # Of a vocabulary the first few numbers do.
            del self.numbers[before + 12 :], self.values[values + 4 :]
            return at
        self.values.append((at, self.SIZES[kind], kind in (6, 12)))
        return at + self.SIZES[kind]


def mutate_gguf(random, data):
    """A GGUF file with numbers or bytes of its header changed."""
    header = GGUF(data)
    if random.random() < 0.25:
        return mutate_bytes(random, data, random.randrange(1, 5), 0, header.end)
    data = bytearray(data)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        at, size, is_real = random.choice(header.values if random.random() < 0.7 else header.numbers)
        if is_real:
            number = random.choice([n for n in NUMBERS if isinstance(n, float)] + [0.0, 1.0])
            if size == 4:
                number = max(min(number, 3.4e38), -3.4e38) if math.isfinite(number) else number
            data[at : at + size] = struct.pack("<f" if size == 4 else "<d", number)
            continue
        old = int.from_bytes(data[at : at + size], "little")
        number = near(random, old) if random.random() < 0.4 else random.choice([n for n in NUMBERS if isinstance(n, int)])
        data[at : at + size] = (number % (1 << (8 * size))).to_bytes(size, "little")
    return bytes(data)


def mutate_safetensors(random, data):
    """A safetensors file with its header changed."""
    (length,) = struct.unpack_from("<Q", data)
    if random.random() < 0.2:
        return mutate_bytes(random, data, random.randrange(1, 4), 0, 8 + length)
    header = mutate_json(random, data[8 : 8 + length].decode())
    return struct.pack("<Q", len(header)) + header + data[8 + length :]
