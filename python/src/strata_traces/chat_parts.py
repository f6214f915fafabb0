"""Finds the contents of messages in a rendered conversation, and where each message begins. docs/conversations.md describes both.

Runs before render_chat.py: the program passes both as one text.
"""

import os
import re

# Where private characters begin: planes 15 and 16.
PRIVATE = (0xF0000, 0x100000)


class Contents:
    """Where the contents of messages stand in a text, found by rendering them again between private characters."""

    def __init__(self, chat, text):
        self.chat = chat
        self.text = text
        self.ranges = []
        taken = text + "".join(message["content"] for message in chat.messages)
        count = 2 * len(chat.messages)
        self.base = next(
            (base for base in PRIVATE if count < 0xFFFE and not any(base <= ord(one) < base + count for one in taken)), None)

    def find(self):
        """Whether every content was found: all at once, or else each by itself, or by the one place where it stands."""
        if self.base is None:
            return False
        everything = range(len(self.chat.messages))
        if self.find_marked(everything):
            return True
        for index in everything:
            content = self.chat.messages[index]["content"].strip()
            if not content or self.find_marked([index]):
                continue
            if self.text.count(content) != 1:
                return False
            start = self.text.index(content)
            self.ranges.append((start, start + len(content), index))
        self.ranges.sort()
        return all(one[1] <= other[0] for one, other in zip(self.ranges, self.ranges[1:]))

    def find_marked(self, indices):
        """Renders with marks around the contents, then around the contents without the white space at their ends."""
        for inner in (False, True):
            messages = [dict(message) for message in self.chat.messages]
            for index in indices:
                messages[index]["content"] = self.marked(index, inner)
            marked = self.chat.attempt(messages, self.chat.generation_prompt, self.chat.reply)
            if marked is None:
                continue
            if re.sub(f"[{chr(self.base)}-{chr(self.base + 2 * len(messages))}]", "", marked) == self.text:
                self.ranges += self.read(marked)
                return True
        return False

    def marked(self, index, inner):
        content = self.chat.messages[index]["content"]
        core = content.strip() if inner else content
        if not core:
            return content
        start = content.index(core)
        marks = chr(self.base + 2 * index), chr(self.base + 2 * index + 1)
        return content[:start] + marks[0] + core + marks[1] + content[start + len(core):]

    def read(self, marked):
        """The ranges between marks. Of a content of which the template shows a part, one mark is left; the other end is searched."""
        ranges, opened, at = [], {}, 0
        for one in marked:
            number = ord(one) - self.base
            if not 0 <= number < 2 * len(self.chat.messages):
                at += 1
                continue
            index = number // 2
            if number % 2 == 0:
                opened[index] = at
            elif index in opened:
                ranges.append((opened.pop(index), at, index))
            else:
                start = self.border(index, is_start=True)
                ranges.append((at if start is None else start, at, index))
        for index, start in opened.items():
            end = self.border(index, is_start=False)
            ranges.append((start, start if end is None else end, index))
        return sorted(one for one in ranges if one[0] < one[1])

    def border(self, index, is_start):
        """Where the shown part of a content begins or ends in the text: the first or last letter before which a mark is kept."""
        low, high = 0, len(self.chat.messages[index]["content"])
        while low < high:
            middle = (low + high + (not is_start)) // 2
            kept = self.place(index, middle) is not None
            if is_start:
                low, high = (low, middle) if kept else (middle + 1, high)
            else:
                low, high = (middle, high) if kept else (low, middle - 1)
        return self.place(index, low)

    def place(self, index, offset):
        """Where a mark before a letter of a content stands in the text; None where the template drops it or writes something else."""
        mark = chr(self.base)
        messages = [dict(message) for message in self.chat.messages]
        content = messages[index]["content"]
        messages[index]["content"] = content[:offset] + mark + content[offset:]
        marked = self.chat.attempt(messages, self.chat.generation_prompt, self.chat.reply)
        if marked is None or mark not in marked or marked.replace(mark, "") != self.text:
            return None
        return marked.index(mark)


def common(one, other):
    """The length of the common beginning."""
    return len(os.path.commonprefix([one, other]))


