"""Renders conversations through chat templates, as transformers 5.24 does, and finds the contents in the rendered text.

Reads one JSON object from standard input. Writes the version of jinja2 on a line, then a JSON object on a line for each job. Templates
come from strangers: they run in Jinja's immutable sandbox, and before the first one is compiled this process gives up the right to open
files and sockets, most of its memory and, for each job, all but a second of its time.

    python3 -I -S render_chat.py version    the version of jinja2; exit status 3 when there is none
    python3 -I -S render_chat.py render     < requests.json
"""

import datetime
import json
import os
import re
import resource
import sys
import sysconfig

MISSING = 3
REPLY_TAG = "CONTINUE_FINAL_MESSAGE_TAG "
SWITCHES = ("enable_thinking", "thinking")
# What every template is given, and what it may call.
GIVEN = {"messages", "add_generation_prompt", "tools", "documents", "raise_exception", "strftime_now"}
PRIVATE = (0xF0000, 0x100000)


def find_packages():
    """Puts the folders of installed packages on the path, which -S left out: those of Debian and of this Python."""
    for folder in ("/usr/lib/python3/dist-packages", *(sysconfig.get_path(key) for key in ("purelib", "platlib"))):
        if folder and os.path.isdir(folder) and folder not in sys.path:
            sys.path.append(folder)


class Refusal(Exception):
    """A conversation that cannot be rendered: a kind, words, and what else is known."""

    def __init__(self, kind, message, **more):
        super().__init__(message)
        self.fields = {"kind": kind, "message": message, **more}


# MARK: The environment of transformers


class Clock:
    """The date that templates see, and whether one asked."""

    def __init__(self):
        self.day = datetime.datetime(2025, 1, 1)
        self.asked = False

    def strftime_now(self, format):
        self.asked = True
        return self.day.strftime(format)


def environment(clock):
    """The sandbox with the filters, functions and extensions that transformers gives to templates."""
    import jinja2
    import jinja2.ext
    import jinja2.sandbox

    class GenerationBlocks(jinja2.ext.Extension):
        """`{% generation %}`: marks what the assistant wrote, for training; it renders its body."""

        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            return jinja2.nodes.CallBlock(self.call_method("body"), [], [], body).set_lineno(line)

        @jinja2.pass_eval_context
        def body(self, context, caller):
            return caller()

    class PlainDict:
        """`dict` without the rest of its class."""

        def __call__(self, *args, **kwargs):
            return dict(*args, **kwargs)

        def fromkeys(self, *args, **kwargs):
            return dict.fromkeys(*args, **kwargs)

    class Namespace(jinja2.utils.Namespace):
        """`namespace` that keeps no name with an underscore in front."""

        def __init__(*args, **kwargs):
            self, args = args[0], args[1:]
            names = dict(*args, **kwargs)
            for name in names:
                Namespace.check(name)
            jinja2.utils.Namespace.__init__(self, names)

        def __setitem__(self, name, value):
            Namespace.check(name)
            jinja2.utils.Namespace.__setitem__(self, name, value)

        @staticmethod
        def check(name):
            if isinstance(name, str) and name.startswith("_"):
                raise jinja2.exceptions.SecurityError(f"a namespace keeps no name with an underscore in front: {name!r}")

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    class Sandbox(jinja2.sandbox.ImmutableSandboxedEnvironment):
        """The sandbox in which a forbidden attribute is an error at once, also where it would only be printed."""

        def unsafe_undefined(self, obj, attribute):
            raise jinja2.exceptions.SecurityError(f"the attribute {attribute!r} of {type(obj).__name__!r} is not for templates")

    sandbox = Sandbox(
        trim_blocks=True, lstrip_blocks=True, extensions=[GenerationBlocks, jinja2.ext.loopcontrols])
    sandbox.filters["tojson"] = tojson
    sandbox.globals["raise_exception"] = raise_exception
    sandbox.globals["strftime_now"] = clock.strftime_now
    sandbox.globals["dict"] = PlainDict()
    sandbox.globals["namespace"] = Namespace
    return sandbox


# MARK: One conversation


def known(names, special):
    """The variables that a template reads besides those that every template is given."""
    return sorted(names - GIVEN - set(special) - {"range", "dict", "namespace", "loop", "caller"})


