"""What the lists of most probable tokens say about other numbers of their rows. Rules of `strata trace --check`."""

from __future__ import annotations

import math
from typing import Any

from .checks import SLACK, need


def logprobs(trace: dict[str, Any], row: int, column: int) -> dict[int, float]:
    """Logarithms of probabilities of the tokens that a row knows: those listed, watched words, and the target."""
    top = trace["top"]
    known = dict(zip(reversed(top["ids"][row][column]), reversed(top["logprobs"][row][column]), strict=True))
    others = [(watched.get("id"), watched["logprob"][row][column]) for watched in trace["watch"]]
    others.append((trace["columns"][column].get("target"), trace["logprob"][row][column]))
    for token, value in others:
        if token is not None and value is not None:
            known.setdefault(token, value)
    return known


def divergences(trace: dict[str, Any]) -> None:
    """Refuses divergences from the last row that are less than the tokens known of both rows allow."""
    for row in range(len(trace["rows"]) - 1):
        for column in range(len(trace["columns"])):
            found = trace["kl"][row][column]
            if found is None or not trace["top"]["logprobs"][row][column]:
                continue
            least = _least_divergence(trace, row, column)
            need(found >= least, f"kl[{row}][{column}]", found,
                 f"{least:.6g} or more, as top.logprobs of this row and of the last one allow")


def _least_divergence(trace: dict[str, Any], row: int, column: int) -> float:
    """The least divergence of a row from the last one, less what rounding may hide.

    Whatever the other tokens are, a divergence of sums over tokens is at most that of the tokens (the log sum inequality; Cover and
    Thomas 2006, theorem 2.7.1).
    """
    own, its = logprobs(trace, -1, column), logprobs(trace, row, column)
    bound = shared_own = shared_its = alone = 0.0
    count = 0
    for token, logprob in sorted(own.items()):
        probability = math.exp(logprob)
        if token not in its:
            alone, count = alone + probability, count + 1
            continue
        shared_own, shared_its = shared_own + probability, shared_its + math.exp(its[token])
        bound += probability * (logprob - its[token] - SLACK)
    # Rounding may hide a little of what is left; then the bound is lower than it could be.
    left, rest = min(1.0, max(0.0, 1 - shared_its) + SLACK), max(0.0, 1 - shared_own - alone)
    if alone > 0:
        # Each of them has at most the probability of the last one in the row's list; the divergence is least where they share alike.
        most = count * math.exp(trace["top"]["logprobs"][row][column][-1] + SLACK)
        share = min(left * alone / (alone + rest), most)
        if share <= 0:
            return -math.inf
        bound += alone * math.log(alone / share) + (rest * math.log(rest / (left - share)) if rest > 0 else 0)
    elif rest > 0:
        bound += rest * math.log(rest / left)
    return bound - 0.03 - 0.02 * abs(bound)
