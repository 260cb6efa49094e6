"""The simulator's one source of chance: a numpy generator for every seed and name, so that a cell can be played again alone.

numpy is here and nowhere else in the product: a thousand days of counts in seconds instead of hours.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def generator(seed: int, name: str) -> np.random.Generator:
    """The same stream for the same seed and name, whatever else is drawn."""
    return np.random.default_rng(int.from_bytes(blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()))