class Chat:
    """A conversation and the template that renders it."""

    def __init__(self, job, template, names, special):
        self.template = template
        self.messages = job["messages"]
        self.reply = job["reply"]
        self.generation_prompt = job["generation_prompt"]
        variables = dict(job["variables"])
        self.switches = []
        if job["thinking"] is not None:
            self.switches = [name for name in SWITCHES if name in names]
            if not self.switches:
                raise Refusal("thinking", "", known=known(names, special))
            for name in self.switches:
                variables[name] = job["thinking"]
        for name in sorted(variables):
            if name not in names:
                raise Refusal("variable", name, known=known(names, special))
        self.given = {**special, **variables}
        self.tools = self.given.pop("tools", None)
        self.documents = self.given.pop("documents", None)

    def render(self, messages, generation_prompt, reply=False):
        """The text of some messages; of a reply, up to its end."""
        messages = [dict(message) for message in messages]
        if reply:
            last = messages[-1]["content"]
            messages[-1]["content"] = last + REPLY_TAG
        text = self.template.render(
            messages=messages, tools=self.tools, documents=self.documents, add_generation_prompt=generation_prompt,
            **self.given)
        if not reply:
            return text
        if last.strip() not in text or REPLY_TAG.strip() not in text:
            raise Refusal("reply", "the given beginning of the answer does not stand in the rendered text")
        at = text.rindex(REPLY_TAG.strip())
        whole = text[at:at + len(REPLY_TAG)] == REPLY_TAG
        return text[:at] if whole else text[:at].rstrip()

    def attempt(self, *arguments, **options):
        """The text of a helping conversation; None when the template refuses it."""
        try:
            return self.render(*arguments, **options)
        except Exception:
            return None

    @property
    def text(self):
        return self.render(self.messages, self.generation_prompt, self.reply)


# MARK: Contents in the rendered text


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
        """The ranges between marks. A template that shows a part of a content leaves one mark; the letters decide the other end."""
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
                ranges.append((self.start(index, at, ranges[-1][1] if ranges else 0), at, index))
        for index, start in opened.items():
            ranges.append((start, self.end(index, start), index))
        return sorted(one for one in ranges if one[0] < one[1])

    def start(self, index, end, least):
        content = self.chat.messages[index]["content"]
        content = content if self.text[:end].endswith(content[-1:]) else content.rstrip()
        count = 0
        while count < len(content) and end - count > least and self.text[end - count - 1] == content[-1 - count]:
            count += 1
        return end - count

    def end(self, index, start):
        content = self.chat.messages[index]["content"]
        content = content if self.text[start:].startswith(content[:1]) else content.lstrip()
        count = 0
        while count < len(content) and start + count < len(self.text) and self.text[start + count] == content[count]:
            count += 1
        return start + count


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


# MARK: The process


def limit(memory):
    """Gives up files, sockets, child processes and memory, for good."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    # Descriptors 0 to 2 stay as they are; no other can be opened.
    os.closerange(3, 256)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def limit_time(seconds):
    """Has the system end this process when it computes for so many seconds from now, to the nearest second."""
    spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent + 0.5) + seconds, resource.RLIM_INFINITY))


def compiled(sandbox, text):
    """A template and the names that it reads."""
    import jinja2

    try:
        tree = sandbox.parse(text)
        names = {node.name for node in tree.find_all(jinja2.nodes.Name) if node.ctx == "load"}
        return sandbox.from_string(text), names
    except jinja2.exceptions.TemplateSyntaxError as error:
        raise Refusal("syntax", error.message or "", line=error.lineno)


def line_of(error):
    """The line of the template in which an error was raised."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def answer(job, request, sandbox, clock, templates):
    """The text of a job and its parts, or why there is none."""
    try:
        clock.day = datetime.datetime.fromisoformat(job["date"])
        number = job["template"]
        if number not in templates:
            templates[number] = compiled(sandbox, request["templates"][number])
        chat = Chat(job, *templates[number], request["special"])
        clock.asked = False
        text = chat.text
        asked = clock.asked
        if len(text) > request["longest"]:
            raise Refusal("long", str(len(text)))
        text.encode()
        return {
            "text": text, "date": asked, "switches": chat.switches,
            "parts": parts(chat, text, request["special"], request["written"])}
    except Refusal as error:
        return {"error": error.fields}
    except MemoryError:
        return {"error": {"kind": "memory", "message": ""}}
    except Exception as error:
        kind = "security" if type(error).__name__ == "SecurityError" else "template"
        return {"error": {"kind": kind, "message": str(error)[:2000] or type(error).__name__, "line": line_of(error)}}


def warm_up(sandbox):
    """Has Jinja and Python import what they import late, while files can still be opened."""
    import jinja2.debug  # noqa: F401

    for text in ("{{ 'a' | trim | tojson }}{% for x in range(2) %}{{ loop.index }}{% endfor %}", "{{ a.b.c }}", "{% if %}"):
        try:
            sandbox.from_string(text).render()
        except Exception as error:
            line_of(error)
            str(error)
    datetime.datetime(2025, 1, 1).strftime("%A %d %B %Y %H:%M")
    datetime.datetime.fromisoformat("2025-01-01")
    json.loads('{"a": [1.5, null, "\\ud83d\\ude00"]}')


def main():
    find_packages()
    try:
        import jinja2
    except ImportError:
        return MISSING
    if sys.argv[-1] == "version":
        print(jinja2.__version__)
        return 0
    request = json.load(sys.stdin)
    clock = Clock()
    sandbox = environment(clock)
    warm_up(sandbox)
    limit(request["memory"])
    tell(jinja2.__version__)
    templates = {}
    for job in request["jobs"]:
        limit_time(request["seconds"])
        tell(answer(job, request, sandbox, clock, templates))
    return 0


def tell(value):
    json.dump(value, sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # Without the interpreter's own end, which would open files.
    os._exit(status)
