"""Stories may be told of plans that the rules' own tests have: where these stand."""

from __future__ import annotations

import sys
from pathlib import Path

# Behind the root: tests/core must not be taken for core.
sys.path.append(str(Path(__file__).parents[1] / "core"))
