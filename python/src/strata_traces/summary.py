"""Summaries of datasets (`strata.dataset/1`, `/2` and `/3`) as arrays and tables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .shapes import SUMMARY, FaultError
from .summary_checks import check
from .trace import TraceError, _loads

if TYPE_CHECKING:
    import pandas

SCHEMAS = ("strata.dataset/1", "strata.dataset/2", "strata.dataset/3")


class Summary:
    """How a model does on a dataset, layer by layer; `data` is the JSON. Numbers that cannot be are a `TraceError` with their place."""

    def __init__(self, data: dict[str, Any], place: str = "summary") -> None:
        if not isinstance(data, dict):
            raise TraceError(f"{place}: expected an object, found {type(data).__name__}")
        if data.get("schema") not in SCHEMAS:
            raise TraceError(f"{place}: expected the schema {' or '.join(SCHEMAS)}, found {data.get('schema')!r}")
        try:
            SUMMARY(data, "")
            check(data)
        except FaultError as fault:
            raise TraceError(f"{place}: {fault}") from None
        self.data = data

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Summary:
        """Reads a file of `strata dataset --format json`, or of a gallery's folder `datasets`."""
        return cls(_loads(Path(path).read_bytes(), str(path)), str(path))

    @property
    def groups(self) -> list[str]:
        """"all", then "column=value" for each group."""
        return ["all" if g.get("column") is None else f"{g['column']}={g['value']}" for g in self.data["groups"]]

    @property
    def statistics(self) -> list[str]:
        """The names of the statistics that there are."""
        first = self._numbers(self.data["groups"][0]) if self.data["groups"] else {}
        return [key for key, value in first.items() if isinstance(value, dict) and {"value", "low", "high"} <= set(value)]

    @staticmethod
    def _numbers(group: dict[str, Any]) -> dict[str, Any]:
        """A group with the statistics of a corpus among its own."""
        return group | (group.get("corpus") or {})

    def statistic(self, name: str, group: str = "all") -> npt.NDArray[np.float64]:
        """[rows, 3] value, low and high of a statistic after every row."""
        if group not in self.groups:
            raise KeyError(f"no group {group!r}; there are {self.groups}")
        found = self._numbers(self.data["groups"][self.groups.index(group)])
        if name not in self.statistics:
            raise KeyError(f"no statistic {name!r}; there are {self.statistics}")
        return np.array([found[name]["value"], found[name]["low"], found[name]["high"]], dtype=np.float64).T

    def frame(self) -> pandas.DataFrame:
        """A line for each group and row, as `strata dataset --format csv`; needs pandas."""
        import pandas

        lines = []
        for group, name in zip(self.data["groups"], self.groups, strict=True):
            for index, row in enumerate(self.data["rows"]):
                line: dict[str, Any] = {
                    "group": name, "column": group.get("column"), "value": group.get("value"), "items": group["items"],
                    "layer": row["layer"], "point": row["point"],
                }
                for key in self.statistics:
                    for end, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
                        line[f"{key}{suffix}"] = self._numbers(group)[key][end][index]
                lines.append(line)
        return pandas.DataFrame(lines)

    def words(self) -> pandas.DataFrame:
        """A line for each item, word and row with the word's surprisal; empty where the summary has no words; needs pandas."""
        import pandas

        columns = ["item", "word", "text", "tokens", "layer", "point", "surprisal", "surprisal_corrected"]
        lines = [
            [item + 1, word + 1, text, words["tokens"][word], row["layer"], row["point"],
             words["surprisal"][index][word], words["corrected"][index][word]]
            for item, words in enumerate(self.data.get("words") or [])
            for index, row in enumerate(self.data["rows"])
            for word, text in enumerate(words["texts"])
        ]
        return pandas.DataFrame(lines, columns=columns)

    def __repr__(self) -> str:
        return f"Summary({self.data['model'].get('name')!r}, {self.data['dataset'].get('name')!r}, groups {self.groups})"
