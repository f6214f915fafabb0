"""The logit lens in PyTorch, twice: as it is written plainly, and as fast as it can be made.

States are [position, row, width]; the last row is the model's own and the one that others are compared with. Both forms give
every position and row: the rank of a target, its log-probability, entropy, KL to the last row, and the ten best tokens.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from common import check

TOP = 10
CHUNK = 64


@dataclass
class Lens:
    """Numbers by position and row; `top_ids` and `top_logprobs` have a third axis."""

    rank: torch.Tensor
    logprob: torch.Tensor
    entropy: torch.Tensor
    kl: torch.Tensor
    top_ids: torch.Tensor
    top_logprobs: torch.Tensor


def plain(states: torch.Tensor, head: torch.Tensor, targets: torch.Tensor) -> Lens:
    """Row by row, as a notebook has it; half-precision weights are made float32 once per call."""
    head = head.float()
    last = F.log_softmax(states[:, -1] @ head.T, dim=-1)
    rows = []
    for row in range(states.shape[1]):
        logp = F.log_softmax(states[:, row] @ head.T, dim=-1)
        own = logp.gather(1, targets[:, None])
        top = logp.topk(TOP)
        rows.append((
            (logp > own).sum(-1) + 1, own[:, 0], -(logp.exp() * logp).sum(-1), (last.exp() * (last - logp)).sum(-1),
            top.indices, top.values))
    return Lens(*(torch.stack(column, dim=1) for column in zip(*rows)))


class PackedHead:
    """The head as float32 tiles of equal width that oneDNN has packed for its products, and the code that reduces a tile."""

    TILES = 25

    def __init__(self, head: torch.Tensor, rows: int) -> None:
        self.head = head
        self.fold = torch.compile(fold, dynamic=False)
        self.width = -(-len(head) // self.TILES // CHUNK) * CHUNK
        missing = self.TILES * self.width - len(head)
        padded = F.pad(head.float(), (0, 0, 0, missing))
        bias = F.pad(torch.zeros(len(head)), (0, missing), value=-1e30)
        pack = torch.ops.mkldnn._reorder_linear_weight
        self.tiles = [(pack(tile.contiguous(), rows), part) for tile, part in zip(padded.split(self.width), bias.split(self.width))]

    def logits(self, states: torch.Tensor, tile: int) -> torch.Tensor:
        """Logits of the tokens of one tile; what fills up the last tile is no token and gets -1e30."""
        weights, bias = self.tiles[tile]
        return torch.ops.mkldnn._linear_pointwise(states, weights, bias, "none", [], "")


def fold(logits: torch.Tensor, own: torch.Tensor, own_column: torch.Tensor, sums: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """Adds a tile's logits [position, row, token] to sums [position, row], and finds the largest logit of every chunk."""
    largest, total, weighted, crossed, greater = sums
    new = torch.maximum(largest, logits.amax(-1))
    powers = (logits - new[..., None]).exp()
    kept = (largest - new).exp()
    last = (logits[:, -1:] - new[:, -1:, None]).exp()
    others = torch.arange(logits.shape[-1]) != own_column[:, None, None]
    return (
        new, total * kept + powers.sum(-1), weighted * kept + (powers * logits).sum(-1),
        crossed * kept[:, -1:] + (last * logits).sum(-1), greater + ((logits > own[..., None]) & others).sum(-1),
        logits.unflatten(-1, (-1, CHUNK)).amax(-1))


def candidates(logits: torch.Tensor, chunk_maxima: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits and columns of the chunks that the best tokens of a tile are in."""
    chunks = chunk_maxima.topk(TOP, sorted=False).indices
    columns = (chunks[..., None] * CHUNK + torch.arange(CHUNK)).flatten(-2)
    return logits.gather(-1, columns), columns


def compiled_block(states: torch.Tensor, head: PackedHead, targets: torch.Tensor) -> Lens:
    """Some positions, tile by tile, reduced while the tile's logits are in cache."""
    positions, rows, width = states.shape
    own = (states * head.head[targets].float()[:, None]).sum(-1)
    zeros = torch.zeros(positions, rows)
    sums = (zeros - 1e30, zeros, zeros, zeros, zeros.long())
    best, ids = [], []
    flat = states.reshape(-1, width)
    for tile in range(head.TILES):
        logits = head.logits(flat, tile).view(positions, rows, head.width)
        *sums, maxima = head.fold(logits, own, targets - tile * head.width, tuple(sums))
        values, columns = candidates(logits, maxima)
        best.append(values)
        ids.append(columns + tile * head.width)
    largest, total, weighted, crossed, greater = sums
    logs = largest + total.log()
    top = torch.cat(best, -1).topk(TOP)
    return Lens(
        greater + 1, own - logs, logs - weighted / total,
        (crossed[:, -1:] - crossed) / total[:, -1:] + logs - logs[:, -1:],
        torch.cat(ids, -1).gather(-1, top.indices), top.values - logs[..., None])


def compiled(states: torch.Tensor, head: PackedHead, targets: torch.Tensor) -> Lens:
    """All positions in blocks of equal size, so that nothing is compiled twice."""
    size = max(n for n in range(1, 9) if len(states) % n == 0)
    blocks = [compiled_block(block, head, part) for block, part in zip(states.split(size), targets.split(size))]
    return Lens(*(torch.cat([getattr(block, name) for block in blocks]) for name in Lens.__dataclass_fields__))


def differences(one: Lens, other: Lens) -> dict[str, float]:
    """How far two lenses are apart at most."""
    names = ("rank", "logprob", "entropy", "kl", "top_logprobs")
    return {name: float((getattr(one, name) - getattr(other, name)).abs().max()) for name in names}


def check_same(what: str, one: Lens, other: Lens) -> None:
    """Checks that two lenses are one but for rounding, which may swap neighbours in rank."""
    apart = differences(one, other)
    check(apart.pop("rank") <= 3 and all(value < 2e-3 for value in apart.values()), f"{what}: the forms differ by {differences(one, other)}")
