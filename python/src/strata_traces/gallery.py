"""The figures of a built gallery, shown in a notebook."""

from __future__ import annotations

import html
import json
import os
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .files import is_inside
from .trace import Trace, TraceError, read_folder


@dataclass(frozen=True)
class Figure:
    """A figure of a gallery: its picture as SVG, its caption and what it shows in words."""

    id: str
    kind: str
    caption: str
    alt: str
    path: Path

    @property
    def svg(self) -> str:
        """The picture, as it is in the file."""
        return self.path.read_text(encoding="utf-8")

    def _repr_svg_(self) -> str | None:
        """The picture, where it is one alone: a notebook runs scripts of an SVG that it shows as it is."""
        return self.svg if _is_still(self.svg) else None

    def _repr_html_(self) -> str:
        """The picture in an element of its own, so that ids and styles of two figures on a page do not meet; scripts do not run in it."""
        import base64

        data = base64.b64encode(self.path.read_bytes()).decode()
        return (
            f'<figure style="margin:0"><img src="data:image/svg+xml;base64,{data}" alt="{html.escape(self.alt, quote=True)}" '
            f'style="max-width:100%;background:#fff"><figcaption>{html.escape(self.caption)}</figcaption></figure>')


class Gallery:
    """A folder that `strata build` or `strata gather` wrote."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        place = self.folder / "manifest.json"
        try:
            if place.exists() and not is_inside(place, self.folder):
                raise TraceError(f"{place}: expected a plain file in the gallery, found something else")
            self.manifest: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
            listed = self.manifest["figures"]
            self.figures = [self._figure(entry) for entry in listed if any(name.endswith(".svg") for name in _files(entry))]
        except TraceError:
            raise
        except FileNotFoundError:
            raise TraceError(f"{place}: no such file; expected a gallery's folder") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TraceError(f"{place}: expected the manifest of a gallery, found {error!r}") from None

    def _figure(self, entry: dict[str, Any]) -> Figure:
        name = next(name for name in _files(entry) if name.endswith(".svg"))
        path = (self.folder / name).resolve()
        if not is_inside(path, self.folder):
            raise TraceError(f"{self.folder}: the figure {entry['id']!r} is no plain file of the gallery: {name!r}")
        return Figure(str(entry["id"]), str(entry["kind"]), str(entry.get("caption", "")), str(entry.get("alt", "")), path)

    def __getitem__(self, name: str) -> Figure:
        for figure in self.figures:
            if figure.id == name:
                return figure
        raise KeyError(f"no figure {name!r}; there are {[figure.id for figure in self.figures]}")

    def traces(self) -> list[Trace]:
        """The traces beside the figures; none in a gallery of datasets."""
        folder = self.folder / "traces"
        return list(read_folder(folder, "*.json")) if folder.exists() else []

    def _repr_html_(self) -> str:
        return "".join(figure._repr_html_() for figure in self.figures)

    def __repr__(self) -> str:
        return f"Gallery({str(self.folder)!r}, {len(self.figures)} figures)"


# Elements of the pictures that Strata draws.
_STILL = frozenset([
    "svg", "g", "a", "path", "text", "tspan", "rect", "line", "polyline", "polygon", "circle", "ellipse", "use", "defs", "clipPath",
    "mask", "symbol", "title", "desc", "image", "style", "metadata", "linearGradient", "radialGradient", "stop", "pattern",
])


def _is_still(svg: str) -> bool:
    """Whether a text is an SVG without scripts, handlers, entities, and links to anything but its own parts and pages of the web."""
    if "<!" in svg.replace("<!--", ""):
        return False
    try:
        root = ElementTree.fromstring(svg)
    except (ElementTree.ParseError, ValueError):
        return False
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag.removeprefix("{http://www.w3.org/2000/svg}") not in _STILL:
            return False
        for key, value in element.attrib.items():
            name = key.rpartition("}")[2].lower()
            if name.startswith("on") or (name == "href" and not value.startswith(("#", "https://", "http://", "data:image/png;"))):
                return False
    return True


def _files(entry: dict[str, Any]) -> list[str]:
    """Paths of a figure's files, relative to the gallery."""
    found = entry["files"]
    names = found.values() if isinstance(found, dict) else found
    return [name["path"] if isinstance(name, dict) else str(name) for name in names]
