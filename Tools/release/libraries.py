"""The shared libraries of a program: which they are, and copies of them that the program finds in its own folder."""

import os
import re
import shutil

from debian import files, said

# Parts of glibc: they belong to the kernel and the loader of the machine, and are compatible with older programs.
GLIBC = re.compile(r"^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|nsl|nss_.*|mvec|BrokenLocale|thread_db|crypt))\.so(\.\d+)?$")

# Libraries that the program opens by name when a command needs them, with the Debian packages that they come with.
OPENED = {"libcurl.so.4": "libcurl4"}


def closure(program: str) -> dict[str, str]:
    """Libraries that a program loads, directly or through others: the file of each name, without glibc's."""
    found = {}
    for line in said("ldd", program).splitlines():
        match = re.match(r"\s*(\S+) => (.*?) \(0x", line)
        if "not found" in line:
            raise SystemExit(f"{program} needs {line.split()[0]}, which this machine does not have")
        if match and not GLIBC.match(match[1]):
            found[match[1]] = os.path.realpath(match[2])
    return dict(sorted(found.items()))


def opened() -> dict[str, str]:
    """Libraries that the program opens by name, and what these load: the file of each name, without glibc's."""
    found = {}
    for name, package in OPENED.items():
        path = files(package, [name])[0]
        found |= {name: os.path.realpath(path)} | closure(path)
    return found


def copy(program: str, folder: str) -> dict[str, str]:
    """Puts a program's libraries into a folder, and makes all of them look there first; gives the origin of each.

    DT_RPATH comes before LD_LIBRARY_PATH, so libraries of other programs never take their place.
    """
    libraries = dict(sorted((closure(program) | opened()).items()))
    os.makedirs(folder, exist_ok=True)
    strip(program)
    for name, origin in libraries.items():
        target = os.path.join(folder, name)
        shutil.copyfile(origin, target)
        os.chmod(target, 0o644)
        strip(target)
        said("patchelf", "--force-rpath", "--set-rpath", "$ORIGIN", target)
    to_libraries = os.path.relpath(folder, os.path.dirname(program))
    said("patchelf", "--force-rpath", "--set-rpath", f"$ORIGIN/{to_libraries}", program)
    return libraries


def strip(path: str) -> None:
    """Takes out symbols, debug information, and what differs between two builds of the same code."""
    # A hash of the compiler's own, for builds that follow.
    ours = [f"--remove-section={name}" for name in (".note.gnu.build-id", ".comment", ".swift_modhash")]
    said("strip", "--strip-unneeded", *ours, path)


def glibc(paths: list[str]) -> tuple[int, int]:
    """The oldest glibc that has every symbol that these files need."""
    needed = [(2, 17)]
    for path in paths:
        section = said("readelf", "--version-info", "--wide", path).partition(".gnu.version_r")[2]
        needed += [(int(major), int(minor)) for major, minor in re.findall(r"Name: GLIBC_(\d+)\.(\d+)", section)]
    return max(needed)
