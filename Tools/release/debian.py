"""What Debian's package manager knows of the files of this machine: owners, versions, licences."""

import fnmatch
import functools
import os
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Package:
    """An installed package."""

    name: str
    version: str
    source: str
    source_version: str
    architecture: str
    homepage: str

    @property
    def purl(self) -> str:
        """Its package URL."""
        version = self.version.replace(":", "%3A").replace("+", "%2B").replace("~", "~")
        return f"pkg:deb/debian/{self.name}@{version}?arch={self.architecture}"

    @property
    def copyright_file(self) -> str:
        """Debian's record of authors and licences."""
        path = os.path.realpath(f"/usr/share/doc/{self.name}/copyright")
        if not os.path.isfile(path):
            raise SystemExit(f"{self.name}: expected its licence in {path}, found no file: is the documentation of packages excluded?")
        return path

    @property
    def licences(self) -> list[str]:
        """The short names in a copyright file that a machine can read, sorted; none in others."""
        with open(self.copyright_file, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        if not any(line.startswith("Format:") for line in lines[:5]):
            return []
        names = {line.split(":", 1)[1].strip() for line in lines if line.startswith("License:")}
        return sorted(name for name in names if name)


def said(*command: str) -> str:
    """What a command prints; its failure is this program's."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    except FileNotFoundError:
        raise SystemExit(f"{command[0]} is not there (Debian: make deps installs what releases need)") from None
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {result.returncode}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


@functools.cache
def package(name: str) -> Package:
    """An installed package by name."""
    fields = "${Package}\t${Version}\t${source:Package}\t${source:Version}\t${Architecture}\t${Homepage}\n"
    return Package(*said("dpkg-query", "--show", f"--showformat={fields}", name).splitlines()[0].split("\t"))


@functools.cache
def owner(path: str) -> Package:
    """The package that a file came with; Debian 12 knows some files of /usr/lib as files of /lib."""
    for candidate in (path, path.removeprefix("/usr")):
        result = subprocess.run(["dpkg-query", "--search", candidate], capture_output=True, text=True)
        if result.returncode == 0:
            return package(result.stdout.split(": ")[0].split(",")[0])
    raise SystemExit(f"{path}: expected a file of a Debian package, found one that no package owns")


def files(name: str, patterns: list[str], below: str = "/") -> list[str]:
    """Files of a package in a folder whose names match, sorted by name; every pattern must match one.

    A file that the package has and this machine lacks is named on stderr: another machine would make another release.
    """
    listed = [path for path in said("dpkg-query", "--listfiles", name).splitlines() if path.startswith(below)]
    for path in listed:
        if not os.path.exists(path) and any(fnmatch.fnmatchcase(os.path.basename(path), pattern) for pattern in patterns):
            print(f"note: {path} of {name} is missing on this machine, so it is not in the release", file=sys.stderr)
    listed = [path for path in listed if os.path.isfile(path)]
    found = set()
    for pattern in patterns:
        matching = {path for path in listed if fnmatch.fnmatchcase(os.path.basename(path), pattern)}
        if not matching:
            raise SystemExit(f"{name}: expected a file {pattern}, found none")
        found |= matching
    return sorted(found, key=os.path.basename)
