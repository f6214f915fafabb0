"""Long use of the program, for what only shows after hours: memory and descriptors that grow, galleries that are half of one build.

  soak.py STRATA [--cells 10000] [--saves 1000] [--minutes 10]

1. A gallery of many cells is built, built again and checked: time and memory of each, and the same bytes after the second build.
2. `strata watch` follows a spec through many saves: its memory and open descriptors after each, and a gallery that equals a fresh build.
3. Two builds and a check run on one gallery all the time: every check finds no difference, and nothing is left behind.

Needs nothing but Python and a Linux with /proc. The long form is `make soak`; a test runs the short form.
"""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = f"""  first: {{path: "{ROOT}/models/first"}}
  random: {{path: "{ROOT}/Tests/Fixtures/models/gpt2"}}
"""
# More than this for each save is a leak; less is what allocators do.
KB_PER_SAVE = 4


class Failure(Exception):
    """What a stage found; the message says what was expected."""


def spec(count, text="{n}, {n},", generate=1, title="Soak"):
    prompts = "".join(
        f'  - {{id: p{n}, text: " {text.format(n=n)}", generate: {generate}}}\n' for n in range(1, count + 1))
    drawn = ", ".join(f"p{n}" for n in range(1, min(count, 5) + 1))
    return (f"title: {title}\nmodels:\n{MODELS}prompts:\n{prompts}"
            f"figures:\n  - {{kind: rank-heatmap, prompts: [{drawn}]}}\noutput: {{report: none}}\n")


def digest(folder):
    """Of all files of a gallery and their names, without the record of the build."""
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and ".strata" not in p.parts):
        whole.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return whole.hexdigest()


