#!/usr/bin/env python3
"""Writes SHA256SUMS of the files of a release, as sha256sum does.

    python3 Tools/release/sums.py OUT
"""

import os
import sys

from common import sha256, version, write

if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    out = sys.argv[1]
    names = sorted(
        name for name in os.listdir(out)
        if os.path.isfile(os.path.join(out, name)) and name.startswith((f"strata-{version()}-", f"strata_lens-{version()}-")))
    if not names:
        raise SystemExit(f"{out}: expected files of version {version()}, found none")
    lines = "".join(f"{sha256(os.path.join(out, name))}  {name}\n" for name in names)
    write(os.path.join(out, "SHA256SUMS"), lines)
    print(lines, end="")
