"""Log-likelihoods over a prefix tree: every distinct prefix of a window of requests is computed once."""

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.engines.texts.tokens import Scored
from harness.engines.transformers.memory import Budget
from harness.engines.transformers.memory import OutOfMemoryError
from harness.engines.transformers.memory import memory_errors
from harness.engines.transformers.memory import release
from harness.engines.transformers.packing import Packer
from harness.engines.transformers.packing import Pass
from harness.engines.transformers.packing import Walk
from harness.engines.transformers.prefix_tree import Ints


@dataclass(frozen=True, slots=True)
class LogP:
    """The sum of log P of a sequence's targets in nats, and whether each was the most likely token."""

    value: float
    greedy: bool


LANES = 16
"""Running sums of torch's float32 log_softmax on a CPU with AVX-512, as lm-evaluation-harness's logs were made."""


def log_probabilities(logits: Tensor, rows: Ints, targets: Ints) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Log P of `targets[i]` under row `rows[i]` of `logits`, in float32, and whether it is the argmax.

    On a CPU the vocabulary is added up in the order of torch's log_softmax on AVX-512, whatever this CPU has: the
    sum comes out too small by about 8e-6 of itself, all one way, and a machine with other lanes would differ by
    1e-3 nats on a long continuation. So the values are lm-evaluation-harness's to 1e-4 nats on every machine.
    """
    scores = logits.float()
    row = torch.from_numpy(rows).to(scores.device)
    target = torch.from_numpy(targets).to(scores.device)
    if scores.device.type == "cpu":
        largest = scores.amax(-1, keepdim=True)
        values = (scores[row, target] - largest[row, 0]) - _lane_sums(scores - largest).log()[row]
    else:
        values = scores[row, target] - scores.logsumexp(-1)[row]
    greedy = scores.argmax(-1)[row] == target
    return values.cpu().numpy().astype(np.float64), greedy.cpu().numpy()


def _lane_sums(exponents: Tensor) -> Tensor:
    """The sum of e to each row of (rows, vocabulary), added up in `LANES` running sums; overwrites its argument."""
    terms = exponents.exp_().numpy()
    whole = terms.shape[1] // LANES * LANES
    # numpy adds along a middle axis one step after the other, which is what rounds as the lanes do
    sums = np.add.reduce(terms[:, :whole].reshape(len(terms), -1, LANES), axis=1).sum(-1) + terms[:, whole:].sum(-1)
    return torch.from_numpy(sums)


class Tally:
    """Adds up the targets of many sequences as the nodes they are scored at come by."""

    def __init__(self, sequences: Sequence[Scored], paths: Sequence[Ints]) -> None:
        nodes = [path[len(path) - sequence.targets :] for path, sequence in zip(paths, sequences, strict=True)]
        order = np.argsort(np.concatenate(nodes), kind="stable")
        self.nodes: Ints = np.concatenate(nodes)[order]
        self.owners: Ints = np.repeat(np.arange(len(sequences)), [len(path) for path in nodes])[order]
        targets = [sequence.tokens[len(sequence.tokens) - sequence.targets :] for sequence in sequences]
        self.targets: Ints = np.concatenate(targets).astype(np.int64)[order]
        self.values = np.zeros(len(sequences))
        self.greedy = np.ones(len(sequences), np.bool_)
        self.left: Ints = np.asarray([len(path) for path in nodes], np.int64)

    def add(self, done: Pass) -> Iterator[tuple[int, LogP]]:
        """Take in one pass; yields (sequence, log P) for each sequence that is complete with it."""
        if not len(done.wanted):
            return
        first, last = np.searchsorted(self.nodes, (done.wanted[0], done.wanted[-1] + 1))
        owners = self.owners[first:last]
        rows = np.searchsorted(done.wanted, self.nodes[first:last])
        values, greedy = log_probabilities(done.logits, rows, self.targets[first:last])
        np.add.at(self.values, owners, values)
        np.logical_and.at(self.greedy, owners, greedy)
        np.subtract.at(self.left, owners, 1)
        for owner in dict.fromkeys(owners.tolist()):
            if self.left[owner] == 0:
                yield owner, LogP(float(self.values[owner]), bool(self.greedy[owner]))


def packed_scores(packer: Packer, sequences: Sequence[Scored], budget: Budget) -> Iterator[tuple[int, LogP | None]]:
    """Yield (index, log P) once for each sequence, None for one that does not fit in memory even alone."""
    open_ = dict(enumerate(sequences))
    while open_:
        indices = list(open_)
        walk = _start(packer, [open_[index] for index in indices])
        tally = Tally([open_[index] for index in indices], walk.paths)
        while not walk.done:
            try:
                done = _advance(walk, budget)
            except OutOfMemoryError:
                refused = indices[walk.current]
                del open_[refused]
                yield refused, None
                break
            for owner, score in tally.add(done):
                del open_[indices[owner]]
                yield indices[owner], score
        else:
            walk.finish()


def _start(packer: Packer, sequences: Sequence[Scored]) -> Walk:
    wanted = [range(len(sequence.inputs) - sequence.targets, len(sequence.inputs)) for sequence in sequences]
    return packer.walk([sequence.inputs for sequence in sequences], wanted)


def _advance(walk: Walk, budget: Budget) -> Pass:
    """The next pass, with half the budget as often as memory runs out."""
    while True:
        try:
            with memory_errors():
                return walk.advance(budget.tokens)
        except OutOfMemoryError:
            release()
            if not budget.halve():
                raise
