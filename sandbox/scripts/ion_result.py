"""What a command of the deployment script found: printed line by line as it becomes true, and kept for `--json`.

Python's own library only. It must not know the service.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Result:
    """What a command found: lines for people, facts for machines."""

    ok: bool = True
    lines: list[str] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)
    silent: bool = False
    pause_s: float = 0.0

    def say(self, line: str) -> None:
        """One more line for people."""
        self.lines.append(line)
        if not self.silent:
            print(line, flush=True)
            time.sleep(self.pause_s)

    def fail(self, line: str) -> None:
        """The command failed, for this reason."""
        self.ok = False
        self.say(f"FAILED: {line}")


def pause_s() -> float:
    """Seconds after each line, from the environment; what is no number of seconds up to a minute is none."""
    try:
        seconds = float(os.environ.get("ION_STEP_SECONDS", "0"))
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds <= 60 else 0.0
