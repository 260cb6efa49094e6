"""Chance for the sandbox: every draw is a pure function of a seed, a name and a number.

Nothing is rolled "next": the same question always gets the same answer, in whatever order the questions come. So a
played day can be repeated, and asking more often never changes what was already seen. It must not know what is drawn.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from statistics import NormalDist
from typing import Final

_DIGEST_BITS: Final = 512
_WORD_BITS: Final = 64
UNIFORMS_A_DRAW: Final = _DIGEST_BITS // _WORD_BITS  # how many numbers one draw can give
_SMALL_MEAN: Final = 64.0  # below it a Poisson draw is exact, above it the corrected normal one is as good
_NORMAL: Final = NormalDist()


class Dice:
    """A named, seeded source of draws. `index` names one draw: any integer from 0 to 2**128 - 1."""

    __slots__ = ("_root",)

    def __init__(self, seed: int, name: str) -> None:
        self._root = blake2b(f"{seed}\x00{name}".encode(), digest_size=_DIGEST_BITS // 8)

    def bits(self, index: int) -> int:
        """512 fair bits."""
        draw = self._root.copy()
        draw.update(index.to_bytes(16, "big"))
        return int.from_bytes(draw.digest(), "big")

    def uniform(self, index: int) -> float:
        """One number in [0, 1)."""
        return _unit(self.bits(index))

    def uniforms(self, index: int, count: int) -> list[float]:
        """`count` independent numbers in [0, 1); at most UNIFORMS_A_DRAW, else ValueError."""
        if not 0 <= count <= UNIFORMS_A_DRAW:
            raise ValueError(f"one draw gives 0 to {UNIFORMS_A_DRAW} numbers, not {count}")
        bits = self.bits(index)
        return [_unit(bits >> (_WORD_BITS * place)) for place in range(count)]

    def half_of(self, index: int, count: int) -> int:
        """How many of `count` fair coins show heads (binomial, p = 1/2)."""
        bits = self.bits(index)
        if count <= _DIGEST_BITS:
            return (bits & ((1 << count) - 1)).bit_count()
        drawn = round(count / 2 + math.sqrt(count) / 2 * _normal(bits))
        return min(max(drawn, 0), count)

    def poisson(self, index: int, mean: float) -> int:
        """A Poisson count with this mean (>= 0). Above 64 by Cornish-Fisher: mean + z*sqrt(mean) + (z*z - 1)/6."""
        bits = self.bits(index)
        if mean > _SMALL_MEAN:
            z = _normal(bits)
            return max(0, round(mean + z * math.sqrt(mean) + (z * z - 1) / 6))
        wanted = _unit(bits)
        count = 0
        chance = math.exp(-mean)
        reached = chance
        while wanted >= reached and chance > 0.0:
            count += 1
            chance *= mean / count
            reached += chance
        return count


def _unit(bits: int) -> float:
    """The lowest 64 bits as a number in [0, 1), with the 53 bits that a float holds exactly."""
    return ((bits & ((1 << _WORD_BITS) - 1)) >> 11) * 2.0**-53


def _normal(bits: int) -> float:
    return _NORMAL.inv_cdf(
        _unit(bits) + 2.0**-54
    )  # shifted by half a step: never 0, where the inverse has no value
