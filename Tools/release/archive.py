#!/usr/bin/env python3
"""Packs a bundle into an archive whose bytes depend on nothing but its files: sorted, one time, no owner.

    python3 Tools/release/archive.py FOLDER OUT

Writes OUT/NAME.tar.gz, where NAME is FOLDER's name, and its bill of materials OUT/NAME.cdx.json.
"""

import gzip
import io
import os
import shutil
import sys
import tarfile

from common import epoch, files, is_program


def pack(folder: str, target: str, time: int) -> None:
    """Writes a tar.gz of a folder, under the folder's name."""
    top = os.path.basename(os.path.abspath(folder))
    with open(target, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=time) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path in files(folder):
                entry = tarfile.TarInfo(f"{top}/{path}")
                entry.mode = 0o755 if is_program(path) else 0o644
                entry.mtime = time
                with open(os.path.join(folder, path), "rb") as source:
                    data = source.read()
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    folder, out = sys.argv[1].rstrip("/"), sys.argv[2]
    os.makedirs(out, exist_ok=True)
    target = os.path.join(out, os.path.basename(folder))
    pack(folder, f"{target}.tar.gz", epoch())
    shutil.copyfile(os.path.join(folder, "share/doc/strata/sbom.cdx.json"), f"{target}.cdx.json")
    print(f"{target}.tar.gz: {os.path.getsize(target + '.tar.gz') / 1e6:.1f} MB")
