"""Writes Sources/Plot/Color/ColorMap+Tables.swift from the tables that matplotlib and cmcrameri publish.

    pip install matplotlib cmcrameri && python Tools/colormaps.py
"""

import pathlib

from cmcrameri import cm
import matplotlib

SOURCES = [
    ("batlow", cm.batlow, "Fabio Crameri, Scientific colour maps 8.0, doi 10.5281/zenodo.8035877, MIT licence"),
    ("viridis", matplotlib.colormaps["viridis"], "Nathaniel Smith and Stefan van der Walt, CC0"),
    ("cividis", matplotlib.colormaps["cividis"], "Nunez, Anderton and Renslow 2018, doi 10.1371/journal.pone.0199239, CC0"),
    ("magma", matplotlib.colormaps["magma"], "Nathaniel Smith and Stefan van der Walt, CC0"),
    ("lapaz", cm.lapaz, "Fabio Crameri, Scientific colour maps 8.0, doi 10.5281/zenodo.8035877, MIT licence"),
    ("vik", cm.vik, "Fabio Crameri, Scientific colour maps 8.0, doi 10.5281/zenodo.8035877, MIT licence"),
    ("gnbu", matplotlib.colormaps["GnBu"], "ColorBrewer 2.0 by Cynthia Brewer, Apache License 2.0; interpolated by matplotlib"),
    ("rdpu", matplotlib.colormaps["RdPu"], "ColorBrewer 2.0 by Cynthia Brewer, Apache License 2.0; interpolated by matplotlib"),
]

out = ["// Written by Tools/colormaps.py. 256 colours each, RRGGBB, in the order their authors publish.", ""]
out.append("extension ColorMap {")
for name, cmap, source in SOURCES:
    digits = "".join("%02x%02x%02x" % tuple(round(c * 255) for c in cmap(i)[:3]) for i in range(256))
    lines = [digits[i : i + 96] for i in range(0, len(digits), 96)]
    out.append(f"  // {source}.")
    out.append(f"  static let {name}Table = \"\"\"")
    out += ["    " + line + ("\\" if i < len(lines) - 1 else "") for i, line in enumerate(lines)]
    out.append("    \"\"\"")
    out.append("")
out[-1] = "}"
path = pathlib.Path(__file__).parent.parent / "Sources/Plot/Color/ColorMap+Tables.swift"
path.write_text("\n".join(out) + "\n")
