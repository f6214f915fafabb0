"""The fonts of a release, and the fontconfig file that names them and no others."""

import os
import shutil
import xml.etree.ElementTree as xml

import debian

# Families of the themes, then one family for each script, as Sources/Plot/Text/FontFamilies.swift asks for them.
FONTS = {
    "fonts-texgyre": ["texgyreheros-*.otf", "texgyretermes-*.otf"],
    "fonts-dejavu-core": ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono*.ttf"],
    "fonts-dejavu-extra": ["DejaVuSansMono-*.ttf", "DejaVuSans-Oblique.ttf", "DejaVuSans-BoldOblique.ttf"],
    "fonts-noto-core": [
        "NotoSans-*.ttf", "NotoSans[A-Z]*-Regular.ttf", "NotoSans[A-Z]*-Bold.ttf", "NotoSerif-*.ttf", "NotoMusic-Regular.ttf",
    ],
    # The bold one, too: Cairo draws a made-up bold as Type 3, which venues refuse.
    "fonts-noto-cjk": ["NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"],
}
# Large ones whose signs are in no vocabulary of words, and variants of fonts that are there.
OMITTED = ("NotoSansSignWriting", "NotoSansCuneiform", "NotoSansEgyptianHieroglyphs", "NotoSansAnatolianHieroglyphs",
           "NotoSansDuployan", "NotoSansDisplay", "NotoSansAdlamUnjoined", "NotoSansTifinagh")
KEPT = ("NotoSansTifinagh-Regular.ttf",)

# Whose rules of choice and drawing the file repeats.
RULES = {"fontconfig-config", *FONTS}
# Rules of a user and of a machine are what a release must not depend on.
FOREIGN = ("50-user.conf", "51-local.conf")


def copy(folder: str) -> dict[str, list[str]]:
    """Puts fonts and fonts.conf into a folder; gives the files of each package."""
    os.makedirs(folder, exist_ok=True)
    copied = {}
    for package, patterns in FONTS.items():
        for path in debian.files(package, patterns):
            name = os.path.basename(path)
            if name.startswith(OMITTED) and name not in KEPT:
                continue
            shutil.copyfile(path, os.path.join(folder, name))
            copied.setdefault(package, []).append(name)
    with open(os.path.join(folder, "fonts.conf"), "w", encoding="utf-8") as file:
        file.write(configuration())
    return copied


def rules(path: str) -> list[xml.Element]:
    """The rules in a file of fontconfig, without its folders and without other files."""
    return [element for element in xml.parse(path).getroot()
            if element.tag not in ("dir", "cachedir", "include", "description", "its:rules") and "its}" not in element.tag]


def configuration(system: str = "/etc/fonts") -> str:
    """One file with the rules that Debian's packages bring, in their order; its folders are its own and a cache of the user's."""
    root = xml.Element("fontconfig")
    xml.SubElement(root, "dir", prefix="relative").text = "."
    xml.SubElement(root, "cachedir", prefix="xdg").text = "strata/fontconfig"
    parts = [os.path.join(system, "fonts.conf")]
    for name in sorted(os.listdir(os.path.join(system, "conf.d"))):
        path = os.path.join(system, "conf.d", name)
        if name.endswith(".conf") and name[0].isdigit() and name not in FOREIGN:
            target = os.path.realpath(path)
            if debian.owner(target).name in RULES:
                parts.append(target)
    for part in parts:
        root.extend(rules(part))
    xml.indent(root)
    head = '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n'
    return head + xml.tostring(root, encoding="unicode") + "\n"
