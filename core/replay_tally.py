"""What a replay adds up to: when it would have rolled back, and what every rule did alone. Pure bookkeeping over steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.plan.models import Gate, Rule
from core.state import Recommendation, RuleRun
from core.verdict.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """What one look came to. `word`: what the gate would have recommended; `unknown`: metrics that the plan does not have."""

    gate: str
    t: float
    stage: int
    word: Recommendation
    verdict: Verdict
    rules: tuple[RuleRun, ...]
    stage_end: bool = False
    unknown: tuple[str, ...] = ()


@dataclass
class RuleTally:
    """One rule. `fired`: how often its streak became complete, `unproved`: how often of these the evidence never said the same
    while it was complete; `acted`: how often it began to act, or would have, were it not advisory. Times in seconds."""

    gate: str
    label: str
    metric: str
    then: str
    limit: str = ""
    side: str = "below"
    advisory: bool = False
    fired: int = 0
    unproved: int = 0
    acted: int = 0
    first_fired: float | None = None
    first_evidence: float | None = None
    first_acted: float | None = None
    by: str = ""
    """What made it act first: streak or evidence."""
    open: bool = False
    """Its streak is complete, and the evidence has not confirmed that so far."""
    standing: bool = False
    """Its streak is complete."""
    acting: bool = False

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "gate": self.gate, "rule": self.label, "metric": self.metric, "then": self.then, "advisory": self.advisory,
            "streak": {"complete": self.fired, "without_evidence": self.unproved + self.open, "first": self.first_fired},
            "evidence": {"first": self.first_evidence},
            "acted": {"times": self.acted, "first": self.first_acted, "by": self.by or None},
        }  # fmt: skip


@dataclass
class Tally:
    """The whole replay; `rules` follows the gates, in the order in which they looked. `verdict`, `streak`, `evidence`: the first NO-GO in seconds of what the gate says, of
    its streaks alone, of the evidence alone."""

    looks: int = 0
    bad_lines: int = 0
    verdict: float | None = None
    streak: float | None = None
    evidence: float | None = None
    words: dict[str, int] = field(default_factory=lambda: {"GO": 0, "OBSERVE": 0, "NO-GO": 0})
    gates: dict[str, list[RuleTally]] = field(default_factory=dict)

    @property
    def rules(self) -> Sequence[RuleTally]:
        """Every rule of every gate."""
        return [rule for rules in self.gates.values() for rule in rules]

    def enter(self, name: str, gate: Gate) -> None:
        """A gate begins to look."""
        if name not in self.gates:
            self.gates[name] = [
                RuleTally(
                    name,
                    rule.label,
                    rule.metric,
                    rule.then,
                    _limit(rule),
                    "above" if rule.above is not None else "below",
                    rule.advisory,
                )
                for rule in gate.rules
            ]

    def add(self, step: Step) -> None:
        """One more look. The end of a stage says the same as the look before it."""
        self.looks += 1
        self.words[step.word] += 1
        if self.verdict is None and step.word == "NO-GO":
            self.verdict = step.t
        if self.streak is None and step.verdict.by_streak == "NO-GO":
            self.streak = step.t
        if self.evidence is None and step.verdict.by_evidence == "NO-GO":
            self.evidence = step.t
        t = step.t
        for tally, state, found in zip(self.gates[step.gate], step.rules, step.verdict.findings, strict=True):
            proved = found.by_evidence == "NO-GO"
            if proved and tally.first_evidence is None:
                tally.first_evidence = t
            fired, acts = state.fired_at is not None, state.acts
            if fired or tally.standing:
                _streak(tally, t, fired=fired, proved=proved)
            if acts and not tally.acting:
                tally.acted += 1
                if tally.first_acted is None:
                    tally.first_acted, tally.by = t, acts
            tally.acting = bool(acts)

    def as_json(self) -> dict[str, Any]:
        """As JSON values: one object at the end of a replay."""
        return {
            "tally": {
                "looks": self.looks, "bad_lines": self.bad_lines, "verdicts": self.words, "rolled_back": self.verdict,
                "by": {"streak": self.streak, "evidence": self.evidence}, "rules": [rule.as_json() for rule in self.rules],
            }
        }  # fmt: skip


def _limit(rule: Rule) -> str:
    limit = rule.below or rule.above or rule.growth_below
    return "" if limit is None else limit.text


def _streak(tally: RuleTally, t: float, *, fired: bool, proved: bool) -> None:
    if fired and not tally.standing:
        tally.fired, tally.open = tally.fired + 1, True
        if tally.first_fired is None:
            tally.first_fired = t
    if tally.open and fired and proved:
        tally.open = False
    if tally.open and not fired:
        tally.unproved, tally.open = tally.unproved + 1, False
    tally.standing = fired
