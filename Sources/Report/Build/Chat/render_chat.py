"""Renders conversations through chat templates, as transformers 5.24 does. Runs behind chat_parts.py: the program passes both as one text.

Reads one JSON object from standard input. Writes the version of jinja2 on a line, then a JSON object on a line for each job. Templates
come from strangers: they run in Jinja's immutable sandbox, and before the first one is compiled this process gives up the right to open
files and sockets, most of its memory and, for each job, all but a second of its time.

    python3 -I -S -c SCRIPT version    the version of jinja2; exit status 3 when there is none
    python3 -I -S -c SCRIPT render     < requests.json
"""

import datetime
import json
import os
import resource
import sys
import sysconfig

MISSING = 3
REPLY_TAG = "CONTINUE_FINAL_MESSAGE_TAG "
SWITCHES = ("enable_thinking", "thinking")
# What every template is given, and what it may call.
GIVEN = {"messages", "add_generation_prompt", "tools", "documents", "raise_exception", "strftime_now"}


def find_packages():
    """Puts the folders of installed packages on the path, which -S left out: those of a virtual environment, of Debian, of this Python."""
    home = os.path.dirname(os.path.dirname(os.path.abspath(sys.executable)))
    inside = os.path.join(home, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    own = inside if os.path.isfile(os.path.join(home, "pyvenv.cfg")) else None
    for folder in (own, "/usr/lib/python3/dist-packages", *(sysconfig.get_path(key) for key in ("purelib", "platlib"))):
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

    class RaisedByTemplate(jinja2.exceptions.TemplateError):
        """What a template says of a conversation that it does not take."""

    def raise_exception(message):
        raise RaisedByTemplate(message)

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


class Chat:
    """A conversation and the template that renders it."""

    def __init__(self, job, template, names, free, fixed, special):
        self.template = template
        self.messages = job["messages"]
        self.reply = job["reply"]
        self.generation_prompt = job["generation_prompt"]
        variables = {name: json.loads(text) for name, text in job["variables"].items()}
        self.switches = []
        if job["thinking"] is not None:
            found = [name for name in SWITCHES if name in names]
            self.switches = [name for name in found if name not in fixed]
            if not self.switches:
                raise Refusal("set" if found else "thinking", "".join(found[:1]), known=sorted(free - GIVEN - set(special)))
            for name in self.switches:
                variables[name] = job["thinking"]
        for name in sorted(variables):
            if name not in names:
                raise Refusal("variable", name, known=sorted(free - GIVEN - set(special)))
            if name in fixed:
                raise Refusal("set", name, known=sorted(free - GIVEN - set(special)))
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


# MARK: The process


def limit(memory):
    """Gives up files, sockets, child processes and memory, for good."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # No more than the user allows: a limit can be lowered, not raised.
    allowed = resource.getrlimit(resource.RLIMIT_AS)[1]
    memory = memory if allowed == resource.RLIM_INFINITY else min(memory, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    # Descriptors 0 to 2 stay as they are; no other can be opened.
    os.closerange(3, 256)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def limit_time(seconds):
    """Has the system end this process when it computes for so many seconds from now, to the nearest second."""
    spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent + 0.5) + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def compiled(sandbox, text):
    """A template, the names that it reads, those of them that nothing in it sets first, and those that it always sets first."""
    import jinja2
    import jinja2.meta

    def names(tree):
        return [node for node in (tree, *tree.find_all(jinja2.nodes.Name)) if isinstance(node, jinja2.nodes.Name)]

    try:
        tree = sandbox.parse(text)
        own = {node.name for loop in tree.find_all(jinja2.nodes.For) for node in names(loop.target)}
        own |= {node.name for macro in tree.find_all(jinja2.nodes.Macro) for node in macro.args}
        read = {node.name for node in names(tree) if node.ctx == "load"} - own
        free = jinja2.meta.find_undeclared_variables(tree)
        # A name that is set on some ways alone, or read in a macro, is looked up outside, too, and Jinja lists it.
        stored = {node.name for node in names(tree) if node.ctx == "store"}
        return sandbox.from_string(text), read, free - set(sandbox.globals), stored & read - free - set(sandbox.globals)
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
            "parts": parts(chat, text, request["special"], request["written"]),
            "lost": [number for number, message in enumerate(chat.messages) if message["content"].strip() not in text]}
    except Refusal as error:
        return {"error": error.fields}
    except MemoryError:
        return {"error": {"kind": "memory", "message": ""}}
    except Exception as error:
        kind = {"SecurityError": "security", "RaisedByTemplate": "refused"}.get(type(error).__name__, "template")
        return {"error": {"kind": kind, "message": str(error)[:2000] or type(error).__name__, "line": line_of(error)}}


def warm_up(sandbox):
    """Has Jinja and Python import what they import late, while files can still be opened."""
    import jinja2.debug  # noqa: F401
    import jinja2.meta  # noqa: F401

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
