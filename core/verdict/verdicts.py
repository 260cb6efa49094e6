"""What comes out: a verdict with everything that explains it, as plain values. No rule and no language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from core.verdict import bounds
from core.verdict.settings import Then

Word = Literal["GO", "OBSERVE", "NO-GO"]


class Sentence(NamedTuple):
    """A reason before it is put into a language: which sentence, and the figures in it."""

    key: str
    words: Mapping[str, float | int | str | None]


class Eta(NamedTuple):
    """How long until it can be known: clean requests, and minutes at this traffic and at the next stage's. None: not foreseeable."""

    requests: float | None
    minutes: float | None
    minutes_next: float | None


class Finding(NamedTuple):
    """One metric, and the arithmetic behind what is said of it. Counts are the stage's, `window` the last window's.

    `value`, `control`, `limit`, `baseline`: shares 0..1 for counts and latency (`shown` is the quantile), the unit's own for
    gauges. `evidence` against `needed` in odds to 1, against control; `absolute` against `absolute_needed`, over the limit.
    """

    name: str
    word: Word
    known: bool
    reasons: tuple[Sentence, ...]
    value: float | None = None
    control: float | None = None
    shown: float | None = None
    control_shown: float | None = None
    limit: float | None = None
    baseline: float | None = None
    edge: float | None = None
    bad: float = 0.0
    total: float = 0.0
    control_bad: float = 0.0
    control_total: float = 0.0
    window: tuple[float, float, float, float] | None = None
    phi: float = 1.0
    prior: float = 40.0
    alpha: float = 0.05
    evidence: float = 1.0
    needed: float | None = None
    absolute: float = 1.0
    absolute_needed: float | None = None
    used: float = 0.0
    """Evidence used over evidence needed, in nats, 0..1: the worse of both accusers."""
    knowledge: float = 0.0
    """How much of what GO needs is known, 0..1."""
    excluded: float | None = None
    tolerated: float | None = None
    eta: Eta | None = None
    streak: int = 0
    streak_needed: int = 0
    control_streak: int = 0
    slope: tuple[float, float, float] | None = None
    """Growth per hour with its interval: (figure, low, high)."""
    trend: str = "unknown"
    breach_in: tuple[float, float | None] | None = None
    """(earliest, latest) seconds until the limit is reached or the budget is spent."""
    by_streak: Word = "OBSERVE"
    by_evidence: Word = "OBSERVE"
    incident: bool = False
    calls: bool = False
    since: float | None = None
    """When the evidence was last nothing, in plan-time seconds."""
    suspect: bool = False
    """Something speaks against the canary, or against everybody; a mere lack of evidence does not make it so."""
    then: Then = "rollback"
    weight: float = 1.0
    key: bool = False
    advisory: bool = False

    @property
    def interval(self) -> tuple[float, float] | None:
        """The canary's rate in this stage, as an interval that stays valid at every look (beta-binomial mixture, 1 - alpha)."""
        if self.total <= 0.0:
            return self.slope[1:] if self.slope is not None else None
        bad, total = self.bad / self.phi, self.total / self.phi
        return (
            bounds.lower(bad, total, self.alpha, self.prior),
            bounds.upper(bad, total, self.alpha, self.prior),
        )


class Score(NamedTuple):
    """The score and its arithmetic: low + (high - low) x (1 - used)(floor + (1 - floor) x knowledge) x coverage, then the caps."""

    value: int | None
    low: int
    high: int
    used: float
    knowledge: float
    coverage: float
    capped: str | None = None
    """"key" or "coverage" where a cap came into play."""


class Verdict(NamedTuple):
    """What a look says. `calls`: people are to be called now; `holds_clock`: the stage's time must not run on (an incident)."""

    t: float
    stage: int
    word: Word
    score: Score
    reasons: tuple[Sentence, ...]
    findings: tuple[Finding, ...]
    incident: bool = False
    calls: bool = False
    holds_clock: bool = False
    by_streak: Word = "OBSERVE"
    by_evidence: Word = "OBSERVE"
    eta: Eta | None = None
    advised: Mapping[str, Word] = MappingProxyType({})
    """What every advisory metric would have said."""
