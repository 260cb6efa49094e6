"""Counting arrivals: a unit-rate Poisson process whose count up to any point can be asked directly, in any order.

By the time-change theorem (Daley and Vere-Jones, An Introduction to the Theory of Point Processes, 7.4) arrivals with
any changing rate are this process read at the expected number so far. So a new weight or a fault only bends the line of
expected numbers: what was counted stays counted, and a rate of zero makes a counter stand still.

How: the half-line is cut into blocks, each twice as wide as all before; a block holds a Poisson number of points, and
each halving gives a binomial share to its left half. It must not know times, tracks or rates.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from sandbox.dice import UNIFORMS_A_DRAW, Dice

_FIRST_WIDTH: Final = 4096.0
_NEGLIGIBLE: Final = 1e-9  # nothing is expected below it; it saves looking at classes that hardly ever happen
_ROOT: Final = 64

# A stretch of the half-line: where it begins, where it ends, its points, the points before it, its draw's name.
_Node = tuple[float, float, int, int, int]


class UnitPoisson:
    """The number of points in [0, x) as a pure function of (seed, name, x); only ever grows with x."""

    __slots__ = ("_dice", "_ends", "_path", "_totals")

    def __init__(self, seed: int, name: str) -> None:
        self._dice = Dice(seed, name)
        self._totals = [0]  # points before block k
        self._ends = [0.0]  # where block k begins
        self._path: list[
            _Node
        ] = []  # the last way down: the next question is mostly near it. Never changes an answer

    def count(self, expected: float) -> int:
        """Points before `expected`, which is how many are expected so far (>= 0)."""
        if expected < _NEGLIGIBLE:
            return 0
        path = self._path
        while path and not path[-1][0] <= expected < path[-1][1]:
            path.pop()
        if not path:
            path.append(self._block_of(expected))
        start, end, points, before, name = path[-1]
        half_of = self._dice.half_of
        while points > UNIFORMS_A_DRAW:
            left, middle = half_of(name, points), (start + end) / 2
            name *= 2
            if expected < middle:
                end, points = middle, left
            else:
                start, points, before, name = middle, points - left, before + left, name + 1
            path.append((start, end, points, before, name))
        if points == 0:
            return before
        # The places of the last few points take the draw of a split: a node is split or searched, never both.
        passed = (expected - start) / (end - start)
        return before + sum(place < passed for place in self._dice.uniforms(name, points))

    def _block_of(self, expected: float) -> _Node:
        while self._ends[-1] <= expected:
            block = len(self._ends) - 1
            width = _FIRST_WIDTH if block == 0 else self._ends[-1]
            self._totals.append(self._totals[-1] + self._dice.poisson(block, width))
            self._ends.append(self._ends[-1] + width)
        block = bisect_right(self._ends, expected) - 1
        before, after = self._totals[block], self._totals[block + 1]
        # Names grow like a heap: 2n and 2n + 1 are the halves of n. With fewer than 64 blocks the first seven bits of a
        # name are its root, so no two stretches share a draw; the blocks' own draws are named 0 to 63.
        return self._ends[block], self._ends[block + 1], after - before, before, _ROOT + block