class Boundaries:
    """Where messages begin in a text whose contents are found: a message is its header, its content and whatever closes it."""

    def __init__(self, chat, text, ranges, special, written):
        self.chat = chat
        self.text = text
        self.ranges = ranges
        self.bos = special.get("bos_token") or ""
        self.eos = special.get("eos_token") or ""
        self.written = written

    def find(self):
        """The place of message k, for k from 0; the last entry is where the generation prompt begins; None where it is not known."""
        messages = self.chat.messages
        found = [None] * (len(messages) + 1)
        for k in range(1, len(messages)):
            found[k] = self.begin(messages, k, self.text, self.ranges)
        found[-1] = self.begin(messages, len(messages), self.text, self.ranges) if self.chat.generation_prompt else len(self.text)
        found[0] = self.first(found[1])
        self.learn(found)
        known = [at for at in found if at is not None]
        return found if known == sorted(known) else [None] * len(found)

    def begin(self, messages, k, text, ranges):
        """Where the text of the messages before number k ends in a text.

        That text alone says it, unless the template ends a conversation otherwise than a message. Then the same messages are followed by
        one of another role: both texts part at the name of the role, and the special token before it opens the message.
        """
        least = max((end for _, end, index in ranges if index < k), default=0)
        most = min((start for start, _, index in ranges if index >= k), default=len(text))
        before = self.chat.attempt(messages[:k], False)
        ends = [before or "", (before or "").removesuffix(self.eos)]
        for end in ends:
            if len(end) > least and text.startswith(end):
                return min(len(end), most)
        role = messages[k]["role"] if k < len(messages) else "assistant"
        for other in ("user", "assistant", "system"):
            if other == role:
                continue
            changed = self.chat.attempt([*messages[:k], {"role": other, "content": "x"}], False)
            at = common(changed or "", text)
            if changed and at >= least and not text.startswith(changed):
                return min(max(self.opening(text, at), least), most)
        return least if before is not None and len(before) == least and text.startswith(before) else None

    def opening(self, text, at):
        """The beginning of the special token in or behind which a place lies."""
        for token in sorted((token for token in self.written if token and token in text), key=len, reverse=True):
            start = text.find(token, max(0, at - len(token)))
            if 0 <= start < at <= start + len(token):
                return start
        return at

    def first(self, second):
        """Where the header of the first message begins: behind BOS and whatever the template adds by itself.

        A first message that is repeated later in a conversation has its own text alone there.
        """
        messages = self.chat.messages
        first = messages[0]
        # A BOS that also opens later messages is a part of their headers, as <|im_start|> is of some models.
        edges = [0, *(edge for start, end, _ in self.ranges for edge in (start, end)), len(self.text)]
        own = "".join(self.text[start:end] for start, end in zip(edges[::2], edges[1::2]))
        least = len(self.bos) if self.bos and self.text.startswith(self.bos) and own.count(self.bos) == 1 else 0
        if first["role"] == "system":
            return least if not self.ranges or self.ranges[0][2] == 0 else None
        mark = chr(PRIVATE[0])
        answer = {"role": "user" if first["role"] == "assistant" else "assistant", "content": mark}
        again = self.chat.attempt([first, answer, first], False)
        if again is None or again.count(mark) != 1 or mark in self.text:
            return None
        start = self.begin([first, answer, first], 2, again, [(again.index(mark), again.index(mark) + 1, 1)])
        if start is None:
            return None
        if self.ranges and self.ranges[0][2] == 0:
            start0, end0, _ = self.ranges[0]
            at = again.find(self.text[start0:end0], start)
            header, end = again[start:at] if at >= 0 else "", start0
        else:
            header, end = again[start:], second
        if not header or end is None:
            return None
        if self.text[:end].endswith(header):
            return max(least, end - len(header))
        return least if header.endswith(self.text[least:end]) else None

    def learn(self, found):
        """Finds further beginnings by the headers of other messages of the same role."""
        messages = self.chat.messages
        starts = {}
        for start, _, index in self.ranges:
            starts.setdefault(index, start)
        headers = {}
        for k, start in starts.items():
            if found[k] is not None and found[k] < start:
                headers.setdefault(messages[k]["role"], self.text[found[k]:start])
        for k, start in starts.items():
            header = headers.get(messages[k]["role"])
            least = max((end for _, end, index in self.ranges if index < k), default=0)
            if k > 0 and found[k] is None and header and start - len(header) >= least and self.text[:start].endswith(header):
                found[k] = start - len(header)


def parts(chat, text, special, written):
    """The whole text as runs of one role and one origin; None where the contents are not found."""
    contents = Contents(chat, text)
    if not contents.find():
        return None
    starts = Boundaries(chat, text, contents.ranges, special, written).find()
    content = {start: (end, index) for start, end, index in contents.ranges}
    # At each place: the message that lies before it and the message that begins there. A template's own text is a message's if both
    # ends say so. The generation prompt is message number `count`.
    count = len(chat.messages)
    anchors = {0: [None, None], len(text): [None, None]}
    for k, at in enumerate(starts):
        if at is not None:
            anchor = anchors.setdefault(at, [None, None])
            anchor[0] = k - 1 if k > 0 and anchor[0] is None else anchor[0]
            anchor[1] = k
    if starts[count] is not None:
        anchors[len(text)][0] = count if starts[count] < len(text) else count - 1
    for start, end, index in contents.ranges:
        for at, side in ((start, 0), (end, 1)):
            anchor = anchors.setdefault(at, [None, None])
            anchor[side] = index if anchor[side] is None else anchor[side]
    found, places = [], sorted(anchors)
    for start, end in zip(places, places[1:]):
        if start in content and content[start][0] == end:
            index = content[start][1]
            found.append(part(chat.messages[index]["role"], index, end - start, False))
            continue
        before, after = anchors[start][1], anchors[end][0]
        if before is None or before != after:
            found.append(part(None, None, end - start, True))
        elif before == count:
            found.append(part("assistant", None, end - start, True))
        else:
            found.append(part(chat.messages[before]["role"], before, end - start, True))
    return found


def part(role, message, characters, template):
    return {"role": role, "message": message, "characters": characters, "template": template}
