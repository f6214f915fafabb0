#!/usr/bin/env python3
"""Makes an installed program independent of its machine: its libraries, fonts, certificates, licences and a bill of materials.

    python3 Tools/release/bundle.py FOLDER

FOLDER is what `make install PREFIX=FOLDER` has filled: bin/strata and share. The files of Debian packages that the program needs are copied
into it. What is left to the machine: glibc 2.36 or later, and for some commands a python3 (docs/install.md).
"""

import os
import shutil
import ssl
import sys

import debian
import fonts
import libraries
import sbom
from common import ROOT, epoch, write

# Swift packages and the toolchain, whose code is in the program itself.
CHECKOUTS = os.path.join(ROOT, ".build", "checkouts")


def certificates(path: str) -> None:
    """Mozilla's certificate authorities, as Debian packages them: for machines that have none. OpenSSL must read every one."""
    texts = []
    for name in debian.files("ca-certificates", ["*.crt"], below="/usr/share/ca-certificates/mozilla"):
        with open(name, encoding="ascii") as file:
            texts.append(file.read().rstrip() + "\n")
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=texts[-1])
        except ssl.SSLError as error:
            raise SystemExit(f"{name}: expected a certificate: {error}") from None
    write(path, "".join(texts))


def licences(folder: str, packages: list[debian.Package]) -> None:
    """The licences of everything inside, a file for each package, and a list of them."""
    os.makedirs(folder, exist_ok=True)
    lines = ["strata: strata.txt"]
    shutil.copyfile(os.path.join(ROOT, "LICENSE"), os.path.join(folder, "strata.txt"))
    for name, path in sorted(swift_licences().items()):
        shutil.copyfile(path, os.path.join(folder, f"{name}.txt"))
        lines.append(f"{name}: {name}.txt")
    texts = set()
    for package in packages:
        shutil.copyfile(package.copyright_file, os.path.join(folder, f"{package.name}.txt"))
        lines.append(f"{package.name} {package.version}: {package.name}.txt" + "".join(f"; {name}" for name in package.licences))
        with open(package.copyright_file, encoding="utf-8", errors="replace") as file:
            texts |= {word.rstrip(".,;:'\")") for word in file.read().split() if "/usr/share/common-licenses/" in word}
    # Debian's records refer to the texts of common licences.
    for name in sorted({os.path.basename(text.rstrip("`>")) for text in texts}):
        path = os.path.join("/usr/share/common-licenses", name)
        if os.path.isfile(path):
            shutil.copyfile(path, os.path.join(folder, f"common-{name}.txt"))
    write(os.path.join(folder, "LICENCES.txt"), "Files named common-NAME.txt are what the others call /usr/share/common-licenses/NAME.\n\n"
          + "\n".join(lines) + "\n")


def swift_licences() -> dict[str, str]:
    """The licence of each Swift package in the program, and of Swift's own libraries."""
    found = {}
    for package in sbom.swift_packages():
        folder = os.path.join(CHECKOUTS, package["location"].rstrip("/").removesuffix(".git").rpartition("/")[2])
        names = [name for name in sorted(os.listdir(folder)) if name.upper().startswith("LICENSE")]
        if not names:
            raise SystemExit(f"{folder}: expected a licence, found none")
        found[package["identity"]] = os.path.join(folder, names[0])
    compiler = os.path.realpath(shutil.which("swiftc") or "/usr/bin/swiftc")
    found["swift"] = os.path.join(os.path.dirname(os.path.dirname(compiler)), "share", "swift", "LICENSE.txt")
    return found


def bundle(folder: str) -> None:
    program = os.path.join(folder, "bin", "strata")
    share = os.path.join(folder, "share", "strata")
    library_folder = os.path.join(folder, "lib", "strata")
    if os.path.exists(library_folder):
        raise SystemExit(f"{folder}: expected what make install writes, found libraries beside it: make bundle begins anew")
    parts: dict[debian.Package, list[str]] = {}
    for name, origin in libraries.copy(program, library_folder).items():
        parts.setdefault(debian.owner(origin), []).append(f"lib/strata/{name}")
    for package, names in fonts.copy(os.path.join(share, "fonts")).items():
        parts[debian.package(package)] = [f"share/strata/fonts/{name}" for name in names]
    parts[debian.package("fontconfig-config")] = ["share/strata/fonts/fonts.conf"]
    certificates(os.path.join(share, "ca-certificates.crt"))
    parts[debian.package("ca-certificates")] = ["share/strata/ca-certificates.crt"]
    os.makedirs(os.path.join(share, "thai"), exist_ok=True)
    shutil.copyfile(debian.files("libthai-data", ["thbrk.tri"])[0], os.path.join(share, "thai", "thbrk.tri"))
    parts[debian.package("libthai-data")] = ["share/strata/thai/thbrk.tri"]
    licences(os.path.join(folder, "share", "doc", "strata", "licences"), sorted(parts))
    write(os.path.join(folder, "share", "doc", "strata", "sbom.cdx.json"), sbom.text(folder, parts, epoch()))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.path.isfile(os.path.join(sys.argv[1], "bin", "strata")):
        raise SystemExit(__doc__)
    bundle(os.path.abspath(sys.argv[1]))
