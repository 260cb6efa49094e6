"""How many examples a property draws: a third in `make test`, so that it stays short, and all of them in `make test-long`.

Nothing else may depend on which of the two it is.
"""

from __future__ import annotations

import os

LONG = os.environ.get("EXAMPLES", "") == "all"
FEWEST = 10


def draws(most: int) -> int:
    """`most` in the long form; in the quick one a third of them, but ten at least."""
    return most if LONG else min(most, max(FEWEST, most // 3))
