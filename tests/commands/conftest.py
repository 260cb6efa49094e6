"""Where these tests find what they share with others: the factories, and the world of values the rules are played in."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
# The root stands before tests/, because tests/core must not be taken for core.
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]
sys.path.append(str(_ROOT / "tests" / "core"))
