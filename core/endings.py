"""How it went, as people say it: the outcome, the risks that stand, what a rollback lost. Frozen values, part of a deployment's
state (`core.state`) and read from there. It must not know a rule. All times are UTC plan time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

OutcomeWord = Literal["success", "partial", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What somebody says the deployment was, and why."""

    word: OutcomeWord
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class StandingRisk:
    """A risk of the plan that somebody has declared and nobody has withdrawn."""

    id: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Loss:
    """How much data a rollback has lost, in seconds, as a person says it."""

    seconds: int
    by: str
    at: datetime
    note: str = ""
