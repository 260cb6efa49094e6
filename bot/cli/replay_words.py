"""A replay in words: a line a verdict, and the tally at its end. It must not know where the samples came from."""

from __future__ import annotations

from datetime import UTC, datetime

from core.replay_tally import RuleTally, Step, Tally
from core.verdict.english import say

CLOCK_FROM = 1e8
"""Times after this many seconds are of a clock (unix time), not of the canary."""


def moment(t: float) -> str:
    """0:05:00 since the canary began, or a UTC time."""
    if abs(t) >= CLOCK_FROM:
        return f"{datetime.fromtimestamp(t, UTC):%Y-%m-%d %H:%M:%S}"
    minutes, seconds = divmod(round(abs(t)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if t < 0 else ''}{hours}:{minutes:02}:{seconds:02}"


def step(said: Step) -> str:
    """'0:35:00  stage 1  NO-GO     4  errors: 9 bad in ...', and further reasons below it."""
    score = said.verdict.score.value
    head = f"{moment(said.t):>9}  stage {said.stage}  {said.word:<7}  {'n/a' if score is None else score:>3}"
    first, *more = [say(reason) for reason in said.verdict.reasons] or [""]
    end = "  (the stage ends)" if said.stage_end else ""
    return "\n".join([f"{head}  {first}{end}", *(f"{'':>{len(head)}}  {sentence}" for sentence in more)])


def tally(told: Tally) -> str:
    """What the replay adds up to."""
    lines = [
        "",
        f"{told.looks} looks"
        + (f", {told.bad_lines} lines could not be used" if told.bad_lines else "")
        + "".join(f", {count} {word}" for word, count in told.words.items()),
        _ending(told),
        f"Streaks alone: {_at(told.streak)}. Evidence alone: {_at(told.evidence)}.",
    ]
    lines += [f"  {_rule(rule)}" for rule in told.rules]
    return "\n".join(lines)


def _ending(told: Tally) -> str:
    if told.verdict is None:
        return "It would not have been rolled back."
    acting = [rule for rule in told.rules if rule.first_acted is not None and not rule.advisory]
    by = min(acting, key=lambda rule: rule.first_acted or 0.0, default=None)
    why = f", by the {_by(by)} of {by.label}" if by is not None else ""
    return f"It would have been rolled back at {moment(told.verdict)}{why}."


def _by(rule: RuleTally) -> str:
    return "streak" if rule.by == "streak" else "evidence"


def _at(t: float | None) -> str:
    return "no rollback" if t is None else f"rollback at {moment(t)}"


def _rule(rule: RuleTally) -> str:
    said = [f"streak complete {_times(rule.fired)}" + _first(rule.first_fired)]
    unproved = rule.unproved + rule.open
    if unproved:
        said.append(f"{unproved} of these without evidence that the canary is to blame")
    said.append("no evidence" if rule.first_evidence is None else f"evidence{_first(rule.first_evidence)}")
    acts = "would have acted" if rule.advisory else {"rollback": "acted", "call": "called"}.get(rule.then, "noted")
    said.append(f"{acts} {_times(rule.acted)}" + (" (advisory)" if rule.advisory else ""))
    return f"{rule.label}: {'; '.join(said)}"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _first(t: float | None) -> str:
    return "" if t is None else f" (first at {moment(t)})"
