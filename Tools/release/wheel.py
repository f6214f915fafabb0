#!/usr/bin/env python3
"""Packs a bundle into the wheel strata-lens, which needs neither a compiler nor packages of a system.

    python3 Tools/release/wheel.py FOLDER OUT

The tag names the oldest glibc that has every symbol that the program and its libraries need. The wheel has the bundle's files below
strata_lens, a launcher, and the commands strata and strata-lens. The same bundle gives the same bytes.
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile

import libraries
from common import ROOT, epoch, files, is_program, machine, version

HERE = os.path.dirname(os.path.abspath(__file__))

METADATA = """\
Metadata-Version: 2.1
Name: strata-lens
Version: {version}
Summary: Figures and galleries of how a language model's hidden states become words.
License: MIT
License-File: LICENSE
Classifier: Environment :: Console
Classifier: Intended Audience :: Science/Research
Classifier: License :: OSI Approved :: MIT License
Classifier: Operating System :: POSIX :: Linux
Classifier: Topic :: Scientific/Engineering :: Visualization
Requires-Python: >=3.9
Requires-Dist: jinja2 >=3.1
Requires-Dist: pip
Description-Content-Type: text/markdown

"""


def description() -> str:
    """What an index shows: docs/install.md, the part about the wheel."""
    with open(os.path.join(ROOT, "docs/install.md"), encoding="utf-8") as file:
        page = file.read()
    part = page.split("\n## The wheel\n")
    if len(part) != 2:
        raise SystemExit("docs/install.md: expected one section called The wheel")
    return "# strata-lens\n" + part[1].split("\n## ")[0]


def members(folder: str, tag: str) -> dict[str, bytes]:
    """The wheel's files by name, without its record."""
    found = {}
    for name in ("__init__.py", "__main__.py"):
        with open(os.path.join(HERE, "strata_lens", name), "rb") as file:
            found[f"strata_lens/{name}"] = file.read().replace(b"@VERSION@", version().encode())
    for path in files(folder):
        # Shells and man look elsewhere than in a Python package.
        if path.startswith("share/") and not path.startswith(("share/strata/", "share/doc/")):
            continue
        with open(os.path.join(folder, path), "rb") as file:
            found[f"strata_lens/{path}"] = file.read()
    information = f"strata_lens-{version()}.dist-info"
    found[f"{information}/METADATA"] = (METADATA.format(version=version()) + description()).encode()
    found[f"{information}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: strata {version()}\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    found[f"{information}/entry_points.txt"] = b"[console_scripts]\nstrata = strata_lens:main\nstrata-lens = strata_lens:main\n"
    with open(os.path.join(ROOT, "LICENSE"), "rb") as file:
        found[f"{information}/LICENSE"] = file.read()
    return found


def pack(folder: str, out: str) -> str:
    """Writes the wheel; gives its path."""
    binaries = [os.path.join(folder, path) for path in files(folder) if is_program(path) or path.startswith("lib/")]
    major, minor = libraries.glibc(binaries)
    tag = f"py3-none-manylinux_{major}_{minor}_{machine()}"
    found = members(folder, tag)
    record = f"strata_lens-{version()}.dist-info/RECORD"
    lines = []
    for name, data in sorted(found.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}\n")
    found[record] = ("".join(lines) + f"{record},,\n").encode()
    os.makedirs(out, exist_ok=True)
    target = os.path.join(out, f"strata_lens-{version()}-{tag}.whl")
    # A zip file knows no time before 1980.
    date = time.gmtime(max(epoch(), 315532800))[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(found, key=lambda name: (".dist-info/" in name, name == record, name)):
            entry = zipfile.ZipInfo(name, date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if is_program(name) else 0o100644) << 16
            archive.writestr(entry, found[name])
    return target


def compare(wheel: str) -> str:
    """What auditwheel says of the tag, where it is installed; another tag is an error."""
    if not shutil.which("auditwheel"):
        return "auditwheel is not there, so the tag was not compared with its own"
    said = " ".join(subprocess.run(["auditwheel", "show", wheel], capture_output=True, text=True).stdout.split())
    found = re.search(r'consistent with the following platform tag: "([^"]+)"', said)
    tag = wheel.removesuffix(".whl").rpartition("-")[2]
    if not found or found[1] != tag:
        raise SystemExit(f"{wheel}: auditwheel expects {found[1] if found else 'no tag'}, found {tag}: {said}")
    return f"auditwheel gives the same tag, {tag}"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    wheel = pack(sys.argv[1].rstrip("/"), sys.argv[2])
    print(f"{wheel}: {os.path.getsize(wheel) / 1e6:.1f} MB; {compare(wheel)}")
