"""What was found out about a plan and its surroundings before a deployment: one value a look, for people and for scripts.

It must not know how anything is looked at, nor how a finding is worded: `key` names a sentence in `commands.texts`
('doctor.' + key; 'mend.' + key says what to do).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from core.effects import Words

State = Literal["works", "mind", "broken"]
"""works: as it has to be · mind: nothing that is needed is missing, but somebody should know · broken: needed, and not there."""

Area = Literal[
    "setting", "database", "slack", "scope", "bot", "plan", "lock", "channel", "role", "tier", "variable", "program", "source",
    "metric", "check", "traffic", "action", "rollback",
]  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `subject` is its name in the plan or the settings; `took_s` is real time in seconds."""

    area: Area
    subject: str
    state: State
    key: str
    words: Words = ()
    took_s: float | None = None


def complete(findings: Iterable[Finding]) -> bool:
    """Whether nothing that is needed is missing."""
    return all(finding.state != "broken" for finding in findings)