class Stages:
    def __init__(self, strata, folder):
        self.strata, self.folder = strata, folder
        (folder / "home").mkdir()

    def start(self, *arguments, user="first"):
        """A user has a cache: what one has built, the other does not know."""
        environment = {**os.environ, "HOME": str(self.folder / "home"), "XDG_CACHE_HOME": str(self.folder / f"cache-{user}")}
        return subprocess.Popen([self.strata, *map(str, arguments)], cwd=self.folder, env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *arguments, user="first", expected=0):
        """Seconds, MiB at the peak, and what was printed; the code must be the expected one."""
        began = time.monotonic()
        child = self.start(*arguments, user=user)
        output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != expected:
            raise Failure(f"strata {' '.join(map(str, arguments))}: expected {expected}, found {child.returncode}: {output[-2000:]}")
        return time.monotonic() - began, usage.ru_maxrss / 1024, output

    def leftovers(self, folder):
        """Files and folders that builds make for themselves and remove."""
        beside = [p.name for p in folder.parent.iterdir() if p.name.startswith(f".{folder.name}")]
        inside = [p.name for p in (folder / ".strata").iterdir() if p.name == "work"]
        if beside or inside:
            raise Failure(f"expected nothing left beside {folder.name} by a build, found {beside + inside}")

    def cells(self, count):
        (self.folder / "many.yaml").write_text(spec((count + 1) // 2))
        out = self.folder / "out/many"
        lines = []
        digests = []
        for name, command, user in [("build", "build", "first"), ("second build", "build", "first"),
                                    ("build by another user", "build", "second"), ("check", "check", "first")]:
            seconds, megabytes, _ = self.run(command, "many.yaml", "-q", user=user)
            digests.append(digest(out))
            lines.append(f"  {name}: {seconds:.1f} s, {megabytes:.0f} MiB")
        if len(set(digests)) != 1:
            raise Failure("expected the same gallery after each build of the same spec")
        self.leftovers(out)
        files = sum(1 for p in out.rglob("*") if p.is_file())
        print(f"{(count + 1) // 2 * 2} cells, {files} files, the same bytes each time", *lines, sep="\n", flush=True)

    def watch(self, saves):
        path = self.folder / "watched.yaml"
        path.write_text(spec(2, title="Save 0"))
        child = self.start("watch", path.name)
        kilobytes, descriptors, seconds = [], [], []
        try:
            self.wait_for_build(child)
            for number in range(1, saves + 1):
                began = time.monotonic()
                # What a save changes: the title, a text of 20 that come again and again, or, each tenth time, the spec is broken first.
                text = spec(2, text="{n}, " + f"{number % 20},", title=f"Save {number}")
                if number % 10 == 0:
                    self.save(path, text.replace("prompts:", "promts:"))
                    self.wait_for(child, "promts")
                self.save(path, text)
                self.wait_for_build(child)
                seconds.append(time.monotonic() - began)
                status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
                kilobytes.append(int(status.split("VmRSS:")[1].split()[0]))
                descriptors.append(len(os.listdir(f"/proc/{child.pid}/fd")))
        finally:
            child.terminate()
            child.wait()
        watched = digest(self.folder / "out/watched")
        self.leftovers(self.folder / "out/watched")
        self.run("build", path.name, "-q", "--out", "fresh")
        if digest(self.folder / "fresh/watched") != watched:
            raise Failure("expected the watched gallery to equal a fresh build of the last spec")
        # The first saves fill caches: from a tenth on, memory must not grow.
        begin, part = len(kilobytes) // 10, max(1, len(kilobytes) // 10)
        early, late = max(kilobytes[begin:begin + part]), max(kilobytes[-part:])
        print(f"{saves} saves: {sorted(seconds)[len(seconds) // 2]:.2f} s for one at the median, descriptors {min(descriptors)} to "
              f"{max(descriptors)}, memory {early / 1024:.1f} MiB early, {late / 1024:.1f} MiB late, {max(kilobytes) / 1024:.1f} at most; "
              "the last gallery equals a fresh build", flush=True)
        if descriptors[-1] > descriptors[0]:
            raise Failure(f"expected as many open descriptors after the last save as after the first, {descriptors[0]}, "
                          f"found {descriptors[-1]}")
        if late - early > KB_PER_SAVE * saves + 16384:
            raise Failure(f"expected memory that does not grow, found {early} kB early and {late} kB late")

    def save(self, path, text):
        # As editors do: a whole file takes the place of the old one.
        new = path.with_suffix(".new")
        new.write_text(text)
        new.replace(path)

    def wait_for(self, child, text):
        limit = time.monotonic() + 120
        while time.monotonic() < limit:
            line = child.stdout.readline()
            if not line:
                raise Failure(f"strata watch ended with {child.wait()}")
            if text in line:
                return
        raise Failure(f"expected {text!r} from strata watch within two minutes")

    def wait_for_build(self, child):
        self.wait_for(child, " s: ")

    def together(self, minutes):
        """Three at once: whichever is last, the gallery is that of the spec."""
        path = self.folder / "both.yaml"
        path.write_text(spec(10))
        self.run("build", path.name, "-q")
        out = self.folder / "out/both"
        right = digest(out)
        until = time.monotonic() + minutes * 60
        counts, megabytes, failures = {"build": 0, "check": 0}, {"build": 0.0, "check": 0.0}, []
        lock = threading.Lock()

        def loop(command, user):
            while time.monotonic() < until and not failures:
                try:
                    _, peak, _ = self.run(command, path.name, "-q", user=user)
                except Failure as failure:
                    failures.append(failure)
                    return
                with lock:
                    counts[command] += 1
                    megabytes[command] = max(megabytes[command], peak)

        # A build does not trust the record of another user, so each draws after the other.
        work = [("build", "first"), ("build", "second"), ("check", "first")]
        threads = [threading.Thread(target=loop, args=arguments) for arguments in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        if digest(out) != right:
            raise Failure("expected the gallery of the spec after builds that ran at once")
        self.leftovers(out)
        print(f"{counts['build']} builds and {counts['check']} checks at once in {minutes * 60:.0f} s: every check found no difference, "
              f"{megabytes['build']:.0f} and {megabytes['check']:.0f} MiB at most, the same bytes at the end", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strata", type=os.path.abspath)
    parser.add_argument("--cells", type=int, default=10_000, help="cells of the large gallery")
    parser.add_argument("--saves", type=int, default=1_000, help="saves of the watched spec")
    parser.add_argument("--minutes", type=float, default=10, help="minutes of two builds and a check at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stages = Stages(options.strata, pathlib.Path(folder).resolve())
        try:
            stages.cells(options.cells)
            stages.watch(options.saves)
            stages.together(options.minutes)
        except Failure as failure:
            print(f"soak: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
